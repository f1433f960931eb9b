"""What readers say of papers in a chat: 👍, 👎, and the star of a bookmark; a chat learns its taste from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from storage.database import Transaction, as_text
from storage.paper_rows import ordinal

Voter = tuple[int, int]  # chat, user: a reader's vote counts in the chat where it was given, and nowhere else
LIKED, DISLIKED = 1, -1

# A star is a like; who has both pressed is counted once, and who keeps a paper has not disliked it.
_VALUE = "CASE WHEN v.kept = 1 THEN 1 ELSE v.vote END"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a chat's readers say of one paper."""

    paper_id: str
    likes: int
    dislikes: int


async def cast(tx: Transaction, voter: Voter, paper_id: str, vote: int, now: datetime, *, toggles: bool = True) -> int:
    """Vote LIKED or DISLIKED in place of the vote before. What stands now, or 0.

    `toggles`: the same once more takes it back.
    """
    sql = """
    INSERT INTO votes (chat_id, user_id, paper, vote, changed_at) VALUES (:chat_id, :user_id, :paper, :vote, :now)
    ON CONFLICT (chat_id, paper, user_id) DO UPDATE SET changed_at = excluded.changed_at,
        vote = CASE WHEN :toggles AND votes.vote = excluded.vote THEN 0 ELSE excluded.vote END
    RETURNING vote
    """
    values = _values(voter, paper_id, now)
    stands = int((await tx.execute(text(sql), {**values, "vote": vote, "toggles": toggles})).scalar_one())
    await _changed(tx, values)
    return stands


async def keep(tx: Transaction, voter: Voter, paper_id: str, now: datetime, *, kept: bool) -> None:
    """The star under a card was pressed in a chat: as good as a like there, until the paper is let go."""
    sql = """
    INSERT INTO votes (chat_id, user_id, paper, kept, changed_at) VALUES (:chat_id, :user_id, :paper, :kept, :now)
    ON CONFLICT (chat_id, paper, user_id) DO UPDATE SET changed_at = excluded.changed_at, kept = excluded.kept
    WHERE votes.kept <> excluded.kept
    """
    values = _values(voter, paper_id, now)
    await tx.execute(text(sql), {**values, "kept": int(kept)})
    await _changed(tx, values)


async def count(tx: Transaction, chat_id: int, paper_id: str) -> tuple[int, int]:
    """How many readers of a chat pressed 👍 and how many 👎."""
    sql = """
    SELECT COUNT(CASE vote WHEN 1 THEN 1 END) AS likes, COUNT(CASE vote WHEN -1 THEN 1 END) AS dislikes
    FROM votes WHERE chat_id = :chat_id AND paper = :paper
    """
    row = (await tx.execute(text(sql), {"chat_id": chat_id, "paper": ordinal(paper_id)})).one()
    return row.likes, row.dislikes


async def liked(tx: Transaction, since: datetime) -> dict[int, int]:
    """How many 👍 papers have got in all chats since a moment, by their ordinals."""
    sql = "SELECT paper, COUNT(*) AS likes FROM votes WHERE vote = 1 AND changed_at >= :since GROUP BY paper"
    rows = await tx.execute(text(sql), {"since": as_text(since)})
    return {row.paper: row.likes for row in rows}


async def tallies(tx: Transaction, chat_id: int, limit: int) -> list[Tally]:
    """What a chat's readers say of the papers that they spoke of last."""
    sql = f"""
    SELECT p.id, SUM(said = 1) AS likes, SUM(said = -1) AS dislikes FROM (
        SELECT v.paper, v.changed_at, {_VALUE} AS said FROM votes v WHERE v.chat_id = :chat_id) AS one
    JOIN papers p ON p.ordinal = one.paper
    WHERE said <> 0 GROUP BY p.id ORDER BY MAX(changed_at) DESC, p.id DESC LIMIT :limit
    """
    rows = await tx.execute(text(sql), {"chat_id": chat_id, "limit": limit})
    return [Tally(row.id, row.likes, row.dislikes) for row in rows]


async def passed_over(tx: Transaction, chat_id: int, limit: int) -> Sequence[str]:
    """The last papers that were posted to a chat before it last spoke, and that it said nothing of."""
    sql = f"""
    SELECT p.id FROM posts o JOIN deliveries d ON d.id = o.delivery_id JOIN papers p ON p.ordinal = o.paper
    WHERE o.chat_id = :chat_id AND d.state = 'sent'
      AND d.due <= (SELECT MAX(changed_at) FROM votes WHERE chat_id = :chat_id)
      AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.chat_id = :chat_id AND v.paper = o.paper AND {_VALUE} <> 0)
    ORDER BY d.id DESC, p.ordinal DESC LIMIT :limit
    """
    rows = await tx.execute(text(sql), {"chat_id": chat_id, "limit": limit})
    return tuple(rows.scalars())


def _values(voter: Voter, paper_id: str, now: datetime) -> dict[str, Any]:
    return {"chat_id": voter[0], "user_id": voter[1], "paper": ordinal(paper_id), "now": as_text(now)}


async def _changed(tx: Transaction, values: dict[str, Any]) -> None:
    """The chat is to be learned anew: jobs.learn."""
    sql = """
    INSERT INTO tastes (chat_id, changed_at) VALUES (:chat_id, :now)
    ON CONFLICT (chat_id) DO UPDATE SET changed_at = excluded.changed_at
    """
    await tx.execute(text(sql), values)
