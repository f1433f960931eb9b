"""Messages that were posted with a paper whose summary was not good yet, and that can be put right now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.chats import as_chat
from storage.database import Transaction, as_text
from storage.outbox import as_message
from storage.paper_rows import ordinal
from storage.records import Chat, Message, Posted
from storage.summaries import GOOD


@dataclass(frozen=True, slots=True)
class Draft:
    """One paper in one message that was sent."""

    delivery_id: int
    chat: Chat
    message: Message
    posted: Posted


async def ripe(tx: Transaction, since: datetime, limit: int) -> list[Draft]:
    """Drafts in messages that were sent since a moment, of papers that have a good summary now."""
    sql = f"""
    SELECT o.draft, p.id AS paper_id, d.id AS delivery_id, d.text, d.keyboard, d.chat_id,
           c.kind, c.title, c.username, c.language, c.timezone, c.state
    FROM posts o JOIN papers p ON p.ordinal = o.paper JOIN deliveries d ON d.id = o.delivery_id
    JOIN chats c ON c.id = o.chat_id
    WHERE o.draft <> '' AND d.state = 'sent' AND d.message_id IS NOT NULL AND d.text <> '' AND d.changed_at >= :since
      AND c.state = 'active' AND {GOOD} ORDER BY d.id, p.ordinal DESC LIMIT :limit
    """
    return [_draft(row) for row in await tx.execute(text(sql), {"since": as_text(since), "limit": limit})]


async def waiting(tx: Transaction, since: datetime) -> list[str]:
    """The ids of papers that were posted since a moment without a good summary, and have none yet."""
    sql = f"""
    SELECT DISTINCT p.id FROM posts o JOIN papers p ON p.ordinal = o.paper JOIN deliveries d ON d.id = o.delivery_id
    WHERE o.draft <> '' AND d.changed_at >= :since AND NOT {GOOD}
    """
    return list((await tx.execute(text(sql), {"since": as_text(since)})).scalars())


async def settle(tx: Transaction, draft: Draft) -> None:
    """The draft is put right, or never will be: it is looked at no more."""
    sql = text("UPDATE posts SET draft = '' WHERE chat_id = :chat_id AND paper = :paper")
    await tx.execute(sql, {"chat_id": draft.chat.id, "paper": ordinal(draft.posted.paper_id)})


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.delivery_id, as_chat(row, row.chat_id), as_message(row), Posted(row.paper_id, row.draft))
