"""The tree of a query: what must hold of a paper. A tree without parts holds of every paper."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from storage.records import AnnounceType


class Field(StrEnum):
    """Where a word or phrase is looked for; the values are the fields' names in a query."""

    ANYWHERE = ""
    TITLE = "ti"  # of either language
    ABSTRACT = "abs"  # of either language, and the one-sentence summary

    __hash__ = str.__hash__  # Enum's own is Python, and each word is hashed


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters as typed: all of its terms (segment.terms) must be there, in any order."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class Phrase:
    """An exact phrase, but for width, case, white space and Traditional characters."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class Author:
    """An author's name, or a part of it (storage/author_names.py)."""

    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """The paper carries one of these names; `name` is how they were asked for together."""

    names: frozenset[str]
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PaperId:
    """The paper of this arXiv id."""

    id: str


@dataclass(frozen=True, slots=True)
class Type:
    """The paper was announced so: in one of the categories that the query asks for beside it, or in any if none."""

    kinds: frozenset[AnnounceType]
    within: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Since:
    """Last announced on this day (US Eastern) or later; if no source told the day, the month of its id counts."""

    day: date


@dataclass(frozen=True, slots=True)
class Until:
    """The same, on this day or earlier."""

    day: date


@dataclass(frozen=True, slots=True)
class LastDays:
    """`Since` so many days ago, whenever that is asked."""

    count: int


@dataclass(frozen=True, slots=True)
class Votes:
    """At least so many votes of Hugging Face's readers."""

    at_least: int


Leaf = Word | Phrase | Author | Category | PaperId | Type | Since | Until | LastDays | Votes


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds. Its bare words count together: at most segment.MAX_TERMS terms of them (query.terms)."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of two or more parts holds."""

    parts: tuple["Node", ...]


Node = Leaf | Not | All | Any


def asked_for(node: Node) -> Iterator[Leaf]:
    """The leaves that speak for a paper: none of what is excluded."""
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from asked_for(part)
        case Not():
            return
        case _:
            yield node


def all_of(nodes: Iterable[Node | None]) -> Node | None:
    """The nodes that are there, joined by AND in the simplest form; None if there is none."""
    parts = _flat(nodes, All)
    return parts[0] if len(parts) == 1 else All(parts) if parts else None


def any_of(nodes: Iterable[Node | None]) -> Node | None:
    """The same, joined by OR."""
    parts = _flat(nodes, Any)
    return parts[0] if len(parts) == 1 else Any(parts) if parts else None


def none_of(node: Node | None) -> Node | None:
    """The opposite of a node."""
    if node is None:
        return None
    return node.part if isinstance(node, Not) else Not(node)


def _flat(nodes: Iterable[Node | None], kind: type[All | Any]) -> tuple[Node, ...]:
    """The nodes, each once, with those of the same kind taken apart."""
    parts: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            parts += node.parts
        elif node is not None:
            parts.append(node)
    return tuple(dict.fromkeys(parts)) if len(parts) > 1 else tuple(parts)
