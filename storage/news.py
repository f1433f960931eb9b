"""The papers that became known lately, and which of them hold what a query asks; a set of them is an integer's bits.

One query is one statement over the store. With thousands of different queries that would be thousands of statements, so
the papers are then indexed in memory once (storage/news_index.py): each word, author or category that any query names
is looked up once, and a query is a few operations on integers. The answers are the same.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import islice

from sqlalchemy import text

from storage import direct, lexicon, search_index
from storage.database import Transaction, as_text
from storage.filters import statement
from storage.matching import matching
from storage.news_facts import bits, places
from storage.news_index import NewsIndex
from storage.paper_rows import month_floor
from storage.query import All
from storage.records import AnnounceType
from storage.translating import also_english, chinese
from storage.word_pairs import Entry

# A statement costs about as much as indexing five papers: the index is made when that much has been spent without it.
PAPERS_A_QUERY = 5
MOST_INDEXED = 20_000  # papers: with its texts one takes 10 KB
FAR, MOST_OLDER = 3, 50  # months; papers that were announced so late, as when another category lists an old one

_REPLACED = (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)
_HAS_SUMMARY = "EXISTS (SELECT 1 FROM summaries s WHERE s.paper = a.paper AND s.state = 'good')"
# A replacement is no news, but a subscription may ask for it.
_NEWS = "a.seen_at >= :since AND (a.news = 1 OR a.type IN ('replace', 'replace-cross'))"


class News:
    """The papers that were announced to the bot since a moment, the newest first: bit 0 is the newest.

    `last:7d` counts from `today`.
    """

    def __init__(
        self, since: datetime, today: date, papers: dict[int, str], listed: dict[tuple[str, str], int], untold: int
    ) -> None:
        self._since, self._today = since, today
        self._papers = papers  # id by ordinal
        self._ordinals, self._ids = tuple(papers), tuple(papers.values())
        self._places = {ordinal: place for place, ordinal in enumerate(papers)}
        self._named = {id_: place for place, id_ in enumerate(self._ids)}
        self._listed = listed  # by type, which a source need not tell, and category
        self._untold = untold  # those that nobody summarised
        self._announced: dict[tuple[frozenset[AnnounceType], frozenset[str]], int] = {}
        self._lexicon: dict[str, Entry | None] = {}
        self._statements = 0
        self._index: NewsIndex | None = None

    @classmethod
    async def load(cls, tx: Transaction, since: datetime, today: date) -> "News":
        """What is news now."""
        sql = f"""
        SELECT a.paper, p.id, a.type, a.category, a.news, {_HAS_SUMMARY} AS is_told
        FROM announcements a JOIN papers p ON p.ordinal = a.paper
        WHERE {_NEWS} ORDER BY +a.paper DESC
        """  # the plus keeps SQLite from reading all announcements in the order of another index
        papers: dict[int, str] = {}
        untold: list[int] = []
        listed: dict[tuple[str, str], list[int]] = {}
        for row in await tx.execute(text(sql), {"since": as_text(since)}):
            if row.paper not in papers:
                papers[row.paper] = row.id
                untold += [] if row.is_told else [len(papers) - 1]
            kinds = {row.type or ""}
            if row.news and row.type in _REPLACED:
                kinds.add(AnnounceType.NEW)  # a publisher chose it
            for kind in kinds:
                listed.setdefault((kind, row.category), []).append(len(papers) - 1)
        return cls(since, today, papers, {key: bits(each) for key, each in listed.items()}, bits(untold))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ids)

    def announced(self, kinds: Iterable[AnnounceType], within: Collection[str] = ()) -> int:
        """The papers that were announced in one of these ways, in one of these categories or, if none, in any.

        A paper that only other categories listed so far is a cross-list in these.
        """
        key = (frozenset(kinds), frozenset(within))
        if key not in self._announced:
            self._announced[key] = self._of_kinds(*key)
        return self._announced[key]

    def _of_kinds(self, kinds: frozenset[AnnounceType], within: frozenset[str]) -> int:
        told: dict[str, int] = defaultdict(int)
        elsewhere: dict[str, int] = defaultdict(int)
        for (kind, category), papers in self._listed.items():
            is_here = not (within and kind and category) or category in within
            (told if is_here else elsewhere)[kind] |= papers
        untyped = told.pop("", 0)
        listed = _union(told.values())
        told[AnnounceType.CROSS] |= (elsewhere[AnnounceType.NEW] | elsewhere[AnnounceType.CROSS]) & ~listed
        told[AnnounceType.REPLACE_CROSS] |= _union(elsewhere[each] for each in _REPLACED) & ~listed
        # Where a source does not tell, the paper is taken for new.
        told[AnnounceType.NEW] |= untyped & ~told[AnnounceType.CROSS]
        return _union(told[each] for each in kinds)

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

    async def meant(self, tx: Transaction, tree: All) -> int:
        """The same, and of the papers that nobody summarised those that hold its Chinese words in English.

        What arXiv announces has no Chinese yet: who asks for it by Chinese words would never be sent any.
        """
        found = await self.find(tx, tree)
        words = set(chinese(tree)) if self._untold else set()
        if not words:
            return found
        if unknown := words - self._lexicon.keys():
            told = await lexicon.entries(tx, unknown)
            self._lexicon |= {each: told.get(each) for each in unknown}
        known = {each: entry for each in words if (entry := self._lexicon[each])}
        english = await self.find(tx, also_english(tree, known)) if known else found
        return (found & ~self._untold) | (english & self._untold)

    def _is_worth_it(self) -> bool:
        return len(self._ids) <= min(MOST_INDEXED, PAPERS_A_QUERY * self._statements)


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


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
