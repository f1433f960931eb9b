"""Prepares digests: who is due, what they get, and its messages into the outbox, in one transaction each."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.digests import calendar, needs, silence
from bot.digests.choose import choose
from bot.messages import digests as pages
from bot.papers import taxonomy
from storage import days, digests, feeds, listings, outbox, query, search, subscriptions, summaries
from storage.database import Database, Transaction
from storage.query import Query
from storage.records import ChatKind, Day, Digest, Form, Look, Part
from storage.subscriptions import Due

log = logging.getLogger(__name__)

AT_ONCE = 100  # subscriptions looked up in one go
SPARE = 50  # candidates beyond those that fit, to take the place of papers that wait for their summary
AGAIN = timedelta(minutes=10)
FRESH = timedelta(days=4)  # an announcement older than this is not told of in a header
TEXTS_KEPT = timedelta(days=30)
LISTS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Rules:
    """`window`: papers that became known longer ago are not news. `wait`: how long one waits for its summary."""

    window: timedelta
    wait: timedelta | None = None  # None: there is no model, so nothing to wait for
    patience: timedelta = timedelta(minutes=2)  # how long a reader who asked waits for papers to be summarised


@dataclass(slots=True)
class _Round:
    """One run of the job: what it knows once for all subscriptions."""

    now: datetime
    rules: Rules
    looks: dict[str, Look]
    batch: datetime | None = None  # when the batch came that subscriptions waited for, if this run is about them
    days: dict[tuple[str, ...], Day | None] = field(default_factory=dict)

    @classmethod
    async def begin(cls, database: Database, now: datetime, rules: Rules) -> "_Round":
        async with database.reading() as tx:
            looks = await feeds.looks(tx)
        return cls(now, rules, {name: look for name, look in looks.items() if taxonomy.is_category(name)})

    def looks_at(self, asked: Query) -> list[Look]:
        return [self.looks[name] for name in needs.relevant(asked, self.looks)]

    async def day(self, tx: Transaction, asked: Query) -> Day | None:
        named = tuple(sorted(needs.categories(asked)))
        if named not in self.days:
            last = await days.last(tx, named)
            fresh = last and self.now - calendar.midnight(last) < FRESH
            self.days[named] = await days.counts(tx, last, named) if last and fresh else None
        return self.days[named]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is to be written for a subscription that was due; no digest for one that is skipped."""

    digest: Digest | None = None
    parts: tuple[Part, ...] = ()


async def prepare(database: Database, now: datetime, rules: Rules) -> int:
    """Prepare the digest of every subscription that is due or asked for; how many messages were queued.

    Not to be run twice at the same time: what a chat has been sent is read first and written later.
    """
    round_ = await _Round.begin(database, now, rules)
    queued = last = 0
    while True:
        async with database.reading() as tx:
            waiting = await subscriptions.waiting(tx, now, AT_ONCE, last)
        for last in waiting:
            queued += await _prepare_one(database, last, round_)
        if len(waiting) < AT_ONCE:
            return queued


async def prepare_announced(database: Database, now: datetime, rules: Rules) -> int:
    """The same for subscriptions that wait for an announcement, if its batch is in and summarised."""
    round_ = await _Round.begin(database, now, rules)
    round_.batch = _newest(round_.looks.values())
    if round_.batch is None:
        return 0
    async with database.reading() as tx:
        waiting = await subscriptions.awaiting(tx, round_.batch)
    return sum([await _prepare_one(database, each, round_) for each in waiting])


async def preview(database: Database, subscription_id: int, now: datetime, rules: Rules) -> tuple[Part, ...]:
    """What the subscription would be sent if it were asked for now. Nothing is written."""
    round_ = await _Round.begin(database, now, replace(rules, patience=timedelta()))
    async with database.reading() as tx:
        due = await subscriptions.as_if_requested(tx, subscription_id, now)
        prepared = await _lay_out(tx, due, round_) if due else None
    return prepared.parts if prepared else ()


async def prune(database: Database, now: datetime) -> None:
    """Forget what nobody will ask for again."""
    async with database.transaction() as tx:
        await listings.prune(tx, now - LISTS_KEPT)
        await outbox.forget(tx, now - TEXTS_KEPT)
        await summaries.prune(tx, now - LISTS_KEPT)


async def _prepare_one(database: Database, subscription_id: int, round_: _Round) -> int:
    try:
        # Searching and laying out may take a while: the one writer is needed only to write it all down.
        async with database.reading() as tx:
            due = await subscriptions.due(tx, subscription_id, round_.now, round_.batch)
            prepared = await _lay_out(tx, due, round_) if due else None
        if due is None or prepared is None:
            return 0
        async with database.transaction() as tx:
            if await subscriptions.due(tx, subscription_id, round_.now, round_.batch) != due:
                return 0  # ended or changed meanwhile; if it is still due, the next round finds it
            return await _write(tx, due, prepared, round_)
    except Exception:
        # One subscription that cannot be prepared must not keep the others waiting, nor try every second.
        log.exception("subscription %d cannot be prepared; again in %s", subscription_id, AGAIN)
        async with database.transaction() as tx:
            await subscriptions.plan(tx, subscription_id, round_.now + AGAIN)
        return 0


async def _lay_out(tx: Transaction, due: Due, round_: _Round) -> _Prepared | None:
    """The digest and its messages, or None if it is not yet time."""
    subscription, now = due.subscription, round_.now
    asked = query.parse(subscription.query, taxonomy.resolve)
    if round_.batch and not _is_announced(due, asked, round_):
        return None
    when = _when(due, round_)
    if not due.requested and calendar.is_too_late(when, now) and not round_.batch:
        log.warning(
            "subscription %d: the digest of %s is too late by %s and skipped", subscription.id, when, now - when
        )
        return _Prepared()
    cards, matched = await digests.candidates(
        tx, search.matching(asked), subscription.chat_id, now - round_.rules.window, subscription.max_papers + SPARE
    )
    pending: set[str] = set()
    if round_.rules.wait is not None:
        pending = await summaries.pending(tx, [card.paper.id for card in cards], now - round_.rules.wait)
    if any(card.paper.id in pending for card in cards[: subscription.max_papers]) and _can_wait(due, round_):
        return None
    digest = choose(cards, matched, subscription, when, pending=pending, day=await round_.day(tx, asked))
    return _Prepared(digest, tuple(await _parts(tx, digest, due, round_.looks_at(asked), now)))


def _is_announced(due: Due, asked: Query, round_: _Round) -> bool:
    """Whether a batch came that the subscription had no digest of, and every feed that matters has its part of it."""
    looks = round_.looks_at(asked)
    newest = _newest(looks)
    if newest is None or (due.batch and newest <= due.batch):
        return False
    day = max(calendar.batch_day(look) or date.min for look in looks)
    return calendar.posts_now(due.subscription.schedule, due.chat.timezone, round_.now) and all(
        calendar.is_in(look, day) for look in looks
    )


def _newest(looks: Iterable[Look]) -> datetime | None:
    """When the last batch came in."""
    return max((look.batch_at for look in looks if look.batch_at), default=None)


def _can_wait(due: Due, round_: _Round) -> bool:
    """Whether a digest waits for its summaries: until the latest hour, or as long as a reader who asked is patient."""
    if due.requested:
        return round_.now - due.requested < round_.rules.patience
    return round_.batch is not None


def _when(due: Due, round_: _Round) -> datetime:
    if due.requested:
        return due.requested
    if round_.batch:
        return round_.batch
    return calendar.last_due(due.subscription.schedule, due.chat.timezone, round_.now)


async def _write(tx: Transaction, due: Due, prepared: _Prepared, round_: _Round) -> int:
    """The next due time, the digest and its messages: all or nothing."""
    subscription, digest, now = due.subscription, prepared.digest, round_.now
    following = calendar.next_latest if round_.batch else calendar.next_due
    next_due = following(subscription.schedule, due.chat.timezone, now)
    # At its latest hour a subscription has had what came until then, too.
    had = _newest(round_.looks.values()) if subscription.schedule.after_announcement and not due.requested else None
    await subscriptions.plan(tx, subscription.id, next_due, had)
    if digest is None or not prepared.parts or not await digests.save(tx, digest, prepared.parts, now):
        return 0
    if subscription.form == Form.LIST:
        await _number(tx, digest, now)
    log.info("subscription %d: %d papers match, %d are queued", subscription.id, digest.matched, len(digest.cards))
    return len(prepared.parts)


async def _parts(tx: Transaction, digest: Digest, due: Due, looks: list[Look], now: datetime) -> list[Part]:
    if digest.cards:
        return pages.parts(digest, due.chat)
    # In a channel its readers would be told what only the administrator who asked wants to know.
    told = due.chat.kind != ChatKind.CHANNEL if due.requested else digest.subscription.tell_empty
    if not told:
        return []
    last = await digests.last(tx, due.subscription.id)
    return [pages.nothing_new(digest, due.chat, last, silence.reason(looks, now))]


async def _number(tx: Transaction, digest: Digest, now: datetime) -> None:
    """Let `/abs 3` mean the third paper of this digest."""
    ids = tuple(each.paper.id for each in digest.cards)
    place = (digest.subscription.chat_id, digest.subscription.thread_id)
    await listings.add(tx, place, digest.subscription.query, search.Found(ids, len(ids)), now)
