"""Numbered lists that a chat was shown, so that their buttons and `/abs 3` mean the same paper later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.database import Transaction, as_text
from storage.search import Found, Order


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: what was asked, the ids in the order shown, how many matched, how many of them hold every word.

    `translated` of these hold for a word what it means in the other language. `more`: there may be more than were
    counted.
    """

    id: int
    chat_id: int
    query: str
    ids: tuple[str, ...]
    total: int
    exact: int
    more: bool
    order: Order | None  # None: it was not found by a search
    translated: int = 0


async def add(
    tx: Transaction, place: tuple[int, int], query: str, found: Found, now: datetime, *, order: Order | None = None
) -> Listing:
    """Store a list as the last one of that chat and topic; the list. `order`: of a search."""
    sql = """
    INSERT INTO listings (chat_id, thread_id, query, total, exact, translated, more, papers, sorted, made_at)
    VALUES (:chat_id, :thread_id, :query, :total, :exact, :translated, :more, :papers, :sorted, :now) RETURNING *
    """
    values = {
        "chat_id": place[0],
        "thread_id": place[1],
        "query": query,
        "total": found.total,
        "exact": found.exact,
        "translated": found.translated,
        "more": int(found.more),
        "papers": " ".join(found.ids),
        "sorted": order or "",
        "now": as_text(now),
    }
    return _listing((await tx.execute(text(sql), values)).one())


async def get(tx: Transaction, listing_id: int) -> Listing | None:
    """A list by its id."""
    row = (await tx.execute(text("SELECT * FROM listings WHERE id = :id"), {"id": listing_id})).first()
    return _listing(row) if row else None


async def last(tx: Transaction, chat_id: int, thread_id: int) -> Listing | None:
    """The last list that was shown in a chat and topic."""
    sql = "SELECT * FROM listings WHERE chat_id = :chat_id AND thread_id = :thread_id ORDER BY id DESC LIMIT 1"
    row = (await tx.execute(text(sql), {"chat_id": chat_id, "thread_id": thread_id})).first()
    return _listing(row) if row else None


async def prune(tx: Transaction, before: datetime) -> int:
    """Forget lists from before a moment; how many."""
    gone = await tx.execute(text("DELETE FROM listings WHERE made_at < :before"), {"before": as_text(before)})
    return gone.rowcount


def _listing(row: Row[Any]) -> Listing:
    order = Order(row.sorted) if row.sorted else None
    ids = tuple(row.papers.split())
    return Listing(row.id, row.chat_id, row.query, ids, row.total, row.exact, bool(row.more), order, row.translated)
