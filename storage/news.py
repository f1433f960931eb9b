"""The papers that became known lately, and which of them hold what a query asks; a set of them is an integer's bits.

One query is one statement over the store. With thousands of different queries that would be thousands of statements, so
the papers are then indexed in memory once (storage/news_index.py): each word, author or category that any query names
is looked up once, and a query is a few operations on integers. The answers are the same.
"""

import asyncio
import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import islice

from sqlalchemy import text

from storage import direct, search_index
from storage.database import Transaction, as_text
from storage.filters import statement
from storage.matching import matching
from storage.news_facts import bits, places
from storage.news_index import NewsIndex
from storage.paper_rows import month_floor
from storage.query import All
from storage.records import AnnounceType

# A statement costs about as much as indexing five papers: the index is made when that much has been spent without it.
PAPERS_A_QUERY = 5
MOST_INDEXED = 20_000  # papers: with its texts one takes 10 KB
FAR, MOST_OLDER = 3, 50  # months; papers that were announced so late, as when another category lists an old one

# A replacement is no news, but a subscription may ask for it.
_NEWS = "a.seen_at >= :since AND (a.news = 1 OR a.type IN ('replace', 'replace-cross'))"


class News:
    """The papers that were announced to the bot since a moment, the newest first: bit 0 is the newest.

    `last:7d` counts from `today`.
    """

    def __init__(self, since: datetime, today: date, papers: dict[int, str], kinds: dict[str, int]) -> None:
        self._since, self._today = since, today
        self._papers = papers  # id by ordinal
        self._ordinals, self._ids = tuple(papers), tuple(papers.values())
        self._places = {ordinal: place for place, ordinal in enumerate(papers)}
        self._named = {id_: place for place, id_ in enumerate(self._ids)}
        self._kinds = kinds
        self._statements = 0
        self._index: NewsIndex | None = None

    @classmethod
    async def load(cls, tx: Transaction, since: datetime, today: date) -> "News":
        """What is news now."""
        sql = f"""
        SELECT a.paper, p.id, a.type, a.news FROM announcements a JOIN papers p ON p.ordinal = a.paper
        WHERE {_NEWS} ORDER BY +a.paper DESC
        """  # the plus keeps SQLite from reading all announcements in the order of another index
        papers: dict[int, str] = {}
        found: dict[str, list[int]] = {}
        for row in await tx.execute(text(sql), {"since": as_text(since)}):
            papers[row.paper] = row.id
            kinds = {row.type} if row.type else set()
            # Where a source does not tell, the paper is taken for new; so is a replacement that a publisher chose.
            if row.news and row.type != AnnounceType.CROSS:
                kinds.add(AnnounceType.NEW)
            for kind in kinds:
                found.setdefault(kind, []).append(len(papers) - 1)
        return cls(since, today, papers, {kind: bits(each) for kind, each in found.items()})

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ids)

    def announced(self, kinds: Iterable[AnnounceType]) -> int:
        """The papers that were announced in one of these ways."""
        found = 0
        for kind in kinds:
            found |= self._kinds.get(kind, 0)
        return found

    def of(self, ordinals: Iterable[int]) -> int:
        """Those of the papers that are news."""
        return bits([place for each in ordinals if (place := self._places.get(each)) is not None])

    def called(self, ids: Iterable[str]) -> int:
        """Those of the papers that are news, by their ids."""
        return bits([place for each in ids if (place := self._named.get(each)) is not None])

    def newest(self, papers: int, limit: int) -> list[str]:
        """The ids of the newest of a set of papers."""
        return [self._ids[place] for place in islice(places(papers), limit)]

    def ordinals(self, papers: int) -> list[int]:
        """The ordinals of a set of papers, the newest first."""
        return [self._ordinals[place] for place in places(papers)]

    async def find(self, tx: Transaction, tree: All) -> int:
        """The papers that storage.matching finds for a query's tree."""
        if self._index is None and self._is_worth_it():
            self._index = await _indexed(tx, self._papers, self._today)
        if self._index:
            await self._index.learn(tx, tree)
            return self._index.find(tree)
        self._statements += 1
        where = matching(tree, self._today)
        sql = f"""
        SELECT p.ordinal FROM papers p
        WHERE {where.sql} AND p.ordinal IN (SELECT a.paper FROM announcements a WHERE {_NEWS})
        """
        values = {**where.values, "since": as_text(self._since)}
        return self.of((await tx.execute(statement(sql, where), values)).scalars())

    def _is_worth_it(self) -> bool:
        return len(self._ids) <= min(MOST_INDEXED, PAPERS_A_QUERY * self._statements)


async def posted(tx: Transaction, chats: Collection[int], news: News, papers: int) -> dict[int, int]:
    """Which of a set of papers each of these chats was sent; chats that were sent none are left out."""
    ordinals = news.ordinals(papers)
    if not ordinals:
        return {}
    sql = """
    WITH sent AS MATERIALIZED (
        SELECT value AS chat_id,
               (SELECT group_concat(paper) FROM posts WHERE chat_id = value AND paper >= :floor) AS recent,
               (SELECT group_concat(paper) FROM posts WHERE chat_id = value AND paper IN (
                   SELECT value FROM json_each(:older))) AS older
        FROM json_each(:chats)
    )
    SELECT * FROM sent WHERE recent IS NOT NULL OR older IS NOT NULL
    """
    recent, older = _split(ordinals)
    values = {"chats": json.dumps(list(chats)), "floor": recent[-1], "older": json.dumps(older)}
    past: dict[tuple[str | None, ...], int] = {}  # many chats have the same
    found: dict[int, int] = {}
    for chat_id, *listed in await direct.many(tx, "chat_id, recent, older", sql, values):
        key = tuple(listed)
        if key not in past:
            past[key] = news.of(int(each) for part in key if part for each in part.split(","))
        found[chat_id] = past[key]
    return found


def _split(ordinals: list[int]) -> tuple[list[int], list[int]]:
    """The papers that a range of a chat's posts holds, and a few far older ones that are better looked up each."""
    far = month_floor(1991, FAR) - month_floor(1991, 0)
    older = [each for each in ordinals if each < ordinals[0] - far][-MOST_OLDER:]
    return ordinals[: len(ordinals) - len(older)], older


async def _indexed(tx: Transaction, papers: dict[int, str], today: date) -> NewsIndex:
    """The index of the texts of these papers, made in a thread of its own beside the event loop."""
    table = (await tx.execute(text("SELECT sql FROM sqlite_master WHERE name = 'search_full'"))).scalar_one()
    index, ordinals = NewsIndex(papers, table, today), list(papers)
    for start in range(0, len(ordinals), search_index.BATCH):
        some = ordinals[start : start + search_index.BATCH]
        await asyncio.to_thread(index.add, await search_index.texts(tx, some))
    return index
