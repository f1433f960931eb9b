"""Messages that were posted with a paper whose summary was not good yet, and that can be put right now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.chats import as_chat
from storage.database import Transaction, among, as_text
from storage.paper_rows import ordinal
from storage.records import Chat, Message, Posted
from storage.summaries import GOOD
from storage.texts import as_message


@dataclass(frozen=True, slots=True)
class Draft:
    """One paper in one message that was sent."""

    delivery_id: int
    chat: Chat
    message: Message
    posted: Posted


_SENT = """
SELECT o.draft, p.id AS paper_id, d.id AS delivery_id, t.text, t.keyboard, d.chat_id,
       c.kind, c.title, c.username, c.language, c.timezone, c.state, c.repeats
FROM {posts} JOIN papers p ON p.ordinal = o.paper JOIN texts t ON t.id = d.text_id JOIN chats c ON c.id = o.chat_id
WHERE d.state = 'sent' AND d.message_id IS NOT NULL AND d.changed_at >= :since AND c.state = 'active'
"""


async def ripe(tx: Transaction, since: datetime, limit: int) -> list[Draft]:
    """Drafts in messages that were sent since a moment, of papers that have a good summary now."""
    sent = _SENT.format(posts="posts o JOIN deliveries d ON d.id = o.delivery_id")
    sql = f"{sent} AND o.draft <> '' AND {GOOD} ORDER BY d.id, p.ordinal DESC LIMIT :limit"
    return [_draft(row) for row in await tx.execute(text(sql), {"since": as_text(since), "limit": limit})]


async def waiting(tx: Transaction, since: datetime) -> list[str]:
    """The ids of papers that were posted since a moment without a good summary, and have none yet."""
    sql = f"""
    SELECT DISTINCT p.id FROM posts o JOIN papers p ON p.ordinal = o.paper JOIN deliveries d ON d.id = o.delivery_id
    WHERE o.draft <> '' AND d.changed_at >= :since AND NOT {GOOD}
    """
    return list((await tx.execute(text(sql), {"since": as_text(since)})).scalars())


async def outdated(tx: Transaction, papers: Collection[str], since: datetime) -> list[Draft]:
    """Messages that were sent since a moment and tell an older version of one of those papers."""
    posts = """
    text_papers told JOIN deliveries d ON d.text_id = told.text_id
    JOIN posts o ON o.chat_id = d.chat_id AND o.paper = told.paper AND o.delivery_id = d.id
    """
    sql = f"""
    {_SENT.format(posts=posts)} AND o.draft = '' AND o.version > 0 AND p.version > o.version AND told.paper IN :papers
    ORDER BY d.id, p.ordinal DESC
    """
    values = {"since": as_text(since), "papers": [ordinal(each) for each in papers]}
    return [_draft(row) for row in await tx.execute(among(sql, "papers"), values)]


async def renewed(tx: Transaction, since: datetime) -> set[str]:
    """The ids of papers of which a new version was announced to the bot since a moment."""
    sql = """
    SELECT DISTINCT p.id FROM announcements a JOIN papers p ON p.ordinal = a.paper
    WHERE a.seen_at > :since AND a.version > 1
    """
    return set((await tx.execute(text(sql), {"since": as_text(since)})).scalars())


async def renew(tx: Transaction, draft: Draft) -> None:
    """The message tells the paper's newest version, or is left as it is."""
    sql = """
    UPDATE posts SET version = (SELECT version FROM papers WHERE ordinal = :paper)
    WHERE chat_id = :chat_id AND paper = :paper
    """
    await tx.execute(text(sql), {"chat_id": draft.chat.id, "paper": ordinal(draft.posted.paper_id)})


async def settle(tx: Transaction, draft: Draft) -> None:
    """The draft is put right, or never will be: it is looked at no more."""
    sql = text("UPDATE posts SET draft = '' WHERE chat_id = :chat_id AND paper = :paper")
    await tx.execute(sql, {"chat_id": draft.chat.id, "paper": ordinal(draft.posted.paper_id)})


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.delivery_id, as_chat(row, row.chat_id), as_message(row), Posted(row.paper_id, row.draft))
