"""Drives the real bot over HTTP: people write and press in the sandbox, tests read what the bot made of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from bot import app
from bot.config import Settings
from bot.sandbox.server import serve
from bot.sandbox.world import default_world
from bot.sources.polite import Pace
from storage import papers
from storage.database import Database
from storage.records import Arrival

XIAOMING, ALICE, TEACHER = 1001, 1002, 1003
PRIVATE, GROUP, FORUM, CHANNEL = 1001, -4001, -1_001_000_000_002, -1_001_000_000_001
TOKEN = "12345:secret-token-of-the-tests"

# The limits have tests of their own; all others would only wait for them.
UNLIMITED = {"per_second": 0, "private_per_second": 0, "group_per_minute": 0}

Posted = dict[str, Any]
T = TypeVar("T")


class Talk:
    """A conversation with the bot through the sandbox."""

    def __init__(self, http: httpx.AsyncClient, database: Database) -> None:
        self.http, self.database = http, database

    async def messages(self, chat: int, after: int = 0) -> list[Posted]:
        """What stands in a chat."""
        answer = await self.http.get(f"/sandbox/chats/{chat}/messages", params={"after": after})
        return list(answer.json())

    async def write(self, chat: int, text: str, user: int = XIAOMING, **more: Any) -> int:
        """Write a message; its id."""
        answer = await self.http.post(f"/sandbox/chats/{chat}/messages", json={"from": user, "text": text, **more})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["message_id"])

    async def say(self, chat: int, text: str, user: int = XIAOMING, **more: Any) -> Posted:
        """Write a message and wait for the bot's answer in that chat."""
        return (await self.answers(chat, await self.write(chat, text, user, **more)))[0]

    async def subscribe(self, chat: int, query: str, user: int = XIAOMING, **more: Any) -> Posted:
        """Subscribe and take the query that was shown with what it finds; the subscription's page."""
        shown = await self.say(chat, f"/subscribe {query}", user, **more)
        take = next((each for each in data(shown) if each.startswith("proposal:")), "")
        return await self.edited(shown, take, user) if take else shown

    async def answers(self, chat: int, after: int, number: int = 1) -> list[Posted]:
        """Wait for so many messages of the bot after one."""

        async def found() -> list[Posted] | None:
            posts = [m for m in await self.messages(chat, after) if not m.get("from") or m["from"]["is_bot"]]
            return posts if len(posts) >= number else None

        return await self.wait(found)

    async def press(self, message: Posted, data: str, user: int = XIAOMING, **more: Any) -> Posted:
        """Press a button; what the bot answered to the press."""
        chat, number = message["chat"]["id"], message["message_id"]
        body = {"from": user, "message_id": number, "data": data, **more}
        answer = await self.http.post(f"/sandbox/chats/{chat}/presses", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["answered"]
        return dict(answer.json())

    async def edited(self, message: Posted, data: str, user: int = XIAOMING, **more: Any) -> Posted:
        """Press a button and give its message as it stands when the bot has answered."""
        await self.press(message, data, user, **more)
        return await self.again(message)

    async def again(self, message: Posted) -> Posted:
        """A message as it stands now, once nothing of it changes any more."""
        found = await self.messages(message["chat"]["id"], message["message_id"] - 1)
        return found[0]

    async def until(self, message: Posted, part: str) -> Posted:
        """Wait until a message or its keyboard holds a text."""

        async def found() -> Posted | None:
            now = await self.again(message)
            return now if part in str(now) else None

        return await self.wait(found)

    async def fault(self, **fault: Any) -> None:
        """Script a failure."""
        answer = await self.http.post("/sandbox/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def wait(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look after each change in the sandbox until there is something to see."""
        since = 0
        async with asyncio.timeout(20):
            while True:
                # The counter first: what changes while we look makes the next wait short.
                since = (await self.http.get("/sandbox/changes", params={"since": since})).json()["counter"]
                if (seen := await look()) is not None:
                    return seen

    async def poll(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look again and again, for what changes in the database only."""
        async with asyncio.timeout(20):
            while (seen := await look()) is None:
                await asyncio.sleep(0.02)
            return seen

    async def store(self, arrivals: Iterable[Arrival]) -> None:
        """Put papers into the bot's database."""
        async with self.database.transaction() as tx:
            await papers.add(tx, arrivals, datetime.now(UTC))


@asynccontextmanager
async def talking(
    database: Database, more: Mapping[str, Any] | None = None, pace: Pace | None = None
) -> AsyncIterator[Talk]:
    """The bot at work on a database, with more settings if given, and a talk with it."""
    async with serve(default_world()) as url:
        telegram = {"token": TOKEN, "base_url": f"{url}/bot"}
        alone = {"arxiv": {"enabled": False}, "delivery": UNLIMITED}
        settings = Settings.model_validate({"telegram": telegram, **alone, **(more or {})})
        async with app.running(settings, database, pace=pace), httpx.AsyncClient(base_url=url, timeout=30) as http:
            yield Talk(http, database)


def data(message: Posted) -> list[str]:
    """The data of all buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def labels(message: Posted) -> list[str]:
    """The labels of all buttons under a message."""
    return [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]


def links(message: Posted) -> list[str]:
    """Where the links in a message lead."""
    return [entity["url"] for entity in message.get("entities", []) if entity["type"] == "text_link"]


def kinds(message: Posted) -> set[str]:
    """How parts of a message are shown: bold, text_link, expandable_blockquote ..."""
    return {entity["type"] for entity in message.get("entities", [])}
