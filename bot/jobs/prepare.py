"""Prepares digests: who is due, what they get, and its messages into the outbox, page by page.

A page of subscriptions is read and laid out in one reading transaction and written in a few short ones, so that the
outbox and readers' commands have their turns between them. Nothing is held of a page when the next one is read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.jobs.laying_out import Layout, Layouts, Page
from bot.jobs.round import Round, Rules
from storage import listings, posting, proposals, subscriptions, summaries, texts
from storage.database import Database, Transaction
from storage.posting import Prepared
from storage.records import Part
from storage.subscriptions import Planned, Subscriber, Terms

__all__ = ["Rules", "prepare", "prepare_announced", "preview", "prune"]

log = logging.getLogger(__name__)

AT_ONCE = 2_000  # subscriptions on a page
ROWS = 30_000  # written in one transaction: 80 ms
TOLD = 5  # groups of a transaction that have a log line each
AGAIN = timedelta(minutes=10)
TEXTS_KEPT = timedelta(days=30)
LISTS_KEPT = timedelta(days=90)
PROPOSALS_KEPT = timedelta(days=1)

Read = Callable[[Transaction, Subscriber | None], Awaitable[list[Subscriber]]]
Laid = Sequence[tuple[Subscriber, Layout]]


async def prepare(database: Database, now: datetime, rules: Rules) -> int:
    """Prepare the digest of every subscription that is due or asked for; how many messages were queued.

    Not to be run twice at the same time: what a chat has been sent is read first and written later.
    """
    round_ = await Round.begin(database, now, rules)
    asked = await _work_off(database, round_, lambda tx, last: subscriptions.requested(tx, AT_ONCE, last))
    return asked + await _work_off(database, round_, lambda tx, last: subscriptions.waiting(tx, now, AT_ONCE, last))


async def prepare_announced(database: Database, now: datetime, rules: Rules) -> int:
    """The same for subscriptions that wait for an announcement, if its batch is in and summarised."""
    round_ = await Round.begin(database, now, rules)
    round_.batch = batch = round_.newest
    if batch is None:
        return 0
    return await _work_off(database, round_, lambda tx, last: subscriptions.awaiting(tx, batch, AT_ONCE, last))


async def preview(database: Database, subscription_id: int, now: datetime, rules: Rules) -> tuple[Part, ...]:
    """What the subscription would be sent if it were asked for now. Nothing is written."""
    round_ = await Round.begin(database, now, replace(rules, patience=timedelta()))
    async with database.reading() as tx:
        asked = await subscriptions.as_if_requested(tx, subscription_id, now)
        page = await Layouts(round_).page(tx, [asked] if asked else [])
    for _, error in page.failed:
        raise error
    return page.laid[0][1].parts if page.laid else ()


async def prune(database: Database, now: datetime) -> None:
    """Forget what nobody will ask for again."""
    async with database.transaction() as tx:
        await listings.prune(tx, now - LISTS_KEPT)
        await proposals.prune(tx, now - PROPOSALS_KEPT)
        await texts.forget(tx, now - TEXTS_KEPT)
        await summaries.prune(tx, now - LISTS_KEPT)


async def _work_off(database: Database, round_: Round, read: Read) -> int:
    layouts = Layouts(round_)

    async def next_page(last: Subscriber | None) -> tuple[list[Subscriber], Page]:
        async with database.reading() as tx:
            found = await read(tx, last)
            return found, await layouts.page(tx, found) if found else Page()

    queued = 0
    subscribers, page = await next_page(None)
    while len(subscribers) == AT_ONCE:
        # While one page is written the next is laid out: they are different connections.
        written, (subscribers, page) = await asyncio.gather(
            _write_page(database, page, round_), next_page(subscribers[-1])
        )
        queued += written
    return queued + await _write_page(database, page, round_)


async def _write_page(database: Database, page: Page, round_: Round) -> int:
    queued = sum([await _write_or_each(database, chunk, round_) for chunk in _chunks(page.laid)])
    await _postpone(database, page.failed, round_)
    return queued


def _chunks(laid: Laid) -> Iterator[Laid]:
    """What is written together."""
    start = rows = 0
    for index, (_, layout) in enumerate(laid):
        papers = len(layout.digest.cards) if layout.digest else 0
        rows += 3 + len(layout.parts) + papers
        if rows >= ROWS or index == len(laid) - 1:
            yield laid[start : index + 1]
            start, rows = index + 1, 0


async def _write_or_each(database: Database, laid: Laid, round_: Round) -> int:
    try:
        return await _write(database, laid, round_)
    except Exception as error:
        if len(laid) == 1:
            await _postpone(database, [(laid[0][0], error)], round_)
            return 0
        log.exception("%d digests cannot be written together; one by one", len(laid))
    return sum([await _write_or_each(database, [each], round_) for each in laid])


async def _write(database: Database, laid: Laid, round_: Round) -> int:
    """The next due times, the digests and their messages: all or nothing."""
    async with database.transaction() as tx:
        # Those that ended or changed meanwhile are left out; if they are still due, the next run finds them.
        changed = await subscriptions.changed(tx, [subscriber for subscriber, _ in laid])
        groups = _groups([each for each in laid if each[0].id not in changed])
        plans = [Planned([each.id for each in who], layout.next_due, layout.batch) for layout, who in groups]
        await subscriptions.plan(tx, plans)
        prepared = [
            Prepared(layout.digest, layout.parts, [each[:3] for each in who], asked=_is_asked(who[0]))
            for layout, who in groups
            if layout.digest and layout.parts
        ]
        queued = await posting.save(tx, prepared, round_.now)
    _log(prepared, queued)
    return queued


def _is_asked(subscriber: Subscriber) -> bool:
    return Terms.read(subscriber.terms).requested_at is not None


def _groups(laid: Laid) -> list[tuple[Layout, list[Subscriber]]]:
    """Who gets the same."""
    groups: dict[int, tuple[Layout, list[Subscriber]]] = {}
    for subscriber, layout in laid:
        groups.setdefault(id(layout), (layout, []))[1].append(subscriber)
    return list(groups.values())


async def _postpone(database: Database, failed: Sequence[tuple[Subscriber, Exception]], round_: Round) -> None:
    """Those that cannot be prepared must not keep the others waiting, nor try every second."""
    if not failed:
        return
    for error in dict.fromkeys(error for _, error in failed):
        ids = [subscriber.id for subscriber, each in failed if each is error]
        log.error("subscriptions cannot be prepared, again in %s: %s", AGAIN, _some(ids), exc_info=error)
    async with database.transaction() as tx:
        await subscriptions.plan(tx, [Planned([each.id for each, _ in failed], round_.now + AGAIN)])


def _log(prepared: Sequence[Prepared], queued: int) -> None:
    for each in prepared[:TOLD]:
        matched, chosen = each.digest.matched, len(each.digest.cards)
        ids = _some([place[0] for place in each.subscribers])
        log.info("subscriptions %s: %d papers match, %d are queued", ids, matched, chosen)
    if len(prepared) > TOLD:
        log.info("%d more digests; %d messages in all", len(prepared) - TOLD, queued)


def _some(ids: Sequence[int]) -> str:
    shown = ", ".join(map(str, ids[:TOLD]))
    return f"{shown} and {len(ids) - TOLD} more" if len(ids) > TOLD else shown
