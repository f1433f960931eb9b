"""Which of arXiv's feeds a query reads from, and which feeds all queries together need."""

from collections.abc import Collection, Iterable

from bot.papers import taxonomy
from storage.query import All, Any, Category, Node, Query, Type, asked_for
from storage.records import AnnounceType


def categories(query: Query) -> set[str]:
    """The categories that a query's papers are in, by their present names; empty if it reads from every feed."""
    return _present(_confines(query.tree) or ())


def confines(query: Query) -> frozenset[str]:
    """The names of categories of which a query's papers carry one; empty if they may carry any."""
    return frozenset[str]().union(*(_confines(query.tree) or ()))


def kinds(query: Query, chosen: frozenset[AnnounceType]) -> frozenset[AnnounceType]:
    """The announce types of a subscription: those that it is set to, and those that its query asks for itself."""
    return chosen.union(*(each.kinds for each in asked_for(query.tree) if isinstance(each, Type)))


def feeds(chosen: Iterable[str], queries: Iterable[Query]) -> list[str]:
    """The categories to fetch: those that the operator chose (an archive is all of its own), and that readers name."""
    wanted = {category for name in chosen for category in _members(name)}
    for query in queries:
        wanted |= _present(each.names for each in asked_for(query.tree) if isinstance(each, Category))
    return sorted(wanted)


def relevant(query: Query, fetched: Collection[str]) -> list[str]:
    """Those of the fetched categories that matter to a query."""
    named = categories(query)
    return sorted(each for each in fetched if not named or each in named)


def _confines(node: Node) -> list[frozenset[str]] | None:
    """The names of categories of which a paper carries one, whichever part of the query it meets; None if any do."""
    match node:
        case Category(names):
            return [names]
        case All(parts):
            found = [each for part in parts if (each := _confines(part)) is not None]
            return [names for each in found for names in each] or None
        case Any(parts):
            found = [_confines(part) or [] for part in parts]
            return [names for each in found for names in each] if all(found) else None
    return None


def _present(carried: Iterable[frozenset[str]]) -> set[str]:
    """Names that papers carry as the categories that arXiv has today."""
    named = frozenset[str]().union(*carried)
    return {found for name in named if (found := taxonomy.canonical(name)) and taxonomy.is_category(found)}


def _members(name: str) -> tuple[str, ...]:
    category = taxonomy.canonical(name) or ""
    if taxonomy.is_category(category):
        return (category,)
    return taxonomy.categories(category) if taxonomy.is_archive(category) else ()
