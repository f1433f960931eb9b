"""Readers vote in the chat where a paper stands, and learn why it was chosen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.digests.choose import rank
from bot.jobs.learn import learn
from bot.papers.asked import parse
from storage import bookmarks, papers, tastes, votes
from storage.database import Database
from storage.paper_rows import ordinal
from storage.records import Announcement, Arrival, Taste
from tests.made import paper, summary
from tests.talk import ALICE, CHANNEL, GROUP, PRIVATE, XIAOMING, Talk, data, talking

DIFFUSION = [f"2403.{number:05}" for number in (1, 2, 3)]
GRAPHS = [f"2403.{number:05}" for number in (11, 12, 13)]


def about(paper_id: str, subject: str, english: str) -> Arrival:
    written = summary(paper_id, title_zh=f"{subject}之{paper_id[-1]}", tldr_zh=f"研究{subject}。")
    shown = paper(paper_id, title=f"{english} {paper_id[-1]}", categories=("cs.LG",))
    return Arrival(shown, Announcement(paper_id, None, "cs.LG"), written)


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows papers about two subjects."""
    async with talking(database) as talk:
        await talk.store(about(each, "扩散模型", "Diffusion") for each in DIFFUSION)
        await talk.store(about(each, "图神经网络", "Graphs") for each in GRAPHS)
        yield talk


async def ranked(talk: Talk, chat: int) -> list[str]:
    """All papers as the chat's digest would choose them."""
    await learn(talk.database)
    async with talk.database.reading() as tx:
        cards = await papers.get(tx, [*GRAPHS, *DIFFUSION])
        taste = (await tastes.of(tx, [PRIVATE, GROUP, CHANNEL])).get(chat)
    return [card.paper.id for card in rank(cards, parse(""), taste)]


async def tally(talk: Talk, chat: int, paper_id: str) -> tuple[int, int]:
    async with talk.database.reading() as tx:
        return await votes.count(tx, chat, paper_id)


async def test_a_press_counts_pressed_again_it_is_taken_back_and_the_other_replaces_it(talk: Talk) -> None:
    card = await talk.say(GROUP, f"/abs {DIFFUSION[0]}")
    assert {f"up:{DIFFUSION[0]}", f"down:{DIFFUSION[0]}"} <= set(data(card))
    assert (await talk.press(card, f"up:{DIFFUSION[0]}"))["text"] == "已记下 👍（共 1）"
    assert (await talk.press(card, f"up:{DIFFUSION[0]}", ALICE))["text"] == "已记下 👍（共 2）"
    assert (await talk.press(card, f"down:{DIFFUSION[0]}"))["text"] == "已记下 👎（共 1）"
    assert await tally(talk, GROUP, DIFFUSION[0]) == (1, 1)
    assert (await talk.press(card, f"down:{DIFFUSION[0]}"))["text"] == "已收回。"
    assert await tally(talk, GROUP, DIFFUSION[0]) == (1, 0)


async def test_a_vote_changes_no_message_because_edits_count_as_sends(talk: Talk) -> None:
    for chat in (PRIVATE, GROUP):
        card = await talk.say(chat, f"/abs {DIFFUSION[0]}")
        assert await talk.edited(card, f"up:{DIFFUSION[0]}") == card


async def test_a_chat_learns_from_its_own_votes_only(talk: Talk) -> None:
    newest = [*GRAPHS, *DIFFUSION]
    card = await talk.say(GROUP, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    assert set((await ranked(talk, GROUP))[:3]) == set(DIFFUSION)
    assert await ranked(talk, PRIVATE) == newest
    assert await ranked(talk, CHANNEL) == newest


async def test_in_a_group_the_votes_of_all_count(talk: Talk) -> None:
    card = await talk.say(GROUP, f"/abs {GRAPHS[0]}")
    other = await talk.say(GROUP, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"down:{GRAPHS[0]}", XIAOMING)
    await talk.press(other, f"up:{DIFFUSION[0]}", ALICE)
    assert set((await ranked(talk, GROUP))[:3]) == set(DIFFUSION)


async def test_votes_that_are_taken_back_are_unlearned(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    assert await ranked(talk, PRIVATE) != [*GRAPHS, *DIFFUSION]
    await talk.press(card, f"up:{DIFFUSION[0]}")
    assert await ranked(talk, PRIVATE) == [*GRAPHS, *DIFFUSION]
    async with talk.database.reading() as tx:
        assert await tastes.of(tx, [PRIVATE]) == {}


async def test_nothing_is_learned_twice(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    assert [await learn(talk.database) for _ in range(2)] == [1, 0]


async def test_a_vote_that_comes_while_a_chat_is_learned_is_learned_next(database: Database, talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    async with database.reading() as tx:
        (before,) = await tastes.stale(tx, 10)
    await talk.press(card, f"down:{DIFFUSION[0]}")
    async with database.transaction() as tx:
        await tastes.save(tx, before, Taste({"扩散模型": 1.0}))
        assert len(await tastes.stale(tx, 10)) == 1


async def test_a_star_is_a_like_where_it_was_pressed_and_letting_go_takes_it_back(talk: Talk) -> None:
    card = await talk.say(GROUP, f"/abs {DIFFUSION[0]}", ALICE)
    await talk.press(card, f"save:{DIFFUSION[0]}:f", ALICE)
    assert set((await ranked(talk, GROUP))[:3]) == set(DIFFUSION)
    async with talk.database.reading() as tx:
        assert await votes.tallies(tx, GROUP, 10) == [votes.Tally(DIFFUSION[0], 1, 0)]
        assert await bookmarks.ids(tx, ALICE) == (DIFFUSION[0],)
    await talk.press(card, f"drop:{DIFFUSION[0]}:f", ALICE, force=True)
    assert await ranked(talk, GROUP) == [*GRAPHS, *DIFFUSION]


async def test_commands_vote_by_number_by_id_and_by_reply(talk: Talk) -> None:
    found = await talk.say(GROUP, "/search 扩散模型")
    first = data(found)[0].removeprefix("open:")
    assert (await talk.say(GROUP, "/like 1"))["text"] == "已记下 👍（共 1）"
    assert await tally(talk, GROUP, first) == (1, 0)
    assert (await talk.say(GROUP, f"/dislike {GRAPHS[0]}", ALICE))["text"] == "已记下 👎（共 1）"
    card = await talk.say(GROUP, f"/abs {GRAPHS[1]}")
    assert (await talk.say(GROUP, "/like", reply_to_message_id=card["message_id"]))["text"] == "已记下 👍（共 1）"
    assert await tally(talk, GROUP, GRAPHS[1]) == (1, 0)
    assert "序号" in (await talk.say(GROUP, "/like"))["text"]
    assert "第 40 篇" in (await talk.say(GROUP, "/why 40"))["text"]


async def test_a_paper_that_is_not_stored_gets_no_vote(talk: Talk) -> None:
    assert "还没有收录" in (await talk.say(PRIVATE, "/like 2401.99999"))["text"]
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    for wrong in ("up:2401.99999", "down:x", "why:"):
        assert (await talk.press(card, wrong, force=True))["text"].startswith("还没有收录")


async def test_why_is_honest_where_nothing_was_learned(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    told = await talk.press(card, f"why:{DIFFUSION[0]}")
    assert told["show_alert"]
    assert told["text"] == "这篇不是按订阅发到这里的。"
    await talk.subscribe(PRIVATE, "扩散模型")
    posts = await talk.answers(PRIVATE, await talk.write(PRIVATE, "/today"), 4)
    posted = next(each for each in posts if f"up:{DIFFUSION[0]}" in data(each))
    told = await talk.press(posted, f"why:{DIFFUSION[0]}")
    assert "还没有学到这里的喜好，点 👍 👎 就会学。" in told["text"]


async def test_a_vote_that_is_yet_to_be_learned_is_not_asked_for_again(talk: Talk) -> None:
    await talk.say(PRIVATE, f"/like {DIFFUSION[0]}")
    told = (await talk.say(PRIVATE, f"/why {DIFFUSION[0]}"))["text"].splitlines()
    assert told[1:] == ["收到了你的评价，一分钟内就会学到。", "这篇不是按订阅发到这里的。"]


async def test_a_command_votes_and_only_the_button_takes_a_vote_back(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    for _ in range(2):
        assert "已记下 👍" in (await talk.say(PRIVATE, f"/like {DIFFUSION[0]}"))["text"]
        assert await tally(talk, PRIVATE, DIFFUSION[0]) == (1, 0)
    assert (await talk.press(card, f"up:{DIFFUSION[0]}"))["text"] == "已收回。"
    assert await tally(talk, PRIVATE, DIFFUSION[0]) == (0, 0)


async def test_why_names_the_terms_that_were_liked(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    await learn(talk.database)
    told = await talk.say(PRIVATE, f"/why {DIFFUSION[1]}")
    assert told["text"].startswith("扩散模型之2\n因为你喜欢过：")
    assert "扩散模型" in told["text"].splitlines()[1]
    assert "没有哪个词" in (await talk.say(PRIVATE, f"/why {GRAPHS[0]}"))["text"]


async def test_why_in_a_group_tells_the_groups_taste_and_nobodys_own(talk: Talk) -> None:
    card = await talk.say(PRIVATE, f"/abs {GRAPHS[0]}")
    await talk.press(card, f"up:{GRAPHS[0]}")
    card = await talk.say(GROUP, f"/abs {DIFFUSION[0]}", ALICE)
    await talk.press(card, f"up:{DIFFUSION[0]}", ALICE)
    await learn(talk.database)
    assert "因为这里的读者喜欢过：" in (await talk.say(GROUP, f"/why {DIFFUSION[1]}"))["text"]
    assert "没有哪个词" in (await talk.say(GROUP, f"/why {GRAPHS[1]}"))["text"]


async def test_why_names_the_query_that_a_paper_was_posted_for(talk: Talk) -> None:
    await talk.subscribe(PRIVATE, "扩散模型")
    posts = await talk.answers(PRIVATE, await talk.write(PRIVATE, "/today"), 4)
    posted = next(each for each in posts if f"up:{DIFFUSION[0]}" in data(each))
    told = (await talk.press(posted, f"why:{DIFFUSION[0]}"))["text"].splitlines()
    assert told[0].startswith("因为查询词：")
    assert told[-1] == "订阅“扩散模型”：符合的 3 篇都发了。"
    await talk.say(PRIVATE, "/unsubscribe")
    assert (await talk.press(posted, f"why:{DIFFUSION[0]}"))["text"].endswith("它来自一个已经取消的订阅。")


async def test_a_digest_holds_what_its_chat_likes_and_another_chats_the_newest(talk: Talk) -> None:
    card = await talk.say(GROUP, f"/abs {DIFFUSION[0]}")
    await talk.press(card, f"up:{DIFFUSION[0]}")
    await learn(talk.database)
    for chat, best in ((GROUP, DIFFUSION), (PRIVATE, GRAPHS)):
        made = await talk.say(chat, "/subscribe cs.LG")
        number = next(each for each in data(made) if each.startswith("sub:")).split(":")[1]
        await talk.press(made, f"sub:{number}:papers:3", force=True)
        posts = await talk.answers(chat, await talk.write(chat, "/today"), 4)
        assert {each.split(":")[1] for post in posts for each in data(post) if each.startswith("up:")} == set(best)


async def test_papers_passed_over_are_those_that_were_sent_before_the_last_vote(talk: Talk) -> None:
    await talk.subscribe(PRIVATE, "扩散模型")
    posts = await talk.answers(PRIVATE, await talk.write(PRIVATE, "/today"), 4)
    async with talk.database.reading() as tx:
        assert await votes.passed_over(tx, PRIVATE, 10) == ()
    await talk.press(posts[-1], f"up:{DIFFUSION[0]}")
    async with talk.database.reading() as tx:
        assert set(await votes.passed_over(tx, PRIVATE, 10)) == set(DIFFUSION[1:])


async def test_the_weeks_likes_are_counted_over_all_chats(talk: Talk) -> None:
    for chat, user in ((PRIVATE, XIAOMING), (GROUP, XIAOMING), (GROUP, ALICE)):
        await talk.press(await talk.say(chat, f"/abs {GRAPHS[2]}", user), f"up:{GRAPHS[2]}", user)
    now = datetime.now(UTC)
    async with talk.database.reading() as tx:
        assert await votes.liked(tx, now - timedelta(days=7)) == {ordinal(GRAPHS[2]): 3}
        assert await votes.liked(tx, now + timedelta(days=1)) == {}
