"""The client: sends one message, and turns every answer of Telegram into an outcome.

The error texts are those of tdlib/telegram-bot-api (Client.cpp, DialogManager.cpp) and of Telegram's servers.
python-telegram-bot capitalises them, so that they are compared in lower case.
"""

from collections.abc import Callable, Coroutine
from typing import Any

import stamina
from telegram import LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import BaseRateLimiter, ExtBot

from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, Sent, TopicGone, Uncertain, Unparsable
from bot.keyboards import markup
from bot.messages.size import plain
from storage.records import Delivery

# Telegram's server itself waits out a flood limit for up to 8 s before it answers: a shorter patience sees
# messages as lost that arrive, and would send them twice.
PATIENCE = 30.0
OUTBOX = "outbox"
TOKEN_AGAIN = 600.0  # seconds
LONGEST_WAIT = 60.0  # seconds that an answer to a reader waits for a flood limit to pass

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

# A chat that answers with one of these stays closed until it lets the bot in again.
_GONE = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot can't initiate conversation with a user",
    "bot can't send messages to bots",
    "the bot can't send messages to the bot",
    "bot was kicked from the",
    "bot is not a member of the",
    "the group chat was deleted",
    "chat not found",
    "peer_id_invalid",
)
_UNPARSABLE = ("can't parse entities", "entities_too_long", "button_data_invalid", "button_url_invalid")
# Rights come back: on 2023-10-31 every bot had "not enough rights" for hours.
_RIGHTS = (
    "not enough rights",
    "need administrator rights",
    "chat_write_forbidden",
    "have no write access",
    "chat_restricted",
    "chat_admin_required",
    "chat_send_plain_forbidden",
)
_TOPIC_GONE = ("message thread not found", "topic_deleted")
_TOPIC_CLOSED = "topic_closed"
# httpx raises these before the request has left, as python-telegram-bot's "httpx.ConnectError: ..." tells.
_NOT_SENT = ("httpx.connecterror", "httpx.connecttimeout", "httpx.proxyerror", "pool timeout")


class SecretBot(ExtBot[Any]):
    """A bot whose `repr` tells no token; python-telegram-bot's own does, and so do the objects that hold it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}[token=<token>]"


class Patience(BaseRateLimiter[Any]):
    """Asks again when an answer to a reader meets a flood limit or a network that did not take it.

    The outbox keeps a time-table of its own, and polling starts itself again: neither is touched.
    """

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
        data: dict[str, Any],  # the signature is python-telegram-bot's
        rate_limit_args: Any,
    ) -> Any:
        """Called by python-telegram-bot for every request."""
        if rate_limit_args == OUTBOX or endpoint == "getUpdates":
            return await callback(*args, **kwargs)
        async for attempt in stamina.retry_context(on=_pause, attempts=4, timeout=120):
            with attempt:
                return await callback(*args, **kwargs)
        raise AssertionError("stamina lets the last error through")


def _pause(error: Exception) -> bool | float:
    outcome = classify(error) if isinstance(error, TelegramError) else None
    if not isinstance(outcome, RetryAt) or (outcome.seconds or 0) > LONGEST_WAIT:
        return False
    return outcome.seconds or True


async def send(bot: ExtBot[Any], delivery: Delivery) -> Outcome:
    """Send a message, or edit one that was sent; whatever Telegram or the network does comes back as an outcome."""
    try:
        if delivery.message_id is None:
            sent = await bot.send_message(
                delivery.chat_id, message_thread_id=delivery.thread_id or None, **_content(delivery)
            )
            return Sent(sent.message_id)
        await bot.edit_message_text(chat_id=delivery.chat_id, message_id=delivery.message_id, **_content(delivery))
        return Sent(delivery.message_id)
    except TelegramError as error:
        outcome = classify(error)
        if delivery.message_id is not None and isinstance(outcome, Refused):
            return Sent(delivery.message_id)  # not modified, or deleted meanwhile: there is nothing left to put right
        return outcome


def _content(delivery: Delivery) -> dict[str, Any]:
    message = delivery.message
    return {
        "text": plain(message.text) if delivery.plain else message.text,
        "parse_mode": None if delivery.plain else ParseMode.HTML,
        "reply_markup": None if delivery.plain else markup(message.keyboard),
        "link_preview_options": _NO_PREVIEW,
        "read_timeout": PATIENCE,
        "rate_limit_args": OUTBOX,
    }


def classify(error: TelegramError) -> Outcome:  # noqa: PLR0911  # a table, read from the top
    """What an error means for the message that was sent."""
    text = error.message.lower()
    if isinstance(error, RetryAfter):
        # Its `retry_after` is a number or a timedelta, by an environment variable of python-telegram-bot's.
        return RetryAt(error.message, error._retry_after.total_seconds())
    if isinstance(error, ChatMigrated):
        return Moved(error.new_chat_id)
    if isinstance(error, InvalidToken):
        # No chat is at fault; the error's own text holds the token.
        return RetryAt("Telegram refuses the bot's token", TOKEN_AGAIN)
    if isinstance(error, Forbidden | BadRequest):
        return _refusal(error, text)
    if isinstance(error, TimedOut):
        return RetryAt(error.message) if any(each in text for each in _NOT_SENT) else Uncertain(error.message)
    if isinstance(error, NetworkError) and text.startswith("httpx.") and not text.startswith(_NOT_SENT):
        return Uncertain(error.message)
    return RetryAt(error.message)


def _refusal(error: TelegramError, text: str) -> Outcome:  # noqa: PLR0911  # as above
    if any(each in text for each in _GONE):
        return Gone(error.message)
    if any(each in text for each in _UNPARSABLE):
        return Unparsable(error.message)
    if any(each in text for each in _RIGHTS):
        return Denied(error.message)
    if any(each in text for each in _TOPIC_GONE):
        return TopicGone(error.message)
    if _TOPIC_CLOSED in text:
        return Denied(error.message, topic_only=True)
    if isinstance(error, Forbidden):
        return Denied(error.message, unknown=True)
    return Refused(error.message)
