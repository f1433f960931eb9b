"""Catches up what was announced while the bot was away, from OAI-PMH: arXiv's feeds keep only the current day."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.digests import calendar
from bot.errors import Unavailable
from bot.jobs.collect import GAP, unseen
from bot.sources import missed
from bot.sources.arxiv import Arxiv
from bot.sources.polite import Rejected
from bot.sources.reading import Declined
from storage import papers, state
from storage.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Gap:
    category: str
    opened: str  # as it is stored
    since: date  # as far as it is gone back


async def catch_up(database: Database, arxiv: Arxiv, now: datetime, days: int) -> int:
    """Close the gaps that jobs.collect found, going back at most so many days; how many papers were missed."""
    async with database.reading() as tx:
        gaps = await state.starting(tx, GAP)
    found = 0
    for name, value in gaps.items():
        since = max(date.fromisoformat(value), calendar.arxiv_day(now) - timedelta(days=days))
        found += await _close(database, arxiv, _Gap(name.removeprefix(GAP), value, since), now)
    return found


async def _close(database: Database, arxiv: Arxiv, gap: _Gap, now: datetime) -> int:
    category, since, found = gap.category, gap.since, 0
    try:
        async for records in arxiv.changed(category, since):
            arrivals = [each for record in records if (each := missed.arrival(record, category, since))]
            async with database.transaction() as tx:
                fresh = await unseen(tx, category, arrivals)
                await papers.add(tx, fresh, now)
            found += len(fresh)
    except (Unavailable, Rejected, Declined) as error:
        log.warning("%s cannot be caught up since %s: %s; it is tried again", category, since, error)
        return found
    async with database.transaction() as tx:
        if await state.get(tx, GAP + category) == gap.opened:  # it may have grown meanwhile
            await state.remove(tx, GAP + category)
    log.info("%s: caught up since %s, %d papers had been missed", category, since, found)
    return found
