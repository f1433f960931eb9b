"""Puts right what was posted before its summary was good, or of an older version: the same message gets another text.

Each message once for each cause, within two days, by the outbox.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from bot.messages import digests as pages
from storage import drafts, outbox, papers, summaries
from storage.database import Database, Transaction
from storage.drafts import Draft, Stale
from storage.records import Card, Message

log = logging.getLogger(__name__)

LATEST = timedelta(hours=48)  # Telegram lets a bot edit its own posts later, too, but nobody reads them again
RENEWED = timedelta(days=7)  # longer ago no version was announced that a post of the last LATEST does not tell
AT_ONCE = 100


async def amend(database: Database, now: datetime) -> int:
    """Queue the edits of messages whose summaries have come; how many."""
    queued = 0
    while await _is_any_ripe(database, now):
        async with database.transaction() as tx:
            queued += await _queue(tx, await drafts.ripe(tx, now - LATEST, AT_ONCE), now)
    return queued


async def renew(database: Database, now: datetime, wait: timedelta | None) -> int:
    """Queue the edits of messages that tell an older version than is known; how many.

    `wait`: how long one waits for the new version's own summary; None: nobody writes one.
    """
    async with database.reading() as tx:
        stale = await drafts.stale(tx, now - RENEWED, now - LATEST, now - (wait or timedelta()), now)
    done = [each for each in stale if not each.reached]
    hoped_for = {each.paper_id for each in stale if each.reached and not each.good and not each.wanted}
    if done or (wait and hoped_for):
        async with database.transaction() as tx:
            await drafts.forget(tx, done)
            await summaries.want(tx, dict.fromkeys(hoped_for if wait else (), 0), now)
    queued, ripe = 0, [each for each in stale if each.reached and each.ripe]
    while await _is_any_outdated(database, ripe, now):
        async with database.transaction() as tx:
            queued += await _queue(tx, await drafts.outdated(tx, ripe, now - LATEST, AT_ONCE), now)
    return queued


async def _is_any_ripe(database: Database, now: datetime) -> bool:
    async with database.reading() as tx:
        return bool(await drafts.ripe(tx, now - LATEST, 1))


async def _is_any_outdated(database: Database, told: list[Stale], now: datetime) -> bool:
    if not told:
        return False
    async with database.reading() as tx:
        return bool(await drafts.outdated(tx, told, now - LATEST, 1))


async def _queue(tx: Transaction, found: list[Draft], now: datetime) -> int:
    cards = {card.paper.id: card for card in await papers.get(tx, [each.posted.paper_id for each in found])}
    texts = {each.delivery_id: each.message for each in found}
    before = dict(texts)
    pieces = []
    for each in found:
        texts[each.delivery_id], piece = _put_right(each, texts[each.delivery_id], cards[each.posted.paper_id])
        pieces.append(piece)
    changed = [delivery_id for delivery_id, message in texts.items() if message != before[delivery_id]]
    for delivery_id in changed:
        await outbox.amend(tx, delivery_id, texts[delivery_id], now)
    for each, piece in zip(found, pieces, strict=True):
        await drafts.settle(tx, each, piece)
    return len(changed)


def _put_right(draft: Draft, sent: Message, shown: Card) -> tuple[Message, str]:
    """The message as it is to be, and the piece of it that waits for a good summary."""
    paper_id = draft.posted.paper_id
    posted = draft.posted if draft.posted.draft else replace(draft.posted, draft=pages.piece_of(sent, paper_id))
    message = pages.put_right(sent, posted, shown, draft.chat)
    if message is None:
        log.info("delivery %d cannot be put right for %s", draft.delivery_id, paper_id)
        return sent, ""
    return message, "" if draft.good else pages.piece_of(message, paper_id)
