"""What each answer of Telegram, and each failure on the way, means for the message that was sent.

The texts are those of tdlib/telegram-bot-api (Client.cpp), of tdlib/td (DialogManager.cpp, MessagesManager.cpp) and of
Telegram's servers. python-telegram-bot cuts "Bad Request: " off and capitalises the rest, so that they are compared in
lower case.
"""

import re

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.delivery.outcome import (
    Denied,
    Flooded,
    Gone,
    Moved,
    Outcome,
    Refused,
    RetryAt,
    TopicGone,
    Uncertain,
    Unparsable,
)
from bot.delivery.transport import NotSent

TOKEN_AGAIN = 600.0  # seconds
FLOOD_PAUSE = 30.0  # seconds, where Telegram says to wait and not how long

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
# Sent as plain text without buttons, the message passes.
_UNPARSABLE = (
    "can't parse entities",
    "entities_too_long",
    "button_",
    "inline keyboard button",
    "reply markup is too long",
)
# Rights come back: on 2023-10-31 every bot had "not enough rights" for hours.
_RIGHTS = (
    "not enough rights",
    "need administrator rights",
    "chat_write_forbidden",
    "have no write access",
    "chat_restricted",
    "chat_admin_required",
    "chat_send_plain_forbidden",
    "group chat was upgraded to a supergroup chat",  # without the new id, which comes with the group's own update
)
_TOPIC_GONE = ("message thread not found", "topic_deleted")
_TOPIC_CLOSED = "topic_closed"
_TOO_LARGE = ("request entity too large", "content too large")
_WAIT = re.compile(r"retry after (\d+)")
_NOT_ACCEPTED = "internal server error: restart"


def classify(error: TelegramError) -> Outcome:  # noqa: PLR0911  # a table, read from the top
    """What an error means for the message that was sent."""
    text = error.message.lower()
    if isinstance(error, RetryAfter):
        # Its `retry_after` is a number or a timedelta, by an environment variable of python-telegram-bot's.
        return Flooded(error.message, max(1.0, error._retry_after.total_seconds()))
    if isinstance(error, ChatMigrated):
        return Moved(error.new_chat_id)
    if isinstance(error, InvalidToken):
        # No chat is at fault; the error's own text holds the token.
        return RetryAt("Telegram refuses the bot's token", TOKEN_AGAIN)
    if isinstance(error, Forbidden | BadRequest):
        return _refusal(error, text)
    if isinstance(error, NotSent | Conflict) or text.startswith(_NOT_ACCEPTED):
        return RetryAt(error.message)
    if text.startswith("too many requests"):
        return Flooded(error.message, _wait(text))
    if text.startswith(_TOO_LARGE):
        return Refused(error.message)
    # A time-out, a connection that broke, a gateway in front that lost the answer, or an answer that nobody can read.
    return Uncertain(error.message)


def _wait(text: str) -> float:
    found = _WAIT.search(text)
    return max(1.0, float(found[1])) if found else FLOOD_PAUSE


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
