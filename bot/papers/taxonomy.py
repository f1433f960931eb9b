"""arXiv's archives and categories, by any of their names. The table is taxonomy.toml, read at first use."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

POPULAR = (
    *("cs.AI", "cs.CL", "cs.CV", "cs.LG", "stat.ML", "cs.RO"),
    *("cs.IR", "cs.SD", "cs.CR", "cs.SE", "quant-ph", "econ.EM"),
)
"""Categories to offer for a first subscription."""


@dataclass(frozen=True, slots=True)
class _Table:
    names: dict[str, tuple[str, str]]  # English, Chinese; of archives, categories and aliases
    archives: frozenset[str]
    categories: frozenset[str]
    successors: dict[str, str]
    spellings: dict[str, str]  # lower case -> as arXiv writes it


def canonical(name: str) -> str | None:
    """The category or open archive that arXiv uses today for this name, in any case; None if there is none."""
    spelled = _table().spellings.get(name.strip().lower())
    return _table().successors.get(spelled, spelled) if spelled else None


def resolve(name: str) -> frozenset[str]:
    """Every category that a paper of this category or whole archive may carry, old names too; empty if unknown."""
    found = canonical(name)
    return _carried().get(found, frozenset()) if found else frozenset()


def name(category: str, language: str) -> str:
    """The name of a category or archive; an unknown one is its own name. Not unique: show the identifier with it."""
    spelled = _table().spellings.get(category.strip().lower())
    return _table().names[spelled][language == "zh"] if spelled else category


def is_category(name: str) -> bool:
    """Whether new papers can be listed under this name: `cs` is no category, `hep-th` is both."""
    return canonical(name) in _table().categories


def is_archive(name: str) -> bool:
    """Whether this is an archive open today."""
    return canonical(name) in _table().archives


def archives() -> tuple[str, ...]:
    """The open archives in alphabetical order."""
    return tuple(sorted(_table().archives))


def categories(archive: str | None = None) -> tuple[str, ...]:
    """The open categories, or those of one archive, in alphabetical order, each by its one canonical name."""
    members = _table().categories
    return tuple(sorted(members if archive is None else (c for c in members if _archive(c) == archive)))


@cache
def _table() -> _Table:
    text = resources.files(__package__).joinpath("taxonomy.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    rows = data["archives"] | data["categories"] | data["aliases"]
    with_classes = {_archive(category) for category in data["categories"]}
    return _Table(
        names={key: (row[0], row[1]) for key, row in rows.items()},
        archives=frozenset(data["archives"]),
        categories=frozenset(data["categories"]) | (data["archives"].keys() - with_classes),
        successors={alias: row[2] for alias, row in data["aliases"].items()},
        spellings={key.lower(): key for key in rows},
    )


@cache
def _carried() -> dict[str, frozenset[str]]:
    """Category or archive -> all that its papers may carry. `astro-ph` was a category before it had classes."""
    table = _table()
    same: dict[str, set[str]] = {}
    for spelled in table.names:
        same.setdefault(table.successors.get(spelled, spelled), set()).add(spelled)
    whole = {
        archive: _union(names for names in same.values() if any(_archive(spelled) == archive for spelled in names))
        for archive in table.archives
    }
    return {key: frozenset(names) for key, names in same.items()} | whole


def _union(sets: Iterable[set[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _archive(category: str) -> str:
    return category.partition(".")[0]
