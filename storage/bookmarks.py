"""Bookmarks: the papers that a reader keeps. They belong to a user, wherever the button was pressed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, as_moment, as_text
from storage.filters import EVERYTHING, Filter, statement
from storage.paper_rows import ordinal
from storage.records import Bookmark


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
    return tuple(each.paper_id for each in await find(tx, user_id))


async def find(
    tx: Transaction,
    user_id: int,
    where: Filter = EVERYTHING,
    wanted: Sequence[str] = (),
    unwanted: Sequence[str] = (),
) -> tuple[Bookmark, ...]:
    """The bookmarks of papers under a condition, with all wanted tags and none of the unwanted, last kept first."""
    marks = {f"tag{number}": name for number, name in enumerate((*wanted, *unwanted))}
    tagged = " ".join(f"AND {'' if n < len(wanted) else 'NOT '}{_TAGGED.format(name)}" for n, name in enumerate(marks))
    sql = f"""
    SELECT p.id, b.made_at FROM bookmarks b JOIN papers p ON p.ordinal = b.paper
    WHERE b.user_id = :user_id AND {where.sql} {tagged} ORDER BY b.made_at DESC, b.paper DESC
    """
    rows = await tx.execute(statement(sql, where), {**where.values, **marks, "user_id": user_id})
    return tuple(Bookmark(row.id, as_moment(row.made_at)) for row in rows)


_TAGGED = """EXISTS (SELECT 1 FROM tagged g JOIN tags t ON t.id = g.tag_id
    WHERE g.user_id = b.user_id AND g.paper = b.paper AND t.name = :{})"""
