"""`papergram demo --live`: three invented days of arXiv in two minutes, with a model that has its bad moments.

The bot is the real one; only its clock is turned, and arXiv and the model are those of bot/sandbox.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from bot import app, demo
from bot.app import Running
from bot.config import Arxiv, Operator, Settings, Summaries
from bot.config import Provider as ProviderSettings
from bot.digests.calendar import EASTERN
from bot.sandbox.arxiv import server as arxiv_server
from bot.sandbox.model import FakeModel, serve_model
from bot.sandbox.server import serve_app
from bot.sources.polite import Pace
from bot.summaries import faithful
from storage import days, overview
from storage.database import Database
from storage.records import AnnounceType, Chat, ChatKind, Form, Language, Paper, Schedule, Subscription, Summary

MONDAY = date(2026, 11, 23)
HURRIED = Pace(interval=0.5, pauses=(1, 1, 1))  # of a fake arXiv; the real one is asked every three seconds
PRICES = {"price_input": Decimal(1), "price_cached": Decimal("0.02"), "price_output": Decimal(4)}
LATENCY = 1.0  # seconds of the fake model
LATE = time(20)  # 09:00 in Beijing, when the fixed digests are due

INTRODUCTION = """
  Papergram lives through three invented days of arXiv; the lines below say what happens.
  Open {url}/ and watch the chats.
"""
END = """
  That was it. The bot goes on; try /today, /status, /search 扩散模型 in the private chat. Stop: Ctrl-C
"""


@dataclass(slots=True)
class Clock:
    """The real clock, turned to where the story is."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """The time of the story."""
        return datetime.now(UTC) + self.ahead

    def turn_to(self, day: date, hour: int, minute: int = 0) -> None:
        """Turn it to a time of an Eastern day."""
        then = datetime.combine(day, time(hour, minute), tzinfo=EASTERN)
        self.ahead = then.astimezone(UTC) - datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running bot among its fakes."""

    running: Running
    arxiv: arxiv_server.Arxiv
    model: FakeModel
    clock: Clock
    papers: list[Paper]

    @property
    def database(self) -> Database:
        """The bot's database."""
        return self.running.news.database

    def set(self, day: date, hour: int, minute: int = 0) -> None:
        """Turn everybody's clock."""
        self.arxiv.catalogue.day = day
        self.clock.turn_to(day, hour, minute)

    async def run(self, *jobs: str, until: Callable[[], Awaitable[bool]] | None = None, seconds: float = 20) -> None:
        """Have jobs run now, and wait until something is so, or a moment."""
        for each in jobs:
            self.running.hurry(each)
        for _ in range(int(seconds * 5)):
            await asyncio.sleep(0.2)
            if until and await until():
                return


async def run(settings: Settings, port: int, keep: Path | None) -> None:
    """Play the story, then go on until told to stop."""
    async with AsyncExitStack() as stack:
        url, world, database = await stack.enter_async_context(demo.opened_sandbox(port, keep))
        stop = app.stop_signal()
        typer.echo(INTRODUCTION.format(url=url))
        stage = await stack.enter_async_context(_staged(settings, url, database))
        await demo.greet(database, world)
        playing = asyncio.create_task(_play(stage))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
            typer.echo(END)
            await stopping
        playing.cancel()
        stopping.cancel()
    typer.echo("  Stopped.")


@asynccontextmanager
async def _staged(settings: Settings, url: str, database: Database) -> AsyncIterator[Stage]:
    sample = _sample()
    arxiv, clock = arxiv_server.make(MONDAY), Clock()
    clock.turn_to(MONDAY, 1)
    model = FakeModel(sample, latency=LATENCY)
    async with (
        serve_app(arxiv_server.create_app(arxiv), "127.0.0.1", 0) as papers_url,
        serve_model(model) as model_url,
    ):
        made = _settings(settings, url, papers_url, model_url)
        async with app.running(made, database, pace=HURRIED, now=clock) as running:
            yield Stage(running, arxiv, model, clock, [paper for paper, _ in sample])


def _settings(settings: Settings, url: str, papers_url: str, model_url: str) -> Settings:
    model = ProviderSettings.model_validate({"name": "fake", "base_url": model_url, "model": "fake-1", **PRICES})
    sources = Arxiv(
        categories=["cs.LG", "cs.CL"],
        feed_url=f"{papers_url}/rss",
        api_url=f"{papers_url}/api/query",
        oai_url=f"{papers_url}/oai",
    )
    update: dict[str, Any] = {
        **demo.NOTHING_OUTSIDE,
        "telegram": demo.telegram(url),
        "arxiv": sources,
        "summaries": Summaries(providers=[model]),
        "operator": Operator(chat_id=demo.READER),
    }
    return settings.model_copy(update=update)


async def _play(stage: Stage) -> None:
    await demo.subscribe(stage.database, _subscriptions(stage.clock()), stage.clock())
    papers = stage.papers
    await _monday(stage, papers[:4])
    await _tuesday(stage, papers[4:-5])
    await _wednesday(stage, papers[4], papers[-5:-2])
    await _thursday(stage, papers[-2:])
    async with stage.database.reading() as tx:
        told = [await days.counts(tx, day) for day in await days.lately(tx, overview.DAYS)]
    for day in told:
        _tell(
            f"{day.date}: {day.announced} announced, {day.new} new, {day.replaced} replaced; {day.wanted} wanted, "
            f"{day.summarised} summarised, {day.failed} failed, {day.waiting} waiting, {day.posted} posted"
        )


async def _monday(stage: Stage, papers: list[Paper]) -> None:
    _tell("Monday 01:00 in New York: four papers are announced, and posted to those who wait for announcements.")
    for paper in papers:
        stage.arxiv.catalogue.announce(paper)
    await stage.run("collect", until=lambda: _posted(stage, len(papers)))


async def _tuesday(stage: Stage, papers: list[Paper]) -> None:
    day = MONDAY + timedelta(days=1)
    stage.set(day, 0, 6)
    stage.arxiv.faults.add({"kind": "stale", "path": "/rss", "times": 2})
    _tell("Tuesday 00:06: arXiv's feed still shows Monday's papers. Nothing is posted twice.")
    await stage.run("collect", seconds=6)
    stage.set(day, 0, 30)
    for kind, paper in zip(("english", "labels", "number"), papers[1:], strict=False):
        stage.model.faults.add({"kind": kind, "contains": paper.title[:30]})
    stage.model.faults.add({"kind": "refusing", "contains": papers[0].title[:30], "times": 2})
    for paper in papers:
        stage.arxiv.catalogue.announce(paper)
    _tell(
        f"00:30: {len(papers)} papers. The model answers one in English, one with labels, one with an invented number;"
    )
    _tell("       each is asked again. One paper it refuses twice: it is posted untranslated, and marked so.")
    await stage.run("collect", until=lambda: _posted(stage, len(papers)), seconds=30)
    stage.set(day, 3)
    _tell("03:00: the model is in a better mood; the untranslated post is put right, in the same message.")
    await stage.run("summarise", seconds=8)
    stage.set(day, LATE.hour)
    _tell("Wednesday 09:00 in Beijing: the group's list is due at its fixed hour.")
    await stage.run("prepare", seconds=6)


async def _wednesday(stage: Stage, changed: Paper, papers: list[Paper]) -> None:
    stage.set(MONDAY + timedelta(days=2), 0, 30)
    _tell("Wednesday 00:30: a second version of a posted paper, which is no news, and three new papers.")
    stage.arxiv.catalogue.announce(replace(changed, version=2, comments="v2: typos"), action=AnnounceType.REPLACE)
    for paper in papers:
        stage.arxiv.catalogue.announce(paper)
    await stage.run("collect", until=lambda: _posted(stage, len(papers)))


async def _thursday(stage: Stage, papers: list[Paper]) -> None:
    day = MONDAY + timedelta(days=3)
    stage.set(day, 12, 5)
    stage.arxiv.faults.add({"kind": "refuse_503", "path": "/rss", "times": None})
    _tell(
        "Thursday 12:05: arXiv has refused all morning. The operator is told, once; /today says why there is nothing."
    )
    await stage.run("collect", "watch", seconds=12)
    await stage.run("watch", seconds=2)
    stage.arxiv.faults.clear()
    stage.set(day, 12, 40)
    for paper in papers:
        stage.arxiv.catalogue.announce(paper)
    _tell("12:40: arXiv answers again. The papers are posted, and the operator is told that it is over.")
    await stage.run("collect", until=lambda: _posted(stage, len(papers)))
    await stage.run("watch", seconds=3)


async def _posted(stage: Stage, number: int) -> bool:
    """Whether the day's papers are all with somebody."""
    async with stage.database.reading() as tx:
        day = await days.counts(tx, stage.arxiv.catalogue.day)
    return day.new >= number and day.posted >= day.new


def _sample() -> list[tuple[Paper, Summary]]:
    """The papers of the sample day whose summaries pass the gate, as if arXiv announced them now."""
    found = []
    for arrival in demo.sample():
        if arrival.summary:
            paper, summary = _whole(arrival.paper, arrival.summary)
            asked = [field for field in faithful.FIELDS if getattr(summary, field)]
            if faithful.judge(faithful.tidied(summary), paper, asked=asked).verdict is faithful.Verdict.OK:
                found.append((paper, summary))
    return found


def _whole(paper: Paper, summary: Summary) -> tuple[Paper, Summary]:
    """The sample cuts abstracts: up to their last whole sentence, in both languages."""
    abstract, abstract_zh = paper.abstract, summary.abstract_zh
    if paper.abstract_cut:
        abstract = abstract[: abstract.rfind(". ") + 1] or abstract
        abstract_zh = abstract_zh[: abstract_zh.rfind("。") + 1] or abstract_zh
    categories = paper.categories if {"cs.LG", "cs.CL"} & {*paper.categories} else ("cs.LG", *paper.categories)
    whole = replace(paper, version=1, abstract=abstract, abstract_cut=False, categories=categories)
    return whole, replace(summary, version=1, abstract_zh=abstract_zh)


def _subscriptions(now: datetime) -> list[tuple[Chat, Subscription]]:
    waits = Schedule(hour=23, weekdays=frozenset(range(1, 8)), after_announcement=True)
    fixed = Schedule(hour=9, weekdays=frozenset(range(1, 8)))
    reader = Chat(demo.READER, ChatKind.PRIVATE, language=Language.CHINESE)
    return [
        (demo.CHANNEL, demo.subscription(demo.CHANNEL, waits, Form.CARDS, now)),
        (reader, demo.subscription(reader, waits, Form.CARDS, now)),
        (demo.GROUP, demo.subscription(demo.GROUP, fixed, Form.LIST, now)),
    ]


def _tell(line: str) -> None:
    typer.echo(f"  {line}")
