"""Answers to readers keep to the common pace, and are asked again when Telegram did not take them."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import stamina
from telegram.error import TelegramError
from telegram.ext import BaseRateLimiter

from bot.delivery.answers import classify
from bot.delivery.outcome import Flooded, RetryAt

LONGEST_WAIT = 60.0  # seconds that an answer to a reader waits for a flood limit to pass

Place = int | str  # a chat, by its id or its @name
Turn = Callable[[Place], Awaitable[None]]

# What Telegram counts as a message, https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this:
# edits count as sends do.
_MESSAGES = ("send", "editMessage", "copyMessage", "forwardMessage")
_NO_MESSAGES = ("sendChatAction",)


class Patience(BaseRateLimiter[Any]):
    """Takes a turn for each message of an answer, and asks again after a flood limit or a network that did not take it.

    `turn` is awaited before each attempt at a message; `flooded` is told the chat and the seconds that Telegram wants.
    The outbox, which goes past this, keeps a time-table of its own; polling starts itself again.
    """

    def __init__(self, turn: Turn | None = None, flooded: Callable[[Place, float], None] | None = None) -> None:
        self._turn, self._flooded = turn, flooded

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(  # noqa: PLR0917  # the signature is python-telegram-bot's
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Any,
    ) -> Any:
        """Called by python-telegram-bot for every request but getUpdates."""
        place = data.get("chat_id") if _is_message(endpoint) else None

        async def attempt() -> Any:
            if place is not None and self._turn:
                await self._turn(place)
            try:
                return await callback(*args, **kwargs)
            except TelegramError as error:
                self._tell(data.get("chat_id"), error)
                raise

        async for each in stamina.retry_context(on=_pause, attempts=4, timeout=120):
            with each:
                return await attempt()
        raise AssertionError("stamina lets the last error through")

    def _tell(self, place: Place | None, error: TelegramError) -> None:
        outcome = classify(error)
        if isinstance(outcome, Flooded) and place is not None and self._flooded:
            self._flooded(place, outcome.seconds)


def _is_message(endpoint: str) -> bool:
    return endpoint.startswith(_MESSAGES) and endpoint not in _NO_MESSAGES


def _pause(error: Exception) -> bool | float:
    outcome = classify(error) if isinstance(error, TelegramError) else None
    if not isinstance(outcome, Flooded | RetryAt) or (outcome.seconds or 0) > LONGEST_WAIT:
        return False
    return outcome.seconds or True
