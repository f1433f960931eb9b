"""What chats like, as learned from their votes: a small linear model each, kept as JSON."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from storage.database import Transaction
from storage.paper_rows import ordinal
from storage.records import Posting, Taste


@dataclass(frozen=True, slots=True)
class Stale:
    """A chat that spoke since its taste was learned; `changed_at` names what it said last."""

    chat_id: int
    changed_at: str


async def of(tx: Transaction, chat_ids: Collection[int]) -> dict[int, Taste]:
    """The tastes of those of the chats that have one."""
    sql = """
    SELECT t.chat_id, t.weights FROM json_each(:ids) AS c JOIN tastes t ON t.chat_id = c.value WHERE t.weights <> '{}'
    """
    rows = await tx.execute(text(sql), {"ids": json.dumps(list(chat_ids))})
    return {row.chat_id: Taste(json.loads(row.weights)) for row in rows}


async def stale(tx: Transaction, limit: int) -> list[Stale]:
    """The chats that are to be learned anew, who spoke first comes first."""
    sql = "SELECT chat_id, changed_at FROM tastes WHERE changed_at <> '' ORDER BY changed_at, chat_id LIMIT :limit"
    return [Stale(row.chat_id, row.changed_at) for row in await tx.execute(text(sql), {"limit": limit})]


async def is_stale(tx: Transaction, chat_id: int) -> bool:
    """Whether a chat spoke since its taste was learned."""
    sql = "SELECT 1 FROM tastes WHERE chat_id = :chat_id AND changed_at <> ''"
    return await tx.scalar(text(sql), {"chat_id": chat_id}) is not None


async def save(tx: Transaction, learned: Stale, taste: Taste) -> None:
    """Store what was learned; a chat that has spoken meanwhile stays to be learned anew."""
    sql = """
    UPDATE tastes SET weights = :weights, changed_at = CASE changed_at WHEN :seen THEN '' ELSE changed_at END
    WHERE chat_id = :chat_id
    """
    weights = json.dumps(dict(taste.weights), ensure_ascii=False, separators=(",", ":"))
    await tx.execute(text(sql), {"chat_id": learned.chat_id, "seen": learned.changed_at, "weights": weights})


async def posting(tx: Transaction, chat_id: int, paper_id: str) -> Posting | None:
    """The digest that a paper came to a chat with; None if it was never posted there."""
    sql = """
    SELECT s.query, g.matched, g.chosen FROM posts o
    JOIN deliveries d ON d.id = o.delivery_id JOIN digests g ON g.id = d.digest_id
    LEFT JOIN subscriptions s ON s.id = g.subscription_id
    WHERE o.chat_id = :chat_id AND o.paper = :paper
    """
    row = (await tx.execute(text(sql), {"chat_id": chat_id, "paper": ordinal(paper_id)})).first()
    return Posting(row.query, row.matched, row.chosen) if row else None


async def known(tx: Transaction, limit: int) -> Sequence[str]:
    """The newest papers, those with a Chinese summary first: among them a term is rare or not."""
    sql = """
    SELECT id FROM (
        SELECT p.id, 0 AS place, p.ordinal FROM summaries s JOIN papers p ON p.ordinal = s.paper
        WHERE s.paper IN (SELECT DISTINCT paper FROM summaries ORDER BY paper DESC LIMIT :limit)
        UNION SELECT * FROM (SELECT id, 1, ordinal FROM papers ORDER BY ordinal DESC LIMIT :limit) AS newest) AS both
    GROUP BY id ORDER BY MIN(place), MAX(ordinal) DESC LIMIT :limit
    """
    return tuple((await tx.execute(text(sql), {"limit": limit})).scalars())
