from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from tests.test_sandbox_server import ALICE, GROUP, TOKEN, XIAOMING, Sandbox, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        await found.write(ALICE, ALICE, "hi")
        await found.write(XIAOMING, XIAOMING, "hi")
        yield found


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as found:
        yield found


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # without it PTB warns while it builds a RetryAfter


async def sent(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in await sandbox.read(ALICE)][1:]


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        ({"kind": "429", "retry_after": 7}, RetryAfter, "Flood control exceeded. Retry in 0:00:07"),
        ({"kind": "403"}, Forbidden, "Forbidden: bot was blocked by the user"),
        ({"kind": "400"}, BadRequest, "Chat not found"),
        ({"kind": "400", "description": "Bad Request: CHAT_WRITE_FORBIDDEN"}, BadRequest, "Chat_write_forbidden"),
        ({"kind": "5xx"}, NetworkError, "Bad Gateway"),
        ({"kind": "5xx", "status": 500, "description": "Internal Server Error: restart"}, NetworkError, "restart"),
    ],
)
async def test_a_scripted_refusal_reaches_ptb_once(
    sandbox: Sandbox, bot: Bot, fault: dict[str, Any], error: type[Exception], text: str
) -> None:
    await sandbox.act("faults", **fault, method="sendMessage")
    with pytest.raises(error, match=text):
        await bot.send_message(ALICE, "x")
    await bot.send_message(ALICE, "y")
    assert await sent(sandbox) == ["y"]


@pytest.mark.parametrize(("kind", "carried_out"), [("drop_before", False), ("drop_after", True), ("disconnect", True)])
async def test_a_cut_connection_is_a_network_error_and_says_nothing_of_what_was_done(
    sandbox: Sandbox, bot: Bot, kind: str, carried_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    await sandbox.act("faults", kind=kind)
    with pytest.raises(NetworkError) as failure:
        await bot.send_message(ALICE, "x")
    assert isinstance(failure.value.__cause__, httpx.RemoteProtocolError)
    assert await sent(sandbox) == (["x"] if carried_out else [])
    stats = (await sandbox.http.get("/sandbox/stats")).json()
    assert stats["calls"]["sendMessage"] == {"dropped": 1}
    await bot.send_message(ALICE, "y")
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


async def test_a_cut_connection_carries_no_byte_of_an_answer(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="drop_before")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await sandbox.http.get(f"/bot{TOKEN}/getMe")


async def test_a_delayed_call_is_carried_out_though_nobody_waits_for_it(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.act("faults", kind="delay", seconds=0.3)
    before = sandbox.world.changes.value
    with pytest.raises(TimedOut):
        await bot.send_message(ALICE, "x", read_timeout=0.1)
    await sandbox.world.changes.beyond(before, 5)
    assert await sent(sandbox) == ["x"]


async def test_a_fault_strikes_its_chat_and_method_after_the_calls_it_spares(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="403", chat_id=ALICE, method="sendMessage", after=1, times=2)
    outcomes = []
    for chat in (ALICE, XIAOMING, ALICE, ALICE, ALICE):
        outcomes.append((await sandbox.call("sendMessage", chat_id=chat, text="x"))["ok"])
        assert (await sandbox.call("getMe"))["ok"]
    assert outcomes == [True, True, False, False, True]
    stats = (await sandbox.http.get("/sandbox/stats")).json()
    assert stats["calls"]["sendMessage"] == {"ok": 3, "403": 2}


async def test_a_fault_without_end_lasts_until_it_is_cleared(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="5xx", times=0)
    for _ in range(3):
        assert (await sandbox.call("getMe"))["error_code"] == 502
    (listed,) = (await sandbox.http.get("/sandbox/faults")).json()
    assert (listed["kind"], listed["hits"]) == ("5xx", 3)
    assert (await sandbox.http.delete("/sandbox/faults")).json() == []
    assert (await sandbox.call("getMe"))["ok"]


async def test_a_groups_403_is_a_groups(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="403")
    refusal = await sandbox.refused("sendMessage", chat_id=GROUP, text="x")
    assert refusal == (403, "Forbidden: bot was kicked from the group chat")


@pytest.mark.parametrize(
    "body",
    [{}, {"kind": "x"}, {"kind": "429", "tims": 2}, {"kind": "429", "times": "2"}, {"kind": "429", "method": "no"}],
)
async def test_a_fault_that_cannot_be_is_refused_in_one_sentence(sandbox: Sandbox, body: dict[str, Any]) -> None:
    assert await sandbox.denied("faults", **body) == 400
