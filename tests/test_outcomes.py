"""Each answer of Telegram, in its own words as they come over the wire, and each failure on the way has its outcome."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest

from bot.delivery.answers import FLOOD_PAUSE, classify
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
from bot.messages.size import plain


class Answer(BaseRequest):
    """A carrier that brings one answer."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self._answer = status, json.dumps({"ok": False, "error_code": status, **body}).encode()

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        return self._answer


async def outcome(status: int, description: str, **parameters: int) -> Outcome:
    """What an answer means once python-telegram-bot has made its error of it."""
    more = {"parameters": parameters} if parameters else {}
    with pytest.raises(TelegramError) as caught:
        await Answer(status, {"description": description, **more}).post("http://x/bot1:secret/sendMessage")
    return classify(caught.value)


BYTE = "at byte offset 3"
UNCHANGED = "specified new message content and reply markup are exactly the same as a current content and reply markup"


def said(kind: type[Outcome], status: int, *texts: str) -> Iterator[tuple[int, str, type[Outcome]]]:
    for text in texts:
        yield status, text, kind


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        *said(
            Gone,
            403,
            "Forbidden: bot was blocked by the user",
            "Forbidden: user is deactivated",
            "Forbidden: bot can't initiate conversation with a user",
            "Forbidden: bot can't send messages to bots",
            "Forbidden: the bot can't send messages to the bot",
            "Forbidden: bot was kicked from the group chat",
            "Forbidden: bot was kicked from the supergroup chat",
            "Forbidden: bot was kicked from the channel chat",
            "Forbidden: bot is not a member of the group chat",
            "Forbidden: bot is not a member of the supergroup chat",
            "Forbidden: bot is not a member of the channel chat",
            "Forbidden: the group chat was deleted",
        ),
        *said(Denied, 403, "Forbidden: something that Telegram never said before", "Forbidden"),
        *said(
            Gone,
            400,
            "Bad Request: chat not found",
            "Bad Request: private chat not found",
            "Bad Request: PEER_ID_INVALID",
        ),
        *said(
            Denied,
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",  # the new id is missing
            "Bad Request: have no write access to the chat",
            "Bad Request: not enough rights to send text messages to the chat",
            "Bad Request: not enough rights to send photos to the chat",
            "Bad Request: not enough rights to send documents to the chat",
            "Bad Request: not enough rights to send polls to the chat",
            "Bad Request: not enough rights to send the rich message to the chat",
            "Bad Request: need administrator rights in the channel chat",
            "Bad Request: CHAT_WRITE_FORBIDDEN",
            "Bad Request: CHAT_RESTRICTED",
            "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN",
            "Bad Request: CHAT_ADMIN_REQUIRED",
            "Bad Request: TOPIC_CLOSED",
        ),
        *said(TopicGone, 400, "Bad Request: message thread not found", "Bad Request: TOPIC_DELETED"),
        *said(
            Unparsable,
            400,
            f'Bad Request: can\'t parse entities: Unsupported start tag "x" {BYTE}',
            f"Bad Request: can't parse entities: Unclosed start tag {BYTE}",
            f'Bad Request: can\'t parse entities: Unmatched end tag {BYTE}, expected "</b>", found "</i>"',
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
            f"Bad Request: can't parse entities: Can't find end of Bold entity {BYTE}",
            "Bad Request: ENTITIES_TOO_LONG",
            "Bad Request: BUTTON_DATA_INVALID",
            "Bad Request: BUTTON_URL_INVALID",
            "Bad Request: reply markup is too long",
            "Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL",
        ),
        *said(
            Refused,
            400,
            "Bad Request: message is too long",
            "Bad Request: MESSAGE_TOO_LONG",
            "Bad Request: text is too long",
            "Bad Request: message caption is too long",
            "Bad Request: message text is empty",
            "Bad Request: text must be non-empty",
            f"Bad Request: message is not modified: {UNCHANGED} of the message",
            "Bad Request: message to edit not found",
            "Bad Request: message can't be edited",
            "Bad Request: message to be replied not found",
            "Bad Request: MESSAGE_ID_INVALID",
            "Bad Request: something that Telegram never said before",
        ),
        *said(Refused, 413, "Request Entity Too Large", "Content Too Large"),
        *said(Flooded, 429, "Too Many Requests: retry after 7", "Too Many Requests"),
        *said(RetryAt, 500, "Internal Server Error: restart"),
        *said(Uncertain, 500, "Internal Server Error", "Internal Server Error: something else"),
        *said(Uncertain, 502, "Bad Gateway"),
        *said(Uncertain, 503, "Service Unavailable"),
        *said(Uncertain, 504, "Gateway Timeout"),
        *said(Uncertain, 520, ""),
        *said(RetryAt, 401, "Unauthorized"),
        *said(RetryAt, 404, "Not Found", "Not Found: method not found"),
        *said(
            RetryAt,
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
    ],
)
async def test_each_answer_of_telegram_has_its_outcome(status: int, text: str, kind: type[Outcome]) -> None:
    found = await outcome(status, text)
    assert isinstance(found, kind), found
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotSent("no connection: Cannot connect to host api.telegram.org:443"), RetryAt),
        (TimedOut(), Uncertain),
        (TimedOut("Timed out: no answer came in time"), Uncertain),
        (NetworkError("the connection broke before the answer was complete (ServerDisconnectedError)"), Uncertain),
        (TelegramError("Invalid server response"), Uncertain),
        (NetworkError("Unknown error in HTTP implementation: ValueError()"), Uncertain),
        (TelegramError("what is this"), Uncertain),
    ],
)
def test_each_failure_on_the_way_has_its_outcome(error: TelegramError, kind: type[Outcome]) -> None:
    found = classify(error)
    assert isinstance(found, kind)
    assert found.reason == error.message  # type: ignore[union-attr]


async def test_a_group_that_moved_tells_where() -> None:
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    assert await outcome(400, text, migrate_to_chat_id=-1001234567890) == Moved(-1001234567890)
    assert classify(ChatMigrated(-1005)) == Moved(-1005)


@pytest.mark.parametrize(
    ("text", "parameters", "seconds"),
    [
        ("Too Many Requests: retry after 7", {"retry_after": 7}, 7),
        ("Too Many Requests: retry after 10072", {"retry_after": 10072}, 10072),
        ("Too Many Requests: retry after 7", {}, 7),
        ("Too Many Requests: retry after 0", {"retry_after": 0}, 1),
        ("Too Many Requests: retry after 7", {"something_new": 3}, 7),
        ("Too Many Requests", {}, FLOOD_PAUSE),
    ],
)
async def test_a_flood_limit_says_how_long_to_wait(text: str, parameters: dict[str, int], seconds: float) -> None:
    found = await outcome(429, text, **parameters)
    assert isinstance(found, Flooded)
    assert found.seconds == seconds


def test_the_seconds_of_a_flood_may_be_a_timedelta() -> None:
    found = classify(RetryAfter(timedelta(seconds=7)))
    assert isinstance(found, Flooded)
    assert found.seconds == 7


async def test_only_an_unknown_refusal_is_reported_as_unknown() -> None:
    never = "Forbidden: never said before"
    assert await outcome(403, never) == Denied(never, unknown=True)
    assert await outcome(400, "Bad Request: CHAT_WRITE_FORBIDDEN") == Denied("Chat_write_forbidden")
    assert await outcome(400, "Bad Request: TOPIC_CLOSED") == Denied("Topic_closed", topic_only=True)


async def test_a_refused_token_blames_no_chat_and_is_tried_again_in_ten_minutes() -> None:
    assert await outcome(401, "Unauthorized: bot1:secret") == RetryAt("Telegram refuses the bot's token", 600)


@given(st.sampled_from([NetworkError, BadRequest, TelegramError, TimedOut, NotSent]), st.text())
def test_whatever_is_said_has_an_outcome(kind: type[TelegramError], text: str) -> None:
    found = classify(kind(text))
    if kind is NotSent:
        assert isinstance(found, RetryAt)
    if isinstance(found, Flooded):
        assert found.seconds >= 1


def test_plain_text_is_what_the_reader_would_have_seen() -> None:
    assert plain('<b>1 &lt; 2</b> &amp; <a href="https://a.b/?x=1&amp;y">c</a>') == "1 < 2 & c"
