"""Bookmarks: the papers that a reader keeps. They belong to a user, wherever the button was pressed."""

from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, as_text
from storage.paper_rows import ordinal


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


async def ids(tx: Transaction, user_id: int) -> tuple[str, ...]:
    """The papers that a reader keeps, the last kept first."""
    sql = "SELECT p.id FROM bookmarks b JOIN papers p ON p.ordinal = b.paper WHERE b.user_id = :user_id"
    rows = await tx.execute(text(f"{sql} ORDER BY b.made_at DESC"), {"user_id": user_id})
    return tuple(rows.scalars())
