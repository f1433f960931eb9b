"""What was posted in a chat: the papers of its digests, and where each stands."""

from datetime import datetime

from storage.database import Transaction, as_moment, as_text
from storage.filters import Filter, statement
from storage.records import Post


async def find(
    tx: Transaction, place: tuple[int, int | None], where: Filter, since: datetime | None = None
) -> tuple[Post, ...]:
    """The papers under a condition that were posted in a chat and topic since a moment, the last digest first.

    The topic None is all topics.
    """
    # Not when the message was sent last: a summary that came late is put in by an edit, days after.
    sql = f"""
    SELECT p.id, d.message_id, d.thread_id, g.prepared_at
    FROM posts o
    JOIN deliveries d ON d.id = o.delivery_id
    JOIN digests g ON g.id = d.digest_id
    JOIN papers p ON p.ordinal = o.paper
    WHERE o.chat_id = :chat_id AND (:thread_id IS NULL OR d.thread_id = :thread_id) AND d.message_id IS NOT NULL
      AND g.prepared_at >= :since AND {where.sql}
    ORDER BY g.prepared_at DESC, d.part, p.ordinal DESC
    """
    values = {**where.values, "chat_id": place[0], "thread_id": place[1], "since": as_text(since) if since else ""}
    rows = await tx.execute(statement(sql, where), values)
    return tuple(Post(row.id, row.message_id, row.thread_id, as_moment(row.prepared_at)) for row in rows)
