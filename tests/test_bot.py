"""People talk to the real bot through the sandbox: what they may do, and what they see."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.handlers.restraint import READER, Act
from bot.handlers.turn import SEARCHES
from storage import bookmarks, chats, digests, outbox, search, subscriptions
from storage.database import READERS, Database
from storage.records import Arrival, ChatState, Language, Message, Schedule, Subscription, Summary, TopicState
from tests.made import arrival, paper, summary
from tests.talk import ALICE, CHANNEL, FORUM, GROUP, PRIVATE, XIAOMING, Talk, data, kinds, labels, links, talking

TWELVE = [f"2403.{number:05}" for number in range(1, 13)]
DIFFUSION = "2403.11780"


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows thirteen papers."""
    singing = [arrival(each, title=f"Singing number {each}") for each in TWELVE]
    diffusion = Arrival(
        paper(DIFFUSION, 2, title="Denoising Diffusion in $H_2O$", categories=("cs.LG",)),
        arrival(DIFFUSION).announcement,
        summary(DIFFUSION, 2, title_zh="去噪扩散", tldr_zh="扩散模型用于水。", abstract_zh="我们研究扩散模型。"),
    )
    async with talking(database) as talk:
        await talk.store([*singing, diffusion])
        yield talk


async def test_start_leads_to_a_subscription_in_two_presses(talk: Talk) -> None:
    greeting = await talk.say(PRIVATE, "/start")
    await talk.press(greeting, "choose")
    choice = (await talk.answers(PRIVATE, greeting["message_id"]))[0]
    done = await talk.edited(choice, f"new:{PRIVATE}.0:cs.LG")
    assert "已订阅 cs.LG 机器学习" in done["text"]
    assert "周一至周五 09:00（Asia/Shanghai）" in done["text"]


async def test_a_group_is_greeted_with_what_holds_in_groups(talk: Talk) -> None:
    greeting = await talk.say(GROUP, "/start")
    assert "任何人都可以 /search" in greeting["text"]
    assert "话题" not in greeting["text"]
    assert "直接发送" not in greeting["text"]
    assert "话题" in (await talk.say(FORUM, "/start"))["text"]
    assert "私聊" in (await talk.say(CHANNEL, "/start"))["text"]


@pytest.mark.parametrize("payload", [f"p_{DIFFUSION}", "p_2403_11780"])
async def test_a_deep_link_opens_its_paper(talk: Talk, payload: str) -> None:
    card = await talk.say(PRIVATE, f"/start {payload}")
    assert card["text"].startswith("去噪扩散\nDenoising Diffusion in H₂O\n💡 扩散模型用于水。")


async def test_search_is_paged_in_place_and_opens_cards(talk: Talk) -> None:
    first = await talk.say(PRIVATE, "/search 歌声合成")
    assert "共 12 篇 · 1/3" in first["text"]
    assert first["text"].count("💡") == 5
    assert len(links(first)) == 5
    assert labels(first) == ["1", "2", "3", "4", "5", "下一页 ›", "📅 按日期"]
    second = await talk.edited(first, data(first)[-2])
    assert "2/3" in second["text"]
    assert labels(second) == ["6", "7", "8", "9", "10", "‹ 上一页", "下一页 ›", "📅 按日期"]
    third = await talk.edited(second, data(second)[-2])
    assert labels(third) == ["11", "12", "‹ 上一页", "📅 按日期"]
    await talk.press(third, data(third)[0])
    card = (await talk.answers(PRIVATE, third["message_id"]))[0]
    assert card["text"].startswith("提示歌手\nSinging number")


async def test_the_heading_tells_how_many_hold_every_word(talk: Talk) -> None:
    head = (await talk.say(PRIVATE, "/search 扩散 模型"))["text"].splitlines()[0]
    assert head == "🔎 扩散 模型 · 共 1 篇"
    head = (await talk.say(PRIVATE, "/search 去噪 歌声合成"))["text"].splitlines()[0]
    assert head == "🔎 去噪 歌声合成 · 没有论文含全部的词，以下含其中一部分 · 1/3"
    both = arrival("2404.00002", title="Denoising singers")
    await talk.store([both])
    first = await talk.say(PRIVATE, "/search denoising singers singing")
    assert "含全部的词" in first["text"]
    head = (await talk.say(PRIVATE, "/search denoising singers"))["text"].splitlines()[0]
    assert head == "🔎 denoising singers · 含全部的词 1 篇，其余含其中一部分"


async def test_abs_takes_the_number_of_a_hit(talk: Talk) -> None:
    found = await talk.say(PRIVATE, "/search 歌声合成")
    seventh = await talk.edited(found, data(found)[-2])
    card = await talk.say(PRIVATE, "/abs 7")
    assert data(seventh)[1].removeprefix("open:") in str(card)
    assert "第 13 篇" in (await talk.say(PRIVATE, "/abs 13"))["text"]


@pytest.mark.parametrize(
    "text",
    [
        f"/abs {DIFFUSION}",
        f"/abs arXiv:{DIFFUSION}v1",
        f"/abs http://www.arxiv.org/pdf/{DIFFUSION}v3.pdf",
        f"/abs https://huggingface.co/papers/{DIFFUSION}",
        f"/search https://arxiv.org/abs/{DIFFUSION}",
        f"看这篇 https://doi.org/10.48550/ARXIV.{DIFFUSION} 怎么样",
        DIFFUSION,
    ],
)
async def test_any_form_of_an_id_or_link_opens_the_card_with_both_abstracts(talk: Talk, text: str) -> None:
    card = await talk.say(PRIVATE, text)
    assert "我们研究扩散模型。" in card["text"]
    assert "We present Denoising Diffusion" in card["text"]


async def test_a_link_behind_words_opens_its_paper_and_another_is_no_word_to_search(talk: Talk) -> None:
    behind = {"type": "text_link", "offset": 0, "length": 2, "url": f"https://arxiv.org/abs/{DIFFUSION}"}
    card = await talk.say(PRIVATE, "论文推荐", entities=[behind])
    assert card["text"].startswith("去噪扩散\n")
    elsewhere = {**behind, "url": "https://example.org/zebra"}
    assert "🔎 扩散 · 共 1 篇" in (await talk.say(PRIVATE, "扩散", entities=[elsewhere]))["text"]


async def test_a_card_unfolds_folds_and_changes_its_language_in_place(talk: Talk) -> None:
    found = await talk.say(PRIVATE, "扩散")
    await talk.press(found, f"open:{DIFFUSION}")
    card = (await talk.answers(PRIVATE, found["message_id"]))[0]
    assert labels(card) == ["展开摘要", "English", "PDF", "⭐", "👍", "👎", "为什么"]
    unfolded = await talk.edited(card, f"card:{DIFFUSION}:z")
    assert unfolded["text"].endswith("我们研究扩散模型。")
    assert "blockquote" in kinds(unfolded)
    english = await talk.edited(card, f"card:{DIFFUSION}:e")
    assert english["text"].endswith("We present Denoising Diffusion in H₂O.")
    folded = await talk.edited(card, f"card:{DIFFUSION}:f")
    assert folded["text"] == card["text"]


async def test_a_double_press_is_quiet(talk: Talk) -> None:
    found = await talk.say(PRIVATE, "扩散")
    await talk.press(found, f"open:{DIFFUSION}")
    card = (await talk.answers(PRIVATE, found["message_id"]))[0]
    first, second = await asyncio.gather(*(talk.press(card, f"card:{DIFFUSION}:z", force=True) for _ in range(2)))
    assert first["text"] == second["text"] == ""
    assert (await talk.again(card))["text"].endswith("我们研究扩散模型。")


async def test_a_star_keeps_the_paper_and_saved_lists_it(talk: Talk) -> None:
    assert "还没有收藏" in (await talk.say(PRIVATE, "/saved"))["text"]
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION}")
    star = f"save:{DIFFUSION}:b"
    assert (await talk.press(card, star))["text"] == "已收藏。发送 /saved 查看。"
    assert "🌟" in labels(await talk.until(card, "🌟"))
    assert "1. 去噪扩散" in (await talk.say(PRIVATE, "/saved"))["text"]
    assert (await talk.press(card, f"drop:{DIFFUSION}:b"))["text"] == "已取消收藏。"
    assert star in data(await talk.until(card, "⭐"))
    async with talk.database.reading() as tx:
        assert await bookmarks.ids(tx, XIAOMING) == ()


@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
async def test_a_star_that_is_pressed_twice_keeps_the_paper(talk: Talk, chat: int) -> None:
    card = await talk.say(chat, f"/abs {DIFFUSION}")
    star = next(each for each in data(card) if each.startswith("save:"))
    for answer in await asyncio.gather(*(talk.press(card, star, force=True) for _ in range(2))):
        assert answer["text"].startswith("已收藏。")
    async with talk.database.reading() as tx:
        assert await bookmarks.ids(tx, XIAOMING) == (DIFFUSION,)


async def test_the_settings_of_a_subscription_are_buttons(talk: Talk) -> None:
    card = await talk.say(PRIVATE, "/subscribe cs.LG")
    (number,) = {each.split(":")[1] for each in data(card)}
    for setting, value, shown in [
        ("hour", "21", "21:00"),
        ("weekdays", "1234567", "每天"),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("form", "list", "列表"),
        ("papers", "30", "最多 30 篇"),
    ]:
        choices = await talk.edited(card, f"sub:{number}:{setting}")
        assert f"sub:{number}:{setting}:{value}" in data(choices)
        await talk.press(card, f"sub:{number}:{setting}:{value}")
        assert shown in (await talk.until(card, shown))["text"]
    async with talk.database.reading() as tx:
        (stored,) = await subscriptions.of_chat(tx, PRIVATE)
    assert stored.next_due is not None
    assert stored.next_due.astimezone(UTC) - datetime.now(UTC) < timedelta(days=1)


async def test_the_same_subscription_twice_is_one(talk: Talk) -> None:
    await talk.say(PRIVATE, "/subscribe cs.LG")
    again = await talk.say(PRIVATE, "/subscribe  cs.LG")
    assert "已订阅" not in again["text"]
    async with talk.database.reading() as tx:
        assert len(await subscriptions.of_chat(tx, PRIVATE)) == 1


async def test_unsubscribe_ends_the_only_one_the_named_one_or_offers_a_choice(talk: Talk) -> None:
    assert "还没有订阅" in (await talk.say(PRIVATE, "/unsubscribe"))["text"]
    for query in ("cs.LG", "扩散", "图"):
        await talk.subscribe(PRIVATE, query)
    assert "没有“歌”这个订阅" in (await talk.say(PRIVATE, "/unsubscribe 歌"))["text"]
    assert "已取消订阅 扩散" in (await talk.say(PRIVATE, "/unsubscribe 扩散"))["text"]
    choice = await talk.say(PRIVATE, "/unsubscribe")
    assert labels(choice) == ["cs.LG 机器学习", "图"]
    assert "已取消订阅 cs.LG" in (await talk.edited(choice, data(choice)[0]))["text"]
    assert "已取消订阅 图" in (await talk.say(PRIVATE, "/unsubscribe"))["text"]


async def test_today_posts_the_unsent_papers_then_says_that_there_is_nothing_new(talk: Talk) -> None:
    assert "还没有订阅" in (await talk.say(PRIVATE, "/today"))["text"]
    await talk.subscribe(PRIVATE, "扩散")
    asked = await talk.write(PRIVATE, "/today")
    header, card = await talk.answers(PRIVATE, asked, 2)
    assert "符合 1 篇 · 本期 1 篇" in header["text"]
    assert card["text"].startswith("去噪扩散")
    nothing = await talk.say(PRIVATE, "/today")
    assert "没有新的论文符合“扩散”" in nothing["text"]
    assert labels(nothing) == ["再发一次"]
    await talk.press(nothing, data(nothing)[0])
    assert (await talk.answers(PRIVATE, nothing["message_id"], 2))[1]["text"] == card["text"]


async def test_the_last_digest_is_posted_again_by_who_may_and_once_for_a_double_press(talk: Talk) -> None:
    await talk.subscribe(GROUP, "扩散")
    await talk.answers(GROUP, await talk.write(GROUP, "/today"), 2)
    nothing = await talk.say(GROUP, "/today")
    (again,) = data(nothing)
    refused = await talk.press(nothing, again, ALICE)
    assert "只有管理员" in refused["text"]
    for answer in await asyncio.gather(*(talk.press(nothing, again) for _ in range(3))):
        assert answer["text"] == "正在准备，马上发出。"
    await talk.answers(GROUP, nothing["message_id"], 2)
    assert "命令" in (await talk.say(GROUP, "/help"))["text"]
    posts = await talk.answers(GROUP, nothing["message_id"], 3)
    assert [each["text"].split("\n")[0] for each in posts[1:]] == ["去噪扩散", "命令"]
    async with talk.database.reading() as tx:
        assert sum((await outbox.counts(tx)).values()) == 5  # the digest's two, the answer, and two again


async def test_an_old_button_never_acts_on_a_later_subscription(talk: Talk) -> None:
    old = await talk.say(PRIVATE, "/subscribe cs.LG")
    await talk.say(PRIVATE, "/unsubscribe")
    await talk.subscribe(PRIVATE, "扩散")
    assert "已经失效" in (await talk.press(old, data(old)[-1]))["text"]
    async with talk.database.reading() as tx:
        assert [each.query for each in await subscriptions.of_chat(tx, PRIVATE)] == ["扩散"]


async def test_a_channels_list_has_no_button_by_which_its_readers_could_make_the_bot_post(talk: Talk) -> None:
    card = await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    number = data(card)[0].split(":")[1]
    await talk.press(card, f"sub:{number}:form")
    await talk.press(card, f"sub:{number}:form:list")
    await talk.press(await talk.until(card, "列表"), f"sub:{number}:now")
    (post,) = await talk.answers(CHANNEL, 0)
    assert links(post) == [f"https://arxiv.org/abs/{DIFFUSION}"]
    assert data(post) == []
    for made_up in (f"open:{DIFFUSION}", f"card:{DIFFUSION}:z"):
        assert "已经失效" in (await talk.press(post, made_up, ALICE, force=True))["text"]
    assert await talk.answers(CHANNEL, 0) == [post]


async def test_what_is_asked_in_private_for_a_channel_is_answered_in_private(talk: Talk) -> None:
    await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    assert "有新论文就马上发到 每日论文" in (await talk.say(PRIVATE, "/today @daily_papers"))["text"]
    before = (await talk.answers(CHANNEL, 0, 2))[-1]["message_id"]
    assert "有新论文就马上发到 每日论文" in (await talk.say(PRIVATE, "/today @daily_papers"))["text"]

    async def done() -> bool | None:
        async with talk.database.reading() as tx:
            return True if not await subscriptions.waiting(tx, datetime.now(UTC), 10) else None

    assert await talk.poll(done)
    assert await talk.messages(CHANNEL, before) == []


async def test_a_due_subscription_is_posted_by_itself_and_once(talk: Talk) -> None:
    await talk.say(PRIVATE, "/start")
    before = (await talk.messages(PRIVATE))[-1]["message_id"]
    now = datetime.now(UTC)
    async with talk.database.transaction() as tx:
        made = await subscriptions.add(tx, _due(now), now)
        await subscriptions.save(tx, replace(made[0], next_due=now - timedelta(seconds=1)))
    header, card = (await talk.answers(PRIVATE, before, 2))[:2]
    assert "本期 1 篇" in header["text"]
    assert card["text"].startswith("去噪扩散")
    async with talk.database.reading() as tx:
        (stored,) = await subscriptions.of_chat(tx, PRIVATE)
    assert stored.next_due is not None
    assert stored.next_due > now


def _due(now: datetime) -> Subscription:
    hour = now.astimezone(tz=None).hour
    schedule = Schedule(hour, frozenset(range(1, 8)))
    return Subscription(0, PRIVATE, 0, "cs.LG", schedule, next_due=now)


async def test_in_a_group_only_administrators_subscribe_and_everybody_reads(talk: Talk) -> None:
    assert "只有管理员" in (await talk.say(GROUP, "/subscribe cs.LG", ALICE))["text"]
    assert "已订阅" in (await talk.say(GROUP, "/subscribe@papergram_bot cs.LG"))["text"]
    card = await talk.say(GROUP, f"/abs {DIFFUSION}", ALICE)
    assert "expandable_blockquote" in kinds(card)
    assert labels(card) == ["PDF", "⭐", "👍", "👎"]
    assert "私聊" in (await talk.press(card, f"save:{DIFFUSION}:f", ALICE))["text"]
    async with talk.database.reading() as tx:
        assert await bookmarks.ids(tx, ALICE) == (DIFFUSION,)


async def test_buttons_of_a_group_subscription_obey_administrators_only(talk: Talk) -> None:
    card = await talk.say(GROUP, "/subscribe cs.LG")
    (number,) = {each.split(":")[1] for each in data(card)}
    refused = await talk.press(card, f"sub:{number}:unsubscribe", ALICE)
    assert (refused["text"], refused["show_alert"]) == ("这一步只有管理员可以做。", True)
    async with talk.database.reading() as tx:
        assert len(await subscriptions.of_chat(tx, GROUP)) == 1


async def test_a_subscription_in_a_forum_topic_posts_there(talk: Talk) -> None:
    topic = next(
        each["id"]
        for chat in (await talk.http.get("/sandbox/chats")).json()
        if chat["id"] == FORUM
        for each in chat["topics"]
        if "cs.LG" in each["name"]
    )
    said = await talk.subscribe(FORUM, "扩散", message_thread_id=topic)
    assert said["message_thread_id"] == topic
    asked = await talk.write(FORUM, "/today", message_thread_id=topic)
    assert {each.get("message_thread_id") for each in await talk.answers(FORUM, asked, 2)} == {topic}
    general = await talk.say(FORUM, "/subscriptions")
    assert "message_thread_id" not in general
    assert "还没有订阅" in general["text"]


async def rest(talk: Talk, topic: int) -> None:
    """A subscription whose topic was closed for a day."""
    await talk.subscribe(FORUM, "扩散", message_thread_id=topic)
    async with talk.database.transaction() as tx:
        assert await subscriptions.rest(tx, (FORUM, topic), TopicState.CLOSED) == 1


async def topic_of_forum(talk: Talk) -> int:
    found = (await talk.http.get("/sandbox/chats")).json()
    return int(next(chat for chat in found if chat["id"] == FORUM)["topics"][1]["id"])


async def test_a_subscription_that_rests_because_of_its_topic_says_so_and_a_command_there_resumes_it(
    talk: Talk,
) -> None:
    topic = await topic_of_forum(talk)
    await rest(talk, topic)
    assert "⏸ 已暂停（话题已关闭）" in (await talk.say(PRIVATE, f"/subscriptions {FORUM}"))["text"]
    assert "已暂停" not in (await talk.say(FORUM, "/subscriptions", message_thread_id=topic))["text"]


async def test_a_topic_that_is_opened_again_resumes_its_subscriptions(talk: Talk) -> None:
    topic = await topic_of_forum(talk)
    await rest(talk, topic)
    opened = {
        "message_id": 900,
        "date": 1_700_000_000,
        "chat": {"id": FORUM, "type": "supergroup", "title": "实验室", "is_forum": True},
        "from": {"id": XIAOMING, "is_bot": False, "first_name": "小明"},
        "message_thread_id": topic,
        "is_topic_message": True,
        "forum_topic_reopened": {},
    }
    answer = await talk.http.post("/sandbox/updates", json={"message": opened})
    assert answer.status_code == 201, answer.text

    async def resumed() -> bool | None:
        async with talk.database.reading() as tx:
            (one,) = await subscriptions.of_chat(tx, FORUM, topic)
        return True if not one.paused and one.topic == TopicState.OPEN else None

    assert await talk.poll(resumed)


async def test_rights_that_come_back_send_at_once_what_was_put_off(talk: Talk) -> None:
    await talk.say(FORUM, "/start")
    change = {"by": 1003, "user": 7000000001}
    await talk.http.post(f"/sandbox/chats/{FORUM}/members", json={**change, "status": "restricted"})
    async with talk.database.transaction() as tx:
        await digests.notice(tx, FORUM, [Message("put off")], datetime.now(UTC))

    async def denied() -> bool | None:
        async with talk.database.reading() as tx:
            return True if await outbox.next_due(tx, datetime.now(UTC) + timedelta(seconds=30)) else None

    assert await talk.poll(denied)
    await talk.http.post(f"/sandbox/chats/{FORUM}/members", json={**change, "status": "administrator"})

    async def arrived() -> bool | None:
        return True if any(each.get("text") == "put off" for each in await talk.messages(FORUM)) else None

    assert await talk.wait(arrived)


async def test_a_group_keeps_its_settings_whoever_hears_first_of_its_migration(talk: Talk) -> None:
    await talk.say(GROUP, "/start")
    async with talk.database.transaction() as tx:
        await chats.set_language(tx, GROUP, Language.ENGLISH)
        await chats.set_repeats(tx, GROUP, repeats=False)
    await talk.fault(method="getUpdates", kind="delay", seconds=2, times=1)
    new = (await talk.http.post(f"/sandbox/chats/{GROUP}/migrate", json={})).json()["id"]
    async with talk.database.transaction() as tx:
        await digests.notice(tx, GROUP, [Message("goes on")], datetime.now(UTC))

    async def arrived() -> bool | None:
        return True if any(each.get("text") == "goes on" for each in await talk.messages(new)) else None

    await talk.wait(arrived)
    assert "Commands" in (await talk.say(new, "/help"))["text"]
    async with talk.database.reading() as tx:
        moved = await chats.get(tx, new)
        assert await chats.get(tx, GROUP) is None
    assert moved is not None
    assert (moved.language, moved.repeats) == (Language.ENGLISH, False)


async def test_in_private_the_subscriptions_of_a_forum_are_those_of_all_its_topics(talk: Talk) -> None:
    chats_ = (await talk.http.get("/sandbox/chats")).json()
    topic = next(chat for chat in chats_ if chat["id"] == FORUM)["topics"][1]["id"]
    await talk.subscribe(FORUM, "扩散", message_thread_id=topic)
    await talk.subscribe(FORUM, "图")
    shown = await talk.say(PRIVATE, f"/subscriptions {FORUM}")
    assert f"1. 扩散（话题 {topic}）" in shown["text"]
    assert "2. 图 ·" in shown["text"]
    assert links(shown) == [f"https://t.me/c/1000000002/{topic}"]
    choice = await talk.say(PRIVATE, f"/unsubscribe {FORUM}")
    assert labels(choice) == [f"扩散 · 话题 {topic}", "图"]
    assert "1. 图 ·" in (await talk.say(FORUM, "/subscriptions"))["text"]


async def test_a_channel_is_set_up_in_private_by_its_administrator(talk: Talk) -> None:
    refused = await talk.subscribe(ALICE, "@daily_papers 扩散", ALICE)
    assert "不是 每日论文 的管理员" in refused["text"]
    card = await talk.subscribe(PRIVATE, "@daily_papers 扩散")
    assert "已订阅 扩散（每日论文）" in card["text"]
    (number,) = {each.split(":")[1] for each in data(card)}
    await talk.press(card, f"sub:{number}:now")
    header, post = await talk.answers(CHANNEL, 0, 2)
    assert "本期 1 篇" in header["text"]
    assert "expandable_blockquote" in kinds(post)
    assert "扩散" in (await talk.say(PRIVATE, "/subscriptions @daily_papers"))["text"]
    assert "找不到 @nobody_knows" in (await talk.say(PRIVATE, "/subscribe @nobody_knows 扩散"))["text"]


async def test_who_is_no_longer_administrator_loses_the_channels_buttons(talk: Talk) -> None:
    await talk.say(ALICE, "/start", ALICE)
    await talk.http.post(
        f"/sandbox/chats/{CHANNEL}/members", json={"by": XIAOMING, "user": ALICE, "status": "administrator"}
    )
    card = await talk.subscribe(ALICE, "@daily_papers 扩散", ALICE)
    assert "已订阅" in card["text"]
    await talk.http.post(f"/sandbox/chats/{CHANNEL}/members", json={"by": XIAOMING, "user": ALICE, "status": "member"})
    answer = await talk.press(card, data(card)[-1], ALICE)
    assert "不是 每日论文 的管理员" in answer["text"]


async def test_being_added_and_removed_is_noticed(talk: Talk) -> None:
    await talk.say(PRIVATE, "/start")
    last = (await talk.messages(PRIVATE))[-1]["message_id"]
    new = {"type": "channel", "title": "新频道 <1>", "username": "fresh_papers", "creator": XIAOMING}
    chat = (await talk.http.post("/sandbox/chats", json=new)).json()["id"]
    change = {"by": XIAOMING, "user": 7000000001, "status": "administrator", "can_post_messages": True}
    await talk.http.post(f"/sandbox/chats/{chat}/members", json=change)
    told = (await talk.answers(PRIVATE, last))[0]
    assert "已加入频道 新频道 <1>" in told["text"]
    assert "/subscribe @fresh_papers cs.LG" in told["text"]
    await talk.subscribe(PRIVATE, "@fresh_papers 扩散")
    await talk.http.post(f"/sandbox/chats/{chat}/members", json={**change, "status": "kicked"})

    async def ended() -> bool | None:
        async with talk.database.reading() as tx:
            stored = await chats.get(tx, chat)
            left = await subscriptions.of_chat(tx, chat)
        return True if stored and stored.state == ChatState.RESTING and not left else None

    assert await talk.poll(ended)


async def test_english_is_a_chats_choice(talk: Talk) -> None:
    greeting = await talk.say(PRIVATE, "/start")
    assert "lang:en" in data(greeting)
    page = await talk.say(PRIVATE, "/language")
    await talk.press(page, "lang:en")
    await talk.until(page, "English it is")
    assert "Commands" in (await talk.say(PRIVATE, "/help"))["text"]
    assert "no arXiv id" in (await talk.say(PRIVATE, "/abs nonsense"))["text"]


HOSTILE_TITLES = [
    "<b>& \"quotes\" 'and' </b><script>",
    "0",
    "abc\u200f\u200e def",
    "&lt;not&gt; _*[`",
    "𝔘𝔫𝔦 🙂",
]


@pytest.mark.parametrize("title", HOSTILE_TITLES)
async def test_a_hostile_title_is_shown_as_it_is(talk: Talk, title: str) -> None:
    hostile = Arrival(
        paper("2404.00001", title=title, abstract=title), arrival("2404.00001").announcement, Summary("2404.00001", 1)
    )
    await talk.store([hostile])
    card = await talk.say(PRIVATE, "/abs 2404.00001")
    assert card["text"].startswith(title + "\n")
    await talk.say(PRIVATE, "/subscribe cat:cs.SD")
    asked = await talk.write(PRIVATE, "/today")
    assert (await talk.answers(PRIVATE, asked, 2))[1]["text"].startswith(title + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "/search",
        "/search *",
        '/search "',
        "/search NEAR( AND OR",
        "/search \u202e\u200f",
        f"/search {'长' * 3000}",
        "/search <b>&amp;",
        "/search '; DROP TABLE papers; --",
        "/abs",
        "/abs 999999999999999999999",
        "/abs 0",
        "/abs hep-th/9999999",
        "/abs 2499.00001",
        "/subscribe @x",
        "/subscribe -1001234567890 cs.LG",
        f"/subscribe {'x' * 3000}",
        "/unsubscribe <script>",
        "/start p_",
        "/start p_../../etc",
        "/start 中文",
        "/unknown",
        "/",
        "🙂",
        "<b>",
        "\u200f",
        "https://arxiv.org/abs/2499.99999",
    ],
)
async def test_nothing_typed_is_met_with_silence_or_a_traceback(talk: Talk, text: str) -> None:
    answer = await talk.say(PRIVATE, text)
    assert answer["text"]
    assert "Traceback" not in answer["text"]
    assert "内部错误" not in answer["text"]


@pytest.mark.parametrize("text", ["/search\u3000扩散", "/abs\u30002403.11780", "/search  扩散", "/search\n扩散"])
async def test_any_white_space_may_follow_a_command(talk: Talk, text: str) -> None:
    assert "去噪扩散" in (await talk.say(PRIVATE, text))["text"]


@pytest.mark.parametrize("at", ["@", "＠", "t.me/", "https：//t.me/"])
async def test_a_channel_is_named_with_full_width_signs_too(talk: Talk, at: str) -> None:
    card = await talk.subscribe(PRIVATE, f"{at}daily_papers\u3000扩散")
    assert "已订阅 扩散（每日论文）" in card["text"]


async def test_one_readers_many_messages_keep_nobody_else_waiting(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, held = search.find, asyncio.Event()

    async def slow(*arguments: Any) -> search.Found:
        await held.wait()
        return await real(*arguments)

    monkeypatch.setattr("storage.search.find", slow)
    for _ in range(100):
        await talk.write(PRIVATE, "/search 扩散")
    assert "命令" in (await talk.say(ALICE, "/help", ALICE))["text"]
    held.set()
    # What is beyond a reader's limit is answered by one word in all (tests/test_restraint.py).
    await talk.answers(PRIVATE, 0, READER[Act.SEARCH].number + 1)


async def test_more_slow_searches_than_connections_leave_the_bot_answering(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, held, begun = search.find, asyncio.Event(), list[int]()

    async def slow(*arguments: Any) -> search.Found:
        begun.append(1)
        await held.wait()
        return await real(*arguments)

    monkeypatch.setattr("storage.search.find", slow)
    everybody = [10_000 + number for number in range(READERS + 1)]
    for user in everybody:
        await talk.http.post("/sandbox/users", json={"id": user, "first_name": f"Reader {user}"})
        await talk.write(user, "/search 扩散", user)

    async def waiting() -> bool | None:
        return True if len(begun) == SEARCHES else None

    assert await talk.poll(waiting)
    assert "去噪扩散" in (await talk.say(ALICE, f"/abs {DIFFUSION}", ALICE))["text"]
    assert len(begun) == SEARCHES
    held.set()
    for user in everybody:
        await talk.answers(user, 0)


async def test_somebody_elses_bookmarks_are_not_shown_in_a_group(talk: Talk) -> None:
    card = await talk.say(GROUP, f"/abs {DIFFUSION}", ALICE)
    await talk.press(card, f"save:{DIFFUSION}:f", ALICE)
    answer = await talk.press(card, "kept:1", ALICE, force=True)
    assert answer["text"] == "请在私聊中使用这个命令。"
    assert (await talk.again(card))["text"] == card["text"]


async def test_more_than_a_page_of_bookmarks_is_paged_and_counted(talk: Talk) -> None:
    async with talk.database.transaction() as tx:
        for number, each in enumerate(TWELVE):
            await bookmarks.keep(tx, XIAOMING, each, datetime.now(UTC) + timedelta(seconds=number))
    first = await talk.say(PRIVATE, "/saved")
    assert "共 12 篇 · 1/3" in first["text"]
    assert f"open:{TWELVE[-1]}" in data(first)
    last = await talk.edited(first, "kept:2")
    assert "2/3" in last["text"]


@pytest.mark.parametrize(
    "made_up",
    [
        "x",
        "card",
        "card:2403.11780",
        "card:nope:z",
        "find:1:1",
        "sub:x:hour",
        "new::",
        "save:0:0",
        "lang:xx",
        "again:1",
        "sub",
        "sub:",
        "sub:1",
        "again",
        f"sub:{'9' * 22}:show",
        f"find:{'9' * 22}:1",
        f"find:1:{'9' * 22}",
        f"again:{'9' * 22}",
        f"arxiv:{'9' * 22}",
        f"kept:{'9' * 22}",
        f"new:{'9' * 22}.0:cs.LG",
        f"new:{PRIVATE}.{'9' * 22}:cs.LG",
        f"save:{'9' * 22}:f",
        f"drop:{'9' * 22}:f",
        f"open:{'9' * 22}",
    ],
)
async def test_a_made_up_button_is_answered(talk: Talk, made_up: str) -> None:
    greeting = await talk.say(PRIVATE, "/start")
    answer = await talk.press(greeting, made_up, force=True)
    assert "内部错误" not in answer["text"]


@pytest.mark.parametrize(
    "made_up", ["timezone:Mars", "hour:99", "weekdays:", "papers:0", "form:x", "nothing", "hour:9:9"]
)
async def test_a_setting_that_no_button_offers_is_refused(talk: Talk, made_up: str) -> None:
    card = await talk.say(PRIVATE, "/subscribe cs.LG")
    (number,) = {each.split(":")[1] for each in data(card)}
    answer = await talk.press(card, f"sub:{number}:{made_up}", force=True)
    assert "已经失效" in answer["text"]


async def test_a_handler_that_fails_says_so_with_a_number_and_goes_on(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("storage.search.find", broken)
    answer = await talk.say(PRIVATE, "/search 扩散")
    number = answer["text"].split("编号 ")[1].split("）")[0]
    assert number in caplog.text
    assert "去噪扩散" in (await talk.say(PRIVATE, f"/abs {DIFFUSION}"))["text"]


async def test_an_answer_that_meets_a_flood_limit_comes_later(talk: Talk) -> None:
    await talk.fault(method="sendMessage", kind="429", retry_after=1, times=1)
    assert "命令" in (await talk.say(PRIVATE, "/help"))["text"]


async def test_the_command_menu_is_set_for_each_kind_of_chat(talk: Talk) -> None:
    async def menu(user: int, chat: int) -> list[str] | None:
        answer = await talk.http.get("/sandbox/commands", params={"user": user, "chat": chat})
        return [each["command"] for each in answer.json()] or None

    assert "subscribe" in await talk.wait(lambda: menu(XIAOMING, GROUP))
    assert "subscribe" not in await talk.wait(lambda: menu(ALICE, GROUP))
    assert "saved" in await talk.wait(lambda: menu(ALICE, PRIVATE + 1))
