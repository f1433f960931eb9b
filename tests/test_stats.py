"""/stats through the real bot: what it counts, the terms that lead, and the picture that is drawn beside it."""

import asyncio
import io
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from bot import pictures
from bot.messages import stats as pages
from bot.papers.leading import Term, leading
from bot.pictures import Asked
from storage.database import Database
from storage.records import Counts, Language
from tests.made import arrival
from tests.talk import ALICE, CHANNEL, FORUM, GROUP, PRIVATE, XIAOMING, Talk, data, talking

SINGERS = [f"2403.{number:05}" for number in range(1, 7)]
CHINESE_FONT = pictures._font("论文") is not None
needs_font = pytest.mark.skipif(not CHINESE_FONT, reason="no font for Chinese (fonts-noto-cjk) is installed")


def cut(text: str) -> list[str]:
    """Two characters a word, for texts that are made for it."""
    return [text[at : at + 2] for at in range(0, len(text), 2)]


def test_terms_lead_that_stand_in_more_of_these_papers_than_of_others() -> None:
    titles = ["Diffusion models for molecules", "Diffusion model pruning", "Fast diffusion models", "A study of models"]
    others = ["Graph models", "Language models", "Models of everything", "Molecules"] * 5
    found = leading(titles, others, 3, cut)
    assert found[0] == Term("Diffusion models", 3)
    assert not {"models", "Diffusion", "of"} & {term.text for term in found}


def test_chinese_words_that_stand_together_are_one_term() -> None:
    titles = ["扩散模型：分子", "快速扩散模型", "扩散模型，推理", "模型推理"]
    assert leading(titles, ["语言模型"] * 9, 2, cut) == [Term("扩散模型", 3), Term("推理", 2)]


@pytest.mark.parametrize("titles", [[], [""], ["$x$ 的"], ["的", "of the"], ["\0\ud800"[:1]]])
def test_titles_without_terms_have_none(titles: list[str]) -> None:
    assert leading(titles, titles, 5, cut) == []


def test_a_caption_fits_however_long_its_terms_are() -> None:
    terms = [Term("词" * 300, 1)] * 10
    text = pages.caption(((7, Counts(1, 2, 3, 4)), (30, Counts(5, 6, 7))), terms, Language.CHINESE)
    assert len(text) < 1024
    assert "近 7 天：发布 1 篇 · 读过 2 篇 · 收藏 3 篇 · 👍 4\n近 30 天：发布 5 篇 · 读过 6 篇 · 收藏 7 篇\n" in text


def asked(**more: Any) -> Asked:
    days = [(f"2月{number}日", number % 4) for number in range(1, 31)]
    values = {"days": days, "titles": ["扩散模型的推理", "扩散模型"] * 3, "others": ["图神经网络"] * 9}
    return Asked(**{**values, "days_heading": "每天发布的论文", "terms_heading": "关键词", **more})


@needs_font
async def test_the_picture_is_a_png_of_days_and_terms_in_chinese() -> None:
    drawn = await pictures.draw(asked())
    assert Term("扩散模型", 6) in drawn.terms
    picture = Image.open(io.BytesIO(drawn.picture))
    assert picture.format == "PNG"
    assert picture.width >= 1000
    assert sum(picture.size) < 10_000  # Telegram's limit for photos


async def test_the_bots_own_process_never_loads_what_draws() -> None:
    code = "import sys, bot.app; print([name for name in ('matplotlib', 'numpy', 'rjieba') if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0].strip() == b"[]"


async def test_no_character_is_drawn_as_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "CHINESE", ())
    assert pictures.paint(asked(), ()) == b""
    english = asked(days=[("1 Feb", 1)], days_heading="Papers a day", terms_heading="Terms")
    assert pictures.paint(english, [Term("扩散", 2), Term("diffusion", 1)]).startswith(b"\x89PNG")


@pytest.mark.parametrize("answer", ["raise MemoryError", "print('no JSON')", "import time; time.sleep(60)"])
async def test_a_drawing_that_fails_is_a_line_in_the_log(
    answer: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = asyncio.create_subprocess_exec

    async def other(program: str, *_: str, **more: Any) -> asyncio.subprocess.Process:
        return await real(program, "-c", answer, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)
    monkeypatch.setattr(pictures, "PATIENCE", 1.0)
    assert await pictures.draw(asked()) == pictures.Drawn()
    assert "cannot be drawn" in caplog.text


async def subscribed(talk: Talk, chat: int, user: int = XIAOMING) -> None:
    """Six papers of singing, posted to a chat."""
    await talk.store([arrival(each, title=f"Singing voice {each}") for each in SINGERS])
    answer = await talk.subscribe(chat, "歌声合成", user)
    await talk.write(chat, "/today", user)
    await talk.answers(chat, answer["message_id"], 7)


async def photo(talk: Talk, chat: int, user: int = XIAOMING) -> dict[str, Any]:
    return await talk.say(chat, "/stats", user)


@needs_font
async def test_what_was_posted_read_and_kept_is_counted_and_drawn(database: Database) -> None:
    async with talking(database) as talk:
        await subscribed(talk, PRIVATE)
        card = next(m for m in await talk.messages(PRIVATE) if any(d.startswith("card:") for d in data(m)))
        unfold, star = (next(each for each in data(card) if each.startswith(word)) for word in ("card:", "save:"))
        for _ in range(2):
            await talk.press(card, unfold, force=True)
        await talk.press(card, star, force=True)
        await talk.say(PRIVATE, f"/abs {SINGERS[3]}")

        async def both_read() -> bool | None:  # counted after the answer, so that nobody waits for it
            async with talk.database.reading() as tx:
                return await tx.scalar(text("SELECT COUNT(*) FROM reads")) == 2 or None

        await talk.poll(both_read)
        answer = await photo(talk, PRIVATE)
        lines = answer["caption"].splitlines()
        assert lines[1] == "近 7 天：发布 6 篇 · 读过 2 篇 · 收藏 1 篇"
        assert lines[2] == "近 30 天：发布 6 篇 · 读过 2 篇 · 收藏 1 篇"
        assert answer["photo"][-1]["width"] > 1000
        file = await talk.http.get(f"/sandbox/files/{answer['photo'][-1]['file_id']}")
        assert file.content.startswith(b"\x89PNG")


async def test_who_administers_a_channel_has_its_numbers_in_private(database: Database) -> None:
    async with talking(database) as talk:
        await talk.store([arrival(SINGERS[0], title="Singing voice")])
        card = await talk.subscribe(PRIVATE, "@daily_papers 歌声合成")
        await talk.press(card, f"sub:{data(card)[0].split(':')[1]}:now")
        await talk.answers(CHANNEL, 0, 2)
        shown = await talk.say(PRIVATE, "/stats @daily_papers")
        lines = (shown.get("caption") or shown["text"]).splitlines()
        assert lines[:2] == ["📊 每日论文的论文", "近 7 天：发布 1 篇 · 读过 0 篇 · 收藏 0 篇"]
        assert "还没有发布过论文" in (await talk.say(PRIVATE, "/stats"))["text"]
        assert "不是 每日论文 的管理员" in (await talk.say(ALICE, "/stats @daily_papers", ALICE))["text"]


async def test_a_chat_without_papers_is_told_in_one_sentence(database: Database) -> None:
    async with talking(database) as talk:
        assert "还没有发布过论文" in (await talk.say(GROUP, "/stats"))["text"]


async def test_where_nothing_can_be_drawn_the_numbers_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: Asked) -> pictures.Drawn:
        return pictures.Drawn()

    monkeypatch.setattr(pictures, "draw", nothing)
    async with talking(database) as talk:
        await subscribed(talk, GROUP)
        answer = await talk.say(GROUP, "/stats", ALICE)
        assert "近 7 天：发布 6 篇" in answer["text"]
        assert answer["reply_to_message"]["text"] == "/stats"


async def test_english_readers_have_english_terms(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[Asked] = []

    async def remembered(question: Asked) -> pictures.Drawn:
        questions.append(question)
        return pictures.Drawn()

    monkeypatch.setattr(pictures, "draw", remembered)
    async with talking(database, {"chat": {"language": "en"}}) as talk:
        await subscribed(talk, PRIVATE)
        assert "Last 7 days: 6 posted" in (await talk.say(PRIVATE, "/stats"))["text"]
    (question,) = questions
    assert all(each.startswith("Singing voice") for each in question.titles)
    assert len(question.days) == 30
    assert question.days[-1][1] == 6
    assert question.days_heading == "Papers posted a day · last 30 days"


async def test_days_are_the_chats_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was posted at two in the morning in Shanghai was posted the day before in UTC."""
    questions: list[Asked] = []

    async def remembered(question: Asked) -> pictures.Drawn:
        questions.append(question)
        return pictures.Drawn()

    monkeypatch.setattr(pictures, "draw", remembered)
    async with talking(database, {"digest": {"timezone": "Pacific/Kiritimati"}}) as talk:  # UTC+14
        await subscribed(talk, FORUM)
        await talk.say(FORUM, "/stats")
    today = (datetime.now(UTC) + timedelta(hours=14)).date()
    assert questions[0].days[-1] == (f"{today.month}月{today.day}日", 6)
