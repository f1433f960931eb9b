"""Takes messages out of the outbox as the program does, without a clock or a network."""

from dataclasses import replace
from datetime import datetime

from bot.delivery.outcome import Outcome, Sent
from bot.delivery.pace import Limits, Pace
from bot.delivery.recording import record_all
from storage import outbox
from storage.database import Transaction, as_text
from storage.filters import Filter, statement
from storage.records import Delivery

UNLIMITED = Limits(per_second=0, private_per_second=0, group_per_minute=0)


async def take(tx: Transaction, now: datetime, busy: frozenset[int] = frozenset()) -> list[Delivery]:
    """Start what is due, one message a chat and none of those that are busy."""
    first: dict[int, Delivery] = {}
    for each in await outbox.heads(tx, 1000, now):
        if each.chat_id not in busy:
            first.setdefault(each.chat_id, each)
    started = await outbox.start(tx, [each.id for each in first.values()], now)
    return [replace(each, attempts=each.attempts + 1) for each in first.values() if each.id in started]


async def tell(tx: Transaction, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a send."""
    await record_all(tx, [(delivery, outcome)], Pace(UNLIMITED), now, 0.0)


async def drain(tx: Transaction, now: datetime, later: datetime) -> list[Delivery]:
    """All that is due until `later`, sent now, in that order."""
    drained: list[Delivery] = []
    while taken := await take(tx, later):
        for each in taken:
            await tell(tx, each, Sent(each.message_id or each.id), now)
        drained += taken
    return sorted(drained, key=lambda each: each.id)


async def unsent(tx: Transaction, where: Filter, chat_id: int, since: datetime) -> list[str]:
    """The ids of the news since then that match and that a chat was not sent, the newest first: told by SQL alone."""
    sql = f"""
    SELECT p.id FROM papers p WHERE {where.sql}
      AND p.ordinal IN (SELECT paper FROM announcements WHERE seen_at >= :since AND news = 1)
      AND NOT EXISTS (SELECT 1 FROM posts o WHERE o.chat_id = :chat_id AND o.paper = p.ordinal)
    ORDER BY p.ordinal DESC
    """
    values = {**where.values, "chat_id": chat_id, "since": as_text(since)}
    return list((await tx.execute(statement(sql, where), values)).scalars())
