"""Writes down what became of sends: one rule for each outcome."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.delivery.outcome import (
    Denied,
    Flooded,
    Gone,
    Moved,
    Outcome,
    Refused,
    RetryAt,
    Sent,
    TopicGone,
    Uncertain,
    Unparsable,
)
from bot.delivery.pace import Pace
from bot.messages import settings
from storage import chats, digests, outbox, subscriptions
from storage.database import Transaction
from storage.records import Delivery, TopicState

log = logging.getLogger(__name__)

UNREACHABLE = (2, 5, 15, 30, 60)  # seconds between attempts, the last for ever: no outage loses a message
DENIED = (60, 300, 900, 3600, *(7200,) * 11)  # about a day, then the chat rests
AGAIN = timedelta(minutes=1)  # before a message is sent again whose outcome the program cannot write

Ended = tuple[Delivery, Outcome]


async def record_all(tx: Transaction, ended: Sequence[Ended], pace: Pace, now: datetime, clock: float) -> float | None:
    """Write down what became of those sends, and let follow what stood behind them.

    The time, by the pace's clock, when the first of these may be sent; None if nothing stood behind them.
    """
    if not ended:
        return None
    await outbox.sent(
        tx, [(delivery, outcome.message_id) for delivery, outcome in ended if isinstance(outcome, Sent)], now
    )
    for delivery, outcome in ended:
        if not isinstance(outcome, Sent):
            await _record_alone(tx, delivery, outcome, now)
    ready = {delivery.id: pace.ready_at(delivery.chat_id, clock) - clock for delivery, _ in ended}
    came_forward = await outbox.follow(tx, {each: now + timedelta(seconds=wait) for each, wait in ready.items()})
    return clock + min(ready.values()) if came_forward else None


async def _record_alone(tx: Transaction, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    try:
        async with tx.begin_nested():
            await _record(tx, delivery, outcome, now)
    except Exception:
        # A fault of the program in one outcome must not keep those of other chats from being written.
        log.exception("what became of delivery %d cannot be written: %s", delivery.id, outcome)
        await outbox.again(tx, delivery, now + AGAIN, "internal error")


async def _record(tx: Transaction, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a send that did not succeed, and log it."""
    where = f"delivery {delivery.id} to chat {delivery.chat_id}"
    match outcome:
        case Gone(reason):
            await outbox.gone(tx, delivery.id, reason, now)
            cancelled = await chats.rest(tx, delivery.chat_id, reason, now)
            log.warning("chat %d rests (%s); %d queued messages are cancelled", delivery.chat_id, reason, cancelled)
        case TopicGone():
            await _rest_topic(tx, delivery, outcome, now)
        case Moved(chat_id):
            log.warning("chat %d is now %d", delivery.chat_id, chat_id)
            await chats.migrate(tx, delivery.chat_id, chat_id)
            await outbox.again(tx, delivery, now, "the group has a new id")
        case Unparsable(reason) if not delivery.plain:
            log.error("%s cannot be parsed (%s) and is sent as plain text: %r", where, reason, delivery.message.text)
            await outbox.as_plain(tx, delivery.id, reason)
        case Unparsable(reason) | Refused(reason):
            log.error("%s is refused for good: %s", where, reason)
            await outbox.gone(tx, delivery.id, reason, now)
        case Uncertain(reason):
            at = now + _pause(delivery.attempts, UNREACHABLE)
            again = await outbox.unanswered(tx, delivery, now, at, reason)
            log.warning("%s has no answer (%s) and may have arrived; sent again: %s", where, reason, again)
        case Denied():
            await _denied(tx, delivery, outcome, now)
        case RetryAt(reason, seconds) | Flooded(reason, seconds):
            pause = _pause(delivery.attempts, UNREACHABLE) if seconds is None else timedelta(seconds=seconds)
            log.warning("%s waits %.0f s: %s", where, pause.total_seconds(), reason)
            await outbox.again(tx, delivery, now + pause, reason)


async def _denied(tx: Transaction, delivery: Delivery, outcome: Denied, now: datetime) -> None:
    where, reason, topic_only = f"delivery {delivery.id} to chat {delivery.chat_id}", outcome.reason, outcome.topic_only
    log.log(logging.ERROR if outcome.unknown else logging.WARNING, "%s is denied: %s", where, reason)
    if topic_only and not delivery.thread_id and await _pass_on(tx, delivery, outcome, now):
        log.warning("%s is passed on to an administrator of the chat", where)
    elif delivery.denials < len(DENIED):
        at = now + _pause(delivery.denials + 1, DENIED)
        await outbox.denied(tx, delivery, at, reason, topic_only=topic_only)
    elif topic_only:
        await _rest_topic(tx, delivery, outcome, now)
    else:
        await _record(tx, delivery, Gone(reason), now)


async def _pass_on(tx: Transaction, delivery: Delivery, denied: Denied, now: datetime) -> bool:
    """Give the notices that wait for a General topic, which is closed, to an administrator; whether this was one."""
    chat, told = await chats.get(tx, delivery.chat_id), await chats.talking(tx, denied.administrators)
    if chat is None or told is None:
        return False
    notices = await outbox.notices(tx, chat.id)
    for each in notices:
        await outbox.gone(tx, each.id, denied.reason, now)
        await digests.notice(tx, told.id, [settings.passed_on(each.message, chat, told.language)], now)
    return delivery.id in {each.id for each in notices}


async def _rest_topic(tx: Transaction, delivery: Delivery, outcome: Denied | TopicGone, now: datetime) -> None:
    """Pause what is scheduled in a topic. Its papers go nowhere else: each topic is read by those who chose it."""
    chat_id, thread_id, reason = delivery.chat_id, delivery.thread_id, outcome.reason
    topic = TopicState.CLOSED if isinstance(outcome, Denied) else TopicState.DELETED
    await outbox.gone(tx, delivery.id, reason, now)
    cancelled = await outbox.cancel_topic(tx, (chat_id, thread_id), reason, now)
    rested = await subscriptions.rest(tx, (chat_id, thread_id), topic)
    log.warning(
        "topic %d of chat %d is %s (%s): %d queued messages are cancelled, %d subscriptions rest",
        thread_id,
        chat_id,
        topic,
        reason,
        cancelled,
        rested,
    )
    chat = await chats.get(tx, chat_id)
    if chat is None or not rested:
        return
    # Told in General, and in private if General itself is closed: never in another topic.
    told = chat if thread_id else await chats.talking(tx, outcome.administrators if isinstance(outcome, Denied) else ())
    if told is None:
        log.warning("no administrator of chat %d talks with the bot and can be told", chat_id)
        return
    here = told.id == chat_id
    page = settings.topic_gone(rested, (chat, thread_id), topic, told.language, here=here)
    await digests.notice(tx, told.id, [page], now)


def _pause(attempt: int, pauses: Sequence[int]) -> timedelta:
    return timedelta(seconds=pauses[min(attempt, len(pauses)) - 1])
