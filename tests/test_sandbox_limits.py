"""The sandbox takes what Telegram's limits allow and not one message more."""

import json
from collections.abc import AsyncIterator, Iterable
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.limits import Limits, Traffic
from bot.sandbox.world import default_world
from tests.test_sandbox_server import ALICE, CHANNEL, GROUP, LAB, TEACHER, XIAOMING, Sandbox, running

DEFAULTS = {
    "overall_per_second": 30,
    "private_per_second": 1.0,
    "private_burst": 3,
    "group_per_minute": 20,
    "paid_per_second": 1000,
    "enforced": True,
}
# Times that floats hold exactly, so that a rule about them is exact too.
STEPS = st.integers(0, 3 * 1024).map(lambda step: step / 1024)


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    world = default_world(Limits())
    world.ticks = clock
    async with running(world) as found:
        for person in (XIAOMING, ALICE, TEACHER):
            await found.write(person, person, "hi")
        yield found


async def send(sandbox: Sandbox, chat: int, **more: Any) -> int:
    """Send a message: 0 if it is taken, or the seconds that a refusal asks for."""
    answer = await sandbox.call("sendMessage", chat_id=chat, text="x", **more)
    return 0 if answer["ok"] else int(answer["parameters"]["retry_after"])


async def stats(sandbox: Sandbox) -> dict[str, Any]:
    return dict((await sandbox.http.get("/sandbox/stats")).json())


async def limit(sandbox: Sandbox, **limits: Any) -> None:
    assert await sandbox.act("limits", **limits) == DEFAULTS | limits


async def crowd(sandbox: Sandbox, number: int) -> list[int]:
    """Many people who have started the bot."""
    people = [(await sandbox.act("users", first_name=f"Reader {each}"))["id"] for each in range(number)]
    for person in people:
        sandbox.world.chats[person].started = True
    return people


async def test_what_is_above_a_limit_is_refused_in_telegrams_envelope_and_not_posted(sandbox: Sandbox) -> None:
    assert [await send(sandbox, ALICE) for _ in range(3)] == [0, 0, 0]
    answer = await sandbox.http.post("/bot123:sandbox/sendMessage", json={"chat_id": ALICE, "text": "x"})
    assert answer.status_code == 429
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    assert len(await sandbox.read(ALICE)) == 4


async def test_a_private_chat_takes_a_short_burst_and_then_one_a_second(sandbox: Sandbox, clock: Clock) -> None:
    assert [await send(sandbox, ALICE) for _ in range(5)] == [0, 0, 0, 1, 1]
    clock.now += 0.5
    assert await send(sandbox, ALICE) == 1
    clock.now += 0.5
    assert [await send(sandbox, ALICE), await send(sandbox, ALICE), await send(sandbox, XIAOMING)] == [0, 1, 0]
    clock.now += 100
    assert [await send(sandbox, ALICE) for _ in range(4)] == [0, 0, 0, 1]


@pytest.mark.parametrize("chat", [GROUP, LAB, CHANNEL])
async def test_a_group_or_channel_takes_twenty_in_any_minute(sandbox: Sandbox, clock: Clock, chat: int) -> None:
    for _ in range(10):
        assert await send(sandbox, chat) == 0
    clock.now += 45
    assert [await send(sandbox, chat) for _ in range(11)] == [*[0] * 10, 15]
    clock.now += 15
    assert [await send(sandbox, chat) for _ in range(11)] == [*[0] * 10, 45]


async def test_thirty_go_out_in_any_second_over_all_chats(sandbox: Sandbox, clock: Clock) -> None:
    people = await crowd(sandbox, 80)
    assert [await send(sandbox, person) for person in people[:31]] == [*[0] * 30, 1]
    clock.now += 0.75
    assert await send(sandbox, people[40]) == 1
    clock.now += 0.25
    assert [await send(sandbox, person) for person in people[40:71]] == [*[0] * 30, 1]
    found = await stats(sandbox)
    assert (found["sends"], found["refused_429"], found["busiest_second"]) == (60, 3, 30)
    assert found["calls"]["sendMessage"] == {"ok": 60, "429": 3}


async def test_edits_and_files_count_as_messages_do(sandbox: Sandbox) -> None:
    sent = await sandbox.done("sendMessage", chat_id=ALICE, text="x")
    await sandbox.done("editMessageText", chat_id=ALICE, message_id=sent["message_id"], text="y")
    await sandbox.done("sendDocument", chat_id=ALICE, document="https://arxiv.org/pdf/1.pdf")
    edit = {"chat_id": ALICE, "message_id": sent["message_id"], "text": "z"}
    assert await sandbox.refused("editMessageText", **edit) == (429, "Too Many Requests: retry after 1")
    assert (await sandbox.read(ALICE))[1]["text"] == "y"
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "1"}]]}
    assert (await sandbox.refused("editMessageReplyMarkup", **edit, reply_markup=markup))[0] == 429
    assert (await sandbox.refused("sendPhoto", chat_id=ALICE, photo="https://arxiv.org/1.png"))[0] == 429


async def test_what_is_no_message_does_not_count(sandbox: Sandbox) -> None:
    sent = await sandbox.done("sendMessage", chat_id=ALICE, text="x")
    for _ in range(40):
        await sandbox.done("getChat", chat_id=ALICE)
        await sandbox.done("sendChatAction", chat_id=ALICE, action="typing")
        await sandbox.done("getChatMember", chat_id=GROUP, user_id=ALICE)
        assert (await sandbox.refused("sendMessage", chat_id=ALICE, text="<x>", parse_mode="HTML"))[0] == 400
        edit = {"chat_id": ALICE, "message_id": sent["message_id"], "text": "x"}
        assert (await sandbox.refused("editMessageText", **edit))[0] == 400
    assert [await send(sandbox, ALICE) for _ in range(3)] == [0, 0, 1]
    await sandbox.done("deleteMessage", chat_id=ALICE, message_id=sent["message_id"])


async def test_whoever_keeps_sending_waits_no_longer_for_it(sandbox: Sandbox, clock: Clock) -> None:
    for _ in range(20):
        assert await send(sandbox, GROUP) == 0
    waits = []
    for _ in range(59):
        clock.now += 1
        waits.append(await send(sandbox, GROUP))
    assert waits == list(range(59, 0, -1))
    clock.now += 1
    assert await send(sandbox, GROUP) == 0


async def test_paid_messages_go_beyond_thirty_a_second_and_only_those_are_paid_for(
    sandbox: Sandbox, clock: Clock
) -> None:
    await limit(sandbox, paid_per_second=50)
    people = await crowd(sandbox, 60)
    assert [await send(sandbox, person, allow_paid_broadcast=True) for person in people[:51]] == [*[0] * 50, 1]
    assert await send(sandbox, people[51]) == 1
    found = await stats(sandbox)
    assert (found["paid_messages"], found["busiest_second"]) == (20, 50)
    clock.now += 1
    assert [await send(sandbox, people[0], allow_paid_broadcast=True) for _ in range(4)] == [0, 0, 0, 1]
    assert (await stats(sandbox))["paid_messages"] == 20


async def test_limits_are_off_until_they_are_set_and_can_be_changed_one_by_one(clock: Clock) -> None:
    world = default_world()
    world.ticks = clock
    async with running(world) as sandbox:
        assert (await sandbox.http.get("/sandbox/limits")).json() == DEFAULTS | {"enforced": False}
        for _ in range(35):
            assert await send(sandbox, GROUP) == 0
        assert (await stats(sandbox))["busiest_second"] == 35
        clock.now += 1
        changed = {"enforced": True, "group_per_minute": 2, "private_per_second": 0.1, "private_burst": 1}
        await limit(sandbox, **changed)
        assert [await send(sandbox, CHANNEL) for _ in range(3)] == [0, 0, 60]
        await sandbox.write(ALICE, ALICE, "hi")
        assert [await send(sandbox, ALICE) for _ in range(2)] == [0, 10]
        await sandbox.act("limits", enforced=False)
        assert [await send(sandbox, CHANNEL) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    "body",
    [
        *({"group_per_minute": value} for value in (0, -1, 1.5, "20", True, None)),
        *({"private_per_second": value} for value in (0, "1", True, None, 1e-9, 1e400)),
        {"enforced": 1},
        {"per_second": 3},
    ],
)
async def test_a_limit_that_cannot_be_is_refused_and_nothing_changes(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = await sandbox.http.post("/sandbox/limits", content=json.dumps(body))
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert (await sandbox.http.get("/sandbox/limits")).json() == DEFAULTS


async def test_counts_begin_anew_when_told_and_the_limits_do_not(sandbox: Sandbox) -> None:
    assert [await send(sandbox, ALICE) for _ in range(4)] == [0, 0, 0, 1]
    cleared = (await sandbox.http.delete("/sandbox/stats")).json()
    assert (cleared["sends"], cleared["refused_429"], cleared["calls"]) == (0, 0, {})
    assert await send(sandbox, ALICE) == 1


async def test_messages_whose_answer_a_fault_swallows_count_as_sent_and_are_told(sandbox: Sandbox) -> None:
    for kind in ("drop_after", "drop_before", "disconnect"):
        await sandbox.act("faults", kind=kind, method="sendMessage")
        with pytest.raises(httpx.RemoteProtocolError):
            await send(sandbox, ALICE)
    found = await stats(sandbox)
    assert (found["sends"], found["answers_swallowed"]) == (2, 2)
    assert [await send(sandbox, ALICE) for _ in range(2)] == [0, 1]


def most_within(times: Iterable[float], seconds: float) -> int:
    times = list(times)
    return max((sum(start <= each < start + seconds for each in times) for start in times), default=0)


@given(st.lists(st.tuples(STEPS, st.sampled_from([1, 2, 3, -1, -2]), st.booleans()), max_size=80))
def test_no_window_of_any_length_holds_more_than_its_limit(sends: list[tuple[float, int, bool]]) -> None:
    limits = Limits(overall_per_second=3, private_burst=2, group_per_minute=4, paid_per_second=5)
    traffic, taken, now = Traffic(), [], 0.0
    for step, chat, paid in sends:
        now += step / 4
        before = traffic.counts.refused
        wait = traffic.admit(limits, chat, now, paid=paid)
        assert traffic.counts.refused - before == bool(wait)
        if not wait:
            taken.append((now, chat, paid))
    assert most_within((at for at, _, _ in taken), 1) <= 5
    assert most_within((at for at, _, paid in taken if not paid), 1) <= 3
    for chat in (-1, -2):
        assert most_within((at for at, each, _ in taken if each == chat), 60) <= 4
    for chat in (1, 2, 3):
        times = [at for at, each, _ in taken if each == chat]
        for seconds in (1, 2, 5):
            assert most_within(times, seconds) <= 2 + seconds
    assert traffic.counts.busiest == most_within((at for at, _, _ in taken), 1)
    assert traffic.counts.sends == len(taken)


@given(st.lists(st.tuples(STEPS, st.sampled_from([1, 2, -1])), max_size=60))
def test_who_waits_as_long_as_told_is_taken(sends: list[tuple[float, int]]) -> None:
    limits, traffic, now = Limits(overall_per_second=4, private_burst=2, group_per_minute=3), Traffic(), 0.1
    for step, chat in sends:
        now += step
        if wait := traffic.admit(limits, chat, now):
            now += wait
            assert traffic.admit(limits, chat, now) == 0


def test_all_that_is_allowed_is_taken() -> None:
    limits, traffic = Limits(), Traffic()
    chats = count(1)
    taken = sum(traffic.admit(limits, next(chats), at / 1024) == 0 for at in range(10 * 1024))
    assert (taken, traffic.counts.busiest) == (300, 30)
