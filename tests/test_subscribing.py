"""Subscriptions by query: looked at before they are taken, changed, paused, and by how papers are announced."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs import prepare
from storage import chats, lexicon, proposals, subscriptions
from storage.database import Database
from storage.records import Announcement, AnnounceType, Arrival, Subscription
from tests.conftest import NOW
from tests.made import PRIVATE as READER
from tests.made import arrival, paper, subscription, summary
from tests.talk import ALICE, CHANNEL, FORUM, GROUP, PRIVATE, XIAOMING, Posted, Talk, data, labels, links, talking

DIFFUSION = [f"2403.1000{number}" for number in range(5)]
CROSSED, REPLACED = "2403.20001", "2403.20002"
WIDE = "扩散模型 -综述"


def announced(paper_id: str, kind: AnnounceType, title_zh: str) -> Arrival:
    """A paper on diffusion in cs.LG, announced in some way."""
    return Arrival(
        paper(paper_id, title=f"Diffusion {paper_id}", categories=("cs.LG",)),
        Announcement(paper_id, None, "cs.LG", kind, news=kind != AnnounceType.REPLACE),
        summary(paper_id, title_zh=title_zh, tldr_zh="扩散模型。"),
    )


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows seven papers on diffusion, one of them cross-listed, one replaced, and a song."""
    new = [announced(each, AnnounceType.NEW, f"扩散之{each[-1]}") for each in DIFFUSION]
    crossed = announced(CROSSED, AnnounceType.CROSS, "交叉的扩散")
    replaced = announced(REPLACED, AnnounceType.REPLACE, "更新的扩散")
    async with talking(database) as talk:
        await talk.store([*new, crossed, replaced, arrival("2403.30001", title="Singing")])
        yield talk


async def all_of(talk: Talk, chat: int) -> list[Subscription]:
    """A chat's subscriptions."""
    async with talk.database.reading() as tx:
        return await subscriptions.of_chat(tx, chat)


def button(message: Posted, ending: str) -> str:
    """The data of the one button that ends so."""
    (found,) = [each for each in data(message) if each.endswith(f":{ending}")]
    return found


async def test_a_query_is_shown_with_what_it_finds_before_it_is_saved(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    assert shown["text"].startswith(f"📬 订阅 {WIDE}？")
    assert "近 7 天符合 6 篇，例如：\n• 交叉的扩散\n• 扩散之4\n• 扩散之3" in shown["text"]
    assert links(shown) == [f"https://arxiv.org/abs/{each}" for each in (CROSSED, DIFFUSION[4], DIFFUSION[3])]
    assert labels(shown) == ["📬 订阅", "取消"]
    assert await all_of(talk, PRIVATE) == []
    page = await talk.edited(shown, button(shown, "take"))
    assert page["text"].startswith(f"✅ 已订阅 {WIDE}\n")
    assert [each.query for each in await all_of(talk, PRIVATE)] == [WIDE]


async def test_a_query_that_is_not_plain_is_shown_as_it_was_read(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, "/subscribe 标题：扩散 (cat:cs.LG OR au:Y LeCun")
    assert "查询读作：" in shown["text"]
    none = await talk.say(PRIVATE, "/subscribe 量子引力")
    assert "近 7 天没有论文符合" in none["text"]
    assert "读作" not in none["text"]


async def test_what_has_no_chinese_yet_counts_as_it_will_be_posted(talk: Talk) -> None:
    async with talk.database.transaction() as tx:
        await lexicon.keep_current(tx)
    await talk.store([replace(arrival("2403.40001", title="Speech recognition"), summary=None)])
    shown = await talk.say(PRIVATE, "/subscribe 语音识别")
    assert "近 7 天符合 1 篇" in shown["text"]
    assert links(shown) == ["https://arxiv.org/abs/2403.40001"]


async def test_a_query_that_asks_for_replacements_gets_them(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, "/subscribe cs.LG type:更新")
    assert "近 7 天符合 1 篇" in shown["text"]
    assert links(shown) == [f"https://arxiv.org/abs/{REPLACED}"]


@pytest.mark.parametrize("query", ["～", "online:", "- ()"])
async def test_a_query_that_asks_for_nothing_is_refused(talk: Talk, query: str) -> None:
    assert "没有可以订阅的词" in (await talk.say(PRIVATE, f"/subscribe {query}"))["text"]
    assert await all_of(talk, PRIVATE) == []


async def test_a_subscription_never_asks_arxiv(talk: Talk) -> None:
    await talk.subscribe(PRIVATE, "online: 扩散")
    assert [each.query for each in await all_of(talk, PRIVATE)] == ["扩散"]


@pytest.mark.parametrize("query", ["cs.LG", "cat:cs.lg", "分类：cs.LG"])
async def test_a_category_is_saved_at_once(talk: Talk, query: str) -> None:
    assert "✅ 已订阅" in (await talk.say(PRIVATE, f"/subscribe {query}"))["text"]


async def test_a_query_that_is_cancelled_is_not_saved_and_its_button_is_dead(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    assert "没有改动" in (await talk.edited(shown, button(shown, "drop")))["text"]
    assert "已经失效" in (await talk.press(shown, button(shown, "take"), force=True))["text"]
    assert await all_of(talk, PRIVATE) == []


async def test_a_query_is_taken_once_however_often_it_is_pressed(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    take, drop = button(shown, "take"), button(shown, "drop")
    for answer in await asyncio.gather(*(talk.press(shown, take, force=True) for _ in range(3))):
        assert "失效" not in answer["text"]
    page = await talk.edited(shown, drop, force=True)
    assert WIDE in page["text"]
    (only,) = await all_of(talk, PRIVATE)
    again = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    assert again["text"].startswith(f"📬 {WIDE}\n")
    await talk.press(again, f"sub:{only.id}:unsubscribe")
    assert "已经失效" in (await talk.press(shown, take, force=True))["text"]
    assert await all_of(talk, PRIVATE) == []


async def test_only_who_decides_takes_or_cancels_a_query(talk: Talk) -> None:
    shown = await talk.say(GROUP, f"/subscribe {WIDE}")
    for ending in ("take", "drop"):
        assert "只有管理员" in (await talk.press(shown, button(shown, ending), ALICE))["text"]
    elsewhere = await talk.say(ALICE, "/help", ALICE)
    forged = await talk.press(elsewhere, button(shown, "take"), ALICE, force=True)
    assert "不是 读论文小组 的管理员" in forged["text"]
    assert await all_of(talk, GROUP) == []
    assert "✅ 已订阅" in (await talk.edited(shown, button(shown, "take")))["text"]


@pytest.mark.parametrize("made_up", ["proposal", "proposal:1", "proposal:x:take", "proposal:9:take", "proposal:1:x"])
async def test_a_made_up_button_is_dead(talk: Talk, made_up: str) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    assert "已经失效" in (await talk.press(shown, made_up, force=True))["text"]


async def test_a_query_for_a_channel_and_for_a_topic_comes_where_it_was_meant(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe @daily_papers {WIDE}")
    assert f"订阅 {WIDE}（每日论文）？" in shown["text"]
    await talk.press(shown, button(shown, "take"))
    assert [each.query for each in await all_of(talk, CHANNEL)] == [WIDE]
    chats = (await talk.http.get("/sandbox/chats")).json()
    topic = next(chat for chat in chats if chat["id"] == FORUM)["topics"][1]["id"]
    await talk.subscribe(FORUM, WIDE, message_thread_id=topic)
    assert [each.thread_id for each in await all_of(talk, FORUM)] == [topic]


async def test_a_forgotten_query_cannot_be_taken(talk: Talk) -> None:
    shown = await talk.say(PRIVATE, f"/subscribe {WIDE}")
    async with talk.database.transaction() as tx:
        assert await proposals.prune(tx, datetime.now(UTC) - timedelta(days=1)) == 0
    await prepare.prune(talk.database, datetime.now(UTC) + timedelta(days=1, seconds=1))
    assert "已经失效" in (await talk.press(shown, button(shown, "take")))["text"]


async def test_edit_changes_the_query_and_keeps_everything_else(talk: Talk) -> None:
    page = await talk.subscribe(PRIVATE, "扩散")
    await talk.edited(page, button(page, "hour"))
    await talk.press(page, button(await talk.again(page), "21"))
    await talk.until(page, "周五 21:00（")
    (before,) = await all_of(talk, PRIVATE)
    shown = await talk.say(PRIVATE, "/edit 交叉 cat:cs.LG")
    assert shown["text"].startswith("✏️ 把 扩散 的查询改成 交叉 cat:cs.LG？")
    assert "近 7 天符合 1 篇：\n• 交叉的扩散" in shown["text"]
    assert await all_of(talk, PRIVATE) == [before]
    await talk.press(shown, button(shown, "take"))
    await talk.until(shown, "📬 交叉 cat:cs.LG")
    (after,) = await all_of(talk, PRIVATE)
    assert after.query == "交叉 cat:cs.LG"
    assert (after.id, after.schedule, after.next_due) == (before.id, before.schedule, before.next_due)


async def test_edit_names_one_of_several_by_its_number_or_by_a_button(talk: Talk) -> None:
    assert "还没有订阅" in (await talk.say(PRIVATE, "/edit 扩散"))["text"]
    for query in ("扩散", "量子", "cs.LG"):
        await talk.subscribe(PRIVATE, query)
    shown = await talk.say(PRIVATE, "/edit 2 歌声")
    assert "把 量子 的查询改成 歌声？" in shown["text"]
    await talk.press(shown, button(shown, "take"))
    choice = await talk.say(PRIVATE, "/edit 图 神经网络")
    assert labels(choice) == ["扩散", "歌声", "cs.LG 机器学习"]
    shown = await talk.edited(choice, data(choice)[2])
    await talk.press(shown, button(shown, "take"))
    assert [each.query for each in await all_of(talk, PRIVATE)] == ["扩散", "歌声", "图 神经网络"]
    assert "没有第 4 个订阅" in (await talk.say(PRIVATE, "/edit 4 歌声"))["text"]
    assert "请写上新的查询" in (await talk.say(PRIVATE, "/edit 2"))["text"]
    assert "已经有“歌声”" in (await talk.say(PRIVATE, "/edit 1 歌声"))["text"]


async def test_two_subscriptions_never_get_the_same_query_by_editing(talk: Talk) -> None:
    for query in ("扩散", "量子"):
        await talk.subscribe(PRIVATE, query)
    first, second = [await talk.say(PRIVATE, f"/edit {number} 歌声") for number in (1, 2)]
    await talk.press(first, button(first, "take"))
    assert "已经有“歌声”" in (await talk.press(second, button(second, "take")))["text"]
    assert [each.query for each in await all_of(talk, PRIVATE)] == ["歌声", "量子"]


async def test_a_subscription_of_another_chat_is_not_chosen_by_a_forged_button(talk: Talk) -> None:
    await talk.subscribe(GROUP, "扩散")
    (theirs,) = await all_of(talk, GROUP)
    for query in ("量子", "图"):
        await talk.say(ALICE, "/start", ALICE)
        await talk.subscribe(ALICE, query, ALICE)
    choice = await talk.say(ALICE, "/edit 歌声", ALICE)
    forged = f"{data(choice)[0].rsplit(':', 1)[0]}:{theirs.id}"
    assert "已经失效" in (await talk.press(choice, forged, ALICE, force=True))["text"]
    assert [each.query for each in await all_of(talk, GROUP)] == ["扩散"]


async def test_the_page_tells_how_to_edit_with_a_line_to_copy(talk: Talk) -> None:
    await talk.subscribe(PRIVATE, "量子")
    page = await talk.subscribe(PRIVATE, WIDE)
    await talk.press(page, button(page, "edit"))
    told = (await talk.answers(PRIVATE, page["message_id"]))[0]
    assert f"\n/edit 2 {WIDE}\n" in told["text"]
    page = await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    await talk.press(page, button(page, "edit"))
    told = (await talk.answers(PRIVATE, page["message_id"]))[0]
    assert "\n/edit @daily_papers 1 扩散\n" in told["text"]
    shown = await talk.say(PRIVATE, "/edit @daily_papers 1 量子")
    assert "把 扩散 的查询改成 量子（每日论文）？" in shown["text"]


async def test_a_paused_subscription_posts_nothing_until_it_is_resumed(talk: Talk) -> None:
    page = await talk.subscribe(PRIVATE, "扩散")
    await talk.press(page, button(page, "pause"))
    paused = await talk.until(page, "⏸ 已暂停")
    assert "▶️ 恢复" in labels(paused)
    assert "⏸ 已暂停" in (await talk.say(PRIVATE, "/subscriptions"))["text"]
    assert "“扩散”已暂停" in (await talk.say(PRIVATE, "/today"))["text"]
    assert "“扩散”已暂停" in (await talk.press(page, button(page, "now")))["text"]
    await talk.press(paused, button(paused, "resume"))
    await talk.until(page, "下一期")
    posts = await talk.answers(PRIVATE, await talk.write(PRIVATE, "/today"), 7)
    assert "符合 6 篇" in posts[0]["text"]


async def test_only_administrators_pause(talk: Talk) -> None:
    page = await talk.subscribe(GROUP, "扩散")
    assert "只有管理员" in (await talk.press(page, button(page, "pause"), ALICE))["text"]
    assert not (await all_of(talk, GROUP))[0].paused


async def test_what_is_paused_is_neither_due_nor_asked_for_nor_waits_for_announcements(database: Database) -> None:
    wanted = subscription(READER, "扩散", next_due=NOW)
    async with database.transaction() as tx:
        await chats.remember(tx, READER, NOW)
        made, _ = await subscriptions.add(tx, wanted, NOW)
        await subscriptions.request(tx, [made.id], NOW)
        await subscriptions.pause(tx, made.id)
        assert await subscriptions.requested(tx, 10) == []
        assert await subscriptions.waiting(tx, NOW + timedelta(days=1), 10) == []
        assert await subscriptions.active(tx) == []
        assert await subscriptions.queries(tx) == {"扩散"}
        await subscriptions.request(tx, [made.id], NOW)
        due = NOW + timedelta(days=2)
        await subscriptions.resume(tx, made.id, due)
        await subscriptions.resume(tx, made.id, due + timedelta(days=1))
        assert await subscriptions.requested(tx, 10) == []
        assert await subscriptions.waiting(tx, due - timedelta(seconds=1), 10) == []
        assert [each.id for each in await subscriptions.waiting(tx, due, 10)] == [made.id]


@pytest.mark.parametrize(("kinds", "count"), [("new", 5), ("cross", 6), ("all", 7)])
async def test_how_papers_are_announced_is_a_setting(talk: Talk, kinds: str, count: int) -> None:
    page = await talk.subscribe(PRIVATE, "扩散")
    choices = await talk.edited(page, button(page, "kinds"))
    assert "✓ 新论文和交叉" in labels(choices)
    await talk.press(page, button(choices, kinds))
    posts = await talk.answers(PRIVATE, await talk.write(PRIVATE, "/today"), count + 1)
    assert f"符合 {count} 篇" in posts[0]["text"]


async def test_overlapping_subscriptions_of_a_chat_post_a_paper_once(talk: Talk) -> None:
    for query in (WIDE, "cs.LG"):
        await talk.subscribe(PRIVATE, query)
    asked = await talk.write(PRIVATE, "/today")
    await talk.answers(PRIVATE, asked, 8)
    assert "命令" in (await talk.say(PRIVATE, "/help"))["text"]
    found = [link for each in await talk.answers(PRIVATE, asked) for link in links(each) if "/abs/" in link]
    assert len(found) == len(set(found))


async def test_in_english_a_query_is_offered_in_english(talk: Talk) -> None:
    page = await talk.say(PRIVATE, "/language", XIAOMING)
    await talk.press(page, "lang:en")
    await talk.until(page, "English it is")
    shown = await talk.say(PRIVATE, "/subscribe diffusion -survey")
    assert shown["text"].startswith("📬 Subscribe to diffusion -survey?\n")
    assert "In the last 7 days 6 papers matched, for instance:" in shown["text"]
    page = await talk.edited(shown, button(shown, "take"))
    await talk.press(page, button(page, "pause"))
    await talk.until(page, "⏸ paused")
    assert "⏸ paused" in (await talk.say(PRIVATE, "/subscriptions"))["text"]
