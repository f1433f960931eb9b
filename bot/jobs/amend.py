"""Puts right what was posted before its summary was good: the same message gets another text, once, by the outbox."""

import logging
from datetime import datetime, timedelta

from bot.messages import digests as pages
from storage import drafts, outbox, papers
from storage.database import Database, Transaction
from storage.drafts import Draft

log = logging.getLogger(__name__)

LATEST = timedelta(hours=48)  # Telegram lets a bot edit its own posts later, too, but nobody reads them again
AT_ONCE = 100


async def amend(database: Database, now: datetime) -> int:
    """Queue the edits of messages that can be put right; how many."""
    async with database.reading() as tx:
        ripe = await drafts.ripe(tx, now - LATEST, AT_ONCE)
    if not ripe:
        return 0
    async with database.transaction() as tx:
        return await _queue(tx, await drafts.ripe(tx, now - LATEST, AT_ONCE), now)


async def _queue(tx: Transaction, ripe: list[Draft], now: datetime) -> int:
    cards = {card.paper.id: card for card in await papers.get(tx, [each.posted.paper_id for each in ripe])}
    texts = {each.delivery_id: each.message for each in ripe}
    changed = set()
    for each in ripe:
        sent = texts[each.delivery_id]
        message = pages.put_right(sent, each.posted, cards[each.posted.paper_id], each.chat)
        if message is None:
            log.info("delivery %d cannot be put right for %s", each.delivery_id, each.posted.paper_id)
        else:
            texts[each.delivery_id] = message
            changed.add(each.delivery_id)
        await drafts.settle(tx, each)
    for delivery_id in changed:
        await outbox.amend(tx, delivery_id, texts[delivery_id], now)
    return len(changed)
