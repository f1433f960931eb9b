"""Readers ask the real bot for papers that are not there yet: arXiv and a model are asked while they wait."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from bot.sandbox.arxiv import server as arxiv_server
from bot.sandbox.arxiv.server import Arxiv
from bot.sandbox.model import FakeModel, serve_model
from bot.sandbox.server import serve_app
from storage import lexicon
from storage.database import Database
from tests.rehearsal import DAY, HURRIED, provider
from tests.talk import GROUP, PRIVATE, XIAOMING, Talk, data, labels, talking
from tests.test_summarise import work

KNOWN = "2611.00001"
ALICE = 1002


@dataclass(slots=True)
class Scene:
    """A talk with the bot, and what it asks."""

    talk: Talk
    arxiv: Arxiv
    model: FakeModel


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    """A bot that has no paper, an arXiv that has three, a model that writes well."""
    async with database.transaction() as tx:
        await lexicon.keep_current(tx)
    async with AsyncExitStack() as stack:
        arxiv, model = arxiv_server.make(DAY), FakeModel(latency=0.1)
        for number in (1, 2, 3):
            arxiv.catalogue.announce(work(number))
        url = await stack.enter_async_context(serve_app(arxiv_server.create_app(arxiv), "127.0.0.1", 0))
        base = await stack.enter_async_context(serve_model(model))
        settings = {
            "arxiv": {
                "categories": [],
                "api_url": f"{url}/api/query",
                "feed_url": f"{url}/rss",
                "oai_url": f"{url}/oai",
            },
            "summaries": {"providers": [provider(base)]},
            "operator": {"chat_id": XIAOMING},
        }
        talk = await stack.enter_async_context(talking(database, settings, HURRIED))
        yield Scene(talk, arxiv, model)


async def test_a_pasted_id_is_fetched_and_summarised_into_the_same_message(scene: Scene) -> None:
    asked = await scene.talk.say(PRIVATE, f"/abs {KNOWN}")
    assert f"正在向 arXiv 查询 {KNOWN}" in asked["text"]
    await scene.talk.until(asked, "正在生成摘要")
    done = await scene.talk.until(asked, "GraphNet1：")
    assert "正在" not in done["text"]
    assert "💡" in done["text"]
    assert len(scene.model.requests) == 1


async def test_meanwhile_the_reader_is_answered(scene: Scene) -> None:
    scene.model.latency = 5
    asked = await scene.talk.say(PRIVATE, f"https://arxiv.org/abs/{KNOWN}")
    await scene.talk.until(asked, "正在生成摘要")
    assert "命令" in (await scene.talk.say(PRIVATE, "/help"))["text"]


async def test_a_model_that_fails_leaves_the_card_marked_untranslated(scene: Scene) -> None:
    scene.model.faults.add({"kind": "english", "times": 0})
    asked = await scene.talk.say(PRIVATE, f"/abs {KNOWN}")
    done = await scene.talk.until(asked, "（未翻译）")
    assert "GraphNet1" in (await scene.talk.until(done, "GraphNet1"))["text"]


async def test_what_arxiv_does_not_know_is_said_so(scene: Scene) -> None:
    asked = await scene.talk.say(PRIVATE, "/abs 2611.09999")
    assert "还没有收录 2611.09999" in (await scene.talk.until(asked, "还没有收录"))["text"]


async def test_an_arxiv_that_refuses_is_said_so(scene: Scene) -> None:
    scene.arxiv.faults.add({"kind": "refuse_503", "path": "/api", "times": None})
    asked = await scene.talk.say(PRIVATE, f"/abs {KNOWN}")
    assert "arXiv 暂时没有回应" in (await scene.talk.until(asked, "暂时没有回应"))["text"]


async def test_a_search_that_finds_nothing_offers_all_of_arxiv(scene: Scene) -> None:
    nothing = await scene.talk.say(GROUP, "/search GraphNet2")
    assert labels(nothing) == ["🌐 在 arXiv 上找"]
    await scene.talk.press(nothing, data(nothing)[0])
    found = await scene.talk.until(nothing, "GraphNet2: Learning Embeddings")
    assert data(found) == ["open:2611.00002"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("图 嵌入", "321"),
        ("嵌入 -GraphNet2", "31"),
        ("GraphNet1 OR GraphNet3", "31"),
        ("embeddings au:LeCun", "1"),
        ("ti:GraphNet2 cat:cs", "2"),
        ("abs:GraphNet2 (cs.CL OR cs.LG)", "2"),
        ("embeddings since:2026-11-20", "321"),
        ("embeddings until:2026-10", ""),
        ("id:2611.00003", "3"),
    ],
)
async def test_all_of_arxiv_is_asked_what_was_asked(scene: Scene, query: str, found: str) -> None:
    scene.arxiv.catalogue.announce(replace(work(1), authors=("Yann LeCun",)))
    shown = await scene.talk.say(PRIVATE, f"/search online: {query}")
    shown = await scene.talk.until(shown, "🔎" if found else "也没有找到")
    assert "".join(each[-1] for each in data(shown) if each.startswith("open:")) == found


@pytest.mark.parametrize("query", ["-survey", "type:new", "彳亍"])
async def test_what_arxiv_cannot_be_asked_is_not_said_to_be_missing_there(scene: Scene, query: str) -> None:
    told = await scene.talk.say(PRIVATE, f"/search online: {query}")
    assert "没有能向 arXiv 查询的内容" in (await scene.talk.until(told, "没有能向"))["text"]


async def test_the_answer_names_what_was_asked(scene: Scene) -> None:
    shown = await scene.talk.say(PRIVATE, "/search online: GraphNet2 type:new")
    shown = await scene.talk.until(shown, "🔎")
    assert shown["text"].startswith("🔎 GraphNet2 · ")


async def test_online_alone_asks_nothing(scene: Scene) -> None:
    assert "请在 /search 后面" in (await scene.talk.say(PRIVATE, "/search online:"))["text"]


async def test_a_search_that_nobody_can_answer_ends_with_a_sentence(scene: Scene) -> None:
    nothing = await scene.talk.say(PRIVATE, "/search 彳亍 zyx")
    await scene.talk.press(nothing, data(nothing)[0])
    assert "arXiv 上也没有找到" in (await scene.talk.until(nothing, "也没有找到"))["text"]


async def test_only_the_operator_sees_the_status(scene: Scene) -> None:
    assert "运行状态" in (await scene.talk.say(PRIVATE, "/status"))["text"]
    assert "只有运营者" in (await scene.talk.say(GROUP, "/status", ALICE))["text"]
    assert "/status" not in (await scene.talk.say(PRIVATE, "/help"))["text"]
