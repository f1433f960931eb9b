from datetime import UTC, date, datetime, timedelta

import pytest

from bot.digests import calendar
from bot.digests.silence import Silence, reason
from bot.sources import polling
from storage.records import Look, Outcome

TUESDAY = date(2026, 11, 24)


def eastern(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=calendar.EASTERN).astimezone(UTC)


def look(at: datetime, outcome: Outcome = Outcome.STALE, batch: date | None = None, name: str = "cs.LG") -> Look:
    return Look(name, at, outcome, batch_at=at if batch else None, batch_date=batch)


MONDAY = TUESDAY - timedelta(days=1)
YESTERDAYS = look(eastern(MONDAY, 1), Outcome.NEW, MONDAY)


def is_due(last: Look | None, now: datetime) -> bool:
    return polling.due(["cs.LG"], {} if last is None else {"cs.LG": last}, now) == ["cs.LG"]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (eastern(TUESDAY, 0, 4), False),
        (eastern(TUESDAY, 0, 5), True),
        (eastern(TUESDAY, 11, 59), True),
    ],
)
def test_a_batch_is_looked_for_from_five_past_midnight_eastern(now: datetime, due: bool) -> None:
    assert is_due(YESTERDAYS, now) is due


def test_a_feed_is_looked_at_every_twenty_minutes_until_its_batch_is_there() -> None:
    stale = look(eastern(TUESDAY, 3), Outcome.STALE)
    assert not is_due(stale, eastern(TUESDAY, 3, 19))
    assert is_due(stale, eastern(TUESDAY, 3, 20))
    assert not is_due(look(eastern(TUESDAY, 3), Outcome.NEW, TUESDAY), eastern(TUESDAY, 3, 20))


def test_a_batch_whose_date_is_behind_is_taken_and_the_feed_still_watched() -> None:
    assert is_due(look(eastern(TUESDAY, 3), Outcome.NEW, MONDAY), eastern(TUESDAY, 3, 20))


def test_after_noon_a_feed_rests_unless_it_refused_or_was_not_looked_at_that_day() -> None:
    afternoon = eastern(TUESDAY, 15)
    assert not is_due(look(eastern(TUESDAY, 11, 50)), afternoon)
    assert is_due(look(eastern(TUESDAY, 11, 50), Outcome.REFUSED), afternoon)
    assert is_due(YESTERDAYS, afternoon)


def test_at_weekends_only_a_feed_that_was_never_seen_is_looked_at() -> None:
    saturday = eastern(date(2026, 11, 28), 3)
    assert not is_due(YESTERDAYS, saturday)
    assert is_due(None, saturday)


def test_the_window_keeps_to_eastern_time_across_daylight_saving() -> None:
    assert calendar.is_polling_time(datetime(2026, 7, 1, 4, 5, tzinfo=UTC))  # summer: four hours behind
    assert not calendar.is_polling_time(datetime(2026, 12, 1, 4, 5, tzinfo=UTC))
    assert calendar.is_polling_time(datetime(2026, 12, 1, 5, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("last", "today", "missed"),
    [
        (MONDAY, TUESDAY, None),
        (date(2026, 11, 20), MONDAY, None),  # Friday to Monday: nothing was announced between
        (date(2026, 11, 20), TUESDAY, date(2026, 11, 20)),
        (None, TUESDAY, None),  # a new installation has missed nothing
    ],
)
def test_what_was_missed_begins_with_the_last_batch(last: date | None, today: date, missed: date | None) -> None:
    assert polling.missed_since(look(eastern(MONDAY, 1), Outcome.NEW, last), today) == missed


@pytest.mark.parametrize(
    ("looks", "now", "why"),
    [
        ([], eastern(TUESDAY, 9), Silence.NOTHING),
        ([look(eastern(TUESDAY, 1), Outcome.NEW, TUESDAY)], eastern(TUESDAY, 9), Silence.NOTHING),
        ([YESTERDAYS], eastern(date(2026, 11, 28), 9), Silence.WEEKEND),
        ([look(eastern(TUESDAY, 8), Outcome.EMPTY)], eastern(TUESDAY, 9), Silence.HOLIDAY),
        ([look(eastern(TUESDAY, 8), Outcome.STALE)], eastern(TUESDAY, 9), Silence.STALE),
        ([look(eastern(TUESDAY, 8), Outcome.REFUSED)], eastern(TUESDAY, 9), Silence.REFUSED),
        (
            [look(eastern(TUESDAY, 8), Outcome.STALE), look(eastern(TUESDAY, 8), Outcome.REFUSED, name="cs.CL")],
            eastern(TUESDAY, 9),
            Silence.REFUSED,
        ),
    ],
)
def test_five_kinds_of_silence_are_told_apart(looks: list[Look], now: datetime, why: Silence) -> None:
    assert reason(looks, now) == why
