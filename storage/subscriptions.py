"""Subscriptions: what is posted where, and when each is due next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.chats import as_chat
from storage.database import Transaction, as_moment, as_text
from storage.records import Chat, Form, Schedule, Subscription


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose digest is to be prepared: for a due time, or because its readers asked for it."""

    subscription: Subscription
    chat: Chat
    requested: datetime | None
    batch: datetime | None = None  # when the last batch came that it had its digest of, if it waits for announcements


async def add(tx: Transaction, wanted: Subscription, now: datetime) -> tuple[Subscription, bool]:
    """Store a subscription (its id is ignored). The same query in the same place is that one again: False."""
    sql = """
    INSERT INTO subscriptions (chat_id, thread_id, query, hour, weekdays, after_announcement, form, max_papers,
                               tell_empty, next_due, made_at)
    VALUES (:chat_id, :thread_id, :query, :hour, :weekdays, :after_announcement, :form, :max_papers,
            :tell_empty, :next_due, :now)
    ON CONFLICT (chat_id, thread_id, query) DO NOTHING RETURNING *
    """
    values = {
        **_settings(wanted),
        "chat_id": wanted.chat_id,
        "thread_id": wanted.thread_id,
        "query": wanted.query,
    }
    row = (await tx.execute(text(sql), {**values, "now": as_text(now)})).first()
    if row:
        return _subscription(row), True
    sql = "SELECT * FROM subscriptions WHERE chat_id = :chat_id AND thread_id = :thread_id AND query = :query"
    return _subscription((await tx.execute(text(sql), values)).one()), False


async def get(tx: Transaction, subscription_id: int) -> Subscription | None:
    """A subscription by its id."""
    sql = text("SELECT * FROM subscriptions WHERE id = :id")
    row = (await tx.execute(sql, {"id": subscription_id})).first()
    return _subscription(row) if row else None


async def of_chat(tx: Transaction, chat_id: int, thread_id: int | None = None) -> list[Subscription]:
    """A chat's subscriptions, or those of one of its topics (0 is the chat outside its topics)."""
    where, values = _in(chat_id, thread_id)
    rows = await tx.execute(text(f"SELECT * FROM subscriptions WHERE {where} ORDER BY id"), values)
    return [_subscription(row) for row in rows]


async def save(tx: Transaction, changed: Subscription) -> None:
    """Store a subscription's settings and its next due time."""
    sql = """
    UPDATE subscriptions SET hour = :hour, weekdays = :weekdays, after_announcement = :after_announcement,
        form = :form, max_papers = :max_papers, tell_empty = :tell_empty, next_due = :next_due WHERE id = :id
    """
    await tx.execute(text(sql), {**_settings(changed), "id": changed.id})


async def remove(tx: Transaction, subscription_id: int) -> bool:
    """End a subscription; whether there was one. What it has posted stays, what is queued is still sent."""
    gone = await tx.execute(text("DELETE FROM subscriptions WHERE id = :id"), {"id": subscription_id})
    return gone.rowcount > 0


async def remove_all(tx: Transaction, chat_id: int, thread_id: int | None = None) -> int:
    """End all of a chat's subscriptions, or those of one of its topics; how many there were."""
    where, values = _in(chat_id, thread_id)
    return (await tx.execute(text(f"DELETE FROM subscriptions WHERE {where}"), values)).rowcount


async def request(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Have digests prepared now, besides the schedule."""
    sql = text("UPDATE subscriptions SET requested_at = :now WHERE id = :id")
    await tx.execute(sql, [{"now": as_text(now), "id": each} for each in ids])


async def waiting(tx: Transaction, now: datetime, limit: int, after: int = 0) -> list[int]:
    """The ids, above `after` and in order, of subscriptions whose time has come or whose readers asked."""
    # Two indexes, one for each reason; joined by OR, SQLite would read every subscription.
    sql = """
    SELECT s.id FROM subscriptions s JOIN chats c ON c.id = s.chat_id
    WHERE c.state = 'active' AND s.id > :after AND s.id IN (
        SELECT id FROM subscriptions WHERE next_due <= :now
        UNION ALL SELECT id FROM subscriptions WHERE requested_at IS NOT NULL)
    ORDER BY s.id LIMIT :limit
    """
    return list((await tx.execute(text(sql), {"now": as_text(now), "limit": limit, "after": after})).scalars())


async def awaiting(tx: Transaction, batch: datetime) -> list[int]:
    """The ids of subscriptions that wait for announcements and had no digest of the batch that came then."""
    sql = """
    SELECT s.id FROM subscriptions s JOIN chats c ON c.id = s.chat_id
    WHERE c.state = 'active' AND s.after_announcement = 1 AND s.batch < :batch ORDER BY s.id
    """
    return list((await tx.execute(text(sql), {"batch": as_text(batch)})).scalars())


async def active(tx: Transaction) -> list[Subscription]:
    """Every subscription of a chat that can be posted to."""
    sql = "SELECT s.* FROM subscriptions s JOIN chats c ON c.id = s.chat_id WHERE c.state = 'active' ORDER BY s.id"
    return [_subscription(row) for row in await tx.execute(text(sql))]


async def due(tx: Transaction, subscription_id: int, now: datetime, batch: datetime | None = None) -> Due | None:
    """A subscription with its chat, if its digest is still wanted now; `batch`: when an announcement came in."""
    wanted = "s.next_due <= :now OR s.requested_at IS NOT NULL OR (s.after_announcement = 1 AND s.batch < :batch)"
    values = {"id": subscription_id, "now": as_text(now), "batch": as_text(batch) if batch else ""}
    return await _due(tx, wanted, values)


async def as_if_requested(tx: Transaction, subscription_id: int, now: datetime) -> Due | None:
    """A subscription with its chat, as if its readers had asked for its digest now."""
    found = await _due(tx, "TRUE", {"id": subscription_id})
    return replace(found, requested=now) if found else None


async def _due(tx: Transaction, wanted: str, values: dict[str, Any]) -> Due | None:
    sql = f"""
    SELECT s.*, c.kind, c.title, c.username, c.language, c.timezone, c.state
    FROM subscriptions s JOIN chats c ON c.id = s.chat_id WHERE s.id = :id AND c.state = 'active' AND ({wanted})
    """
    row = (await tx.execute(text(sql), values)).first()
    if row is None:
        return None
    requested = as_moment(row.requested_at) if row.requested_at else None
    return Due(_subscription(row), as_chat(row, row.chat_id), requested, as_moment(row.batch) if row.batch else None)


async def plan(tx: Transaction, subscription_id: int, next_due: datetime, batch: datetime | None = None) -> None:
    """The digest is prepared or skipped: set the next due time and the batch it was of, and forget the request."""
    sql = """
    UPDATE subscriptions SET next_due = :next_due, requested_at = NULL,
        batch = CASE :batch WHEN '' THEN batch ELSE :batch END WHERE id = :id
    """
    values = {"id": subscription_id, "next_due": as_text(next_due), "batch": as_text(batch) if batch else ""}
    await tx.execute(text(sql), values)


def _in(chat_id: int, thread_id: int | None) -> tuple[str, dict[str, int]]:
    if thread_id is None:
        return "chat_id = :chat_id", {"chat_id": chat_id}
    return "chat_id = :chat_id AND thread_id = :thread_id", {"chat_id": chat_id, "thread_id": thread_id}


def _settings(subscription: Subscription) -> dict[str, Any]:
    if subscription.next_due is None:
        raise ValueError("a subscription is stored with its next due time")
    return {
        "hour": subscription.schedule.hour,
        "weekdays": "".join(map(str, sorted(subscription.schedule.weekdays))),
        "after_announcement": int(subscription.schedule.after_announcement),
        "form": subscription.form,
        "max_papers": subscription.max_papers,
        "tell_empty": int(subscription.tell_empty),
        "next_due": as_text(subscription.next_due),
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        query=row.query,
        schedule=Schedule(row.hour, frozenset(map(int, row.weekdays)), bool(row.after_announcement)),
        form=Form(row.form),
        max_papers=row.max_papers,
        next_due=as_moment(row.next_due),
        tell_empty=bool(row.tell_empty),
    )
