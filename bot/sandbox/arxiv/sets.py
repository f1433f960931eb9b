"""OAI-PMH's sets, `cs:cs:AI`, `physics:hep-th`, `math:math:NA`: group, archive, class (oaipmh create_set_list.py)."""

from collections.abc import Iterable
from functools import cache

from bot.papers import taxonomy

_PHYSICS = {"astro-ph", "cond-mat", "gr-qc", "math-ph", "nlin", "physics", "quant-ph"}  # and hep-*, nucl-*


def specs(categories: Iterable[str]) -> tuple[str, ...]:
    """The sets of a paper with these categories, those of an alias's other name too."""
    return tuple(dict.fromkeys(_spec(name) for each in categories for name in (each, *_aliases(each))))


def is_in(categories: Iterable[str], asked: str) -> bool:
    """Whether a paper belongs to a set, be it a whole group or archive."""
    return any(spec == asked or spec.startswith(f"{asked}:") for spec in specs(categories))


@cache
def known() -> frozenset[str]:
    """All sets."""
    parts = [spec.split(":") for each in taxonomy.categories() for spec in specs([each])]
    return frozenset(":".join(each[:length]) for each in parts for length in range(1, len(each) + 1))


def _spec(category: str) -> str:
    archive, _, subject = category.partition(".")
    group = "physics" if archive in _PHYSICS or archive.startswith(("hep-", "nucl-")) else archive
    return ":".join(filter(None, (group, archive, subject)))  # hep-th has no class and so no third part


def _aliases(category: str) -> list[str]:
    return sorted(each for each in taxonomy.resolve(category) if "." in each or taxonomy.is_category(each))
