"""Finds papers by queries in memory: each word, author or category that any query names is looked up once.

The words are an index of FTS5 made as the store's own, so that they are cut and stemmed in the same way. What a query's
tree finds is what storage.matching finds by SQL: tests/test_news.py compares them.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from storage import ranking, search_index, segment
from storage.database import Transaction
from storage.matching import columns
from storage.news_facts import Facts, bits
from storage.query import (
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Node,
    Not,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
    terms,
)

REMEMBERED = 10_000  # words
_COLUMNS = search_index.COLUMNS["search_full"]
_terms = lru_cache(REMEMBERED)(segment.terms)  # cutting costs more than finding


class NewsIndex:
    """Papers, ids by ordinals; what is found are bits by their places among them. `table`: the SQL of search_full.

    `add` fills in the texts; `learn` is to be given a tree before `find`.
    """

    def __init__(self, papers: Mapping[int, str], table: str, today: date) -> None:
        self._facts, self._today = Facts(list(papers)), today
        self._places = {each: place for place, each in enumerate(papers)}
        self._named = {each: 1 << place for place, each in enumerate(papers.values())}
        self._words = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._words.execute(table)
        self._word = lru_cache(REMEMBERED)(self._look_up)

    def add(self, rows: search_index.Texts) -> None:
        """Index the texts of some of the papers: 0.3 ms each. Not to be called from two threads at a time."""
        cut = [(self._places[each], *search_index.columns("search_full", row)) for each, row in rows.items()]
        names, marks = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
        self._words.execute("BEGIN")
        self._words.executemany(f"INSERT INTO search_full (rowid, {names}) VALUES (?, {marks})", cut)
        self._words.execute("COMMIT")

    async def learn(self, tx: Transaction, tree: All) -> None:
        """Read what the papers have beside words, as far as a tree asks for it."""
        await self._facts.learn(tx, tree)

    def find(self, tree: All) -> int:
        """The papers of a query."""
        return self._all(tree.parts)

    def _all(self, parts: Sequence[Node]) -> int:
        found = self._facts.everything
        for where in {part.field for part in parts if isinstance(part, Word)}:
            found &= self._holding(terms(parts, where), where)
        for part in parts:
            if not isinstance(part, Word):
                found &= self._one(part)
        return found

    def _any(self, parts: Sequence[Node]) -> int:
        found = 0
        for part in parts:
            found |= self._one(part)
        return found

    def _one(self, node: Node) -> int:
        match node:
            case All(parts):
                return self._all(parts)
            case Any(parts):
                return self._any(parts)
            case Not(part):
                return self._facts.everything & ~self._one(part)
            case Word(text, where):
                return self._holding(_terms(text), where)
            case Phrase(text, where):
                folded = segment.folded(segment.simplified(text))
                return self._facts.holding(folded, where, self._holding(ranking.sure(segment.terms(text)), where))
        return self._fact(node)

    def _fact(self, node: Node) -> int:
        facts, found = self._facts, 0
        match node:
            case Author(name):
                found = facts.by(name)
            case Category(names):
                found = facts.carrying(names)
            case PaperId(id_):
                found = self._named.get(id_, 0)
            case Votes(at_least):
                found = facts.voted(at_least)
            case Since(day):
                found = facts.since(day)
            case LastDays(count):
                found = facts.since(self._today - timedelta(days=count))
            case Until(day):
                found = facts.until(day)
            case Type():
                found = facts.listed(node)
        return found

    def _holding(self, words: Sequence[str], where: Field) -> int:
        """The papers that hold all of these words in a field."""
        found = self._facts.everything
        for expression in ranking.each_of(words):
            found &= self._word(expression, where)
        return found

    def _look_up(self, expression: str, where: Field) -> int:
        asked = f"{columns(where)}{expression}" if where else expression
        sql = "SELECT rowid FROM search_full WHERE search_full MATCH ?"
        return bits([row[0] for row in self._words.execute(sql, (asked,))])
