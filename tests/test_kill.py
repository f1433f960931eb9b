"""The program as it is run: killed in the middle of a broadcast, stopped, started without what it needs."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.server import serve
from bot.sandbox.speaking import say
from bot.sandbox.world import default_world
from storage import chats, outbox, papers, subscriptions
from storage.database import Database
from storage.records import Chat, ChatKind, Schedule, Subscription
from tests.made import CHANNEL, GROUP, arrival
from tests.talk import TOKEN

READERS = (CHANNEL, GROUP, Chat(1001, ChatKind.PRIVATE))
PAPERS = tuple(f"2403.{number:05}" for number in range(30, 0, -1))


async def subscribe_everybody(database: Database) -> None:
    """Thirty papers, and three chats that asked for all of them."""
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each, title=f"Paper {each}") for each in PAPERS], now)
        for chat in READERS:
            await chats.remember(tx, chat, now)
            wanted = Subscription(0, chat.id, 0, "", Schedule(), max_papers=30, next_due=now + timedelta(days=1))
            stored, _ = await subscriptions.add(tx, wanted, now)
            await subscriptions.request(tx, [stored.id], now)


@asynccontextmanager
async def program(url: str, database: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`papergram run` as a process of its own."""
    settings = {
        "PAPERGRAM_TELEGRAM__TOKEN": TOKEN,
        "PAPERGRAM_TELEGRAM__BASE_URL": f"{url}/bot",
        "PAPERGRAM_STORAGE__URL": f"sqlite:///{database}",
        "PAPERGRAM_DELIVERY__PER_SECOND": "0",
        "PAPERGRAM_DELIVERY__PRIVATE_PER_SECOND": "0",
        "PAPERGRAM_DELIVERY__GROUP_PER_MINUTE": "0",
        "PAPERGRAM_LOG__LEVEL": "DEBUG",
        **environment,
    }
    with log_of(database).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env={**os.environ, **settings}, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def log_of(database: Path) -> Path:
    """Where the program's standard error goes: a pipe would fill up and stop it."""
    return database.with_suffix(".log")


async def posted(http: httpx.AsyncClient) -> dict[int, list[str]]:
    """The papers that stand in each chat, in order, with their repeats."""
    standing: dict[int, list[str]] = {}
    for chat in READERS:
        messages: list[dict[str, Any]] = (await http.get(f"/sandbox/chats/{chat.id}/messages")).json()
        titles = (part for each in messages for part in each.get("text", "").splitlines() if part.startswith("Paper "))
        standing[chat.id] = [title.removeprefix("Paper ") for title in titles]
    return standing


async def reached(http: httpx.AsyncClient, number: int) -> None:
    """Wait until so many posts of papers stand in the chats."""
    async with asyncio.timeout(60):
        while sum(map(len, (await posted(http)).values())) < number:
            await asyncio.sleep(0.02)


async def test_a_kill_in_the_middle_of_a_broadcast_loses_nothing_and_repeats_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    file = tmp_path / "papers.db"
    database = await Database.open(f"sqlite:///{file}")
    await subscribe_everybody(database)
    await database.close()
    world = default_world()
    say(world, world.chats[1001], world.users[1001], "/help")
    async with serve(world) as url, httpx.AsyncClient(base_url=url) as http:
        await http.post("/sandbox/faults", json={"method": "sendMessage", "kind": "delay", "seconds": 0.05, "times": 0})
        kills = 0
        for number in (5, 30, 60):
            async with program(url, file) as process:
                await reached(http, number)
                process.send_signal(signal.SIGKILL)
                kills += 1
        await http.delete("/sandbox/faults")
        async with program(url, file) as process:
            await finished(file)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        for standing in (await posted(http)).values():
            assert list(dict.fromkeys(standing)) == list(PAPERS)
            repeats = sum(Counter(standing).values()) - len(PAPERS)
            assert repeats <= kills  # a chat has one send in flight at a time


async def finished(file: Path) -> None:
    """Wait until the outbox is empty and something was sent."""
    database = await Database.open(f"sqlite:///{file}")
    async with asyncio.timeout(60):
        while True:
            async with database.reading() as tx:
                counts = await outbox.counts(tx)
            if set(counts) == {"sent"}:
                break
            await asyncio.sleep(0.05)
    await database.close()


@pytest.mark.parametrize("signals", [1, 2])
async def test_sigterm_ends_a_broadcast_within_ten_seconds_with_every_send_recorded(
    tmp_path: Path, signals: int
) -> None:
    file = tmp_path / "papers.db"
    database = await Database.open(f"sqlite:///{file}")
    await subscribe_everybody(database)
    world = default_world()
    say(world, world.chats[1001], world.users[1001], "/help")
    async with serve(world) as url, httpx.AsyncClient(base_url=url) as http:
        await http.post("/sandbox/faults", json={"method": "sendMessage", "kind": "delay", "seconds": 0.2, "times": 0})
        async with program(url, file) as process:
            await reached(http, 3)
            for _ in range(signals):
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.1)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        stats = (await http.get("/sandbox/stats")).json()["calls"]["sendMessage"]["ok"]
    async with database.reading() as tx:
        counts = await outbox.counts(tx)
    await database.close()
    assert set(counts) == {"sent", "due", "waiting"}  # every send that began came to its end
    assert counts["sent"] == stats - 1  # the other is the answer to /help
    assert TOKEN.split(":")[1] not in log_of(file).read_text(encoding="utf-8")


async def test_without_a_token_one_sentence_says_what_to_set(tmp_path: Path) -> None:
    file = tmp_path / "papers.db"
    async with program(
        "http://127.0.0.1:9", file, PAPERGRAM_TELEGRAM__TOKEN="", PAPERGRAM_LOG__LEVEL="INFO"
    ) as process:
        assert await process.wait() == 1
    (line,) = log_of(file).read_text(encoding="utf-8").splitlines()
    assert "PAPERGRAM_TELEGRAM__TOKEN" in line
    assert "papergram demo" in line
    assert not file.exists()


async def test_a_token_that_telegram_does_not_know_is_not_shown(tmp_path: Path) -> None:
    world = default_world()
    world.token = "1:another-token"
    file = tmp_path / "papers.db"
    async with serve(world) as url, program(url, file) as process:
        assert await process.wait() == 1
    log = log_of(file).read_text(encoding="utf-8")
    assert "does not know this token" in log
    assert TOKEN.split(":")[1] not in log


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
async def test_a_network_that_fails_never_writes_the_token_into_the_log(tmp_path: Path, level: str) -> None:
    async with serve(default_world()) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            await http.post("/sandbox/faults", json={"method": "getUpdates", "kind": "5xx", "times": 0})
            await http.post("/sandbox/faults", json={"method": "setMyCommands", "kind": "drop_before", "times": 0})
        file = tmp_path / "papers.db"
        async with program(url, file, PAPERGRAM_LOG__LEVEL=level) as process:
            async with asyncio.timeout(30):
                while b"menu cannot be set" not in log_of(file).read_bytes():  # a character may be half written
                    await asyncio.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
    assert TOKEN.split(":")[1] not in log_of(file).read_text(encoding="utf-8")
