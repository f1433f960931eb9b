"""Which feeds are to be looked at now, and which days one has missed. Pure.

A batch is known by papers that a feed never listed, never by dates or the clock: those only say when looking is of
use. So a batch whose date is behind is taken, and only keeps the feed being looked at (facts: on 12 Aug 2026 a feed
stood still at the day before; on 6 Aug 2026 the date was behind and the papers were right).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from bot.digests import calendar
from storage.records import Look, Outcome

EVERY = timedelta(minutes=20)
_TOLERANCE = timedelta(seconds=30)  # a job that runs by the minute comes a little early


def due(categories: Iterable[str], looks: Mapping[str, Look], now: datetime) -> list[str]:
    """The categories whose feed is to be fetched now."""
    return [each for each in categories if _is_due(looks.get(each), now)]


def missed_since(look: Look | None, today: date) -> date | None:
    """The last announcement day that a feed had, if others have passed since (holidays count as such)."""
    if look is None or look.batch_date is None or look.batch_date >= previous(today):
        return None
    return look.batch_date


def previous(day: date) -> date:
    """arXiv's weekday before a day."""
    day -= timedelta(days=1)
    while calendar.is_weekend(day):
        day -= timedelta(days=1)
    return day


def _is_due(look: Look | None, now: datetime) -> bool:
    if look is None:
        return True
    today = calendar.arxiv_day(now)
    if look.batch_date and look.batch_date >= today:
        return False
    rested = now - look.checked_at >= EVERY - _TOLERANCE
    if look.outcome == Outcome.REFUSED or calendar.is_polling_time(now):
        return rested
    # After noon one look is enough: for a bot that was started late.
    return calendar.is_overdue(now) and calendar.arxiv_day(look.checked_at) < today
