"""Which of arXiv's feeds a query reads from, and which feeds all queries together need."""

from collections.abc import Collection, Iterable

from bot.papers import taxonomy
from storage.query import Query


def categories(query: Query) -> set[str]:
    """The categories that a query names by their present names; empty if it reads from every feed."""
    carried = [name for names in query.categories for name in names]
    return {found for name in carried if (found := taxonomy.canonical(name)) and taxonomy.is_category(found)}


def feeds(chosen: Iterable[str], queries: Iterable[Query]) -> list[str]:
    """The categories to fetch: those that the operator chose (an archive is all of its own), and that readers name."""
    wanted = {category for name in chosen for category in _members(name)}
    for query in queries:
        wanted |= categories(query)
    return sorted(wanted)


def relevant(query: Query, fetched: Collection[str]) -> list[str]:
    """Those of the fetched categories that matter to a query."""
    named = categories(query)
    return sorted(each for each in fetched if not named or each in named)


def _members(name: str) -> tuple[str, ...]:
    category = taxonomy.canonical(name) or ""
    if taxonomy.is_category(category):
        return (category,)
    return taxonomy.categories(category) if taxonomy.is_archive(category) else ()
