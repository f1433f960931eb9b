"""No minute holds more requests or tokens than the provider allows, whoever asks when, and nobody waits in vain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summaries.limits import MINUTE, Window

ASKED = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 900)), min_size=1, max_size=40)


def test_without_limits_nobody_waits() -> None:
    window = Window()
    assert [window.reserve(5.0, 10**9).start for _ in range(1000)] == [5.0] * 1000


def test_requests_beyond_the_limit_wait_for_the_first_to_leave() -> None:
    window = Window(requests_per_minute=2)
    assert [window.reserve(now, 1).start for now in (0, 10, 11, 12, 13)] == [0, 10, 60, 70, 120]


def test_tokens_beyond_the_limit_wait_for_enough_to_leave() -> None:
    window = Window(tokens_per_minute=100)
    assert [window.reserve(now, tokens).start for now, tokens in ((0, 60), (5, 40), (6, 30), (7, 80))] == [
        0,
        5,
        60,
        120,
    ]


def test_a_question_above_the_whole_limit_gets_a_minute_of_its_own() -> None:
    window = Window(tokens_per_minute=100)
    assert [window.reserve(0, tokens).start for tokens in (500, 10, 500)] == [0, 60, 120]


def test_what_was_really_taken_counts() -> None:
    window = Window(tokens_per_minute=100)
    turn = window.reserve(0, 90)
    window.settle(turn, 20)
    assert window.reserve(1, 80).start == 1


@given(ASKED, st.integers(1, 6))
def test_no_minute_holds_too_many_requests(asked: list[tuple[float, int]], most: int) -> None:
    window, now, starts = Window(requests_per_minute=most), 0.0, []
    for pause, tokens in asked:
        now += pause
        starts.append(window.reserve(now, tokens).start)
        assert starts[-1] >= now
    assert starts == sorted(starts)
    for first, after in zip(starts, starts[most:], strict=False):
        assert after - first >= MINUTE - 1e-6


@given(ASKED)
def test_no_minute_holds_too_many_tokens(asked: list[tuple[float, int]]) -> None:
    window, now = Window(tokens_per_minute=1000), 0.0
    turns = []
    for pause, tokens in asked:
        now += pause
        turns.append(window.reserve(now, tokens))
    for turn in turns:
        within = [each.tokens for each in turns if turn.start <= each.start < turn.start + MINUTE - 1e-6]
        assert sum(within) <= 1000


@pytest.mark.parametrize("limits", [(3, 0), (0, 1000), (3, 1000)])
def test_old_turns_are_forgotten(limits: tuple[int, int]) -> None:
    window = Window(*limits)
    for now in range(0, 100_000, 100):
        assert window.reserve(float(now), 10).start == now
    assert len(window._turns) < 10
