import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

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
        ({"kind": "5xx", "status": 500}, NetworkError, "Internal Server Error: restart"),
        ({"kind": "5xx", "status": 504, "description": "Bad luck"}, NetworkError, "Bad luck"),
        ({"kind": "429", "retry_after": None}, NetworkError, "Too Many Requests"),
        ({"kind": "400", "status": 401, "description": "Unauthorized"}, InvalidToken, "Unauthorized"),
        ({"kind": "html"}, NetworkError, "Bad Gateway"),
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


async def test_what_the_web_server_answers_is_its_page(sandbox: Sandbox) -> None:
    for status, title in ((502, "502 Bad Gateway"), (504, "504 Gateway Timeout")):
        await sandbox.act("faults", kind="html", status=status)
        answer = await sandbox.http.get(f"/bot{TOKEN}/getMe")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert f"<center><h1>{title}</h1></center>" in answer.text


async def test_a_429_tells_in_both_places_how_long_or_in_none(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="429", retry_after=10072)
    await sandbox.act("faults", kind="429", retry_after=None)
    refusal = {"ok": False, "error_code": 429, "description": "Too Many Requests"}
    assert await sandbox.call("getMe") == refusal | {
        "description": "Too Many Requests: retry after 10072",
        "parameters": {"retry_after": 10072},
    }
    assert await sandbox.call("getMe") == refusal


@pytest.mark.parametrize("posted", [True, False])
async def test_a_time_out_ends_without_an_answer_whether_or_not_the_message_stands(
    sandbox: Sandbox, posted: bool
) -> None:
    await sandbox.act("faults", kind="timeout", seconds=0.2, posted=posted)
    began = time.monotonic()
    sending = asyncio.create_task(sandbox.call("sendMessage", chat_id=ALICE, text="x"))
    while (await sandbox.http.get("/sandbox/faults")).json():
        await asyncio.sleep(0)
    assert await sent(sandbox) == (["x"] if posted else [])  # long before its end
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await sending
    assert time.monotonic() - began >= 0.2
    assert await sent(sandbox) == (["x"] if posted else [])


@pytest.mark.parametrize(("kind", "carried_out"), [("drop_before", False), ("drop_after", True)])
async def test_a_reset_connection_is_an_error_of_its_own(sandbox: Sandbox, kind: str, carried_out: bool) -> None:
    await sandbox.act("faults", kind=kind, reset=True)
    with pytest.raises(httpx.ReadError):
        await sandbox.call("sendMessage", chat_id=ALICE, text="x")
    assert await sent(sandbox) == (["x"] if carried_out else [])


async def test_a_delay_adds_to_other_faults_and_may_spread(sandbox: Sandbox) -> None:
    await sandbox.act("faults", kind="delay", seconds=0.05, spread=0.1, times=0)
    await sandbox.act("faults", kind="403", times=2)
    began = time.monotonic()
    assert [(await sandbox.call("getMe"))["ok"] for _ in range(3)] == [False, False, True]
    assert time.monotonic() - began >= 0.15
    assert [fault["hits"] for fault in (await sandbox.http.get("/sandbox/faults")).json()] == [3]
    strike = sandbox.world.faults.strike
    delays = [strike("getme", None)[0] for _ in range(50)]
    assert 0.05 <= min(delays) < 0.08
    assert 0.12 < max(delays) <= 0.15


async def test_a_rate_strikes_its_share_of_the_calls_and_the_same_ones_for_the_same_seed(sandbox: Sandbox) -> None:
    async def struck(*faults: dict[str, Any]) -> list[str]:
        await sandbox.http.delete("/sandbox/faults")
        for fault in faults:
            await sandbox.act("faults", **fault, times=0)
        found = [sandbox.world.faults.strike("sendmessage", ALICE)[1] for _ in range(4000)]
        return ["" if fault is None else fault.kind for fault in found]

    rare = {"kind": "5xx", "rate": 0.05, "method": "sendMessage"}
    first = await struck(rare | {"seed": 7})
    assert 140 <= first.count("5xx") <= 260
    assert await struck(rare | {"seed": 7}) == first
    assert await struck(rare | {"seed": 8}) != first
    assert await struck(rare | {"rate": 0}) == [""] * 4000
    several: list[dict[str, Any]] = [
        rare,
        *({"kind": kind, "rate": 0.05} for kind in ("drop_before", "drop_after", "429")),
    ]
    shares = Counter(await struck(*several))
    assert all(130 <= shares[fault["kind"]] <= 260 for fault in several)
    assert await struck(*several) == await struck(*several)


async def test_a_server_that_restarts_is_away_and_then_as_it_was(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await sandbox.updates()
    await sandbox.act("faults", kind="delay", seconds=30, method="sendMessage")
    arrived = sandbox.world.updates.arrivals
    async with httpx.AsyncClient(base_url=sandbox.url, timeout=30) as http:
        sending = asyncio.create_task(sandbox.call("sendMessage", chat_id=ALICE, text="lost"))
        while sandbox.world.faults.as_json():
            await asyncio.sleep(0)
        polling = asyncio.create_task(sandbox.call("getUpdates", timeout=30))
        await arrived.beyond(arrived.value, 5)
        assert await sandbox.act("restart", seconds=0.5) == {"seconds": 0.5}
        ended = await asyncio.gather(sending, polling, return_exceptions=True)
        assert all(isinstance(each, httpx.TransportError) for each in ended)
        with pytest.raises(httpx.ConnectError):
            await http.get(f"/bot{TOKEN}/getMe")
        async with asyncio.timeout(10):
            while True:
                try:
                    await http.get(f"/bot{TOKEN}/getMe")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
    await sandbox.done("sendMessage", chat_id=ALICE, text="y")
    assert await sent(sandbox) == ["y"]
    assert not [record for record in caplog.records if record.name.startswith(("uvicorn", "asyncio"))]


async def test_the_sandbox_can_be_stopped_while_it_is_away() -> None:
    async with running() as sandbox:
        await sandbox.act("restart", seconds=3600)
        with pytest.raises(httpx.TransportError):
            await sandbox.act("restart", seconds=1)


@pytest.mark.parametrize(
    "body", [{}, {"seconds": -1}, {"seconds": "1"}, {"seconds": True}, {"seconds": 1e400}, {"seconds": 1, "x": 1}]
)
async def test_a_restart_that_cannot_be_is_refused_in_one_sentence(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = await sandbox.http.post("/sandbox/restart", content=json.dumps(body))
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "x"},
        {"kind": ["429"]},
        {"kind": "429", "method": "no"},
        {"kind": "429", "tims": 2},
        *({"kind": "429", "times": value} for value in ("2", -1, 1.5, True, None)),
        *({"kind": "5xx", "rate": value} for value in (-0.1, 1.1, "1", True)),
        *({"kind": "5xx", "status": value} for value in (200, 399, 600, "500", [500])),
        *({"kind": "429", "retry_after": value} for value in (0, -1, 1.5, "1")),
        *({"kind": "delay", "seconds": value} for value in (-1, "1", 1e9)),
        {"kind": "delay", "spread": -1},
        {"kind": "timeout", "posted": 1},
        {"kind": "403", "description": 7},
        {"kind": "403", "chat_id": "@alice"},
        {"kind": "403", "seed": 0.5},
    ],
)
async def test_a_fault_that_cannot_be_is_refused_in_one_sentence(sandbox: Sandbox, body: dict[str, Any]) -> None:
    assert await sandbox.denied("faults", **body) == 400
    assert (await sandbox.http.get("/sandbox/faults")).json() == []
