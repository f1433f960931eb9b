"""`fetch`, `summarise`, `digest`, `status` and `check` as they are typed, among a fake arXiv, model and Telegram."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.arxiv import server as arxiv_server
from bot.sandbox.arxiv.server import Arxiv
from bot.sandbox.model import FakeModel, serve_model
from bot.sandbox.server import serve, serve_app
from bot.sandbox.world import default_world
from storage import chats, subscriptions
from storage.database import Database
from storage.records import Form
from tests.made import CHANNEL, GROUP, subscription
from tests.rehearsal import DAY, provider
from tests.test_summarise import work

TOKEN = "123456:secret-token"


@dataclass(slots=True)
class Terminal:
    """A shell with a configuration, and the fakes that it names."""

    folder: Path
    environment: dict[str, str]
    arxiv: Arxiv
    model: FakeModel

    async def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error of a command."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            env={**os.environ, **self.environment, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert TOKEN not in (output + errors).decode()
        assert "sk-secret" not in (output + errors).decode()
        return process.returncode or 0, output.decode(), errors.decode()

    async def json(self, *arguments: str) -> Any:
        """What a command prints with --json."""
        _, output, errors = await self.run(*arguments, "--json")
        assert output, errors
        return json.loads(output)

    async def subscribe(self) -> None:
        """The group wants everything, as a list."""
        database = await Database.open(self.environment["PAPERGRAM_STORAGE__URL"])
        now = datetime.now(UTC)
        async with database.transaction() as tx:
            for chat in (GROUP, CHANNEL):
                await chats.remember(tx, chat, now)
            wanted = subscription(GROUP, form=Form.LIST, next_due=now + timedelta(days=1))
            await subscriptions.add(tx, wanted, now)
        await database.close()


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """Three papers are announced; nothing is fetched yet."""
    async with AsyncExitStack() as stack:
        arxiv, model = arxiv_server.make(DAY), FakeModel()
        for number in (1, 2, 3):
            arxiv.catalogue.announce(work(number))
        url = await stack.enter_async_context(serve_app(arxiv_server.create_app(arxiv), "127.0.0.1", 0))
        base = await stack.enter_async_context(serve_model(model))
        telegram = await stack.enter_async_context(serve(default_world()))
        environment = {
            "PAPERGRAM_STORAGE__URL": f"sqlite:///{tmp_path / 'papers.db'}",
            "PAPERGRAM_TELEGRAM__TOKEN": TOKEN,
            "PAPERGRAM_TELEGRAM__BASE_URL": f"{telegram}/bot",
            "PAPERGRAM_ARXIV__CATEGORIES": "cs.LG",
            "PAPERGRAM_ARXIV__CONTACT": "me@example.org",
            "PAPERGRAM_ARXIV__FEED_URL": f"{url}/atom",
            "PAPERGRAM_ARXIV__API_URL": f"{url}/api/query",
            "PAPERGRAM_ARXIV__OAI_URL": f"{url}/oai",
            "PAPERGRAM_SUMMARIES__PROVIDERS": json.dumps([provider(base)]),
        }
        yield Terminal(tmp_path, environment, arxiv, model)


async def test_a_day_by_hand(terminal: Terminal) -> None:
    assert await terminal.json("fetch") == {
        "sources": [{"name": "cs.LG", "outcome": "new", "new": 3, "reason": ""}],
        "caught_up": 0,
    }
    await terminal.subscribe()
    assert await terminal.json("summarise") == {"good": 3, "draft": 0, "later": 0}
    code, text, _ = await terminal.run("digest", "--chat", str(GROUP.id), "--dry-run")
    assert code == 0
    assert "符合 3 篇 · 本期 3 篇" in text
    assert "<b>" not in text
    status = await terminal.json("status")
    assert status["papers"] == 3
    assert status["days"][0]["new"] == 3
    assert status["days"][0]["summarised"] == status["days"][0]["wanted"] == 3
    assert status["outbox"] == {}  # a dry run queues nothing
    assert 0 < status["yuan"] < 0.1
    code, text, _ = await terminal.run("status")
    assert "cs.LG: new at" in text
    agents = {visit.user_agent for visit in terminal.arxiv.log.visits}
    assert agents == {"Papergram/0.1.0 (+me@example.org)"}


async def test_a_source_that_refuses_is_named_with_its_reason(terminal: Terminal) -> None:
    terminal.arxiv.catalogue.day = DAY
    code, _, errors = await terminal.run("fetch", "--category", "cs.XX")
    assert code == 2
    assert "is no category" in errors


async def test_check_names_what_is_well_and_what_to_do(terminal: Terminal) -> None:
    await terminal.subscribe()
    code, text, _ = await terminal.run("check")
    assert code == 0, text
    assert "ok    token of @papergram_bot" in text
    assert "ok    chat 读论文小组" in text
    assert "ok    arXiv: 3 papers in the feed of cs.LG" in text
    assert "ok    model fake (fake-1): " in text
    terminal.model.faults.add({"kind": "402", "times": 0})
    checks = await terminal.json("check")
    assert [each["name"] for each in checks if not each["ok"]] == ["model fake"]
    assert checks[-1]["advice"]


async def test_commands_that_need_a_database_or_a_model_say_so(terminal: Terminal) -> None:
    code, _, errors = await terminal.run("status")
    assert code == 1
    assert "There is no database" in errors
    code, _, errors = await terminal.run("summarise", PAPERGRAM_SUMMARIES__PROVIDERS="[]")
    assert code == 1
    assert "No model is configured" in errors
    code, _, errors = await terminal.run("digest", "--chat", "5", "--dry-run")
    assert code == 1
    assert "Chat 5 has no subscription" in errors


async def test_a_wrong_provider_is_named_by_its_key(terminal: Terminal) -> None:
    wrong = json.dumps([{"name": "x", "base_url": "nowhere", "model": "m", "prize": 1}])
    code, _, errors = await terminal.run("status", PAPERGRAM_SUMMARIES__PROVIDERS=wrong)
    assert code == 1
    assert "summaries.providers.0.base_url:" in errors
    assert "summaries.providers.0.prize: is not an option" in errors


async def test_export_writes_rss(terminal: Terminal) -> None:
    await terminal.run("fetch")
    code, text, _ = await terminal.run("export", "--format", "rss")
    assert code == 0
    assert text.count("<item>") == 3
    assert "https://arxiv.org/abs/2611.00001" in text
