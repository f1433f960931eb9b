"""Bookmarks: the papers that a reader keeps. They belong to a user, wherever the button was pressed."""

from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, as_text
from storage.paper_rows import as_card, ordinal
from storage.papers import CARDS
from storage.records import Card


async def toggle(tx: Transaction, user_id: int, paper_id: str, now: datetime) -> bool:
    """Keep the paper, or let it go if it is kept; whether it is kept now."""
    values = {"user_id": user_id, "paper": ordinal(paper_id)}
    gone = await tx.execute(text("DELETE FROM bookmarks WHERE user_id = :user_id AND paper = :paper"), values)
    if gone.rowcount:
        return False
    sql = "INSERT INTO bookmarks (user_id, paper, made_at) VALUES (:user_id, :paper, :now)"
    await tx.execute(text(sql), {**values, "now": as_text(now)})
    return True


async def holds(tx: Transaction, user_id: int, paper_id: str) -> bool:
    """Whether the reader keeps the paper."""
    sql = text("SELECT 1 FROM bookmarks WHERE user_id = :user_id AND paper = :paper")
    return bool(await tx.scalar(sql, {"user_id": user_id, "paper": ordinal(paper_id)}))


async def all_of(tx: Transaction, user_id: int, limit: int = 100) -> list[Card]:
    """The papers that a reader keeps, the last kept first."""
    kept = "JOIN bookmarks b ON b.paper = p.ordinal WHERE b.user_id = :user_id ORDER BY b.made_at DESC"
    sql = f"{CARDS} {kept} LIMIT :limit"
    rows = await tx.execute(text(sql), {"user_id": user_id, "limit": limit})
    return [as_card(row) for row in rows]
