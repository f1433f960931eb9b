"""What some papers have that queries ask for beside words, each as the set of the papers that have it: integers' bits.

Read when it is asked for first.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any as Value
from typing import TypeVar

from sqlalchemy import text

from storage import author_names
from storage.database import Transaction
from storage.matching import TEXTS
from storage.paper_rows import month_floor
from storage.query import (
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Leaf,
    Node,
    Not,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
)

Key = TypeVar("Key")

_OF_NEWS = "IN (SELECT value FROM json_each(:papers))"

# No index leads from a paper to its categories: each category there is, and there are few, is asked for the papers.
_CATEGORIES = f"""
WITH RECURSIVE names (name) AS (
    SELECT MIN(category) FROM paper_categories
    UNION ALL
    SELECT (SELECT MIN(category) FROM paper_categories WHERE category > name) FROM names WHERE name IS NOT NULL
)
SELECT c.category, c.paper FROM names CROSS JOIN paper_categories c ON c.category = names.name AND c.paper {_OF_NEWS}
"""
_AUTHORS = f"SELECT authors, ordinal FROM papers WHERE ordinal {_OF_NEWS}"
_VOTES = f"SELECT votes, paper FROM upvotes WHERE paper {_OF_NEWS}"
_LISTED = f"SELECT type, category, paper FROM announcements WHERE paper {_OF_NEWS}"
_LAST = f"SELECT MAX(date), paper FROM announcements WHERE paper {_OF_NEWS} GROUP BY paper"


def bits(places: Collection[int]) -> int:
    """A set of places as an integer."""
    marked = bytearray((max(places, default=-1) >> 3) + 1)
    for place in places:
        marked[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(marked, "little")


def places(papers: int) -> Iterator[int]:
    """The places of a set, in order."""
    for index, byte in enumerate(papers.to_bytes((papers.bit_length() + 7) // 8, "little")):
        if byte:
            yield from (index * 8 + bit for bit in range(8) if byte >> bit & 1)


class Facts:
    """What the papers of these ordinals have; bits are places in that list. `learn` a tree before its leaves."""

    def __init__(self, ordinals: Sequence[int]) -> None:
        self.everything = (1 << len(ordinals)) - 1
        self._ordinals = ordinals
        self._places = {each: place for place, each in enumerate(ordinals)}
        self._learnt: set[Value] = set()
        self._categories: dict[str, int] = {}
        self._authors: dict[str, int] = {}
        self._votes: dict[int, int] = {}
        self._listed: dict[tuple[str, str], int] = {}  # by type and category
        self._last: dict[str, int] = {}  # by the day of the last announcement
        self._texts: dict[Field, dict[int, str]] = {}  # by place

    async def learn(self, tx: Transaction, tree: All) -> None:
        """Read what the leaves of a tree ask for."""
        for leaf in _leaves(tree):
            kind = leaf.field if isinstance(leaf, Phrase) else type(leaf)
            if kind not in self._learnt:
                await self._read(tx, leaf)
                self._learnt.add(kind)

    async def _read(self, tx: Transaction, leaf: Leaf) -> None:
        match leaf:
            case Phrase(_, where):
                self._texts[where] = await self._text(tx, where)
            case Category():
                self._categories = await self._sets(tx, _CATEGORIES, lambda row: [row[0]])
            case Author():
                self._authors = await self._sets(tx, _AUTHORS, lambda row: author_names.words(json.loads(row[0])))
            case Votes():
                self._votes = await self._sets(tx, _VOTES, lambda row: [row[0]])
            case Type():
                self._listed = await self._sets(tx, _LISTED, lambda row: [(row[0], row[1])])
            case Since() | Until() | LastDays():
                self._last = await self._sets(tx, _LAST, lambda row: [row[0]])

    async def _sets(self, tx: Transaction, sql: str, keys: Callable[[Value], Iterable[Key]]) -> dict[Key, int]:
        """The sets of papers by what `keys` makes of the rows' first column; the last is the paper."""
        found: dict[Key, list[int]] = defaultdict(list)
        for *told, paper in await tx.execute(text(sql), {"papers": json.dumps(self._ordinals)}):
            for key in keys(told):
                found[key].append(self._places[paper])
        return {key: bits(each) for key, each in found.items()}

    async def _text(self, tx: Transaction, where: Field) -> dict[int, str]:
        sql = f"""
        SELECT t.ordinal, {TEXTS[where]} FROM papers t LEFT JOIN summaries s ON s.paper = t.ordinal
        WHERE t.ordinal {_OF_NEWS}
        """
        found: dict[int, str] = {}
        for paper, folded in await tx.execute(text(sql), {"papers": json.dumps(self._ordinals)}):
            place = self._places[paper]
            # No phrase holds a NUL, so that none is found across two summaries.
            found[place] = f"{found[place]}\0{folded}" if place in found else folded
        return found

    def holding(self, phrase: str, where: Field, papers: int) -> int:
        """Those of the papers whose text holds a phrase as it is compared."""
        texts = self._texts[where]
        return bits([place for place in places(papers) if phrase in texts[place]])

    def by(self, author: str) -> int:
        """The papers of an author."""
        found, groups = self.everything, author_names.groups(author)
        for group in groups:
            found &= self._either(self._authors, group)
        return found if groups else 0

    def carrying(self, categories: Iterable[str]) -> int:
        """The papers that carry one of these names of categories."""
        return self._either(self._categories, categories)

    def voted(self, at_least: int) -> int:
        """The papers with so many votes."""
        return self._either(self._votes, [votes for votes in self._votes if votes >= at_least])

    def listed(self, node: Type) -> int:
        """The papers that were announced so."""
        within = {"", *node.within}
        named = [(kind, category) for kind, category in self._listed if kind in node.kinds]
        return self._either(self._listed, [each for each in named if not node.within or each[1] in within])

    def since(self, day: date) -> int:
        """The papers that were last announced on a day or later; without a day, the month of the id counts."""
        dated = self._either(self._last, [last for last in self._last if last >= day.isoformat()])
        floor = month_floor(day.year, day.month)
        return dated | (self._undated & bits([place for each, place in self._places.items() if each >= floor]))

    def until(self, day: date) -> int:
        """The same, on a day or earlier."""
        dated = self._either(self._last, [last for last in self._last if last and last <= day.isoformat()])
        ceiling = month_floor(day.year, day.month + 1)
        return dated | (self._undated & bits([place for each, place in self._places.items() if each < ceiling]))

    @property
    def _undated(self) -> int:
        return self.everything & ~self._either(self._last, [last for last in self._last if last])

    @staticmethod
    def _either(sets: dict[Key, int], keys: Iterable[Key]) -> int:
        found = 0
        for key in keys:
            found |= sets.get(key, 0)
        return found


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield node
