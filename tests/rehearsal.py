"""A newsroom among fakes: arXiv and a model at the wire, a clock that a test turns."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.config import Settings
from bot.digests.calendar import EASTERN
from bot.newsroom import Newsroom, newsroom
from bot.sandbox.arxiv import server as arxiv_server
from bot.sandbox.arxiv.server import Arxiv
from bot.sandbox.model import FakeModel, serve_model
from bot.sandbox.server import serve_app
from bot.sources.polite import Pace
from storage import chats, subscriptions
from storage.database import Database
from storage.records import Chat, Paper, Subscription
from tests.made import PRIVATE, subscription
from tests.queueing import drain

DAY = date(2026, 11, 24)  # a Tuesday
HURRIED = Pace(interval=0.0, pauses=(0.01, 0.01, 0.01))


@dataclass(slots=True)
class Rehearsal:
    """The newsroom, the fakes that it talks to, and the time."""

    news: Newsroom
    arxiv: Arxiv
    model: FakeModel
    clock: "Clock"
    url: str  # of the fake arXiv

    @property
    def database(self) -> Database:
        """The newsroom's database."""
        return self.news.database

    def announce(self, *papers: Paper, day: date | None = None) -> None:
        """arXiv announces papers, today by default."""
        for paper in papers:
            self.arxiv.catalogue.announce(paper, day)

    def turn_to(self, day: date, hour: int = 1) -> None:
        """Set arXiv's day and the clock, US Eastern."""
        self.arxiv.catalogue.day = day
        self.clock.now = datetime.combine(day, time(hour), tzinfo=EASTERN).astimezone(UTC)

    async def subscribe(self, chat: Chat = PRIVATE, query: str = "", **more: Any) -> Subscription:
        """Subscribe a chat; due in an hour by default."""
        due = {"next_due": self.clock.now + timedelta(hours=1), **more}
        async with self.database.transaction() as tx:
            await chats.remember(tx, chat, self.clock.now)
            stored, _ = await subscriptions.add(tx, subscription(chat, query, **due), self.clock.now)
        return stored

    async def ask(self, wanted: Subscription) -> None:
        """A reader says /today."""
        async with self.database.transaction() as tx:
            await subscriptions.request(tx, [wanted.id], self.clock.now)

    async def queued(self) -> list[str]:
        """The texts that wait in the outbox, taken and recorded as sent."""
        now = self.clock.now
        async with self.database.transaction() as tx:
            return [each.message.text for each in await drain(tx, now, now + timedelta(days=365))]


@dataclass(slots=True)
class Clock:
    """A clock that stands still."""

    now: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.now


@asynccontextmanager
async def rehearsing(
    database: Database, *, model: FakeModel | None = None, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[Rehearsal]:
    """A newsroom at 01:00 US Eastern on DAY; without `model` there is none configured."""
    async with AsyncExitStack() as stack:
        arxiv = arxiv_server.make(DAY)
        url = await stack.enter_async_context(serve_app(arxiv_server.create_app(arxiv), "127.0.0.1", 0))
        values: dict[str, Any] = {
            "arxiv": {
                "categories": ["cs.LG", "cs.CL"],
                "feed_url": f"{url}/rss",
                "api_url": f"{url}/api/query",
                "oai_url": f"{url}/oai",
            },
            "hugging_face": {"enabled": False, "url": f"{url}/hf/api/daily_papers"},
        }
        if model:
            base = await stack.enter_async_context(serve_model(model))
            values["summaries"] = {"providers": [provider(base)]}
        for section, options in (settings or {}).items():
            values[section] = {**values.get(section, {}), **options}
        clock = Clock(datetime.combine(DAY, time(1), tzinfo=EASTERN).astimezone(UTC))
        made = Settings.model_validate(values)
        news = await stack.enter_async_context(newsroom(made, database, pace=HURRIED, now=clock))
        yield Rehearsal(news, arxiv, model or FakeModel(), clock, url)


def provider(base_url: str, name: str = "fake", **more: Any) -> dict[str, Any]:
    """A provider's table of the configuration."""
    prices = {"price_input": "1", "price_cached": "0.02", "price_output": "4"}
    return {"name": name, "base_url": base_url, "model": "fake-1", "key": "sk-secret", **prices, **more}
