"""Messages that were posted with a paper's text of which there is a better one now: a good summary, a new version."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage.chats import as_chat
from storage.database import Transaction, as_text
from storage.paper_rows import ordinal
from storage.records import Chat, Message, Posted
from storage.summaries import GOOD
from storage.texts import as_message


@dataclass(frozen=True, slots=True)
class Draft:
    """One paper in one message that was sent. `good`: there is a good summary of the paper's version."""

    delivery_id: int
    chat: Chat
    message: Message
    posted: Posted
    good: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """A text that may tell a paper's older version.

    `reached`: there are messages of it that do and can still be edited. `good`: there is a good summary of the new
    version, `wanted`: one is to be written, `ripe`: there is none to wait for.
    """

    text_id: int
    paper_id: str
    reached: bool
    good: bool
    wanted: bool
    ripe: bool


_SENT = f"""
SELECT o.draft, o.version, p.id AS paper_id, {GOOD} AS good, d.id AS delivery_id, t.text, t.keyboard, d.chat_id,
       c.kind, c.title, c.username, c.language, c.timezone, c.state, c.repeats
FROM {{posts}} JOIN papers p ON p.ordinal = o.paper JOIN texts t ON t.id = d.text_id JOIN chats c ON c.id = o.chat_id
WHERE d.state = 'sent' AND d.message_id IS NOT NULL AND d.sent_at >= :since AND c.state = 'active'
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
    WHERE o.draft <> '' AND COALESCE(d.sent_at, d.changed_at) >= :since AND NOT {GOOD}
    """
    return list((await tx.execute(text(sql), {"since": as_text(since)})).scalars())


async def stale(tx: Transaction, known: datetime, since: datetime, patience: datetime, now: datetime) -> list[Stale]:
    """The texts of papers of which a new version became known since `known`, but for those that need no edit.

    `since`: messages sent before that are left alone. `patience`: nobody waits for the summary of a version that was
    known then.
    """
    # Text by text: a text that is done is not looked at again, however many chats got it.
    sql = f"""
    SELECT told.text_id, p.id AS paper_id, {GOOD} AS good,
        EXISTS (SELECT 1 FROM wanted w WHERE w.paper = p.ordinal AND w.version >= p.version) AS wanted,
        EXISTS (SELECT 1 FROM wanted w WHERE w.paper = p.ordinal AND w.failed > 0 AND w.again_at > :now)
            OR NOT EXISTS (SELECT 1 FROM announcements a
                           WHERE a.paper = p.ordinal AND a.version = p.version AND a.seen_at > :patience) AS hopeless,
        (SELECT d.id FROM deliveries d JOIN posts o ON o.chat_id = d.chat_id AND o.paper = p.ordinal
         WHERE d.text_id = told.text_id AND o.delivery_id = d.id AND o.version BETWEEN 1 AND p.version - 1
           AND d.state IN ('waiting', 'due', 'sending', 'uncertain', 'sent') AND COALESCE(d.sent_at, :now) >= :since
         ORDER BY d.id DESC LIMIT 1) IS NOT NULL AS reached
    FROM (SELECT DISTINCT paper FROM announcements INDEXED BY announcements_renewed
          WHERE seen_at >= :known AND version > 1) AS n
    JOIN papers p ON p.ordinal = n.paper JOIN text_papers told ON told.paper = p.ordinal
    WHERE told.version < p.version
    """
    moments = {"known": known, "since": since, "patience": patience, "now": now}
    rows = await tx.execute(text(sql), {name: as_text(moment) for name, moment in moments.items()})
    return [
        Stale(
            row.text_id,
            row.paper_id,
            reached=bool(row.reached),
            good=bool(row.good),
            wanted=bool(row.wanted),
            ripe=bool(row.good or row.hopeless),
        )
        for row in rows
    ]


async def outdated(tx: Transaction, told: Collection[Stale], since: datetime, limit: int) -> list[Draft]:
    """Messages of those texts that were sent since a moment and tell the older version."""
    posts = """
    (SELECT json_extract(value, '$[0]') AS text_id, json_extract(value, '$[1]') AS paper FROM json_each(:told)) AS n
    CROSS JOIN text_papers told ON told.text_id = n.text_id AND told.paper = n.paper
    CROSS JOIN deliveries d ON d.text_id = told.text_id
    JOIN posts o ON o.chat_id = d.chat_id AND o.paper = told.paper AND o.delivery_id = d.id
    """
    older = "o.version BETWEEN 1 AND p.version - 1 AND told.version < p.version"
    sql = f"{_SENT.format(posts=posts)} AND {older} LIMIT :limit"
    pairs = json.dumps([(each.text_id, ordinal(each.paper_id)) for each in told])
    values = {"told": pairs, "since": as_text(since), "limit": limit}
    return [_draft(row) for row in await tx.execute(text(sql), values)]


async def forget(tx: Transaction, done: Collection[Stale]) -> None:
    """Those texts need no edit for the paper's present version."""
    sql = """
    UPDATE text_papers SET version = COALESCE((SELECT version FROM papers WHERE ordinal = :paper), version)
    WHERE text_id = :text_id AND paper = :paper
    """
    rows = [{"text_id": each.text_id, "paper": ordinal(each.paper_id)} for each in done]
    if rows:
        await tx.execute(text(sql), rows)


async def settle(tx: Transaction, draft: Draft, piece: str) -> None:
    """The message tells what is known of the paper now, or never will. `piece`: what waits for a good summary."""
    post = """
    UPDATE posts SET draft = :piece, version = COALESCE((SELECT version FROM papers WHERE ordinal = :paper), version)
    WHERE chat_id = :chat_id AND paper = :paper
    """
    values = {"chat_id": draft.chat.id, "paper": ordinal(draft.posted.paper_id)}
    await tx.execute(text(post), {**values, "piece": piece})
    # What became of one message of a text becomes of all.
    told = """
    UPDATE text_papers SET version = COALESCE((SELECT version FROM papers WHERE ordinal = :paper), version)
    WHERE text_id = (SELECT text_id FROM deliveries WHERE id = :id) AND paper = :paper
    """
    await tx.execute(text(told), {"id": draft.delivery_id, "paper": values["paper"]})


def _draft(row: Row[Any]) -> Draft:
    posted = Posted(row.paper_id, row.draft, row.version)
    return Draft(row.delivery_id, as_chat(row, row.chat_id), as_message(row), posted, bool(row.good))
