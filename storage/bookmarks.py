"""Bookmarks: the papers that a reader keeps. They belong to a user, wherever the button was pressed."""

from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, as_text
from storage.paper_rows import ordinal


async def keep(tx: Transaction, user_id: int, paper_id: str, now: datetime) -> None:
    """Keep the paper; kept already, it stays where it is."""
    sql = """
    INSERT INTO bookmarks (user_id, paper, made_at) VALUES (:user_id, :paper, :now)
    ON CONFLICT (user_id, paper) DO NOTHING
    """
    await tx.execute(text(sql), {"user_id": user_id, "paper": ordinal(paper_id), "now": as_text(now)})


async def drop(tx: Transaction, user_id: int, paper_id: str) -> None:
    """Let the paper go."""
    sql = text("DELETE FROM bookmarks WHERE user_id = :user_id AND paper = :paper")
    await tx.execute(sql, {"user_id": user_id, "paper": ordinal(paper_id)})


async def holds(tx: Transaction, user_id: int, paper_id: str) -> bool:
    """Whether the reader keeps the paper."""
    sql = text("SELECT 1 FROM bookmarks WHERE user_id = :user_id AND paper = :paper")
    return bool(await tx.scalar(sql, {"user_id": user_id, "paper": ordinal(paper_id)}))


async def ids(tx: Transaction, user_id: int) -> tuple[str, ...]:
    """The papers that a reader keeps, the last kept first."""
    sql = "SELECT p.id FROM bookmarks b JOIN papers p ON p.ordinal = b.paper WHERE b.user_id = :user_id"
    rows = await tx.execute(text(f"{sql} ORDER BY b.made_at DESC"), {"user_id": user_id})
    return tuple(rows.scalars())
