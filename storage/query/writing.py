"""A tree as text: the canonical one, which reads back as the same tree, and the one that is shown."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from storage.query.tree import (
    All,
    Any,
    Author,
    Category,
    LastDays,
    Leaf,
    Node,
    Not,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
    all_of,
    any_of,
    none_of,
)

_SINGLE_NAME = re.compile(r"[^\W\d_](?:[^\W_]|[.'-])*")


def canonical(tree: All) -> str:
    """The tree as a query that has this very tree."""
    match tree.parts:
        case (Any(parts),):
            return " OR ".join(map(_part, parts))
        case parts:
            return _beside(parts)


def shown(tree: All) -> str:
    """The same for a reader's eyes: a word that looks like a field stands as the words that it is read as."""
    node = _spread(tree)
    return canonical(node if isinstance(node, All) else All((node,) if node else ()))


def _spread(node: Node) -> Node | None:
    match node:
        case Word(text, "") if ":" in text:
            return all_of(Word(each) for each in text.split(":") if each)
        case All(parts):
            return all_of(map(_spread, parts))
        case Any(parts):
            return any_of(map(_spread, parts))
        case Not(part):
            return none_of(_spread(part))
    return node


def _part(node: Node, *, apart: bool = False) -> str:
    match node:
        case Not(part):
            return f"-{_part(part, apart=apart)}"
        case All(parts):
            return f"({_beside(parts)})"
        case Any(parts):
            return f"({' OR '.join(map(_part, parts))})"
    return _leaf(node, apart=apart)


def _beside(parts: Sequence[Node]) -> str:
    """Parts that must all hold. A name before a bare word stands in quotes: it is plain where it ends."""
    return " ".join(
        _part(part, apart=isinstance(after, Word) and not after.field) for part, after in zip_longest(parts, parts[1:])
    )


def _leaf(node: Leaf, *, apart: bool) -> str:
    written: str
    match node:
        case Word(text, field):
            written = f"{field}:{text}" if field else text
        case Phrase(text, field):
            written = f'{field}:"{text}"' if field else f'"{text}"'
        case Author(name):
            written = f"au:{name}" if _SINGLE_NAME.fullmatch(name) and not apart else f'au:"{name}"'
        case Category():
            written = node.name if "." in node.name or "-" in node.name else f"cat:{node.name}"
        case PaperId(id_):
            written = f"id:{id_}"
        case Type(kinds):
            written = f"type:{','.join(sorted(kinds))}"
        case Since(day):
            written = f"since:{day.isoformat()}"
        case Until(day):
            written = f"until:{day.isoformat()}"
        case LastDays(count):
            written = f"last:{count}d"
        case Votes(at_least):
            written = f"hf:>={at_least}"
    return written
