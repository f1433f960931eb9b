"""Digests: which papers a subscription may still get, and writing a prepared digest into the outbox."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from storage import outbox, posting
from storage.database import Transaction, as_moment, as_text
from storage.posting import Prepared
from storage.records import Digest, LastDigest, Message, Part

REPEATED = timedelta(minutes=1)


async def save(tx: Transaction, digest: Digest, parts: Sequence[Part], now: datetime) -> bool:
    """Write a digest and its messages; False, and nothing written, if that due time has its digest already."""
    one = digest.subscription
    place = (one.id, one.chat_id, one.thread_id)
    return await posting.save(tx, [Prepared(digest, tuple(parts), [place])], now) > 0


async def last(tx: Transaction, ids: Collection[int]) -> dict[int, LastDigest]:
    """The last digest with papers of each of these subscriptions that has one."""
    sql = """
    SELECT d.subscription_id, d.id, d.prepared_at, d.chosen FROM json_each(:ids) AS s JOIN digests d ON d.id = (
        SELECT id FROM digests WHERE subscription_id = s.value AND chosen > 0 ORDER BY due DESC LIMIT 1)
    """
    rows = await tx.execute(text(sql), {"ids": json.dumps(list(ids))})
    return {row.subscription_id: LastDigest(row.id, as_moment(row.prepared_at), row.chosen) for row in rows}


async def repeat(tx: Transaction, digest_id: int, chat_id: int, now: datetime) -> bool:
    """Queue a digest of that chat once more, because a reader asked for it; False if it is forgotten.

    Asked for again within REPEATED, it is not queued a second time.
    """
    known = """
    SELECT 1 FROM digests WHERE id = :id AND chat_id = :chat_id
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE digest_id = :id AND text_id NOT IN (SELECT id FROM texts))
    """
    values: dict[str, Any] = {"id": digest_id, "chat_id": chat_id, "now": as_text(now)}
    if not await tx.scalar(text(known), values):
        return False
    asked = "UPDATE digests SET repeated_at = :now WHERE id = :id AND COALESCE(repeated_at, '') < :before"
    if (await tx.execute(text(asked), {**values, "before": as_text(now - REPEATED)})).rowcount:
        await _copy(tx, values, now)
    return True


async def _copy(tx: Transaction, values: dict[str, Any], now: datetime) -> None:
    copied = """
    INSERT INTO digests (subscription_id, chat_id, due, matched, chosen, prepared_at)
    SELECT NULL, chat_id, :now, matched, chosen, :now FROM digests WHERE id = :id RETURNING id
    """
    new_id = (await tx.execute(text(copied), values)).scalar_one()
    await outbox.repeat(tx, values["id"], new_id, now)


async def notice(tx: Transaction, chat_id: int, messages: Sequence[Message], now: datetime) -> None:
    """Queue messages that belong to no subscription, such as the operator's alarms. The chat must be known."""
    sql = """
    INSERT INTO digests (subscription_id, chat_id, due, matched, chosen, prepared_at)
    VALUES (NULL, :chat_id, :now, 0, 0, :now) RETURNING id
    """
    new_id: int = (await tx.execute(text(sql), {"chat_id": chat_id, "now": as_text(now)})).scalar_one()
    await outbox.add(tx, (new_id, chat_id, 0), messages, now)
