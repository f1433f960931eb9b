"""How much readers may ask for, as a pure decision and in the chat."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handlers import BUTTONS, COMMANDS, restraint
from bot.handlers.restraint import GROUP, READER, Act, Restraint, Verdict
from bot.sandbox.model import FakeModel, serve_model
from storage.database import Database
from storage.records import Arrival
from tests.made import arrival
from tests.rehearsal import provider
from tests.talk import ALICE, PRIVATE, TEACHER, XIAOMING, Talk, data, talking
from tests.talk import GROUP as GROUP_CHAT
from tests.test_summarise import work

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def taken(kept: Restraint, number: int, at: datetime, reader: int = 1, acts: Sequence[Act] = (Act.COMMAND,)) -> Verdict:
    """Take so many at once; what became of the last."""
    return [kept.take(acts, reader, at) for _ in range(number)][-1]


def test_thirty_commands_a_minute_are_taken_and_the_next_is_told_once() -> None:
    kept = Restraint()
    assert taken(kept, 30, START).allowed
    assert kept.take([Act.COMMAND], 1, START + 10 * SECOND) == Verdict(allowed=False, tell=True, wait=50)
    assert kept.take([Act.COMMAND], 1, START + 11 * SECOND) == Verdict(allowed=False, tell=False, wait=49)
    assert kept.take([Act.COMMAND], 1, START + 60 * SECOND).allowed


def test_one_reader_takes_nothing_from_another() -> None:
    kept = Restraint()
    taken(kept, 31, START)
    assert kept.take([Act.COMMAND], 2, START).allowed


def test_a_search_is_a_command_too_and_fewer_are_taken() -> None:
    kept, acts = Restraint(), (Act.COMMAND, Act.SEARCH)
    most = READER[Act.SEARCH].number
    assert most < READER[Act.COMMAND].number
    assert taken(kept, most, START, acts=acts).allowed
    assert not kept.take(acts, 1, START).allowed
    # What was refused is not counted as a command either.
    assert taken(kept, 30 - most, START).allowed
    assert not kept.take([Act.COMMAND], 1, START).allowed


def test_a_crowd_in_a_group_has_a_limit_together_and_each_is_free_elsewhere() -> None:
    kept, most = Restraint(), GROUP[Act.HEAVY].number
    answers = [kept.take([Act.HEAVY], reader, START, group=-5) for reader in range(1, most + 3)]
    assert [each.allowed for each in answers] == [True] * most + [False] * 2
    assert [each.tell for each in answers[most:]] == [True, False]
    assert kept.take([Act.HEAVY], most + 1, START).allowed
    assert kept.take([Act.HEAVY], most + 1, START, group=-6).allowed


def test_a_days_summaries_are_counted_for_a_day() -> None:
    kept = Restraint(summaries=2)
    assert taken(kept, 2, START, acts=[Act.SUMMARY]).allowed
    assert kept.take([Act.SUMMARY], 1, START + timedelta(hours=23)).wait == 3600
    assert kept.take([Act.SUMMARY], 1, START + timedelta(hours=24)).allowed
    assert not Restraint(summaries=0).take([Act.SUMMARY], 1, START).allowed


def test_quiet_readers_are_forgotten_and_a_flood_of_them_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Restraint()
    for reader in range(500):
        kept.take([Act.COMMAND], reader, START)
    assert len(kept) == 500
    for number in range(500):
        kept.take([Act.COMMAND], -1, START + (61 + number) * SECOND)
    assert len(kept) == 1
    monkeypatch.setattr(restraint, "MOST", 100)
    for reader in range(1000):
        kept.take([Act.COMMAND], reader, START + 1000 * SECOND)
    assert len(kept) <= 100


def test_a_clock_that_is_put_back_locks_nobody_out() -> None:
    kept = Restraint()
    taken(kept, 31, START)
    assert kept.take([Act.COMMAND], 1, START - timedelta(hours=1)).allowed


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400)), max_size=200))
def test_in_no_minute_is_more_taken_than_the_limit(steps: list[tuple[int, int]]) -> None:
    """`steps`: who acts, and tenths of a second since the act before."""
    kept, at, allowed = Restraint(), START, dict[int, list[datetime]]()
    for reader, pause in steps:
        at += pause * SECOND / 10
        verdict = kept.take([Act.COMMAND, Act.SEARCH], reader, at)
        lately = [each for each in allowed.get(reader, []) if each > at - 60 * SECOND]
        assert verdict.allowed == (len(lately) < 20)
        if verdict.allowed:
            allowed[reader] = [*lately, at]
        else:
            assert at + verdict.wait * SECOND >= lately[-20] + 60 * SECOND > at


def test_every_name_that_is_dear_is_one_of_a_command_or_button() -> None:
    assert {"search", "stats"} <= set(restraint.COMMANDS) & {each.name for each in COMMANDS}
    assert not set(restraint.BUTTONS) & {"card", "save"}
    assert BUTTONS


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    """A talk with a bot that knows one paper and that the teacher runs."""
    async with talking(database, {"operator": {"chat_id": TEACHER}}) as talk:
        await talk.store([arrival()])
        yield talk


async def test_the_thirty_first_command_is_told_to_wait_and_the_next_is_not_answered(talk: Talk) -> None:
    last = [await talk.write(PRIVATE, "/help") for _ in range(33)][-1]
    other = await talk.say(ALICE, "/help", ALICE)
    assert "命令" in other["text"] or "Commands" in other["text"]
    answers = await talk.answers(PRIVATE, 0, 31)
    assert [("命令" in each["text"]) for each in answers] == [True] * 30 + [False]
    assert "秒后再继续" in answers[-1]["text"]
    # The next of the reader's updates is handled after those before it.
    await talk.press(answers[0], "lang:en", force=True)
    assert len([m for m in await talk.messages(PRIVATE) if m["from"]["is_bot"]]) == 31
    assert last


async def test_presses_beyond_the_limit_end_with_a_notice(talk: Talk) -> None:
    card = await talk.say(PRIVATE, "/abs 2403.11780")
    turn = data(card)[0]
    for _ in range(READER[Act.PRESS].number):
        await talk.press(card, turn, force=True)
    refused = await talk.press(card, turn, force=True)
    assert "秒后再继续" in refused["text"]
    assert not refused["show_alert"]
    assert (await talk.press(card, turn, force=True))["text"] == ""


async def test_searches_are_limited_more_tightly_and_words_are_searches(talk: Talk) -> None:
    for _ in range(READER[Act.SEARCH].number + 2):
        await talk.write(PRIVATE, "提示歌手")
    assert "秒后再继续" in (await talk.answers(PRIVATE, 0, 21))[-1]["text"]
    assert "命令" in (await talk.say(PRIVATE, "/help"))["text"]


async def test_who_runs_the_bot_is_not_limited(talk: Talk) -> None:
    for _ in range(35):
        await talk.write(TEACHER, "/help", TEACHER)
    answers = await talk.answers(TEACHER, 0, 35)
    assert all("命令" in each["text"] for each in answers)


async def test_a_crowd_cannot_exhaust_a_group(talk: Talk) -> None:
    for user in (XIAOMING, ALICE):
        for _ in range(READER[Act.SEARCH].number):
            await talk.write(GROUP_CHAT, "/search 提示歌手", user)
    users = [20_000, 20_001]
    for user in users:
        await talk.http.post("/sandbox/users", json={"id": user, "first_name": "N"})
        body = {"by": XIAOMING, "user": user, "status": "member"}
        await talk.http.post(f"/sandbox/chats/{GROUP_CHAT}/members", json=body)
        await talk.write(GROUP_CHAT, "/search 提示歌手", user)
    answers = await talk.answers(GROUP_CHAT, 0, 41)
    assert sum("秒后再继续" in each["text"] for each in answers) == 1


async def test_a_reader_causes_so_many_paid_summaries_a_day_and_then_reads_english(database: Database) -> None:
    model = FakeModel(latency=0)
    async with serve_model(model) as base:
        summaries = {"providers": [provider(base)], "per_reader_per_day": 1}
        async with talking(database, {"summaries": summaries}) as talk:
            await talk.store([Arrival(work(number)) for number in (1, 2)])
            first = await talk.say(PRIVATE, "/abs 2611.00001")
            await talk.until(first, "GraphNet1：")
            second = await talk.say(PRIVATE, "/abs 2611.00002")
            assert "已到上限" in second["text"]
            assert "GraphNet2" in second["text"]
            # What is summarised already costs nothing, and another reader has their own.
            assert "GraphNet1：" in (await talk.say(PRIVATE, "/abs 2611.00001"))["text"]
            theirs = await talk.say(ALICE, "/abs 2611.00002", ALICE)
            await talk.until(theirs, "GraphNet2：")
    assert len(model.requests) == 2
