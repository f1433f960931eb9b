"""What runs by itself: each job reads state, calls one pure decision, writes, and may be run again at any time."""

import logging
from datetime import datetime, timedelta

from bot.digests import calendar
from bot.digests.choose import choose
from bot.messages import digests as pages
from bot.papers import taxonomy
from storage import digests, listings, query, search, subscriptions
from storage.database import Database, Transaction
from storage.records import Digest, Form, Part
from storage.subscriptions import Due

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=10)
LISTS_KEPT = timedelta(days=90)


async def prepare(database: Database, now: datetime, window: timedelta) -> int:
    """Prepare the digest of every subscription that is due or asked for; how many messages were queued.

    `window`: papers that became known longer ago than this are not news and are never posted.
    """
    async with database.reading() as tx:
        waiting = await subscriptions.due(tx, now)
    queued = 0
    for due in waiting:
        try:
            async with database.transaction() as tx:
                queued += await _prepare_one(tx, due, now, window)
        except Exception:
            # One subscription that cannot be prepared must not keep the others waiting, nor try every second.
            log.exception("subscription %d cannot be prepared; again in %s", due.subscription.id, AGAIN)
            async with database.transaction() as tx:
                await subscriptions.plan(tx, due.subscription.id, now + AGAIN)
    return queued


async def prune(database: Database, now: datetime) -> None:
    """Forget what nobody will ask for again."""
    async with database.transaction() as tx:
        await listings.prune(tx, now - LISTS_KEPT)


async def _prepare_one(tx: Transaction, due: Due, now: datetime, window: timedelta) -> int:
    """One subscription, in one transaction: its digest, its messages and its next due time, or nothing."""
    subscription, zone = due.subscription, due.chat.timezone
    await subscriptions.plan(tx, subscription.id, calendar.next_due(subscription.schedule, zone, now))
    when = due.requested or calendar.last_due(subscription.schedule, zone, now)
    if not due.requested and calendar.is_too_late(when, now):
        log.warning("subscription %d: the digest of %s is more than 12 hours late and skipped", subscription.id, when)
        return 0
    where = search.matching(query.parse(subscription.query, taxonomy.resolve))
    cards, matched = await digests.candidates(tx, where, subscription.chat_id, now - window, subscription.max_papers)
    digest = choose(cards, matched, subscription, when)
    parts = await _parts(tx, digest, due)
    if not parts or not await digests.save(tx, digest, parts, now):
        return 0
    if subscription.form == Form.LIST:
        await _number(tx, digest, now)
    log.info("subscription %d: %d papers match, %d are queued", subscription.id, matched, len(digest.cards))
    return len(parts)


async def _parts(tx: Transaction, digest: Digest, due: Due) -> list[Part]:
    if digest.cards:
        return pages.parts(digest, due.chat)
    if not due.requested:
        return []
    last = await digests.last(tx, due.chat.id, due.subscription.thread_id)
    return [pages.nothing_new(digest, due.chat, last)]


async def _number(tx: Transaction, digest: Digest, now: datetime) -> None:
    """Let `/abs 3` mean the third paper of this digest."""
    ids = tuple(each.paper.id for each in digest.cards)
    shown = listings.Listing(0, digest.subscription.chat_id, digest.subscription.query, ids, len(ids), relaxed=False)
    await listings.add(tx, (digest.subscription.chat_id, digest.subscription.thread_id), shown, now)
