"""When a subscription is due, in its chat's own time, right across daylight saving."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.records import Schedule

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
