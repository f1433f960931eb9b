"""Lays out the digests of subscriptions that are due: what many of them share is chosen and rendered once."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from bot.digests import calendar, silence
from bot.digests.choose import choose
from bot.digests.silence import Silence
from bot.jobs.round import Asked, Round, newest
from bot.messages import digests as pages
from storage import digests, news, tastes
from storage.database import Transaction
from storage.records import Chat, ChatKind, Digest, Part, Taste
from storage.subscriptions import Due, Subscriber, Terms

log = logging.getLogger(__name__)

SPARE = 50  # candidates beyond those that fit, to take the place of papers that wait for their summary
LAYOUTS = 1_000  # remembered; one takes 10 KB
AT_A_TIME = 10  # queries or layouts


@dataclass(frozen=True, slots=True)
class Layout:
    """What subscriptions get that have the same terms and were sent the same; no digest if it is too late for it."""

    next_due: datetime
    batch: datetime | None = None  # when the batch came that they have had a digest of with this one
    digest: Digest | None = None
    parts: tuple[Part, ...] = ()
    posted: int = 0  # its papers, as storage.news has sets of papers
    silence: Silence | None = None  # why there is nothing, to be told to each


@dataclass(slots=True)
class Page:
    """Some subscriptions with what they get; those for which it is not yet time are left out."""

    laid: list[tuple[Subscriber, Layout]] = field(default_factory=list)
    failed: list[tuple[Subscriber, Exception]] = field(default_factory=list)


class Layouts:
    """Those of one run of the job, made page by page."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._made: dict[tuple[str, int, int], Layout | Exception | None] = {}
        self._due = lru_cache(LAYOUTS)(lambda terms: Due.of(Terms.read(terms)))
        self._tastes: dict[int, Taste] = {}  # of the chats of this page that have one
        self._steps = 0
        self._is_warm = False
        self._last: dict[int, int] = {}  # what the chats of the last page get by it

    async def page(self, tx: Transaction, subscribers: Sequence[Subscriber]) -> Page:
        """Their layouts in their order. One that shares a chat gets nothing that those before it get.

        The page before this one need not be written yet, all earlier ones are.
        """
        wanted = await self._wanted(tx, subscribers)
        sent = await self._sent(tx, subscribers, wanted.values())
        self._tastes = await tastes.of(tx, {each.chat_id for each in subscribers})
        page, taken = Page(), dict[int, int]()
        for each in subscribers:
            papers = wanted[each.terms]
            layout: Layout | Exception | None
            if isinstance(papers, Exception):
                layout = papers
            else:
                left = papers & ~(sent.get(each.chat_id, 0) | taken.get(each.chat_id, 0))
                # Chats that have a taste are chosen for one by one, all others of the same terms together.
                key = (each.terms, left, each.chat_id if each.chat_id in self._tastes else 0)
                layout = self._made[key] if key in self._made else await self._make(tx, key)
            if isinstance(layout, Exception):
                page.failed.append((each, layout))
            elif layout:
                page.laid.append((each, layout))
                if layout.posted:
                    taken[each.chat_id] = taken.get(each.chat_id, 0) | layout.posted
        self._last = taken
        page.laid = await self._told(tx, page.laid)
        return page

    async def _wanted(self, tx: Transaction, subscribers: Iterable[Subscriber]) -> dict[str, int | Exception]:
        """The papers that each terms' query finds, whoever was sent them."""
        wanted: dict[str, int | Exception] = {}
        for terms in dict.fromkeys(each.terms for each in subscribers):
            try:
                wanted[terms] = await self._round.wanted(tx, self._due(terms).subscription)
            except Exception as error:  # one that cannot be prepared keeps no other waiting
                wanted[terms] = error
            await self._breathe()
        return wanted

    async def _sent(
        self, tx: Transaction, subscribers: Iterable[Subscriber], wanted: Iterable[int | Exception]
    ) -> dict[int, int]:
        """What each chat was sent of the papers that are wanted."""
        union = 0
        for papers in wanted:
            union |= papers if isinstance(papers, int) else 0
        chats = {each.chat_id for each in subscribers}
        sent = await news.posted(tx, chats, await self._round.news(tx), union)
        for chat in chats.intersection(self._last):
            sent[chat] = sent.get(chat, 0) | self._last[chat]
        return sent

    async def _make(self, tx: Transaction, key: tuple[str, int, int]) -> Layout | Exception | None:
        if len(self._made) >= LAYOUTS:
            del self._made[next(iter(self._made))]  # the oldest
        try:
            self._made[key] = await self._lay_out(tx, self._due(key[0]), key[1], self._tastes.get(key[2]))
        except Exception as error:  # as above
            self._made[key] = error
        await self._breathe()
        return self._made[key]

    async def _breathe(self) -> None:
        """Let others have their turn: a step takes a millisecond at the most."""
        self._steps += 1
        if self._steps % AT_A_TIME == 0:
            await asyncio.sleep(0)

    async def _lay_out(self, tx: Transaction, due: Due, papers: int, taste: Taste | None) -> Layout | None:
        """The digest and its messages, or None if it is not yet time."""
        round_, text = self._round, due.subscription.query
        asked = await round_.asked(tx, text)
        if round_.batch and not _is_announced(due, asked, round_):
            return None
        when, layout = _when(due, round_), _planned(due, round_)
        if not due.requested and calendar.is_too_late(when, round_.now) and not round_.batch:
            log.warning("%r: the digest of %s is too late by %s and skipped", text, when, round_.now - when)
            return layout
        most = due.subscription.max_papers
        ids = await round_.best(tx, papers, asked.query, taste, most + SPARE)
        pending = await round_.pending(tx, ids)
        if pending.intersection(ids[:most]) and _can_wait(due, round_):
            return None
        cards = await round_.cards(tx, _candidates(ids, pending, most))
        digest = choose(cards, papers.bit_count(), due.subscription, when, pending=pending, day=asked.day)
        if not digest.cards:
            return replace(layout, digest=digest, silence=_silence(due, asked, round_))
        parts = await self._render(digest, due.chat)
        posted = (await round_.news(tx)).called(card.paper.id for card in digest.cards)
        return replace(layout, digest=digest, parts=parts, posted=posted)

    async def _render(self, digest: Digest, chat: Chat) -> tuple[Part, ...]:
        pieces = self._round.pieces
        if self._is_warm:
            return tuple(pages.parts(digest, chat, pieces))
        # The first time templates are compiled and tables of TeX made: for 50 ms the event loop would stand still.
        self._is_warm = True
        return tuple(await asyncio.to_thread(pages.parts, digest, chat, pieces))

    async def _told(self, tx: Transaction, laid: list[tuple[Subscriber, Layout]]) -> list[tuple[Subscriber, Layout]]:
        """The same, with a message to each that there is nothing, if that is to be told: it names their last digest."""
        silent = [subscriber.id for subscriber, layout in laid if layout.silence]
        if not silent:
            return laid
        last = await digests.last(tx, silent)
        told = []
        for subscriber, layout in laid:
            if layout.silence and layout.digest:
                chat = self._due(subscriber.terms).chat
                part = pages.nothing_new(layout.digest, chat, last.get(subscriber.id), layout.silence)
                told.append((subscriber, replace(layout, parts=(part,))))
                await self._breathe()
            else:
                told.append((subscriber, layout))
        return told


def _candidates(ids: Sequence[str], pending: Collection[str], most: int) -> list[str]:
    """As many of the papers, from the first, as it takes to choose so many that do not wait for their summary."""
    taken: list[str] = []
    ready = 0
    for each in ids:
        if ready >= most:
            break
        taken.append(each)
        ready += each not in pending
    return taken


def _is_announced(due: Due, asked: Asked, round_: Round) -> bool:
    """Whether a batch came that the subscription had no digest of, and every feed that matters has its part of it."""
    looks = round_.looks_at(asked.query)
    last = newest(looks)
    if last is None or (due.batch and last <= due.batch):
        return False
    day = max(calendar.batch_day(look) or date.min for look in looks)
    return calendar.posts_now(due.subscription.schedule, due.chat.timezone, round_.now) and all(
        calendar.is_in(look, day) for look in looks
    )


def _can_wait(due: Due, round_: Round) -> bool:
    """Whether a digest waits for its summaries: until the latest hour, or as long as a reader who asked is patient."""
    if due.requested:
        return round_.now - due.requested < round_.rules.patience
    return round_.batch is not None


def _when(due: Due, round_: Round) -> datetime:
    if due.requested:
        return due.requested
    if round_.batch:
        return round_.batch
    return round_.last_due(due)


def _planned(due: Due, round_: Round) -> Layout:
    """When the next digest is due, whatever becomes of this one."""
    # At its latest hour a subscription has had what came until then, too.
    had = round_.newest if due.subscription.schedule.after_announcement and not due.requested else None
    return Layout(round_.next_due(due), had)


def _silence(due: Due, asked: Asked, round_: Round) -> Silence | None:
    # In a channel its readers would be told what only the administrator who asked wants to know.
    told = due.chat.kind != ChatKind.CHANNEL if due.requested else due.subscription.tell_empty
    return silence.reason(round_.looks_at(asked.query), round_.now) if told else None
