"""Subscriptions: what is posted where, and when each is due next."""

from collections.abc import Sequence
from dataclasses import dataclass
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


async def add(tx: Transaction, wanted: Subscription, now: datetime) -> tuple[Subscription, bool]:
    """Store a subscription (its id is ignored). The same query in the same place is that one again: False."""
    sql = """
    INSERT INTO subscriptions (chat_id, thread_id, query, hour, weekdays, form, max_papers, next_due, made_at)
    VALUES (:chat_id, :thread_id, :query, :hour, :weekdays, :form, :max_papers, :next_due, :now)
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
    where = "" if thread_id is None else "AND thread_id = :thread_id"
    sql = text(f"SELECT * FROM subscriptions WHERE chat_id = :chat_id {where} ORDER BY id")
    rows = await tx.execute(sql, {"chat_id": chat_id, **({} if thread_id is None else {"thread_id": thread_id})})
    return [_subscription(row) for row in rows]


async def save(tx: Transaction, changed: Subscription) -> None:
    """Store a subscription's settings and its next due time."""
    sql = """
    UPDATE subscriptions SET hour = :hour, weekdays = :weekdays, form = :form, max_papers = :max_papers,
        next_due = :next_due WHERE id = :id
    """
    await tx.execute(text(sql), {**_settings(changed), "id": changed.id})


async def remove(tx: Transaction, subscription_id: int) -> bool:
    """End a subscription; whether there was one. What it has posted stays, what is queued is still sent."""
    gone = await tx.execute(text("DELETE FROM subscriptions WHERE id = :id"), {"id": subscription_id})
    return gone.rowcount > 0


async def remove_all(tx: Transaction, chat_id: int) -> int:
    """End all of a chat's subscriptions; how many there were."""
    gone = await tx.execute(text("DELETE FROM subscriptions WHERE chat_id = :chat_id"), {"chat_id": chat_id})
    return gone.rowcount


async def request(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Have digests prepared now, besides the schedule."""
    sql = text("UPDATE subscriptions SET requested_at = :now WHERE id = :id")
    await tx.execute(sql, [{"now": as_text(now), "id": each} for each in ids])


async def waiting(tx: Transaction, now: datetime, limit: int) -> list[int]:
    """The ids of subscriptions whose time has come or whose readers asked, the longest waiting first."""
    # Two indexes, one for each reason; joined by OR, SQLite would read every subscription.
    sql = """
    SELECT s.id FROM subscriptions s JOIN chats c ON c.id = s.chat_id
    WHERE c.state = 'active' AND s.id IN (
        SELECT id FROM subscriptions WHERE next_due <= :now
        UNION ALL SELECT id FROM subscriptions WHERE requested_at IS NOT NULL)
    ORDER BY s.next_due, s.id LIMIT :limit
    """
    return list((await tx.execute(text(sql), {"now": as_text(now), "limit": limit})).scalars())


async def due(tx: Transaction, subscription_id: int, now: datetime) -> Due | None:
    """A subscription with its chat, if its digest is still wanted now."""
    sql = """
    SELECT s.*, c.kind, c.title, c.username, c.language, c.timezone, c.state
    FROM subscriptions s JOIN chats c ON c.id = s.chat_id
    WHERE s.id = :id AND c.state = 'active' AND (s.next_due <= :now OR s.requested_at IS NOT NULL)
    """
    row = (await tx.execute(text(sql), {"id": subscription_id, "now": as_text(now)})).first()
    if row is None:
        return None
    requested = as_moment(row.requested_at) if row.requested_at else None
    return Due(_subscription(row), as_chat(row, row.chat_id), requested)


async def plan(tx: Transaction, subscription_id: int, next_due: datetime) -> None:
    """The digest is prepared or skipped: set the next due time and forget the request."""
    sql = text("UPDATE subscriptions SET next_due = :next_due, requested_at = NULL WHERE id = :id")
    await tx.execute(sql, {"id": subscription_id, "next_due": as_text(next_due)})


def _settings(subscription: Subscription) -> dict[str, Any]:
    if subscription.next_due is None:
        raise ValueError("a subscription is stored with its next due time")
    return {
        "hour": subscription.schedule.hour,
        "weekdays": "".join(map(str, sorted(subscription.schedule.weekdays))),
        "form": subscription.form,
        "max_papers": subscription.max_papers,
        "next_due": as_text(subscription.next_due),
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        query=row.query,
        schedule=Schedule(row.hour, frozenset(map(int, row.weekdays))),
        form=Form(row.form),
        max_papers=row.max_papers,
        next_due=as_moment(row.next_due),
    )
