"""`papergram demo`: the real bot against the sandbox, with the sample day and readers who are subscribed to it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import typer

from bot import app
from bot.config import Arxiv, Delivery, HuggingFace, Publishers, Settings, Summaries, Telegram
from bot.digests import calendar
from bot.errors import OperatorMistake
from bot.opening import opened
from bot.sandbox.limits import Limits
from bot.sandbox.server import serve
from bot.sandbox.speaking import say
from bot.sandbox.world import World, default_world
from bot.sources import digest_markdown
from storage import chats, papers, subscriptions
from storage.database import Database
from storage.records import Arrival, Chat, ChatKind, Form, Schedule, Subscription

READER = 1001  # the people and chats of bot/sandbox/world.py
GROUP = Chat(-4001, ChatKind.GROUP, "读论文小组")
FORUM = Chat(-1_001_000_000_002, ChatKind.SUPERGROUP, "实验室")
CHANNEL = Chat(-1_001_000_000_001, ChatKind.CHANNEL, "每日论文", "daily_papers")
ALL = 30  # papers of the sample day
ZONE = "Asia/Shanghai"
TOKEN = "1:sandbox"  # noqa: S105  # the sandbox takes any
NOTHING_OUTSIDE = {
    "arxiv": Arxiv(enabled=False),
    "hugging_face": HuggingFace(),
    "publishers": Publishers(),
    "summaries": Summaries(),
    # Who looks around need not wait: at Telegram's limits the sample day takes a minute to come into the channel.
    "delivery": Delivery(per_second=0, private_per_second=0, group_per_minute=0),
}

WHERE_TO_LOOK = """
  Papergram is running on a sample day of 30 papers.

  Open      {url}/
  There     a private chat, a group, a forum and a channel, each with its digest
  Try       /search 扩散模型   /abs 2403.11780   /subscribe cs.LG   /today   /help
  Data      {data}
  Stop      Ctrl-C
"""


async def run(settings: Settings, port: int, keep: Path | None) -> None:
    """Run the demo until it is told to stop; `keep` is a folder for its database and its chats."""
    async with opened_sandbox(port, keep) as (url, world, database):
        alone = settings.model_copy(update={"telegram": telegram(url), **NOTHING_OUTSIDE})
        async with app.running(alone, database):
            await _furnish(database, world)
            stop = app.stop_signal()  # before anybody is told of Ctrl-C
            data = str(keep) if keep else "in a temporary folder; --keep DIR keeps it"
            typer.echo(WHERE_TO_LOOK.format(url=url, data=data))
            await stop.wait()
    typer.echo("  Stopped.")


@asynccontextmanager
async def opened_sandbox(port: int, keep: Path | None) -> AsyncIterator[tuple[str, World, Database]]:
    """A sandbox at its address, and a database; both in the folder `keep`, or gone at the end."""
    async with AsyncExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="papergram-")))
        world = _world(folder)
        if keep:
            stack.callback(_save, world, folder)  # called last, when nothing changes any more
        url = await _serve(stack, world, port)
        database = await stack.enter_async_context(opened(f"sqlite:///{folder / 'papers.db'}"))
        yield url, world, database


def telegram(url: str) -> Telegram:
    """The settings that make a sandbox Telegram."""
    return Telegram.model_validate({"token": TOKEN, "base_url": f"{url}/bot"})


def sample() -> list[Arrival]:
    """The papers of the sample day."""
    text = files("bot").joinpath("sample/digest.md").read_text(encoding="utf-8")
    return [entry.arrival() for entry in digest_markdown.read(text)]


async def run_sandbox(port: int) -> None:
    """Run the sandbox alone until it is told to stop."""
    async with AsyncExitStack() as stack:
        url = await _serve(stack, default_world(Limits()), port)
        stop = app.stop_signal()
        typer.echo(f"The sandbox's page is at {url}/ and its Bot API at {url}/bot<token>; any token will do.")
        await stop.wait()


async def _serve(stack: AsyncExitStack, world: World, port: int) -> str:
    try:
        return await stack.enter_async_context(serve(world, port=port))
    except OSError as error:
        raise OperatorMistake(f"Port {port} cannot be used ({error.strerror}); choose another with --port.") from None


async def _furnish(database: Database, world: World) -> None:
    """Import the sample day and subscribe everybody, unless a kept database has it all already."""
    async with database.reading() as tx:
        if await papers.count(tx):
            return
    forum = world.chats[FORUM.id]
    topic = next(each.id for each in forum.topics.values() if "cs.LG" in each.name)
    async with database.transaction() as tx:
        await papers.add(tx, sample(), _now())
    await greet(database, world)
    reader, now = Chat(READER, ChatKind.PRIVATE), _now()
    in_topic = replace(subscription(FORUM, Schedule(), Form.CARDS, now), query="cs.LG", thread_id=topic, max_papers=5)
    wanted = [
        (CHANNEL, subscription(CHANNEL, Schedule(), Form.CARDS, now)),
        (reader, subscription(reader, Schedule(), Form.CARDS, now)),
        (GROUP, subscription(GROUP, Schedule(), Form.LIST, now)),
        (FORUM, in_topic),
    ]
    stored = await subscribe(database, wanted, now)
    async with database.transaction() as tx:
        await subscriptions.request(tx, stored, now)


async def subscribe(database: Database, wanted: list[tuple[Chat, Subscription]], now: datetime) -> list[int]:
    """Subscribe chats; the subscriptions' ids."""
    async with database.transaction() as tx:
        for chat, _ in wanted:
            await chats.remember(tx, chat, now)
        return [(await subscriptions.add(tx, each, now))[0].id for _, each in wanted]


async def greet(database: Database, world: World) -> None:
    """Let the reader say /start, and wait for the bot's answer: like Telegram's, it may not speak first."""
    say(world, world.chats[READER], world.users[READER], "/start")
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as tx:
                if await chats.get(tx, READER):
                    return
            await asyncio.sleep(0.05)


def subscription(chat: Chat, schedule: Schedule, form: Form, now: datetime) -> Subscription:
    """A subscription to everything, large enough for the sample day."""
    return Subscription(0, chat.id, 0, "", schedule, form, ALL, calendar.next_due(schedule, ZONE, now))


def _world(folder: Path) -> World:
    kept = folder / "sandbox.json"
    return World.load(kept) if kept.exists() else default_world()


def _save(world: World, folder: Path) -> None:
    world.save(folder / "sandbox.json")


def _now() -> datetime:
    return datetime.now(UTC)
