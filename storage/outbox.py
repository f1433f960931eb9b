"""The outbox: messages that are to be sent, in order within a chat, each claimed before its call is made.

    due --claim--> sending --> sent
                           --> due        (not accepted: again at a later time)
                           --> uncertain  (no answer came, or the program died: see below)
                           --> gone       (never to be accepted)
    due, uncertain --> cancelled          (the chat cannot be posted to any more)
    sent --amend--> due                   (another text: what has a message id already is edited, not sent)

The rule for uncertain messages, here and nowhere else: they are sent again. A message is never lost, and at
worst each send that was in flight at a crash or whose answer was lost comes twice.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.database import Transaction, among, as_moment, as_text
from storage.records import Button, Delivery, Keyboard, Message

Place = tuple[int, int, int]  # digest, chat, topic

_NEVER_SENT = "message_id IS NULL"
_ENDED = "CASE WHEN message_id IS NULL THEN '{}' ELSE 'sent' END"


async def add(tx: Transaction, place: Place, messages: Sequence[Message], now: datetime) -> list[int]:
    """Queue a digest's messages in that order; their ids."""
    digest_id, chat_id, thread_id = place
    sql = text("""
    INSERT INTO deliveries (digest_id, chat_id, thread_id, part, text, keyboard, state, due, changed_at)
    VALUES (:digest_id, :chat_id, :thread_id, :part, :text, :keyboard, 'due', :now, :now) RETURNING id
    """)
    ids = []
    for part, message in enumerate(messages):
        values = {
            "digest_id": digest_id,
            "chat_id": chat_id,
            "thread_id": thread_id,
            "part": part,
            "text": message.text,
            "keyboard": _keyboard_text(message.keyboard),
            "now": as_text(now),
        }
        ids.append(int((await tx.execute(sql, values)).scalar_one()))
    return ids


async def claim(tx: Transaction, limit: int, now: datetime) -> list[Delivery]:
    """Take up to `limit` messages to send, no two of one chat, each the first unfinished one of its chat and topic."""
    # The row count of the update decides: whoever else claimed it in between has it.
    sql = """
    UPDATE deliveries SET state = 'sending', attempts = attempts + 1, changed_at = :now
    WHERE state IN ('due', 'uncertain') AND id IN (
        SELECT d.id FROM deliveries d
        WHERE d.state IN ('due', 'uncertain') AND d.due <= :now AND NOT EXISTS (
            SELECT 1 FROM deliveries e
            WHERE e.chat_id = d.chat_id AND e.state IN ('due', 'sending', 'uncertain') AND (
                e.state = 'sending' OR (e.id < d.id AND (e.thread_id = d.thread_id OR e.due <= :now))))
        ORDER BY d.due, d.id LIMIT :limit)
    RETURNING *
    """
    rows = await tx.execute(text(sql), {"limit": limit, "now": as_text(now)})
    return sorted((_delivery(row) for row in rows), key=lambda delivery: delivery.id)


async def release(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Give back messages that were claimed and not sent."""
    sql = "UPDATE deliveries SET state = 'due', attempts = attempts - 1, changed_at = :now WHERE id IN :ids"
    if ids:
        await tx.execute(among(sql, "ids"), {"ids": list(ids), "now": as_text(now)})


async def sent(tx: Transaction, delivery_id: int, message_id: int, now: datetime) -> None:
    """Telegram accepted the message."""
    sql = "UPDATE deliveries SET state = 'sent', message_id = :message_id, changed_at = :now WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "message_id": message_id, "now": as_text(now)})


async def amend(tx: Transaction, delivery_id: int, message: Message, now: datetime) -> None:
    """Put another text and keyboard in place of a message that was sent, by the queue like any other."""
    sql = """
    UPDATE deliveries SET text = :text, keyboard = :keyboard, state = 'due', due = :now, attempts = 0, plain = 0,
        changed_at = :now
    WHERE id = :id AND state = 'sent' AND message_id IS NOT NULL
    """
    keyboard = _keyboard_text(message.keyboard)
    values = {"id": delivery_id, "text": message.text, "keyboard": keyboard, "now": as_text(now)}
    await tx.execute(text(sql), values)


async def again(tx: Transaction, delivery_id: int, at: datetime, reason: str, *, uncertain: bool = False) -> None:
    """Send the message again at a later time, and what waits behind it not before; `uncertain`: it may have arrived."""
    sql = "UPDATE deliveries SET state = :state, reason = :reason WHERE id = :id"
    state = "uncertain" if uncertain else "due"
    await tx.execute(text(sql), {"id": delivery_id, "state": state, "reason": reason})
    await _park(tx, delivery_id, at)


async def denied(tx: Transaction, delivery_id: int, at: datetime, reason: str, *, topic_only: bool = False) -> None:
    """Telegram refuses the chat, or only one topic of it, for now: like `again`, and counted."""
    sql = "UPDATE deliveries SET state = 'due', denials = denials + 1, reason = :reason WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "reason": reason})
    await _park(tx, delivery_id, at, topic_only=topic_only)


async def as_plain(tx: Transaction, delivery_id: int, reason: str) -> None:
    """Telegram cannot parse the message: send it again as plain text, at once."""
    sql = "UPDATE deliveries SET state = 'due', plain = 1, reason = :reason WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "reason": reason})


async def gone(tx: Transaction, delivery_id: int, reason: str, now: datetime) -> None:
    """This one message will never be accepted: the queue goes on behind it, its papers count as not posted."""
    # What was sent once stays sent: only its edit is given up.
    sql = f"UPDATE deliveries SET state = {_ENDED.format('gone')}, reason = :reason, changed_at = :now WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "reason": reason, "now": as_text(now)})
    posts = f"DELETE FROM posts WHERE delivery_id IN (SELECT id FROM deliveries WHERE id = :id AND {_NEVER_SENT})"
    await tx.execute(text(posts), {"id": delivery_id})


async def cancel(tx: Transaction, chat_id: int, reason: str, now: datetime) -> int:
    """Cancel all that a chat has waiting, so that its papers count as not posted; how many messages.

    What is being sent is left to its outcome, which comes soon and is the truth.
    """
    return await _cancel(tx, "TRUE", {"chat_id": chat_id, "reason": reason, "now": as_text(now)})


async def cancel_topic(tx: Transaction, topic: tuple[int, int], reason: str, now: datetime) -> int:
    """The same for one topic of a chat."""
    values = {"chat_id": topic[0], "thread_id": topic[1], "reason": reason, "now": as_text(now)}
    return await _cancel(tx, "thread_id = :thread_id", values)


async def _cancel(tx: Transaction, which: str, values: dict[str, Any]) -> int:
    waiting = "chat_id = :chat_id AND state IN ('due', 'uncertain') AND state IN ('due', 'sending', 'uncertain')"
    waiting = f"{waiting} AND {which}"
    posts = f"DELETE FROM posts WHERE delivery_id IN (SELECT id FROM deliveries WHERE {waiting} AND {_NEVER_SENT})"
    await tx.execute(text(posts), values)
    ended = f"state = {_ENDED.format('cancelled')}, reason = :reason, changed_at = :now"
    return (await tx.execute(text(f"UPDATE deliveries SET {ended} WHERE {waiting}"), values)).rowcount


async def forget(tx: Transaction, before: datetime) -> int:
    """Drop the texts of messages that were finished before a moment; how many. That they were posted stays known."""
    sql = """
    UPDATE deliveries SET text = '', keyboard = '[]'
    WHERE state IN ('sent', 'gone', 'cancelled') AND changed_at < :before AND text <> ''
    """
    return (await tx.execute(text(sql), {"before": as_text(before)})).rowcount


async def recover(tx: Transaction, now: datetime) -> int:
    """After a stop or a crash: what was being sent is uncertain; how many messages."""
    # The second condition says to SQLite that the partial index holds them all.
    sql = """
    UPDATE deliveries SET state = 'uncertain', due = :now, reason = 'interrupted'
    WHERE state = 'sending' AND state IN ('due', 'sending', 'uncertain')
    """
    return (await tx.execute(text(sql), {"now": as_text(now)})).rowcount


async def next_due(tx: Transaction) -> datetime | None:
    """When the next message may be sent; None if nothing waits."""
    due: str | None = await tx.scalar(text("SELECT MIN(due) FROM deliveries WHERE state IN ('due', 'uncertain')"))
    return as_moment(due) if due else None


async def counts(tx: Transaction) -> dict[str, int]:
    """How many messages are in each state."""
    rows = await tx.execute(text("SELECT state, COUNT(*) AS number FROM deliveries GROUP BY state"))
    return {row.state: row.number for row in rows}


async def _park(tx: Transaction, delivery_id: int, at: datetime, *, topic_only: bool = False) -> None:
    # The whole chat or topic, so that neither `claim` nor `next_due` meets what may not overtake the message.
    topic = "AND thread_id = (SELECT thread_id FROM deliveries WHERE id = :id)" if topic_only else ""
    sql = f"""
    UPDATE deliveries SET due = :at
    WHERE chat_id = (SELECT chat_id FROM deliveries WHERE id = :id) AND id >= :id {topic}
      AND state IN ('due', 'sending', 'uncertain') AND (id = :id OR due < :at)
    """
    await tx.execute(text(sql), {"id": delivery_id, "at": as_text(at)})


def _keyboard_text(keyboard: Keyboard) -> str:
    return json.dumps([[[b.label, b.data, b.url] for b in row] for row in keyboard], ensure_ascii=False)


def as_message(row: Row[Any]) -> Message:
    """The message of a row of `deliveries`."""
    keyboard = tuple(tuple(Button(*button) for button in buttons) for buttons in json.loads(row.keyboard))
    return Message(row.text, keyboard)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        digest_id=row.digest_id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        part=row.part,
        message=as_message(row),
        attempts=row.attempts,
        denials=row.denials,
        plain=bool(row.plain),
        message_id=row.message_id,
    )
