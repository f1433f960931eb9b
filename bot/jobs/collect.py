"""Fetches what was announced: each source is looked at, and what it never listed before is stored."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.digests import calendar, needs
from bot.errors import Unavailable
from bot.papers.asked import parse
from bot.sources import huggingface, polling, published
from bot.sources.arxiv import Arxiv
from bot.sources.feed import Feed
from bot.sources.polite import Rejected
from bot.sources.reading import Declined, Malformed, Reading
from bot.sources.web import Web
from storage import feeds, papers, state, subscriptions
from storage.database import Database, Transaction
from storage.records import Announcement, AnnounceType, Arrival, Look, Outcome

log = logging.getLogger(__name__)

HUGGING_FACE = "hf"
GAP = "gap:"  # state: the category whose announcements since that day are to be caught up
_NO_NEWS = (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)


async def categories(database: Database, chosen: Iterable[str]) -> list[str]:
    """The categories to fetch: those that the operator chose, and those that subscriptions name."""
    async with database.reading() as tx:
        asked = await subscriptions.queries(tx)
    # Thousands of different queries take a second to read: readers are answered meanwhile.
    return await asyncio.to_thread(lambda: needs.feeds(chosen, map(parse, asked)))


async def collect(database: Database, arxiv: Arxiv, wanted: Sequence[str], now: datetime) -> int:
    """Look at the feeds of these categories, and store what they never listed; how many papers that were."""
    found = 0
    for category in wanted:
        found += await _collect_one(database, arxiv, category, now)
    return found


async def collect_due(database: Database, arxiv: Arxiv, chosen: Iterable[str], now: datetime) -> int:
    """The same for the feeds that it is time to look at."""
    wanted = await categories(database, chosen)
    async with database.reading() as tx:
        looks = await feeds.looks(tx)
    return await collect(database, arxiv, polling.due(wanted, looks, now), now)


async def hugging_face(database: Database, web: Web, url: str, now: datetime, *, news: bool = True) -> int:
    """Add the votes and code links of Hugging Face's daily papers, and the papers themselves; how many."""
    arrivals: list[Arrival] = []
    try:
        for day in (calendar.arxiv_day(now), polling.previous(calendar.arxiv_day(now))):
            answer = await web.get(url, params={"date": day.isoformat(), "limit": "100"})
            if answer is not None:
                arrivals += huggingface.read(answer.data).arrivals
    except (Unavailable, Malformed, Declined) as error:
        await _refused(database, HUGGING_FACE, str(error), now)
        return 0
    listed = [
        replace(each, announcement=Announcement(each.paper.id, None, HUGGING_FACE, news=news)) for each in arrivals
    ]
    async with database.transaction() as tx:
        await papers.add(tx, listed, now)
        await feeds.record(tx, _look(HUGGING_FACE, bool(arrivals), bool(arrivals), None, now))
    return len(listed)


async def publisher(database: Database, web: Web, url: str, now: datetime) -> int:
    """Read another publisher's digest, if it has changed; how many papers it brought."""
    async with database.reading() as tx:
        last = (await feeds.looks(tx)).get(url)
    try:
        answer = await web.get(url, etag=last.etag if last else "")
        brought = published.read(answer.data) if answer else Reading()
    except (Unavailable, Malformed, Declined) as error:
        await _refused(database, url, str(error), now)
        return 0
    for refusal in brought.refused:
        log.warning("%s: %s: %s", url, refusal.where, refusal.reason)
    async with database.transaction() as tx:
        changes = await papers.add(tx, brought.arrivals, now)
        fresh = sum(change != papers.Change.UNCHANGED for change in changes)
        look = _look(url, bool(fresh), bool(brought.arrivals) or answer is None, None, now)
        await feeds.record(tx, replace(look, etag=answer.etag if answer else ""))
    return fresh


async def _collect_one(database: Database, arxiv: Arxiv, category: str, now: datetime) -> int:
    try:
        feed = await arxiv.feed(category)
    except (Unavailable, Rejected, Declined) as error:
        await _refused(database, category, str(error), now)
        return 0
    for refusal in feed.refused:
        log.warning("%s: %s: %s", category, refusal.where, refusal.reason)
    async with database.transaction() as tx:
        found = await _store(tx, category, feed, now)
    log.info("%s: %d papers listed, %d of them for the first time", category, len(feed.arrivals), found)
    return found


async def _store(tx: Transaction, category: str, feed: Feed, now: datetime) -> int:
    fresh = await unseen(tx, category, feed.arrivals)
    await papers.add(tx, fresh, now)
    today = calendar.arxiv_day(now)
    last = (await feeds.looks(tx)).get(category)
    if fresh and (since := polling.missed_since(last, today)):
        # In the same transaction as the batch, which hides the gap: whatever happens, it is caught up later.
        await open_gap(tx, category, since)
    day = min(feed.date or today, today)  # a date in the future would end the looking
    await feeds.record(tx, _look(category, bool(fresh), bool(feed.arrivals), day, now))
    return len(fresh)


async def open_gap(tx: Transaction, category: str, since: date) -> None:
    """Have a category's announcements since a day caught up; a gap that is open already stays as long as it was."""
    known = await state.get(tx, GAP + category)
    await state.put(tx, GAP + category, min(filter(None, (known, since.isoformat()))))


async def unseen(tx: Transaction, category: str, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those announced that the category never listed in that version; new versions are no news."""
    # An entry that arXiv does not announce, whose record alone has changed, is none of a listing's.
    announced = [each for each in arrivals if each.announcement]
    listed = {(each.paper.id, each.paper.version): _listed(each, category) for each in announced}
    fresh = await feeds.unseen(tx, category, listed)
    return [arrival for key, arrival in listed.items() if key in fresh]


def _listed(arrival: Arrival, category: str) -> Arrival:
    told = arrival.announcement or Announcement(arrival.paper.id)
    return replace(arrival, announcement=replace(told, category=category, news=told.type not in _NO_NEWS))


def _look(name: str, is_new: bool, has_papers: bool, day: date | None, now: datetime) -> Look:
    outcome = Outcome.NEW if is_new else Outcome.STALE if has_papers else Outcome.EMPTY
    return Look(name, now, outcome, batch_at=now if is_new else None, batch_date=day if is_new else None)


async def _refused(database: Database, name: str, reason: str, now: datetime) -> None:
    log.warning("%s cannot be read: %s", name, reason)
    async with database.transaction() as tx:
        await feeds.record(tx, Look(name, now, Outcome.REFUSED, reason))
