"""What runs by itself: each job reads state, calls one pure decision, writes, and may be run again at any time."""

import logging
from datetime import datetime, timedelta

from bot.digests import calendar
from bot.digests.choose import choose
from bot.messages import digests as pages
from bot.papers import taxonomy
from storage import digests, listings, outbox, query, search, subscriptions
from storage.database import Database, Transaction
from storage.records import Digest, Form, Part
from storage.subscriptions import Due

log = logging.getLogger(__name__)

AT_ONCE = 100  # subscriptions looked up in one go
AGAIN = timedelta(minutes=10)
TEXTS_KEPT = timedelta(days=30)
LISTS_KEPT = timedelta(days=90)


async def prepare(database: Database, now: datetime, window: timedelta) -> int:
    """Prepare the digest of every subscription that is due or asked for; how many messages were queued.

    `window`: papers that became known longer ago than this are not news and are never posted. Not to be run twice
    at the same time: what a chat has been sent is read first and written later.
    """
    queued = 0
    while True:
        async with database.reading() as tx:
            waiting = await subscriptions.waiting(tx, now, AT_ONCE)
        for subscription_id in waiting:
            queued += await _prepare_one(database, subscription_id, now, window)
        if len(waiting) < AT_ONCE:
            return queued


async def prune(database: Database, now: datetime) -> None:
    """Forget what nobody will ask for again."""
    async with database.transaction() as tx:
        await listings.prune(tx, now - LISTS_KEPT)
        await outbox.forget(tx, now - TEXTS_KEPT)


async def _prepare_one(database: Database, subscription_id: int, now: datetime, window: timedelta) -> int:
    try:
        # Searching and laying out may take a while: the one writer is needed only to write it all down.
        async with database.reading() as tx:
            due = await subscriptions.due(tx, subscription_id, now)
            prepared = await _lay_out(tx, due, now, window) if due else None
        async with database.transaction() as tx:
            if due is None or await subscriptions.due(tx, subscription_id, now) != due:
                return 0  # ended or changed meanwhile; if it is still due, the next round finds it
            return await _write(tx, due, prepared, now)
    except Exception:
        # One subscription that cannot be prepared must not keep the others waiting, nor try every second.
        log.exception("subscription %d cannot be prepared; again in %s", subscription_id, AGAIN)
        async with database.transaction() as tx:
            await subscriptions.plan(tx, subscription_id, now + AGAIN)
        return 0


async def _lay_out(tx: Transaction, due: Due, now: datetime, window: timedelta) -> tuple[Digest, list[Part]] | None:
    """The digest and its messages; nothing for one that is skipped."""
    subscription = due.subscription
    when = due.requested or calendar.last_due(subscription.schedule, due.chat.timezone, now)
    if not due.requested and calendar.is_too_late(when, now):
        log.warning(
            "subscription %d: the digest of %s is too late by %s and skipped", subscription.id, when, now - when
        )
        return None
    where = search.matching(query.parse(subscription.query, taxonomy.resolve))
    cards, matched = await digests.candidates(tx, where, subscription.chat_id, now - window, subscription.max_papers)
    digest = choose(cards, matched, subscription, when)
    return digest, await _parts(tx, digest, due)


async def _write(tx: Transaction, due: Due, prepared: tuple[Digest, list[Part]] | None, now: datetime) -> int:
    """The next due time, the digest and its messages: all or nothing."""
    subscription = due.subscription
    await subscriptions.plan(tx, subscription.id, calendar.next_due(subscription.schedule, due.chat.timezone, now))
    digest, parts = prepared or (None, [])
    if digest is None or not parts or not await digests.save(tx, digest, parts, now):
        return 0
    if subscription.form == Form.LIST:
        await _number(tx, digest, now)
    log.info("subscription %d: %d papers match, %d are queued", subscription.id, digest.matched, len(digest.cards))
    return len(parts)


async def _parts(tx: Transaction, digest: Digest, due: Due) -> list[Part]:
    if digest.cards:
        return pages.parts(digest, due.chat)
    if not due.requested:
        return []
    last = await digests.last(tx, due.subscription.id)
    return [pages.nothing_new(digest, due.chat, last)]


async def _number(tx: Transaction, digest: Digest, now: datetime) -> None:
    """Let `/abs 3` mean the third paper of this digest."""
    ids = tuple(each.paper.id for each in digest.cards)
    place = (digest.subscription.chat_id, digest.subscription.thread_id)
    await listings.add(tx, place, digest.subscription.query, search.Found(ids, len(ids)), now)
