"""What one run of jobs.prepare reads once, however many subscriptions it is for; its memory is bounded all the same."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from bot.digests import calendar, needs
from bot.digests.choose import rank, reach
from bot.messages.digests import Pieces, card_part
from bot.messages.lists import list_item
from bot.papers import asked, taxonomy
from storage import days, feeds, papers, summaries
from storage.database import Database, Transaction
from storage.news import News
from storage.query import Query
from storage.records import Card, Day, Look, Subscription, Taste
from storage.subscriptions import Due

FRESH = timedelta(days=4)  # an announcement older than this is not told of in a header
QUERIES, CARDS, PIECES, TIMES = 2_000, 2_000, 8_000, 1_000  # remembered; one takes 3, 5, 1 and 0.1 KB

Key = TypeVar("Key")
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Rules:
    """`window`: papers that became known longer ago are not news. `wait`: how long one waits for its summary."""

    window: timedelta
    wait: timedelta | None = None  # None: there is no model, so nothing to wait for
    patience: timedelta = timedelta(minutes=2)  # how long a reader who asked waits for papers to be summarised


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, the papers that it finds as storage.news has sets of papers, and the day that its header tells of."""

    query: Query
    found: int
    day: Day | None


class Round:
    """One run. What it asks the database for is there from then on: the transactions may be different ones."""

    def __init__(self, now: datetime, rules: Rules, looks: dict[str, Look], batch: datetime | None = None) -> None:
        self.now, self.rules = now, rules
        self.batch = batch  # when the batch came that subscriptions waited for, if this run is about them
        self.pieces = Pieces(lru_cache(PIECES)(list_item), lru_cache(PIECES)(card_part))
        self._next_due = lru_cache(TIMES)(calendar.next_due)
        self._next_latest = lru_cache(TIMES)(calendar.next_latest)
        self._last_due = lru_cache(TIMES)(calendar.last_due)
        self._looks = looks
        self._news: News | None = None
        self._asked: dict[str, Asked] = {}
        self._days: dict[tuple[str, ...], Day | None] = {}
        self._cards: dict[str, Card] = {}
        self._pending: dict[str, bool] = {}

    @classmethod
    async def begin(cls, database: Database, now: datetime, rules: Rules) -> "Round":
        """A run that is not about an announcement."""
        async with database.reading() as tx:
            looks = await feeds.looks(tx)
        return cls(now, rules, {name: look for name, look in looks.items() if taxonomy.is_category(name)})

    @property
    def newest(self) -> datetime | None:
        """When the last batch of any feed came in."""
        return newest(self._looks.values())

    def last_due(self, due: Due) -> datetime:
        """The last time that a digest was due."""
        return self._last_due(due.subscription.schedule, due.chat.timezone, self.now)

    def next_due(self, due: Due) -> datetime:
        """The next time that a digest is due, or with a batch the next time that one is due at the latest."""
        following = self._next_latest if self.batch else self._next_due
        return following(due.subscription.schedule, due.chat.timezone, self.now)

    def looks_at(self, query: Query) -> list[Look]:
        """The last looks at the feeds that matter to a query."""
        return [self._looks[name] for name in needs.relevant(query, self._looks)]

    async def news(self, tx: Transaction) -> News:
        """The papers that may be posted."""
        if self._news is None:
            self._news = await News.load(tx, self.now - self.rules.window, self.now.astimezone(UTC).date())
        return self._news

    async def asked(self, tx: Transaction, text: str) -> Asked:
        """A query and what it finds."""
        if text not in self._asked:
            query = asked.parse(text)
            found = await (await self.news(tx)).meant(tx, query.tree)
            _remember(self._asked, text, Asked(query, found, await self._day(tx, query)), QUERIES)
        return self._asked[text]

    async def wanted(self, tx: Transaction, subscription: Subscription) -> int:
        """The papers that a subscription asks for, announced as it wants them, whoever was sent them."""
        asked = await self.asked(tx, subscription.query)
        kinds = needs.kinds(asked.query, subscription.kinds)
        return asked.found & (await self.news(tx)).announced(kinds, needs.confines(asked.query))

    async def best(self, tx: Transaction, papers: int, query: Query, taste: Taste | None, most: int) -> Sequence[str]:
        """The papers of a set to choose `most` from, best first."""
        compared = reach(query, taste, most)
        ids = (await self.news(tx)).newest(papers, compared)
        if compared == most:
            return ids  # the newest are the best
        cards = await self.cards(tx, ids)
        return [card.paper.id for card in await asyncio.to_thread(rank, cards, query, taste)]

    async def pending(self, tx: Transaction, ids: Collection[str]) -> set[str]:
        """Those of the papers whose summary is waited for."""
        if self.rules.wait is None:
            return set()
        if unknown := [each for each in ids if each not in self._pending]:
            found = await summaries.pending(tx, unknown, self.now - self.rules.wait)
            self._pending |= {each: each in found for each in unknown}
        return {each for each in ids if self._pending[each]}

    async def cards(self, tx: Transaction, ids: Sequence[str]) -> list[Card]:
        """The cards of these papers."""
        found = {each: self._cards[each] for each in ids if each in self._cards}
        if unknown := [each for each in ids if each not in found]:
            for card in await papers.get(tx, unknown):
                found[card.paper.id] = card
                _remember(self._cards, card.paper.id, card, CARDS)
        return [found[each] for each in ids if each in found]

    async def _day(self, tx: Transaction, query: Query) -> Day | None:
        named = tuple(sorted(needs.categories(query)))
        if named not in self._days:
            last = await days.last(tx, named)
            fresh = last and self.now - calendar.midnight(last) < FRESH
            self._days[named] = await days.announced(tx, last, named) if last and fresh else None
        return self._days[named]


def newest(looks: Iterable[Look]) -> datetime | None:
    """When the last batch came in."""
    return max((look.batch_at for look in looks if look.batch_at), default=None)


def _remember(memory: dict[Key, Thing], key: Key, thing: Thing, most: int) -> None:
    if len(memory) >= most:
        del memory[next(iter(memory))]  # the oldest
    memory[key] = thing
