"""No update can stop the bot: one that cannot be read is skipped, one that makes a handler fail is explained."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram import Update
from telegram.error import InvalidToken, NetworkError
from telegram.ext import Updater
from telegram.request import BaseRequest

from bot.delivery.polling import SecretBot
from bot.delivery.telegram import bots
from bot.handlers import dispatch, reading
from storage.database import Database
from tests.talk import ALICE, PRIVATE, XIAOMING, Talk, talking
from tests.wire import answering, http, wire

SECRET = "something very personal"
# Each is an update as python-telegram-bot 22.8 cannot read it.
POISON: list[dict[str, Any]] = [
    {"message": {"message_id": 1}},
    {"message": {"message_id": 1, "date": "yesterday", "chat": {"id": 1, "type": "private"}, "text": SECRET}},
    {"message": {"message_id": 1, "date": 10**20, "chat": {"id": 1, "type": "private"}, "text": SECRET}},
    {"message": {"message_id": 1, "date": 1, "chat": {"type": "private"}, "text": SECRET}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "entities": [{"type": "bold"}]}},
    {"message": SECRET},
    {"callback_query": {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": SECRET}}},
]
# This one it reads, and then lacks what the handler needs.
HALF = {"my_chat_member": {"chat": {"id": PRIVATE, "type": "private"}, "new_chat_member": {"status": SECRET}}}


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(database) as talk:
        yield talk


async def inject(talk: Talk, update: dict[str, Any]) -> None:
    answer = await talk.http.post("/sandbox/updates", json=update)
    assert answer.status_code == 201, answer.text


async def test_a_batch_of_nothing_but_poison_is_skipped_and_the_bot_answers_on(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    await talk.say(PRIVATE, "/help")
    for poison in POISON * 20:  # more than one batch of a hundred
        await inject(talk, poison)
    assert "/search" in (await talk.say(PRIVATE, "/help"))["text"]
    skipped = [each.getMessage() for each in caplog.records if each.name == "bot.delivery.polling"]
    assert len(skipped) == len(POISON) * 20
    assert any("(callback_query)" in line and "TypeError" in line for line in skipped)
    assert SECRET not in caplog.text
    assert "CRITICAL" not in caplog.text


async def test_kinds_of_update_that_nobody_knows_are_nothing_to_speak_of(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    await inject(talk, {"telepathy": {"from": {"id": 1}, "thought": SECRET}})
    await inject(talk, {})
    assert "/search" in (await talk.say(PRIVATE, "/help"))["text"]
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


async def test_an_update_that_is_read_and_lacks_its_half_harms_nobody(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    await talk.say(PRIVATE, "/help")
    await inject(talk, HALF)
    assert "/search" in (await talk.say(ALICE, "/help", ALICE))["text"]
    assert SECRET not in caplog.text


async def test_an_update_that_makes_its_handler_fail_is_explained(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reading, "words", broken)
    async with talking(database) as talk:
        answer = await talk.say(PRIVATE, "扩散", XIAOMING)
        number = next(each for each in caplog.records if "internal error" in each.getMessage()).getMessage().split()[2]
        assert number in answer["text"]
        assert "/search" in (await talk.say(PRIVATE, "/help"))["text"]


def test_only_what_the_bot_handles_is_asked_for() -> None:
    assert set(dispatch.UPDATES) == {"message", "channel_post", "callback_query", "inline_query", "my_chat_member"}
    assert set(dispatch.UPDATES) <= set(Update.ALL_TYPES)


class Carrier(BaseRequest):
    """Brings one result, and keeps what was asked."""

    def __init__(
        self, read_timeout: float | None, result: bytes = b'{"ok":true,"result":[]}', status: int = 200
    ) -> None:
        self._read_timeout, self._result, self._status = read_timeout, result, status
        self.parameters: dict[str, Any] = {}
        self.timeouts: dict[str, Any] = {}

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, url: str, method: str, request_data: Any = None, **timeouts: Any) -> tuple[int, bytes]:  # type: ignore[override]
        self.parameters = request_data.parameters if request_data else {}
        self.timeouts = timeouts
        return self._status, self._result


def bot_on(carrier: Carrier) -> SecretBot:
    return SecretBot("1:secret", request=carrier, get_updates_request=carrier)


@pytest.mark.parametrize(
    ("own", "call", "expected"),
    [
        (5.0, {"timeout": 10}, 15),
        (5.0, {"timeout": timedelta(seconds=10)}, 15),
        (5.0, {}, 5),
        (None, {"timeout": 10}, 10),
        (5.0, {"timeout": 10, "read_timeout": 2}, 12),
        (5.0, {"timeout": 10, "read_timeout": None}, 10),
        (5.0, {"timeout": timedelta(0)}, 5),
    ],
)
async def test_polling_waits_as_long_as_telegram_holds_the_request_and_its_own_time(
    own: float | None, call: dict[str, Any], expected: float
) -> None:
    carrier = Carrier(own)
    assert await bot_on(carrier).get_updates(**call) == ()
    assert carrier.timeouts["read_timeout"] == expected


async def test_polling_asks_as_the_library_does() -> None:
    carrier, theirs = Carrier(5), Carrier(5)
    call: dict[str, Any] = {"offset": -3, "limit": 7, "timeout": timedelta(seconds=9), "allowed_updates": ["message"]}
    more: dict[str, Any] = {"write_timeout": 1, "connect_timeout": 2, "pool_timeout": 3, "api_kwargs": {"new": 1}}
    await bot_on(carrier).get_updates(**call, **more)
    await super(SecretBot, bot_on(theirs)).get_updates(**call, **more)
    assert carrier.parameters == theirs.parameters
    assert carrier.timeouts == theirs.timeouts


async def test_what_can_be_read_is_read_and_every_number_is_confirmed() -> None:
    good = b'{"update_id":8,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"hi"}}'
    result = b'{"ok":true,"result":[{"update_id":7,"message":{}},' + good + b',{"update_id":9,"message":1},3]}'
    updates = await bot_on(Carrier(5, result)).get_updates()
    assert [each.update_id for each in updates] == [7, 8, 9]
    assert [each.message is not None for each in updates] == [False, True, False]


@pytest.mark.parametrize("body", [b'{"ok":true,"result":true}', b'{"ok":true,"result":null}'])
async def test_an_answer_without_updates_is_an_error_that_polling_waits_after(body: bytes) -> None:
    with pytest.raises(NetworkError):
        await bot_on(Carrier(5, body)).get_updates()


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_token_does_not_end_the_polling(status: int) -> None:
    with pytest.raises(NetworkError) as caught:
        await bot_on(Carrier(5, b'{"ok":false,"description":"Unauthorized"}', status)).get_updates()
    assert not isinstance(caught.value, InvalidToken)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(bot_on(Carrier(5)))


async def test_an_answer_that_is_none_makes_no_hot_loop() -> None:
    """Stock python-telegram-bot asks again at once after what is no TelegramError."""
    async with wire(answering(http(200, {"ok": True, "result": True}), http(200, {"ok": True}))) as server:
        bot, _ = bots("1:secret", f"{server.url}/bot", at_once=1)
        await bot.request.initialize()
        await bot._request[0].initialize()
        updater = Updater(bot, asyncio.Queue())
        updater._initialized = True
        await updater.start_polling(error_callback=lambda _: None)
        await asyncio.sleep(0.5)
        await updater.stop()
        await bot.request.shutdown()
        await bot._request[0].shutdown()
    assert len([each for each in server.requests if "getUpdates" in each.line]) <= 3
