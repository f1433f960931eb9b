"""Answers to readers take their turn, and come again after a flood limit or a network that did not take them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stamina
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.delivery.patience import Patience
from bot.delivery.transport import NotSent


class Log:
    """What happened, in order."""

    def __init__(self, *errors: TelegramError) -> None:
        self.events: list[Any] = []
        self._errors = list(errors)
        self.patience = Patience(self._turn, lambda chat, seconds: self.events.append(("flood", chat, seconds)))

    async def _turn(self, chat: int | str) -> None:
        self.events.append(("turn", chat))

    async def ask(self, endpoint: str, **data: Any) -> Any:
        async def callback(*_: Any, **__: Any) -> str:
            self.events.append("asked")
            if self._errors:
                raise self._errors.pop(0)
            return "answer"

        return await self.patience.process_request(callback, (), {}, endpoint, data, None)


@pytest.fixture(autouse=True)
def no_waiting() -> Any:
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.mark.parametrize(
    "endpoint",
    ["sendMessage", "sendDocument", "editMessageText", "editMessageReplyMarkup", "copyMessage", "forwardMessages"],
)
async def test_what_telegram_counts_takes_a_turn(endpoint: str) -> None:
    log = Log()
    assert await log.ask(endpoint, chat_id=7) == "answer"
    assert log.events == [("turn", 7), "asked"]


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("answerCallbackQuery", {"callback_query_id": "1"}),
        ("getChat", {"chat_id": 7}),
        ("getChatMember", {"chat_id": 7}),
        ("sendChatAction", {"chat_id": 7}),
        ("setMyCommands", {}),
        ("deleteMessage", {"chat_id": 7}),
        ("editForumTopic", {"chat_id": 7}),
        ("editMessageText", {"inline_message_id": "x"}),
    ],
)
async def test_what_telegram_does_not_count_takes_none(endpoint: str, data: dict[str, Any]) -> None:
    log = Log()
    await log.ask(endpoint, **data)
    assert log.events == ["asked"]


@pytest.mark.parametrize("error", [RetryAfter(3), NetworkError("Too Many Requests: retry after 3")])
async def test_a_flood_is_told_and_the_next_attempt_takes_its_turn_again(error: TelegramError) -> None:
    log = Log(error)
    assert await log.ask("sendMessage", chat_id="@name") == "answer"
    assert log.events == [("turn", "@name"), "asked", ("flood", "@name", 3), ("turn", "@name"), "asked"]


async def test_a_network_that_did_not_take_it_is_asked_again_without_a_word_of_flood() -> None:
    log = Log(NotSent("no connection"), NotSent("no connection"))
    assert await log.ask("sendMessage", chat_id=7) == "answer"
    assert log.events == [("turn", 7), "asked"] * 3


@pytest.mark.parametrize("error", [TimedOut(), BadRequest("Chat not found"), NetworkError("Bad Gateway")])
async def test_what_may_have_arrived_or_never_will_is_not_asked_again(error: TelegramError) -> None:
    log = Log(error)
    with pytest.raises(type(error)):
        await log.ask("sendMessage", chat_id=7)
    assert log.events == [("turn", 7), "asked"]


async def test_a_flood_of_an_hour_is_told_but_not_waited_for() -> None:
    log = Log(RetryAfter(3600))
    with pytest.raises(RetryAfter):
        await log.ask("sendMessage", chat_id=7)
    assert log.events[-1] == ("flood", 7, 3600)


async def test_without_a_pace_nobody_waits() -> None:
    async def callback() -> str:
        return "answer"

    ask: Callable[..., Awaitable[Any]] = Patience().process_request
    assert await ask(callback, (), {}, "sendMessage", {"chat_id": 7}, None) == "answer"
