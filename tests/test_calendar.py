from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.calendar import is_too_late, last_due, next_due
from bot.messages.settings import TIMEZONES
from storage.records import Schedule

EVERY_DAY = frozenset(range(1, 8))


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2024-03-20T08:59", "2024-03-20T09:00"),
        ("2024-03-20T09:00", "2024-03-21T09:00"),
        ("2024-03-22T10:00", "2024-03-25T09:00"),  # from Friday over the weekend
        ("2024-12-31T23:00", "2025-01-01T09:00"),
    ],
)
def test_the_next_digest_is_due_on_the_next_chosen_day(after: str, due: str) -> None:
    zone = "Asia/Shanghai"
    assert next_due(Schedule(), zone, local(after, zone)) == local(due, zone)


@pytest.mark.parametrize(
    ("zone", "hour", "days"),
    [
        ("America/New_York", 9, ["2024-11-02T13:00", "2024-11-03T14:00", "2024-11-04T14:00"]),
        ("Europe/Berlin", 8, ["2024-03-30T07:00", "2024-03-31T06:00", "2024-04-01T06:00"]),
        ("Europe/Berlin", 2, ["2024-03-30T01:00", "2024-03-31T01:00", "2024-04-01T00:00"]),  # 02:00 is skipped
        ("America/New_York", 1, ["2024-11-02T05:00", "2024-11-03T05:00", "2024-11-04T06:00"]),  # 01:00 comes twice
    ],
)
def test_daylight_saving_neither_loses_nor_repeats_a_digest(zone: str, hour: int, days: list[str]) -> None:
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in days]
    due = moments[0] - timedelta(minutes=1)
    for expected in moments:
        due = next_due(Schedule(hour, EVERY_DAY), zone, due)
        assert due == expected


@given(
    st.integers(0, 23),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.sampled_from(TIMEZONES),
    st.integers(946_684_800, 2_114_380_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),  # 2000 to 2037
)
def test_next_and_last_enclose_every_moment_without_a_due_time_between(
    hour: int, weekdays: frozenset[int], zone: str, now: datetime
) -> None:
    schedule = Schedule(hour, weekdays)
    following, last = next_due(schedule, zone, now), last_due(schedule, zone, now)
    assert last <= now < following
    assert next_due(schedule, zone, last) == following
    assert following.astimezone(ZoneInfo(zone)).isoweekday() in weekdays


def test_a_missed_digest_is_sent_if_it_is_less_than_twelve_hours_late() -> None:
    due = datetime(2024, 3, 20, 1, tzinfo=UTC)
    assert not is_too_late(due, due + timedelta(hours=11, minutes=59))
    assert is_too_late(due, due + timedelta(hours=12))


def test_a_schedule_without_a_day_is_an_error() -> None:
    with pytest.raises(ValueError, match="weekday"):
        next_due(Schedule(9, frozenset()), "UTC", datetime.now(UTC))
