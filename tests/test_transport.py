"""Every failure says whether the request can have left, and no text holds the token."""

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from telegram import InputFile, LinkPreviewOptions
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.delivery import transport
from bot.delivery.answers import classify
from bot.delivery.outcome import Flooded, Moved, Outcome, Refused, RetryAt, Sent, Uncertain
from bot.delivery.polling import SecretBot
from bot.delivery.proxy import environment_proxy
from bot.delivery.telegram import bots, send
from bot.delivery.transport import NotSent, TimeOuts, Transport
from bot.errors import OperatorMistake
from bot.keyboards import markup
from bot.sandbox.server import serve
from bot.sandbox.world import default_world
from storage.records import Button, Delivery, Message
from tests.talk import GROUP
from tests.wire import Reader, Request, Wire, Writer, answering, http, reset, wire

TOKEN = "12345:secret-token-of-the-tests"
POSTED = http(200, {"ok": True, "result": {"message_id": 7}})
QUICK = TimeOuts(read=0.3, write=0.3, connect=0.3, pool=0.3)
ONE = Delivery(1, 1, 1001, 0, 1, Message("<b>标题</b> & 1"))
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def bot_at(
    url: str, size: int = 4, times: TimeOuts = QUICK, proxy: str | None = None
) -> AsyncIterator[SecretBot]:
    carrier = Transport(size, times, proxy=proxy)
    await carrier.initialize()
    try:
        yield SecretBot(TOKEN, f"{url}/bot", request=carrier, get_updates_request=carrier)
    finally:
        await carrier.shutdown()


async def failure(url: str, **more: Any) -> TelegramError:
    """What sending raises; nothing of it, nor of what it was raised from, holds the token."""
    async with bot_at(url, **more) as bot:
        with pytest.raises(TelegramError) as caught:
            await bot.send_message(1001, "hello")
    whole = "".join(traceback.format_exception(caught.value))
    assert "secret-token" not in whole + repr(caught.value.__cause__) + caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "kind", "outcome"),
    [
        (400, {"description": "Bad Request: message is too long"}, BadRequest, Refused("Message is too long")),
        (403, {"description": "Forbidden: never said"}, Forbidden, None),
        (
            429,
            {"description": "Too Many Requests: retry after 9", "parameters": {"retry_after": 9}},
            RetryAfter,
            Flooded("Flood control exceeded. Retry in 0:00:09", 9),
        ),
        (
            429,
            {"description": "Too Many Requests: retry after 9"},
            NetworkError,
            Flooded("Too Many Requests: retry after 9", 9),
        ),
        (
            400,
            {"description": "Bad Request: x", "parameters": {"migrate_to_chat_id": -1007}},
            ChatMigrated,
            Moved(-1007),
        ),
        (
            500,
            {"description": "Internal Server Error: restart"},
            NetworkError,
            RetryAt("Internal Server Error: restart"),
        ),
        (502, {"description": "Bad Gateway"}, NetworkError, Uncertain("Bad Gateway")),
    ],
)
async def test_the_bot_apis_answers_keep_the_meaning_that_python_telegram_bot_gives_them(
    status: int, body: dict[str, object], kind: type[TelegramError], outcome: Outcome | None
) -> None:
    async with wire(answering(http(status, {"ok": False, "error_code": status, **body}))) as server:
        error = await failure(server.url)
    assert type(error) is kind
    if outcome and not isinstance(outcome, Flooded):
        assert classify(error) == outcome
    elif isinstance(outcome, Flooded):
        found = classify(error)
        assert isinstance(found, Flooded)
        assert found.seconds == outcome.seconds


@pytest.mark.parametrize("status", [301, 403, 404, 400, 407, 451, 511, 503, 502, 413, 429])
async def test_what_stands_before_the_bot_api_is_not_taken_for_it(status: int) -> None:
    page = f"<html>/bot{TOKEN}/sendMessage was not found</html>".encode()
    async with wire(answering(http(status, page))) as server:
        outcome = classify(await failure(server.url))
    if status >= 500:
        assert isinstance(outcome, Uncertain)
    else:
        assert isinstance(outcome, {413: Refused, 429: Flooded}.get(status, RetryAt))


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b'{"ok":true,"result":{"mess', b'{"ok":true}', b"[1]", b"\xff", b""]
)
async def test_a_success_that_nobody_can_read_is_uncertain_and_its_text_is_not_logged(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(answering(http(200, body))) as server:
        assert isinstance(classify(await failure(server.url)), Uncertain)
    assert "html" not in caplog.text


@pytest.mark.parametrize(
    "body", [{"ok": True, "result": True}, {"ok": True, "result": {}}, {"result": {"message_id": "x"}}]
)
async def test_an_answer_without_the_message_is_uncertain(body: dict[str, object]) -> None:
    async with wire(answering(http(200, body))) as server, bot_at(server.url) as bot:
        assert await send(bot, ONE) == Uncertain("Telegram answers without the message")


# --- before the request has left


def closed_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])


async def test_a_refused_connection_has_sent_nothing() -> None:
    error = await failure(f"http://127.0.0.1:{closed_port()}")
    assert isinstance(error, NotSent)
    assert "127.0.0.1" in error.message


async def test_a_name_that_does_not_resolve_has_sent_nothing() -> None:
    assert isinstance(await failure("http://telegram.invalid", times=TimeOuts(connect=5)), NotSent)


@pytest.mark.parametrize("url", ["http://", "gopher://a.b", "http://[::1"])
async def test_an_address_that_is_none_has_sent_nothing(url: str) -> None:
    assert isinstance(await failure(url), NotSent)


async def test_a_dead_proxy_has_sent_nothing() -> None:
    async with wire(answering(POSTED)) as server:
        for scheme in ("http", "https"):
            url = server.url.replace("http", scheme, 1)
            assert isinstance(await failure(url, proxy=f"http://me:pass@127.0.0.1:{closed_port()}"), NotSent)
    assert not server.requests


@pytest.mark.parametrize("refusal", [http(407, b"who are you?"), http(502, b"<html>"), b"", b"nonsense\r\n\r\n"])
async def test_a_proxy_that_makes_no_tunnel_has_sent_nothing(refusal: bytes) -> None:
    async def behave(here: Wire, reader: Reader, writer: Writer) -> None:
        await here.read(reader)
        writer.write(refusal)
        await writer.drain()

    async with wire(behave) as proxy:
        error = await failure("https://api.telegram.invalid", proxy=f"http://me:pass@127.0.0.1:{proxy.port}")
    assert isinstance(error, NotSent)
    assert "pass" not in error.message
    assert proxy.requests[0].line.startswith("CONNECT api.telegram.invalid:443")


async def test_a_handshake_that_fails_has_sent_nothing() -> None:
    async def behave(here: Wire, reader: Reader, writer: Writer) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with wire(behave) as server:
        assert isinstance(await failure(server.url.replace("http", "https", 1), times=TimeOuts(connect=5)), NotSent)


async def test_a_connection_that_is_not_accepted_in_time_has_sent_nothing() -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        error = await failure(f"http://127.0.0.1:{deaf.getsockname()[1]}")
    assert isinstance(error, NotSent)


async def silent(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    await asyncio.sleep(3600)


async def test_a_pool_that_stays_full_has_sent_nothing() -> None:
    async with wire(silent) as server, bot_at(server.url, 1, TimeOuts(read=5, pool=0.1, connect=0.1)) as bot:
        first = asyncio.create_task(send(bot, ONE))
        while not server.requests:
            await asyncio.sleep(0.01)
        outcome = await send(bot, ONE)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert isinstance(outcome, RetryAt)
    assert len(server.requests) == 1


async def test_a_carrier_opens_and_closes_again_and_closed_sends_nothing() -> None:
    carrier = Transport(2)
    bot = SecretBot(TOKEN, "http://127.0.0.1:1/bot", request=carrier, get_updates_request=carrier)
    assert isinstance(await send(bot, ONE), RetryAt)
    async with wire(answering(POSTED)) as server:
        bot = SecretBot(TOKEN, f"{server.url}/bot", request=carrier, get_updates_request=carrier)
        for _ in range(2):
            await carrier.initialize()
            await carrier.initialize()
            assert await send(bot, ONE) == Sent(7)
            await carrier.shutdown()
            await carrier.shutdown()
            assert isinstance(await send(bot, ONE), RetryAt)


# --- after it has left


async def hang_up(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)


async def break_off(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    reset(writer)


async def tell_half(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    writer.write(http(200, b'{"ok":true,"result":{"message_id":7}}', claim=1000))
    await writer.drain()


async def tell_half_of_the_head(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()


async def tell_nonsense(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    writer.write(b"this is no HTTP\r\n\r\n")
    await writer.drain()


async def stop_in_the_middle(here: Wire, reader: Reader, writer: Writer) -> None:
    await here.read(reader)
    writer.write(http(200, b'{"ok":true', claim=1000))
    await asyncio.sleep(3600)


@pytest.mark.parametrize(
    "behave", [hang_up, break_off, tell_half, tell_half_of_the_head, tell_nonsense, silent, stop_in_the_middle]
)
async def test_what_goes_wrong_after_the_request_has_left_leaves_the_send_uncertain(
    behave: Callable[[Wire, Reader, Writer], Any],
) -> None:
    async with wire(behave) as server:
        error = await failure(server.url)
    assert isinstance(classify(error), Uncertain)
    assert len(server.requests) == 1, "nothing is sent twice by itself"
    assert isinstance(error, TimedOut) == (behave in {silent, stop_in_the_middle})


@pytest.mark.parametrize(
    ("fault", "kind", "posted"),
    [
        ({"kind": "drop_before"}, Uncertain, False),
        ({"kind": "drop_before", "reset": True}, Uncertain, False),
        ({"kind": "drop_after"}, Uncertain, True),
        ({"kind": "drop_after", "reset": True}, Uncertain, True),
        ({"kind": "disconnect"}, Uncertain, True),
        ({"kind": "html"}, Uncertain, False),
        ({"kind": "5xx", "status": 502}, Uncertain, False),
        ({"kind": "5xx", "status": 500}, RetryAt, False),
        ({"kind": "429", "retry_after": 3}, Flooded, False),
        ({"kind": "429", "retry_after": None}, Flooded, False),
    ],
)
async def test_each_fault_of_the_sandbox_comes_out_as_what_it_is(
    fault: dict[str, object], kind: type[Outcome], posted: bool
) -> None:
    async with serve(default_world()) as url, bot_at(url, times=TimeOuts()) as bot, httpx.AsyncClient() as http_client:
        answer = await http_client.post(f"{url}/sandbox/faults", json={"method": "sendMessage", "times": 1, **fault})
        assert answer.status_code < 300, answer.text
        first = await send(bot, Delivery(1, 1, GROUP, 0, 1, Message("first")))
        second = await send(bot, Delivery(1, 1, GROUP, 0, 1, Message("second")))
        posts = (await http_client.get(f"{url}/sandbox/chats/{GROUP}/messages", params={"after": 0})).json()
    assert isinstance(first, kind), first
    assert isinstance(second, Sent)
    assert [each["text"] for each in posts] == ["first", "second"][not posted :]


async def test_the_time_outs_of_a_call_go_before_the_carriers() -> None:
    async with wire(silent) as server, bot_at(server.url, times=TimeOuts(read=3600)) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(1001, "hello", read_timeout=0.1)
    assert bot.request.read_timeout == 3600


async def test_a_connection_is_used_again_but_not_when_it_has_rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KEEP_ALIVE", 0.1)
    async with wire(answering(POSTED)) as server, bot_at(server.url) as bot:
        for _ in range(3):
            await send(bot, ONE)
        assert server.connections == 1
        await asyncio.sleep(0.3)
        await send(bot, ONE)
    assert server.connections == 2


# --- files


async def test_files_are_uploaded_with_their_names() -> None:
    async with serve(default_world()) as url, bot_at(url, times=TimeOuts()) as bot:
        content = "标题,分数\r\n".encode() * 20_000
        sent = await bot.send_document(GROUP, InputFile(content, '摘要 "一".csv'), caption="论文 & <b>")
        assert sent.document
        assert sent.document.file_name
        assert sent.document.file_name.startswith("摘要")
        assert sent.caption == "论文 & <b>"
        assert sent.document.file_size == len(content)


async def test_a_file_that_is_not_taken_ends_the_request_and_a_slow_one_does_not() -> None:
    big = InputFile(b"x" * 8_000_000, "a.bin")

    async def deaf(here: Wire, reader: Reader, writer: Writer) -> None:
        await asyncio.sleep(3600)

    async def slow(here: Wire, reader: Reader, writer: Writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        left = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        here.requests.append(Request(head, {}, b""))
        while left > 0:
            left -= len(await reader.read(400_000))
            await asyncio.sleep(0.01)
        writer.write(
            http(200, {"ok": True, "result": {"message_id": 7, "date": 0, "chat": {"id": 1, "type": "private"}}})
        )
        await writer.drain()

    times = TimeOuts(read=5, write=0.25)
    async with wire(deaf) as server, bot_at(server.url, times=times) as bot:
        with pytest.raises(TimedOut):
            await bot.send_document(1001, big)
        with pytest.raises(TimedOut):
            await bot.send_document(1001, big, write_timeout=0.05)
    async with wire(slow) as server, bot_at(server.url, times=times) as bot:
        assert (await bot.send_document(1001, big)).message_id == 7


# --- proxies


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://api.telegram.org/bot", None),
        ({"HTTPS_PROXY": "http://10.0.0.1:7890"}, "https://api.telegram.org/bot", "http://10.0.0.1:7890"),
        ({"https_proxy": "10.0.0.1:7890"}, "https://api.telegram.org/bot", "http://10.0.0.1:7890"),
        ({"HTTPS_PROXY": "http://10.0.0.1:7890"}, "http://127.0.0.1:8081/bot", None),
        ({"ALL_PROXY": "https://10.0.0.1:7890"}, "https://api.telegram.org/bot", "https://10.0.0.1:7890"),
        (
            {"ALL_PROXY": "socks5://10.0.0.1:1", "HTTPS_PROXY": "http://b:2"},
            "https://api.telegram.org/bot",
            "http://b:2",
        ),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "localhost,.telegram.org"}, "https://api.telegram.org/bot", None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"}, "https://api.telegram.org/bot", None),
        ({"HTTP_PROXY": "http://a:1", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:8081/bot", None),
        ({"HTTP_PROXY": "http://a:1", "NO_PROXY": "127.0.0.1:8081"}, "http://127.0.0.1:8081/bot", None),
    ],
)
def test_the_environments_proxy_is_used(
    environment: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy(url) == proxy


def test_a_socks_proxy_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://me:pass@10.0.0.1:1080")
    with pytest.raises(OperatorMistake, match="socks5h proxy") as caught:
        bots(TOKEN, "https://api.telegram.org/bot", at_once=4)
    assert "pass" not in str(caught.value)


async def test_a_request_goes_through_the_proxy_with_its_password() -> None:
    async with wire(answering(POSTED)) as proxy:
        through = f"http://me:pass@127.0.0.1:{proxy.port}"
        async with bot_at("http://telegram.invalid", proxy=through) as bot:
            assert await send(bot, ONE) == Sent(7)
    assert proxy.requests[0].line.startswith("POST http://telegram.invalid/bot")
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6cGFzcw=="


# --- what is sent


@pytest.fixture
def no_token_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    yield
    assert "secret-token" not in caplog.text


BUTTONS = ((Button("展开", "card:1:z"), Button("PDF", url="https://arxiv.org/pdf/1")),)


@pytest.mark.usefixtures("no_token_in_the_log")
async def test_a_delivery_is_sent_as_python_telegram_bot_would_send_it() -> None:
    message = Message("<b>标题</b> & 1 + 1", BUTTONS)
    async with wire(answering(POSTED)) as server, bot_at(server.url) as bot:
        assert await send(bot, Delivery(1, 1, -1001, 0, 1, message)) == Sent(7)
        with pytest.raises(Exception):  # noqa: B017, PT011  # the stub's message is too short for it
            await bot.send_message(
                -1001,
                message.text,
                "HTML",
                reply_markup=markup(BUTTONS),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
    ours, theirs = (each.form for each in server.requests)
    assert ours == theirs
    assert server.requests[0].line == server.requests[1].line
    assert server.requests[0].headers["content-type"] == server.requests[1].headers["content-type"]


async def test_topic_payment_plain_text_and_edits_are_told() -> None:
    message = Message("<b>1 &lt; 2</b>", BUTTONS)
    async with wire(answering(POSTED)) as server, bot_at(server.url) as bot:
        for more in ({"paid": True}, {"plain": True}, {"message_id": 3, "paid": True}):
            await send(bot, Delivery(1, 1, -1001, 5, 1, message, **more))
    paid, plain, edit = server.requests
    assert paid.form["allow_paid_broadcast"] == "true"
    assert paid.form["message_thread_id"] == "5"
    assert paid.form["chat_id"] == "-1001"
    assert plain.form["text"] == "1 < 2"
    assert not {"parse_mode", "reply_markup", "allow_paid_broadcast"} & set(plain.form)
    assert edit.line.split()[1].endswith("/editMessageText")
    assert edit.form["message_id"] == "3"
    assert "message_thread_id" not in edit.form
    assert "allow_paid_broadcast" not in edit.form


@pytest.mark.parametrize(
    "text",
    ["message is not modified: same", "message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"],
)
async def test_an_edit_that_has_nothing_left_to_put_right_is_done(text: str) -> None:
    async with wire(answering(http(400, {"description": f"Bad Request: {text}"}))) as server, bot_at(server.url) as bot:
        assert await send(bot, Delivery(1, 1, 1001, 0, 1, ONE.message, message_id=3)) == Sent(3)
        assert isinstance(await send(bot, ONE), Refused)


async def test_polling_answers_and_broadcasts_wait_for_no_connection_of_each_other() -> None:
    async with wire(silent) as server:
        answering_bot, broadcaster = bots(TOKEN, f"{server.url}/bot", at_once=1)
        carriers = {*answering_bot._request, broadcaster.request}
        assert len(carriers) == 3
        for each in carriers:
            await each.initialize()
        calls = [answering_bot.get_updates(timeout=30), answering_bot.send_message(1, "x"), send(broadcaster, ONE)]
        tasks = [asyncio.ensure_future(each) for each in calls]
        async with asyncio.timeout(5):
            while len(server.requests) < 3:
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in carriers:
            await each.shutdown()
    assert "secret-token" not in repr(answering_bot) + repr(broadcaster) + str([repr(each) for each in carriers])
