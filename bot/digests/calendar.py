"""When a subscription is due, in its chat's own time, and arXiv's days, right across daylight saving."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.records import Look, Outcome, Schedule

LATE = timedelta(hours=12)  # a digest that could not be prepared in time is still sent if it is less late than this


def next_due(schedule: Schedule, timezone: str, after: datetime) -> datetime:
    """The first due time later than `after`, in UTC.

    An hour that daylight saving skips falls due as the clock goes on; one that comes twice, the first time only.
    Raises ValueError for a schedule without a weekday.
    """
    return _occurrence(schedule, timezone, after, step=1)


def last_due(schedule: Schedule, timezone: str, until: datetime) -> datetime:
    """The last due time that is not later than `until`, in UTC."""
    return _occurrence(schedule, timezone, until, step=-1)


def is_too_late(due: datetime, now: datetime) -> bool:
    """Whether a missed digest is skipped rather than sent late."""
    return now - due >= LATE


def _occurrence(schedule: Schedule, timezone: str, moment: datetime, *, step: int) -> datetime:
    if not schedule.weekdays:
        raise ValueError("a schedule needs at least one weekday")
    zone = ZoneInfo(timezone)
    day = moment.astimezone(zone).date() - timedelta(days=step)
    for _ in range(10):  # a week, and a day at each end
        due = datetime.combine(day, time(schedule.hour), tzinfo=zone).astimezone(UTC)
        if day.isoweekday() in schedule.weekdays and (due > moment if step > 0 else due <= moment):
            return due
        day += timedelta(days=step)
    raise ValueError("no due time within ten days")


EASTERN = ZoneInfo("America/New_York")  # arXiv's days (info.arxiv.org/help/availability)
_FIRST_LOOK, _LAST_LOOK = time(0, 5), time(12)


def arxiv_day(now: datetime) -> date:
    """The day in arXiv's time zone: the feeds turn at its midnight."""
    return now.astimezone(EASTERN).date()


def is_weekend(day: date) -> bool:
    """Whether arXiv's feeds are empty on that day: it announces on the evenings of Sunday to Thursday."""
    return day.isoweekday() > 5


def is_polling_time(now: datetime) -> bool:
    """Whether a batch that is not there yet is looked for: from 00:05 to noon on arXiv's weekdays."""
    local = now.astimezone(EASTERN)
    return not is_weekend(local.date()) and _FIRST_LOOK <= local.time() < _LAST_LOOK


def is_overdue(now: datetime) -> bool:
    """Whether a batch that is not there yet should have been: after noon on arXiv's weekdays."""
    local = now.astimezone(EASTERN)
    return not is_weekend(local.date()) and local.time() >= _LAST_LOOK


def batch_day(look: Look) -> date | None:
    """The day whose batch a feed has: that on which it came, unless it tells a later one.

    On 6 Aug 2026 the feeds' own date was a day behind, and the papers were right (facts: section 1).
    """
    if look.batch_at is None:
        return look.batch_date
    return max(look.batch_date or date.min, arxiv_day(look.batch_at))


def is_in(look: Look, batch: date) -> bool:
    """Whether a feed has shown its part of a day's announcement; one that is empty on that day had no part in it."""
    if look.outcome == Outcome.EMPTY and arxiv_day(look.checked_at) >= batch:
        return True
    return (batch_day(look) or date.min) >= batch


def midnight(day: date) -> datetime:
    """When one of arXiv's days begins."""
    return datetime.combine(day, time(), tzinfo=EASTERN)


def posts_now(schedule: Schedule, timezone: str, now: datetime) -> bool:
    """Whether a subscription that waits for announcements may post: on one of its days, before its latest hour."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.isoweekday() in schedule.weekdays and local.hour < schedule.hour


def next_latest(schedule: Schedule, timezone: str, now: datetime) -> datetime:
    """The next latest hour of a subscription that had its digest of today's announcement."""
    zone = ZoneInfo(timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return next_due(schedule, timezone, datetime.combine(tomorrow, time(), tzinfo=zone) - timedelta(seconds=1))
