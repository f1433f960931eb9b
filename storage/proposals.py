"""Queries that somebody was shown the papers of, until they are taken for a subscription or forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.database import Transaction, as_text
from storage.records import Proposal


async def add(tx: Transaction, place: tuple[int, int], query: str, now: datetime, subscription_id: int = 0) -> Proposal:
    """Remember a query for a chat and topic."""
    sql = """
    INSERT INTO proposals (chat_id, thread_id, query, subscription_id, made_at)
    VALUES (:chat_id, :thread_id, :query, NULLIF(:subscription_id, 0), :now) RETURNING *
    """
    values = {
        "chat_id": place[0],
        "thread_id": place[1],
        "query": query,
        "subscription_id": subscription_id,
        "now": as_text(now),
    }
    return _proposal((await tx.execute(text(sql), values)).one())


async def get(tx: Transaction, proposal_id: int) -> Proposal | None:
    """A proposal by its id."""
    row = (await tx.execute(text("SELECT * FROM proposals WHERE id = :id"), {"id": proposal_id})).first()
    return _proposal(row) if row else None


async def take(tx: Transaction, proposal_id: int, subscription_id: int) -> None:
    """The subscription has the query now."""
    sql = text("UPDATE proposals SET taken = 1, subscription_id = :subscription_id WHERE id = :id")
    await tx.execute(sql, {"id": proposal_id, "subscription_id": subscription_id})


async def remove(tx: Transaction, proposal_id: int) -> None:
    """Forget a proposal that is not wanted."""
    await tx.execute(text("DELETE FROM proposals WHERE id = :id"), {"id": proposal_id})


async def prune(tx: Transaction, before: datetime) -> int:
    """Forget proposals from before a moment; how many."""
    gone = await tx.execute(text("DELETE FROM proposals WHERE made_at < :before"), {"before": as_text(before)})
    return gone.rowcount


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(row.id, row.chat_id, row.thread_id, row.query, row.subscription_id or 0, bool(row.taken))
