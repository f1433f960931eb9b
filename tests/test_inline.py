"""Inline mode through the real bot: what is offered in any chat, page by page, and what is posted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from bot.handlers import inline as handler
from bot.handlers.greeting import paper_of
from bot.messages import inline
from bot.messages.inline import deep_link
from storage import chats, search
from storage.database import Database
from storage.records import Announcement, Arrival, Card, Language
from tests.made import arrival, card, paper, summary
from tests.talk import ALICE, PRIVATE, TEACHER, XIAOMING, Posted, Talk, talking

MANY = [f"2403.{number:05}" for number in range(1, 121)]
DIFFUSION = "2403.11780"
OLD = "hep-th/9901001"


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows 122 papers, two of them announced on a day that is known."""
    singing = [arrival(each, title=f"Singing number {each}") for each in MANY]
    diffusion = Arrival(
        paper(DIFFUSION, 2, title="Denoising <Diffusion> in $H_2O$", categories=("cs.LG",)),
        Announcement(DIFFUSION, date(2024, 3, 18), "cs.LG"),
        summary(DIFFUSION, 2, title_zh="去噪扩散", tldr_zh="扩散模型 <用于> 水。", abstract_zh="我们研究扩散模型。"),
    )
    old = Arrival(paper(OLD, 1, title="Strings"), Announcement(OLD, date(2024, 3, 18), "hep-th"))
    async with talking(database) as talk:
        await talk.store([*singing, diffusion, old])
        yield talk


async def ask(talk: Talk, query: str, offset: str = "", user: int = XIAOMING) -> Posted:
    answer = await talk.http.post("/sandbox/inline", json={"from": user, "query": query, "offset": offset})
    assert answer.status_code == 200, answer.text
    assert answer.json()["answered"]
    return dict(answer.json())


def ids(answer: Posted) -> list[str]:
    return [each["id"] for each in answer["results"]]


async def test_a_query_offers_papers_by_their_chinese_title_and_sentence(talk: Talk) -> None:
    answer = await ask(talk, "扩散模型")
    (only,) = answer["results"]
    assert (only["type"], only["id"], only["title"]) == ("article", DIFFUSION, "去噪扩散")
    assert only["description"] == "扩散模型 <用于> 水。"
    text = only["input_message_content"]["text"]
    assert text.startswith("去噪扩散\nDenoising <Diffusion> in H₂O\n💡 扩散模型 <用于> 水。")
    assert "我们研究扩散模型。" in text
    entities = {each["type"] for each in only["input_message_content"]["entities"]}
    assert "expandable_blockquote" in entities


async def test_the_cards_buttons_work_where_the_bot_is_not(talk: Talk) -> None:
    (only,) = (await ask(talk, "扩散模型"))["results"]
    buttons = [button for row in only["reply_markup"]["inline_keyboard"] for button in row]
    assert not any("callback_data" in each for each in buttons)
    assert [each["url"] for each in buttons] == [
        f"https://arxiv.org/abs/{DIFFUSION}",
        f"https://arxiv.org/pdf/{DIFFUSION}",
        "https://t.me/papergram_bot?start=p_2403_11780",
    ]


@pytest.mark.parametrize("paper_id", [DIFFUSION, OLD, "math/0309136", "0704.0001", "cond-mat/9901001"])
def test_a_deep_link_leads_to_its_paper(paper_id: str) -> None:
    payload = deep_link("bot", paper_id).partition("=")[2]
    assert len(payload) <= 64
    assert paper_of(payload) == paper_id


async def test_many_are_offered_page_by_page_without_a_gap_or_a_repeat(talk: Talk) -> None:
    first = await ask(talk, "歌声合成")
    assert len(first["results"]) == 50
    second = await ask(talk, "歌声合成", first["next_offset"])
    third = await ask(talk, "歌声合成", second["next_offset"])
    assert sorted([*ids(first), *ids(second), *ids(third)]) == MANY
    assert third["next_offset"] == ""


@pytest.mark.parametrize("offset", ["-1", "x", "９", "999999999999999999999", "9999"])
async def test_an_offset_that_a_client_made_up_breaks_nothing(talk: Talk, offset: str) -> None:
    assert (await ask(talk, "歌声合成", offset))["results"][:1] is not None


async def test_answers_may_be_cached_for_everybody(talk: Talk) -> None:
    answer = await ask(talk, "扩散模型")
    assert answer["cache_time"] == 300
    assert not answer["is_personal"]


@pytest.mark.parametrize("query", ["", "  ", "，"])
async def test_without_words_the_last_days_papers_are_offered_those_in_chinese_first(talk: Talk, query: str) -> None:
    assert ids(await ask(talk, query)) == [DIFFUSION, OLD]


async def test_where_no_source_tells_its_day_the_newest_are_offered(database: Database) -> None:
    async with talking(database) as talk:
        await talk.store([arrival(each) for each in MANY])
        answer = await ask(talk, "")
        assert ids(answer) == MANY[:-51:-1]
        assert answer["next_offset"] == "50"


@pytest.mark.parametrize("query", [DIFFUSION, f"https://arxiv.org/abs/{DIFFUSION}v2", f"arXiv:{DIFFUSION}"])
async def test_an_id_or_a_link_offers_its_paper(talk: Talk, query: str) -> None:
    assert ids(await ask(talk, query)) == [DIFFUSION]


async def test_nothing_found_leads_to_the_bot_in_private(talk: Talk) -> None:
    answer = await ask(talk, "zebrafish")
    assert answer["results"] == []
    assert "没有找到" in answer["button"]["text"]
    greeting = await talk.say(PRIVATE, f"/start {answer['button']['start_parameter']}")
    assert "Papergram" in greeting["text"]


async def test_papers_with_only_some_of_the_words_are_offered_as_such(talk: Talk) -> None:
    answer = await ask(talk, "去噪 歌声合成")
    assert answer["results"]
    assert "其中一部分" in answer["button"]["text"]


async def test_each_reader_is_offered_their_own_language(talk: Talk) -> None:
    (english,) = (await ask(talk, "扩散模型", user=ALICE))["results"]
    assert english["title"] == "Denoising <Diffusion> in H₂O"
    greeting = await talk.say(ALICE, "/start", ALICE)
    await talk.press(greeting, "lang:zh", ALICE, force=True)
    (chinese,) = (await ask(talk, "扩散模型", user=ALICE))["results"]
    assert chinese["title"] == "去噪扩散"


async def test_a_slow_search_keeps_nobody_else_waiting_and_an_answer_too_late_is_not_complained_of(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, held = search.find, asyncio.Event()

    async def slow(*arguments: Any) -> search.Found:
        await held.wait()
        return await real(*arguments)

    monkeypatch.setattr("storage.search.find", slow)
    asking = asyncio.create_task(
        talk.http.post("/sandbox/inline", json={"from": XIAOMING, "query": "扩散", "offset": ""})
    )
    assert "命令" in (await talk.say(TEACHER, "/help", TEACHER))["text"]
    stale = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    await talk.fault(kind="400", method="answerInlineQuery", description=stale)
    held.set()
    assert not (await asking).json()["answered"]
    assert caplog.text == ""


async def test_a_card_that_was_posted_in_the_private_chat_is_not_taken_for_a_question(talk: Talk) -> None:
    answer = await ask(talk, "扩散模型")
    chosen = {"from": XIAOMING, "inline_query_id": answer["inline_query_id"], "result_id": DIFFUSION}
    posted = (await talk.http.post(f"/sandbox/chats/{PRIVATE}/chosen", json=chosen)).json()
    assert posted["via_bot"]["username"] == "papergram_bot"
    # Updates of one reader are handled in order: the first answer is to what was said after the card.
    assert "命令" in (await talk.say(PRIVATE, "/help"))["text"]
    assert len([m for m in await talk.messages(PRIVATE, posted["message_id"]) if m["from"]["is_bot"]]) == 1


async def test_a_stranger_is_not_remembered(talk: Talk) -> None:
    await ask(talk, "扩散模型", user=TEACHER)
    async with talk.database.reading() as tx:
        assert await chats.get(tx, TEACHER) is None


def test_an_answer_holds_as_much_text_as_is_safe() -> None:
    assert 1 < len(handler._fitting([card(abstract="词" * 5000)] * 50, Language.CHINESE, "bot")) < 50
    assert len(handler._fitting([card()] * 50, Language.CHINESE, "bot")) == 50


def test_a_paper_without_a_chinese_summary_is_offered_marked() -> None:
    bare = inline.offer(Card(paper(title="T" * 400)), Language.CHINESE, "bot")
    assert bare.title.startswith("TTT")
    assert len(bare.title) <= 200
    assert "（未翻译）" in bare.description
