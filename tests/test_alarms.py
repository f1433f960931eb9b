from datetime import date, timedelta

import pytest

from bot.alarms import Facts, alarms
from storage.records import Look, Outcome
from tests.test_polling import MONDAY, TUESDAY, eastern, look

NOON = eastern(TUESDAY, 12)
USUAL = [100, 110, 90, 105, 95, 100, 100, 98, 102, 100]


def sizes(*numbers: int) -> dict[str, dict[date, int]]:
    return {"cs.LG": {date(2026, 10, 1) + timedelta(days=n): number for n, number in enumerate(numbers)}}


def batch(day: date, at: int = 1) -> Look:
    return look(eastern(day, at), Outcome.NEW, day)


def test_no_batch_by_noon_on_a_weekday_is_told() -> None:
    late = Look("cs.LG", eastern(TUESDAY, 11), Outcome.STALE, batch_at=eastern(MONDAY, 1), batch_date=MONDAY)
    assert "no_batch" not in alarms(Facts(NOON - timedelta(minutes=1), [late]))
    assert alarms(Facts(NOON, [late]))["no_batch"].values == {"feeds": "cs.LG"}


def test_it_stays_told_over_the_weekend_and_is_over_with_the_next_batch() -> None:
    friday = date(2026, 11, 27)
    thursdays = batch(date(2026, 11, 26))
    assert "no_batch" in alarms(Facts(eastern(date(2026, 11, 28), 15), [thursdays]))
    assert "no_batch" not in alarms(Facts(eastern(date(2026, 11, 28), 15), [batch(friday)]))


def test_a_feed_that_is_empty_while_others_have_the_batch_is_not_late() -> None:
    empty = Look("econ.TH", eastern(TUESDAY, 11), Outcome.EMPTY, batch_at=eastern(MONDAY, 1), batch_date=MONDAY)
    assert not alarms(Facts(NOON, [batch(TUESDAY), empty]))
    assert alarms(Facts(NOON, [empty]))["no_batch"].values == {"feeds": "econ.TH"}


def test_a_batch_that_came_today_with_an_older_date_has_come() -> None:
    behind = Look("cs.LG", NOON, Outcome.NEW, batch_at=eastern(TUESDAY, 2), batch_date=MONDAY)
    assert not alarms(Facts(NOON, [behind]))


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([*USUAL, 9, 9], True),
        ([*USUAL, 9, 50], False),
        ([*USUAL, 0, 0], True),
        ([*USUAL, 10, 10], False),  # a tenth is not below a tenth
        ([100, 100, 1, 1], False),  # too few days to say what is usual
    ],
)
def test_a_category_below_a_tenth_of_its_median_for_two_days_is_told(numbers: list[int], told: bool) -> None:
    assert ("dry:cs.LG" in alarms(Facts(NOON, sizes=sizes(*numbers)))) is told


@pytest.mark.parametrize(("good", "failed", "told"), [(80, 20, False), (79, 21, True), (3, 3, False)])
def test_summaries_failing_above_a_fifth_are_told(good: int, failed: int, told: bool) -> None:
    assert ("summaries" in alarms(Facts(NOON, ended=(good, failed)))) is told


def test_a_dead_job_and_a_closed_provider_are_told_with_their_reason() -> None:
    found = alarms(Facts(NOON, dead={"collect": "ValueError: x"}, closed={"deepseek": "no balance"}))
    assert found["job:collect"].values["reason"] == "ValueError: x"
    assert found["provider:deepseek"].values["reason"] == "no balance"
