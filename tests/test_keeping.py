"""What readers keep: bookmarks with tags, files of them, what was posted in a chat, the week's favourites."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handlers import narrowing, taking_away
from bot.messages import past, saved
from bot.messages.paging import Sheet
from bot.messages.saved import Shelf
from bot.papers import tags as spelling
from storage import bookmarks, history, papers, tags
from storage.database import Database
from storage.filters import EVERYTHING
from storage.records import Arrival, Card, Chat, ChatKind, Favourite, Language, Post, Tag
from tests.conftest import NOW
from tests.made import arrival, paper, summary
from tests.talk import ALICE, CHANNEL, FORUM, GROUP, PRIVATE, XIAOMING, Posted, Talk, data, labels, links, talking
from tests.test_messages import CARDS, accepted

DIFFUSION, SEVEN = "2403.11780", [f"2403.{number:05}" for number in range(1, 8)]


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows eight papers."""
    singing = [arrival(each, title=f"Singing number {each}") for each in SEVEN]
    diffusion = Arrival(
        paper(DIFFUSION, 2, title="Denoising Diffusion in $H_2O$", categories=("cs.LG",), authors=("Luc Van Gool",)),
        arrival(DIFFUSION).announcement,
        summary(DIFFUSION, 2, title_zh="去噪扩散", tldr_zh="扩散模型用于水。", abstract_zh="我们研究扩散模型。"),
    )
    async with talking(database) as talk:
        await talk.store([*singing, diffusion])
        yield talk


async def keep(talk: Talk, *ids: str, user: int = XIAOMING) -> None:
    """Keep papers, the last one last."""
    async with talk.database.transaction() as tx:
        for seconds, each in enumerate(ids):
            await bookmarks.keep(tx, user, each, datetime.now(UTC) + timedelta(milliseconds=seconds))


async def file_of(talk: Talk, message: Posted) -> tuple[str, bytes]:
    """The name and content of a message's file."""
    document = message["document"]
    answer = await talk.http.get(f"/sandbox/files/{document['file_id']}")
    return document["file_name"], answer.content


async def posted(talk: Talk, chat: int, query: str = "", **more: Any) -> list[Posted]:
    """Subscribe a chat as a list and have it posted; its digest."""
    card = await talk.subscribe(chat, f"{query or 'cs.SD'}", **more)
    number = data(card)[0].split(":")[1]
    await talk.edited(card, f"sub:{number}:form")
    await talk.edited(card, f"sub:{number}:form:list")
    asked = await talk.write(chat, "/today", **more)
    return await talk.answers(chat, asked)


async def test_a_reply_to_a_card_keeps_the_paper_with_tags(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION}")
    answer = await talk.say(PRIVATE, "/tag #LLM ＃待读", reply_to_message_id=card["message_id"])
    assert "去噪扩散\n#llm #待读" in answer["text"]
    assert labels(answer) == ["✓ #llm", "✓ #待读"]
    shown = await talk.say(PRIVATE, "/saved")
    assert f"🔗 arxiv.org/abs/{DIFFUSION} · #llm #待读" in shown["text"]


@pytest.mark.parametrize("named", [DIFFUSION, f"https://arxiv.org/abs/{DIFFUSION}v1", "1"])
async def test_a_paper_is_tagged_by_its_id_its_link_or_its_number(talk: Talk, named: str) -> None:
    await talk.say(PRIVATE, "/search 扩散")
    assert "#llm" in (await talk.say(PRIVATE, f"/tag {named} #llm"))["text"]
    assert "#rl" in (await talk.say(PRIVATE, f"/tag rl {named} -llm"))["text"]  # a word is a tag without its # too
    async with talk.database.reading() as tx:
        assert [each.name for each in (await tags.of_papers(tx, XIAOMING, [DIFFUSION]))[DIFFUSION]] == ["rl"]


async def test_a_tag_that_names_no_paper_is_told_what_to_do(talk: Talk) -> None:
    assert "说明是哪一篇" in (await talk.say(PRIVATE, "/tag #llm"))["text"]
    found = await talk.say(PRIVATE, "/search 歌声合成")
    several = await talk.say(PRIVATE, "/tag #llm", reply_to_message_id=found["message_id"])
    assert "说明是哪一篇" in several["text"]
    assert "说明是哪一篇" in (await talk.say(PRIVATE, "/tag 扩散 #llm"))["text"]
    assert "还没有收录 2401.00001" in (await talk.say(PRIVATE, "/tag 2401.00001 #llm"))["text"]
    assert "第 99 篇" in (await talk.say(PRIVATE, "/tag 99 #llm"))["text"]
    assert "还没有标签" in (await talk.say(PRIVATE, "/tag"))["text"]


async def test_tags_have_limits_and_a_mistake_changes_nothing(talk: Talk) -> None:
    ten = " ".join(f"#t{number}" for number in range(10))
    assert "#t9" in (await talk.say(PRIVATE, f"/tag {DIFFUSION} {ten}"))["text"]
    assert "最多 10 个标签" in (await talk.say(PRIVATE, f"/tag {DIFFUSION} #more"))["text"]
    assert "最多 30 个字" in (await talk.say(PRIVATE, f"/tag {SEVEN[0]} #{'长' * 31}"))["text"]
    swapped = await talk.say(PRIVATE, f"/tag {DIFFUSION} #more -#t9")
    assert "#more" in swapped["text"]
    assert "#t9" not in swapped["text"]
    async with talk.database.reading() as tx:
        assert await bookmarks.ids(tx, XIAOMING) == (DIFFUSION,)


async def test_saved_is_narrowed_by_tags_and_by_the_query_language(talk: Talk) -> None:
    await keep(talk, *SEVEN, DIFFUSION)
    await talk.say(PRIVATE, f"/tag {SEVEN[0]} #歌")
    await talk.say(PRIVATE, f"/tag {SEVEN[1]} #歌 #旧")
    for typed, head, first in [
        ("", "我的收藏 · 共 8 篇 · 1/2", "去噪扩散"),
        ("扩散", "我的收藏 · 扩散 · 共 1 篇", "去噪扩散"),
        ("擴散", "我的收藏 · 擴散 · 共 1 篇", "去噪扩散"),
        ("#歌", "我的收藏 · #歌 · 共 2 篇", "提示歌手"),
        ("＃歌 -#旧", "我的收藏 · ＃歌 -#旧 · 共 1 篇", "提示歌手"),
        ("歌声 #旧 cat:cs.SD", "我的收藏 · 歌声 #旧 cat:cs.SD · 共 1 篇", "提示歌手"),
        ("au:Gool", "我的收藏 · au:Gool · 共 1 篇", "去噪扩散"),
    ]:
        shown = (await talk.say(PRIVATE, f"/saved {typed}"))["text"].split("\n")
        assert shown[0] == f"🌟 {head}"
        assert any(line == f"1. {first}" for line in shown)
    assert "没有与“#歌 扩散”相符" in (await talk.say(PRIVATE, "/saved #歌 扩散"))["text"]
    assert "没有可以搜索的词" in (await talk.say(PRIVATE, "/saved #歌 ！"))["text"]


async def test_saved_is_sorted_by_when_it_was_kept_and_paged_in_place(talk: Talk) -> None:
    await keep(talk, DIFFUSION, *SEVEN)
    first = await talk.say(PRIVATE, "/saved")
    assert [each for each in data(first) if each.startswith("open:")] == [f"open:{each}" for each in SEVEN[:1:-1]]
    second = await talk.edited(first, "kept:2")
    assert "2/2" in second["text"]
    assert f"open:{DIFFUSION}" in data(second)
    assert "1/2" in (await talk.edited(first, "kept:1"))["text"]
    narrowed = await talk.say(PRIVATE, "/saved 歌声")
    turned = await talk.edited(narrowed, next(each for each in data(narrowed) if each.startswith("kept:2")))
    assert "歌声 · 共 7 篇 · 2/2" in turned["text"]
    assert "共 8 篇 · 1/2" in (await talk.edited(narrowed, "kept:1"))["text"]


async def test_abs_takes_the_number_of_a_saved_paper(talk: Talk) -> None:
    await keep(talk, *SEVEN, DIFFUSION)
    await talk.say(PRIVATE, "/saved")
    assert (await talk.say(PRIVATE, "/abs 1"))["text"].startswith("去噪扩散")
    await talk.say(PRIVATE, "/saved 歌声")
    assert "Singing number 2403.00007" in (await talk.say(PRIVATE, "/abs 1"))["text"]


async def test_tags_are_buttons_that_narrow_the_list_and_change_a_paper(talk: Talk) -> None:
    await keep(talk, SEVEN[0], DIFFUSION)
    await talk.say(PRIVATE, f"/tag {SEVEN[0]} #歌")
    shown = await talk.say(PRIVATE, "/saved")
    assert "#歌 1" in labels(shown)
    page = await talk.edited(shown, f"tags:{DIFFUSION}:1:0")
    assert "去噪扩散\n还没有标签" in page["text"]
    (toggle, back) = data(page)
    assert (labels(page), back) == (["#歌", "‹ 返回"], "kept:1:0")
    answers = await asyncio.gather(*(talk.press(page, toggle, force=True) for _ in range(2)))
    assert {each["text"] for each in answers} == {"已加上 #歌。"}
    assert labels(await talk.until(page, "✓ #歌")) == ["✓ #歌", "‹ 返回"]
    back_again = await talk.edited(page, back)
    assert "#歌 2" in labels(back_again)
    (narrow,) = [each for each in data(back_again) if each.startswith("tagged:")]
    narrowed = await talk.edited(back_again, narrow)
    assert "#歌 · 共 2 篇" in narrowed["text"]
    page = await talk.edited(narrowed, next(each for each in data(narrowed) if each.startswith(f"tags:{DIFFUSION}")))
    await talk.press(page, data(page)[0])
    taken = await talk.until(page, data(page)[0].replace(":0:", ":1:", 1))
    assert labels(taken) == ["#歌", "‹ 返回"]
    assert "#歌 · 共 1 篇" in (await talk.edited(taken, data(taken)[-1]))["text"]


async def test_a_star_pressed_by_mistake_costs_no_tags(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION}")
    await talk.say(PRIVATE, f"/tag {DIFFUSION} #llm")
    await talk.press(card, f"drop:{DIFFUSION}:b", force=True)
    assert "还没有收藏" in (await talk.say(PRIVATE, "/saved"))["text"]
    assert "还没有标签" in (await talk.say(PRIVATE, "/tag"))["text"]
    await talk.press(card, f"save:{DIFFUSION}:b", force=True)
    assert "#llm" in (await talk.say(PRIVATE, "/saved"))["text"]


async def test_what_a_reader_keeps_is_nobody_elses_business(talk: Talk) -> None:
    await talk.say(GROUP, f"/tag {DIFFUSION} #mine", ALICE)
    for chat, user in [(GROUP, ALICE), (GROUP, XIAOMING)]:
        assert "请在私聊中" in (await talk.say(chat, "/saved", user))["text"]
    assert "还没有收藏" in (await talk.say(PRIVATE, "/saved"))["text"]
    shown = await talk.say(ALICE, "/saved #mine", ALICE)
    assert f"arxiv.org/abs/{DIFFUSION} · #mine" in shown["text"]
    (number,) = {each.split(":")[2] for each in data(await talk.say(ALICE, "/tag 1", ALICE)) if each[:4] == "tag:"}
    page = await talk.say(PRIVATE, f"/tag {DIFFUSION} #own")
    assert "已经失效" in (await talk.press(page, f"tag:{DIFFUSION}:{number}:1", force=True))["text"]
    assert "已经失效" in (await talk.press(page, f"tagged:{number}", force=True))["text"]


async def test_a_list_of_another_chat_is_not_turned(talk: Talk) -> None:
    await keep(talk, DIFFUSION)
    await keep(talk, SEVEN[0], user=ALICE)
    theirs = await talk.say(ALICE, "/saved 歌声", ALICE)
    number = next(each for each in data(theirs) if each.startswith("export:")).split(":")[-1]
    mine = await talk.say(PRIVATE, "/saved")
    for made_up in (f"kept:1:{number}", f"past:{number}:1", f"export:s:csv:{number}", "export:x:csv:0", "kept:x"):
        assert "已经失效" in (await talk.press(mine, made_up, force=True))["text"]


async def test_the_saved_papers_come_as_a_file_with_buttons_for_other_formats(talk: Talk) -> None:
    assert "还没有收藏" in (await talk.say(PRIVATE, "/export"))["text"]
    await keep(talk, SEVEN[0], DIFFUSION)
    await talk.say(PRIVATE, f"/tag {DIFFUSION} #llm")
    message = await talk.say(PRIVATE, "/export")
    name, content = await file_of(talk, message)
    assert name == f"papergram-saved-{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}.bib"
    assert "BibTeX · 我的收藏 · 2 篇" in message["caption"]
    assert b"@misc{vangool2024denoising," in content
    assert "keywords = {llm}" in content.decode()
    assert labels(message) == ["RIS", "CSV", "JSON", "Markdown"]
    await talk.press(message, data(message)[0])
    again = (await talk.answers(PRIVATE, message["message_id"]))[0]
    name, content = await file_of(talk, again)
    assert name.endswith(".ris")
    assert content.startswith(b"TY  - RPRT\r\nTI  - Denoising Diffusion in H\xe2\x82\x82O\r\nAU  - Van Gool, Luc\r\n")


@pytest.mark.parametrize(
    ("typed", "ending", "ids"),
    [
        ("csv", "csv", [DIFFUSION, SEVEN[0]]),
        ("Excel 扩散", "csv", [DIFFUSION]),
        ("扩散 json", "json", [DIFFUSION]),
        ("json #llm", "json", [DIFFUSION]),
        ("MD", "md", [DIFFUSION, SEVEN[0]]),
        ("zotero", "ris", [DIFFUSION, SEVEN[0]]),
        ("latex cat:cs.LG", "bib", [DIFFUSION]),
    ],
)
async def test_an_export_is_narrowed_like_the_list(talk: Talk, typed: str, ending: str, ids: list[str]) -> None:
    await keep(talk, SEVEN[0], DIFFUSION)
    await talk.say(PRIVATE, f"/tag {DIFFUSION} #llm")
    message = await talk.say(PRIVATE, f"/export {typed}")
    name, content = await file_of(talk, message)
    assert name.endswith(f".{ending}")
    assert ("llm" in name) == ("#llm" in typed)
    assert f"· {len(ids)} 篇" in message["caption"]
    assert [each for each in (DIFFUSION, SEVEN[0]) if each in content.decode()] == ids


@pytest.mark.parametrize("typed", ["7天", "xml"])
async def test_who_asks_for_no_format_is_told_which_there_are(talk: Talk, typed: str) -> None:
    await keep(talk, DIFFUSION)
    told = (await talk.say(PRIVATE, f"/export {typed}"))["text"]
    assert f"“{typed}”" in told
    assert "bibtex / ris / csv / json / markdown" in told


async def test_csv_and_json_say_when_a_paper_was_kept_and_with_what_tags(talk: Talk) -> None:
    await keep(talk, DIFFUSION)
    await talk.say(PRIVATE, f"/tag {DIFFUSION} #llm #待读")
    _, content = await file_of(talk, await talk.say(PRIVATE, "/export csv"))
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (row["id"], row["tags"], row["title_zh"]) == (DIFFUSION, "#llm #待读", "去噪扩散")
    assert row["added"] == datetime.now(UTC).date().isoformat()
    _, content = await file_of(talk, await talk.say(PRIVATE, "/export json"))
    (record,) = json.loads(content)
    assert (record["id"], record["tags"], record["added"][:10]) == (DIFFUSION, ["llm", "待读"], row["added"])


async def test_in_a_group_the_export_is_of_what_was_posted_there(talk: Talk) -> None:
    await keep(talk, DIFFUSION)
    nothing = await talk.say(GROUP, "/export csv")
    assert nothing["text"] == "最近 30 天这里没有发过论文。"
    await posted(talk, GROUP, "歌声")
    message = await talk.say(GROUP, "/export csv", ALICE)
    assert "CSV · 最近 30 天发到这里的论文 · 7 篇" in message["caption"]
    assert message["reply_to_message"]["text"] == "/export csv"
    name, content = await file_of(talk, message)
    assert name.startswith("papergram-读论文小组-")
    assert DIFFUSION not in content.decode()
    await talk.press(message, data(message)[0], ALICE)
    again = (await talk.answers(GROUP, message["message_id"]))[0]
    assert "BibTeX · 最近 30 天发到这里的论文 · 7 篇" in again["caption"]
    assert "标签只用于收藏" in (await talk.say(GROUP, "/export #llm"))["text"]
    narrowed = await talk.say(GROUP, "/export bibtex 7 number 00003")
    assert "最近 7 天发到这里的论文 · number 00003 · 1 篇" in narrowed["caption"]


async def test_the_history_of_a_chat_is_paged_by_days_and_opens_cards(talk: Talk) -> None:
    assert "还没有发过论文" in (await talk.say(PRIVATE, "/history"))["text"]
    await posted(talk, PRIVATE, "歌声 OR 扩散")
    shown = await talk.say(PRIVATE, "/history")
    head, day, first = [line for line in shown["text"].split("\n") if line][:3]
    assert head == "🗂 这里发过的论文 · 共 8 篇"
    local = datetime.now(UTC) + timedelta(hours=8)
    assert day == f"{local.year}年{local.month}月{local.day}日 {'一二三四五六日'[local.weekday()].join(['周', ''])}"
    assert first == "1. 去噪扩散"
    assert links(shown)[0] == f"https://arxiv.org/abs/{DIFFUSION}"  # in private a message has no address
    await talk.press(shown, f"open:{DIFFUSION}")
    assert (await talk.answers(PRIVATE, shown["message_id"]))[0]["text"].startswith("去噪扩散")
    assert "第 9 篇" in (await talk.say(PRIVATE, "/abs 9"))["text"]
    narrowed = await talk.say(PRIVATE, "/history 7天 扩散")
    assert "这里发过的论文 · 最近 7 天 · 扩散 · 共 1 篇" in narrowed["text"]
    assert "没有发过与“量子”相符" in (await talk.say(PRIVATE, "/history 量子"))["text"]
    export = next(each for each in data(narrowed) if each.startswith("export:"))
    await talk.press(narrowed, export)
    file = next(each for each in await talk.answers(PRIVATE, narrowed["message_id"], 2) if "document" in each)
    assert "最近 7 天发到这里的论文 · 扩散 · 1 篇" in file["caption"]


async def test_the_history_of_a_channel_links_to_its_posts_and_is_read_in_private(talk: Talk) -> None:
    card = await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    await talk.press(card, f"sub:{data(card)[0].split(':')[1]}:now")
    _, post = await talk.answers(CHANNEL, 0, 2)
    shown = await talk.say(PRIVATE, "/history @daily_papers")
    assert "“每日论文”里发过的论文 · 共 1 篇" in shown["text"]
    assert links(shown) == [f"https://t.me/daily_papers/{post['message_id']}", f"https://arxiv.org/abs/{DIFFUSION}"]
    assert "不是 每日论文 的管理员" in (await talk.say(ALICE, "/history @daily_papers", ALICE))["text"]
    file = await talk.say(PRIVATE, "/export ris @daily_papers 扩散")
    assert "RIS · 最近 30 天发到“每日论文”的论文 · 扩散 · 1 篇" in file["caption"]
    await talk.press(file, data(file)[0])
    again = (await talk.answers(PRIVATE, file["message_id"]))[0]
    assert "BibTeX · 最近 30 天发到“每日论文”的论文 · 扩散 · 1 篇" in again["caption"]
    there = await talk.say(CHANNEL, "/history")
    assert data(there) == []


async def test_each_topic_of_a_forum_has_its_own_history(talk: Talk) -> None:
    chats = (await talk.http.get("/sandbox/chats")).json()
    topic = next(chat for chat in chats if chat["id"] == FORUM)["topics"][1]["id"]
    (post,) = await posted(talk, FORUM, "扩散", message_thread_id=topic)
    assert "还没有发过论文" in (await talk.say(FORUM, "/history"))["text"]
    shown = await talk.say(FORUM, "/history", message_thread_id=topic)
    assert links(shown)[0] == f"https://t.me/c/1000000002/{topic}/{post['message_id']}"
    assert "“实验室”里发过的论文 · 共 1 篇" in (await talk.say(PRIVATE, f"/history {FORUM}"))["text"]


async def test_only_what_was_sent_is_history(talk: Talk) -> None:
    await posted(talk, PRIVATE, "扩散")
    async with talk.database.transaction() as tx:
        found = await history.find(tx, (PRIVATE, 0), EVERYTHING)
        assert [each.paper_id for each in found] == [DIFFUSION]
        later = datetime.now(UTC) + timedelta(days=1)
        assert await history.find(tx, (PRIVATE, 0), EVERYTHING, later) == ()
        assert await history.find(tx, (GROUP, None), EVERYTHING) == ()


async def test_the_weeks_favourites_are_counted_and_nobody_is_named(talk: Talk) -> None:
    assert "还没有人收藏或点赞" in (await talk.say(PRIVATE, "/weekly"))["text"]
    await keep(talk, DIFFUSION, SEVEN[0])
    await keep(talk, DIFFUSION, user=ALICE)
    async with talk.database.transaction() as tx:
        await bookmarks.keep(tx, XIAOMING, SEVEN[1], datetime.now(UTC) - timedelta(days=8))
    shown = await talk.say(GROUP, "/weekly", ALICE)
    assert f"1. 去噪扩散\n💡 扩散模型用于水。\n🌟 2 · arxiv.org/abs/{DIFFUSION}" in shown["text"]
    assert f"🌟 1 · arxiv.org/abs/{SEVEN[0]}" in shown["text"]
    assert SEVEN[1] not in shown["text"]
    assert "小明" not in shown["text"]
    assert data(shown) == [f"open:{DIFFUSION}", f"open:{SEVEN[0]}"]
    assert "· cat:cs.SD" in (await talk.say(PRIVATE, "/weekly cat:cs.SD"))["text"]
    assert "没有与“量子”相符" in (await talk.say(PRIVATE, "/weekly 量子"))["text"]


async def test_the_weeks_favourites_of_a_channel_are_of_what_it_posted(talk: Talk) -> None:
    await keep(talk, DIFFUSION, SEVEN[0])
    card = await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    await talk.press(card, f"sub:{data(card)[0].split(':')[1]}:now")
    await talk.answers(CHANNEL, 0, 2)
    shown = await talk.say(PRIVATE, "/weekly @daily_papers")
    assert shown["text"].startswith("🏆 近 7 天最受欢迎的论文 · 每日论文\n")
    assert data(shown) == [f"open:{DIFFUSION}"]
    assert "不是 每日论文 的管理员" in (await talk.say(ALICE, "/weekly @daily_papers", ALICE))["text"]


async def test_english_is_spoken_where_it_was_chosen(talk: Talk) -> None:
    page = await talk.say(PRIVATE, "/language")
    await talk.press(page, "lang:en")
    await keep(talk, DIFFUSION)
    assert "Saved papers · 1" in (await talk.say(PRIVATE, "/saved"))["text"]
    assert "saved papers · 1" in (await talk.say(PRIVATE, "/export"))["caption"]
    assert "Most kept and liked" in (await talk.say(PRIVATE, "/weekly"))["text"]
    assert "No paper has been posted here" in (await talk.say(PRIVATE, "/history"))["text"]
    assert "My tags" in (await talk.say(PRIVATE, "/tag"))["text"]


HOSTILE = (
    *("<b>&", "#", "##", "-#", "#\u202e", "#" * 3000, "＃＃", "@x", "0"),
    *("999天", "x" * 3000, "\u200f", "🙂", "' OR 1=1 --"),
)


@pytest.mark.parametrize("command", ["saved", "tag", "export", "history", "weekly"])
async def test_nothing_typed_is_met_with_silence_or_a_traceback(database: Database, command: str) -> None:
    async with talking(database, {"operator": {"chat_id": PRIVATE}}) as talk:  # who may do as much as he likes
        await talk.store([arrival(DIFFUSION)])
        await keep(talk, DIFFUSION)
        for text in HOSTILE:
            answer = await talk.say(PRIVATE, f"/{command} {text}")
            assert "内部错误" not in str(answer), text


async def test_a_file_never_grows_beyond_what_telegram_takes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_away, "LARGEST", 4_000)
    async with talking(database) as talk:
        await talk.store([arrival(f"2403.{number:05}") for number in range(1, 41)])
        await keep(talk, *(f"2403.{number:05}" for number in range(1, 41)))
        message = await talk.say(PRIVATE, "/export json")
        _, content = await file_of(talk, message)
        assert len(content) <= 4_000
        found = json.loads(content)
        assert f"· {len(found)} 篇（共 40 篇，一个文件放不下，这是最新的）" in message["caption"]
        assert found[0]["id"] == "2403.00040"


async def test_tags_belong_to_a_reader_and_go_with_the_paper(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(DIFFUSION)], now)
        for user in (1, 2):
            (one,) = await tags.named(tx, user, ["llm"], now)
            assert await tags.named(tx, user, ["llm"], now) == [one]
            await tags.put(tx, user, DIFFUSION, one.id)
            assert await tags.used(tx, user) == []
            await bookmarks.keep(tx, user, DIFFUSION, now)
        assert await tags.get(tx, 1, one.id) is None
        assert [each.papers for each in await tags.used(tx, 2)] == [1]


TAGS = st.lists(st.builds(Tag, st.integers(1, 10**9), st.text(min_size=1, max_size=30), st.just(3)), max_size=10)


@given(st.lists(CARDS, min_size=1, max_size=5), TAGS, st.sampled_from(Language), st.text(max_size=300))
def test_any_page_of_what_is_kept_is_taken_by_telegram(
    shown: list[Card], given_: list[Tag], language: Language, asked: str
) -> None:
    numbered = [replace(card, paper=replace(card.paper, id=f"2403.{at:05}")) for at, card in enumerate(shown)]
    tagged = {card.paper.id: given_ for card in numbered}
    shelf = Shelf(numbered, tagged, given_ * 10, 123_456_789, asked, asked)
    accepted(saved.saved(shelf, Sheet.at(2, 17, saved.PAGE), language))
    accepted(saved.saved(replace(shelf, listing_id=0), Sheet.at(1, 1, saved.PAGE), language))
    accepted(saved.tags_of(numbered[0], given_, given_, "12345:123456789", language))
    accepted(saved.all_tags(given_ * 10, language))


@given(
    st.lists(CARDS, min_size=1, max_size=10),
    st.sampled_from(Language),
    st.sampled_from(ChatKind),
    st.text(max_size=300),
)
def test_any_look_back_is_taken_by_telegram(shown: list[Card], language: Language, kind: ChatKind, asked: str) -> None:
    numbered = [replace(card, paper=replace(card.paper, id=f"2403.{at:05}")) for at, card in enumerate(shown)]
    here = Chat(-1_001_000_000_001, kind, "<b>", language=language)
    posts = [Post(card.paper.id, 2**40, 2**20, NOW - timedelta(days=at)) for at, card in enumerate(numbered)]
    record = past.Record(here, posts[: past.PAGE], numbered[: past.PAGE], 123_456_789, 7, asked, asked)
    accepted(past.history(record, Sheet.at(2, 99, past.PAGE), here))
    counted = [Favourite(card.paper.id, 2, at) for at, card in enumerate(numbered)]
    accepted(past.weekly(counted, numbered, here, asked))


TYPED = st.lists(
    st.sampled_from(["#", "＃", " ", "-", "，", "llm", "待读", "（", "\u202e", "⑴", "ﬁ"]) | st.text(max_size=4)
)


@given(TYPED.map("".join))
def test_any_text_is_read_and_its_tags_read_back_as_themselves(text: str) -> None:
    named, rest = spelling.split(text)
    for each in (*named.wanted, *named.unwanted):
        assert spelling.split(spelling.shown(each)) == (spelling.Tags((each,)), "")
        assert spelling.folded(each) == each
    assert spelling.split(rest)[0] == spelling.Tags() or "#" in text or "＃" in text


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted", "rest"),
    [
        ("#LLM #待读", ("llm", "待读"), (), ""),
        ("#llm#待读，#llm 扩散 模型", ("llm", "待读"), (), "扩散 模型"),
        ("＃ＬＬＭ、#c++", ("llm", "c++"), (), ""),
        ("C# F# 语言", (), (), "C# F# 语言"),
        ("扩散 -#旧 #新", ("新",), ("旧",), "扩散"),
        ("#a -#a", ("a",), (), ""),
        ("https://arxiv.org/abs/1#x", (), (), "https://arxiv.org/abs/1#x"),
        ("# 1", (), (), "# 1"),
    ],
)
def test_tags_are_typed_in_many_ways(text: str, wanted: tuple[str, ...], unwanted: tuple[str, ...], rest: str) -> None:
    named, left = spelling.split(text)
    assert (named.wanted, named.unwanted, " ".join(left.split())) == (wanted, unwanted, rest)


@pytest.mark.parametrize(
    ("text", "days", "rest"),
    [
        ("", 0, ""),
        ("7", 7, ""),
        ("7d", 7, ""),
        ("7天 扩散", 7, "扩散"),
        ("最近 30 天", 30, ""),
        ("last 14 days diffusion", 14, "diffusion"),
        ("７", 7, ""),
        ("3D 重建", 0, "3D 重建"),
        ("2024 年的论文", 0, "2024 年的论文"),
        ("last:7d", 0, "last:7d"),
        ("扩散 7", 0, "扩散 7"),
    ],
)
def test_a_number_at_the_beginning_is_one_of_days(text: str, days: int, rest: str) -> None:
    asked = narrowing.read(text, days=True)
    assert (asked.days, asked.text) == (days, rest)
