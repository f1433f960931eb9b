"""Puts right what was posted before its summary was good, or of an older version: the same message gets another text.

Each message once for each cause, within two days, by the outbox.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.messages import digests as pages
from storage import drafts, outbox, papers, state
from storage.database import Database, Transaction, as_moment, as_text
from storage.drafts import Draft

log = logging.getLogger(__name__)

LATEST = timedelta(hours=48)  # Telegram lets a bot edit its own posts later, too, but nobody reads them again
AT_ONCE = 100
CHECKED = "new versions"  # the fact that tells up to when papers were looked at

Settle = Callable[[Transaction, Draft], Awaitable[None]]


async def amend(database: Database, now: datetime) -> int:
    """Queue the edits of messages whose summaries have come; how many."""
    async with database.reading() as tx:
        ripe = await drafts.ripe(tx, now - LATEST, AT_ONCE)
    if not ripe:
        return 0
    async with database.transaction() as tx:
        return await _queue(tx, await drafts.ripe(tx, now - LATEST, AT_ONCE), drafts.settle, now)


async def renew(database: Database, now: datetime) -> int:
    """Queue the edits of messages that tell an older version than was announced since the last time; how many."""
    async with database.reading() as tx:
        checked = await state.get(tx, CHECKED)
        since = max(as_moment(checked), now - LATEST) if checked else now - LATEST
        changed = await drafts.renewed(tx, since)
        outdated = await drafts.outdated(tx, changed, now - LATEST) if changed else []
    if not changed:
        return 0
    async with database.transaction() as tx:
        await state.put(tx, CHECKED, as_text(now))
        found = [replace(each, posted=replace(each.posted, draft=_piece(each))) for each in outdated]
        return await _queue(tx, found, drafts.renew, now)


def _piece(outdated: Draft) -> str:
    return pages.piece_of(outdated.message, outdated.posted.paper_id)


async def _queue(tx: Transaction, ripe: list[Draft], settle: Settle, now: datetime) -> int:
    cards = {card.paper.id: card for card in await papers.get(tx, [each.posted.paper_id for each in ripe])}
    texts = {each.delivery_id: each.message for each in ripe}
    changed = set()
    for each in ripe:
        sent = texts[each.delivery_id]
        message = pages.put_right(sent, each.posted, cards[each.posted.paper_id], each.chat)
        if message is None:
            log.info("delivery %d cannot be put right for %s", each.delivery_id, each.posted.paper_id)
        elif message != sent:
            texts[each.delivery_id] = message
            changed.add(each.delivery_id)
        await settle(tx, each)
    for delivery_id in changed:
        await outbox.amend(tx, delivery_id, texts[delivery_id], now)
    return len(changed)
