"""What a reader asks for, as a value: one language for /search and for subscriptions.

Words in Chinese or English (all must match), "phrases", `-` and NOT, AND, OR (`|`, 或), brackets, and the fields of
fields.py. Nothing that is typed is an error: what is no syntax is a word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from storage import segment
from storage.query.cleaning import clean
from storage.query.fields import Identify, Spellings, Values, plain_id
from storage.query.reading import is_plain, read
from storage.query.scanning import MAX_LENGTH, Scanner
from storage.query.tree import (
    All,
    Any,
    Author,
    Category,
    Field,
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
    asked_for,
)
from storage.query.writing import canonical, shown

__all__ = [
    "MAX_LENGTH",
    "All",
    "Any",
    "Author",
    "Category",
    "Field",
    "Identify",
    "LastDays",
    "Leaf",
    "Node",
    "Not",
    "PaperId",
    "Phrase",
    "Query",
    "Since",
    "Spellings",
    "Type",
    "Until",
    "Votes",
    "Word",
    "asked_for",
    "parse",
    "plain_id",
    "terms",
]

_BETWEEN = re.compile(r"[\s,;、。]+")


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: its tree, and what stands beside it."""

    tree: All = field(default_factory=All)
    online: bool = False  # papers that are not in the store are looked for on arXiv too
    typed: str = field(default="", compare=False, repr=False)
    odd: bool = field(default=False, compare=False)  # not all of it could be read as it was typed

    @property
    def is_empty(self) -> bool:
        """Nothing is asked: as a search it is a mistake, as a subscription it is every paper."""
        return not self.tree.parts

    @property
    def words(self) -> tuple[str, ...]:
        """The terms of the words that every paper is to hold, at most segment.MAX_TERMS."""
        return terms(self.tree.parts)

    @property
    def rest(self) -> "Query":
        """The query without those words."""
        return Query(All(tuple(part for part in self.tree.parts if not _is_bare(part))))

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that every paper is to hold, wherever in it."""
        return tuple(part.text for part in self.tree.parts if isinstance(part, Phrase))

    @property
    def categories(self) -> tuple[frozenset[str], ...]:
        """Of each of these every paper is to carry one."""
        return tuple(part.names for part in self.tree.parts if isinstance(part, Category))

    @property
    def reading(self) -> str:
        """The canonical text: parsed, it is an equal query."""
        return f"{'online: ' if self.online else ''}{canonical(self.tree)}".rstrip()

    @property
    def read_as(self) -> str:
        """How it was read, in words for who typed it; empty if that is plain."""
        if is_plain(self.tree) and not self.odd:
            return ""
        text = shown(self.tree)
        return "" if _folded(text) == _folded(self.typed) else text


def parse(text: str, spellings: Spellings, identify: Identify = plain_id) -> Query:
    """Read a query; any text is one, at most its first MAX_LENGTH characters count.

    `spellings` gives the names a paper may carry for a category, or none; `identify` the arXiv id that a text names.
    """
    cleaned = clean(text)
    scanner = Scanner(cleaned, _values(spellings, identify))
    tree = read(scanner)
    return Query(tree, scanner.online, cleaned, scanner.odd)


@lru_cache(maxsize=8)
def _values(spellings: Spellings, identify: Identify) -> Values:
    return Values(spellings, identify)


def terms(parts: Iterable[Node], where: Field = Field.ANYWHERE) -> tuple[str, ...]:
    """What is looked for of a field's words among the parts of an `All`: their terms, at most segment.MAX_TERMS."""
    return segment.terms(" ".join(part.text for part in parts if isinstance(part, Word) and part.field == where))


def _is_bare(part: Node) -> bool:
    return isinstance(part, Word) and not part.field


def _folded(text: str) -> str:
    return _BETWEEN.sub(" ", text).strip().casefold()
