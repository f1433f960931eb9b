from datetime import timedelta

import httpx
import pytest
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

from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, TopicGone, Uncertain, Unparsable
from bot.delivery.telegram import classify
from bot.messages.size import plain


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RetryAfter(7), RetryAt),
        (ChatMigrated(-100123), Moved),
        (Forbidden("Forbidden: bot was blocked by the user"), Gone),
        (Forbidden("Forbidden: user is deactivated"), Gone),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), Gone),
        (Forbidden("Forbidden: the bot can't send messages to the bot"), Gone),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Gone),
        (Forbidden("Forbidden: bot is not a member of the channel chat"), Gone),
        (Forbidden("Forbidden: the group chat was deleted"), Gone),
        (Forbidden("Forbidden: something that Telegram never said before"), Denied),
        (BadRequest("Chat not found"), Gone),
        (BadRequest("Not enough rights to send text messages to the chat"), Denied),
        (BadRequest("Need administrator rights in the channel chat"), Denied),
        (BadRequest('Can\'t parse entities: unsupported start tag "x" at byte offset 3'), Unparsable),
        (BadRequest("Entities_too_long"), Unparsable),
        (BadRequest("Message is too long"), Refused),
        (BadRequest("Message thread not found"), TopicGone),
        (BadRequest("Topic_deleted"), TopicGone),
        (BadRequest("Topic_closed"), Denied),
        (BadRequest("Chat_restricted"), Denied),
        (BadRequest("Chat_admin_required"), Denied),
        (BadRequest("Chat_send_plain_forbidden"), Denied),
        (BadRequest("something new"), Refused),
        (TimedOut(), Uncertain),
        (TimedOut("Pool timeout: All connections in the connection pool are occupied."), RetryAt),
        (NetworkError("httpx.ConnectError: All connection attempts failed"), RetryAt),
        (NetworkError("httpx.ReadError: "), Uncertain),
        (NetworkError("httpx.RemoteProtocolError: Server disconnected without sending a response."), Uncertain),
        (NetworkError("Bad Gateway"), RetryAt),
        (NetworkError("Internal Server Error: restart"), RetryAt),
        (NetworkError("Too Many Requests"), RetryAt),
        (InvalidToken("The token `1:secret` was rejected"), RetryAt),
        (TelegramError("what is this"), RetryAt),
    ],
)
def test_each_answer_of_telegram_has_its_outcome(error: TelegramError, kind: type[Outcome]) -> None:
    outcome = classify(error)
    assert isinstance(outcome, kind)
    assert "secret" not in repr(outcome)


def test_a_flood_limit_says_how_long_to_wait() -> None:
    outcome = classify(RetryAfter(timedelta(seconds=7)))
    assert isinstance(outcome, RetryAt)
    assert outcome.seconds == 7


def test_only_an_unknown_refusal_is_reported_as_unknown() -> None:
    assert classify(Forbidden("Forbidden: never said before")) == Denied("Forbidden: never said before", unknown=True)
    for text in ("Chat_write_forbidden", "Chat_restricted"):
        known = classify(BadRequest(text))
        assert known == Denied(text)
    known = classify(BadRequest("Topic_closed"))
    assert isinstance(known, Denied)
    assert not known.unknown


@pytest.mark.parametrize("name", [cls.__name__ for cls in (httpx.ReadError, httpx.WriteError, httpx.CloseError)])
def test_a_connection_that_broke_after_it_stood_leaves_the_send_uncertain(name: str) -> None:
    assert isinstance(classify(NetworkError(f"httpx.{name}: reset")), Uncertain)


def test_plain_text_is_what_the_reader_would_have_seen() -> None:
    assert plain('<b>1 &lt; 2</b> &amp; <a href="https://a.b/?x=1&amp;y">c</a>') == "1 < 2 & c"
