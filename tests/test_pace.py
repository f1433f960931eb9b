"""Telegram's limits, kept in every window of time and almost used up, with the time as an argument."""

import heapq
import random
import tracemalloc
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.pace import AHEAD, FLOODED_WITHIN, LONGEST_PAUSE, NEVER, PAY_AGAIN, Limits, Pace, Pick
from storage.records import Delivery, Message

Sent = list[tuple[float, int]]


def delivery(number: int, chat_id: int) -> Delivery:
    return Delivery(number, 1, chat_id, 0, 0, Message(str(number)))


def run(pace: Pace, queue: list[Delivery], *, delay: float = 0.0, readers: dict[float, int] | None = None) -> Sent:
    """Send the whole queue in simulated time, each send `delay` late; readers want an answer at those times."""
    waiting = sorted((readers or {}).items())
    impatient: dict[int, AbstractContextManager[None]] = {}
    sent: Sent = []
    now = 0.0
    while queue or waiting:
        if waiting and waiting[0][0] <= now:
            _, chat_id = waiting.pop(0)
            if (free := pace.answer_at(chat_id, now)) <= now:
                sent.append((now, chat_id))
                impatient.pop(chat_id, nullcontext()).__exit__(None, None, None)
            else:
                if chat_id not in impatient:
                    impatient[chat_id] = pace.reader_waits(chat_id)
                    impatient[chat_id].__enter__()
                waiting = sorted([*waiting, (free, chat_id)])
            continue
        choice = pace.choose(queue, 50, now, ())
        for pick in choice.picks:
            queue.remove(pick.delivery)
            pick.leaves(max(pick.slot.at, now) + delay)
            sent.append((pick.slot.at, pick.delivery.chat_id))
        following = [now + max(choice.wait, 0.001)] if choice.wait < NEVER else []
        now = min([*following, *(at for at, _ in waiting[:1])], default=now + 1)
    return sorted(sent)


def most_within(times: list[float], period: float) -> int:
    """The most messages in any window of that length, its end left out."""
    times = sorted(times)
    return max((bisect_left(times, at + period) - index for index, at in enumerate(times)), default=0)


def test_a_broadcast_uses_almost_all_of_the_limit_and_no_second_holds_more() -> None:
    sent = run(Pace(), [delivery(number, number) for number in range(1, 601)])
    times = [at for at, _ in sent]
    assert most_within(times, 1.0) <= 30
    assert times[-1] - times[0] < 600 / 30 * 1.03


def test_sends_that_leave_late_take_their_place_when_they_leave() -> None:
    sent = run(Pace(), [delivery(number, number) for number in range(1, 200)], delay=0.4)
    assert most_within([at for at, _ in sent], 1.0) <= 30


def test_a_private_chat_gets_one_message_a_second_and_others_go_on_meanwhile() -> None:
    sent = run(Pace(), [delivery(n, 7) for n in range(5)] + [delivery(10 + n, 100 + n) for n in range(30)])
    assert most_within([at for at, chat in sent if chat == 7], 1.0) == 1
    assert max(at for at, chat in sent if chat != 7) < 2


def test_a_group_gets_eighteen_messages_a_minute_and_two_more_are_kept_for_answers() -> None:
    pace = Pace()
    sent = run(pace, [delivery(n, -7) for n in range(40)], readers={20.0: -7, 20.1: -7})
    times = [at for at, _ in sent]
    assert most_within(times, 60.0) <= 20
    assert [at for at in times if 20.0 <= at < 21] == [20.0, 20.1]
    assert times[-1] < 150


def test_a_reader_is_answered_at_once_three_times_and_then_once_a_second() -> None:
    sent = run(Pace(), [], readers={0.0: 7, 0.1: 7, 0.2: 7, 0.3: 7, 0.4: 7})
    assert [round(at) for at, _ in sent] == [0, 0, 0, 1, 2]


def test_a_reader_waits_for_the_next_place_only_while_thousands_of_deliveries_wait() -> None:
    readers = {1.0 + number * 0.7: 100_000 + number for number in range(20)}
    sent = run(Pace(), [delivery(number, number) for number in range(1, 601)], readers=dict(readers))
    answered = {chat: at for at, chat in sent if chat >= 100_000}
    assert max(answered[chat] - asked for asked, chat in readers.items()) < 0.2
    assert most_within([at for at, _ in sent], 1.0) <= 30


def test_deliveries_are_not_kept_off_for_ever_by_readers() -> None:
    pace = Pace()
    with pace.reader_waits(5):
        assert pace.choose([delivery(1, 1)], 1, 0.0, ()).picks == ()
        assert pace.choose([delivery(1, 1)], 1, 0.5, ()).picks


def test_no_two_deliveries_of_one_chat_are_in_flight() -> None:
    pace = Pace(Limits(per_second=0, private_per_second=0, group_per_minute=0))
    queue = [delivery(1, 7), delivery(2, 7), delivery(3, 8), delivery(4, 9)]
    assert [each.delivery.id for each in pace.choose(queue, 9, 0.0, {9}).picks] == [1, 3]


def test_without_limits_everything_goes_at_once() -> None:
    pace = Pace(Limits(per_second=0, private_per_second=0, group_per_minute=0))
    queue = [delivery(number, number) for number in range(1, 1001)]
    assert len(pace.choose(queue, 1000, 0.0, ()).picks) == 1000


def test_one_chats_flood_limit_parks_that_chat_alone() -> None:
    pace = Pace()
    pace.flooded(7, 30, 0.0)
    assert [each.delivery.chat_id for each in pace.choose([delivery(1, 7), delivery(2, 8)], 9, 1.0, ()).picks] == [8]
    assert pace.ready_at(7, 1.0) == 30.0
    assert pace.answer_at(7, 1.0) == 30.0


def test_flood_limits_in_several_chats_at_once_pause_all_deliveries_and_no_answer() -> None:
    pace = Pace()
    for chat_id, seconds in ((7, 30), (8, 5), (9, 5)):
        pace.flooded(chat_id, seconds, 1.0)
    choice = pace.choose([delivery(1, 10)], 9, 2.0, ())
    assert (choice.picks, choice.wait) == ((), 4.0)
    assert pace.answer_at(10, 2.0) == 2.0
    assert pace.choose([delivery(1, 11)], 9, 6.1, ()).picks


def test_flood_limits_that_lie_apart_are_each_chats_own() -> None:
    pace = Pace()
    for number in range(10):
        pace.flooded(number + 1, 60, number * FLOODED_WITHIN)
    assert pace.choose([delivery(1, 99)], 9, 10 * FLOODED_WITHIN, ()).picks


def test_above_the_free_limit_messages_are_paid_until_the_cap_of_the_day() -> None:
    pace = Pace()
    pace.paid_left = 20
    picks = pace.choose([delivery(number, number) for number in range(1, 100)], 99, 0.0, ()).picks
    free = [each for each in picks if not each.paid]
    assert len(picks) - len(free) == 20
    assert len(free) == 30
    assert pace.paid_left == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(min_value=-4, max_value=40).filter(bool), max_size=120),
    st.dictionaries(
        st.floats(min_value=0, max_value=10), st.integers(min_value=-4, max_value=40).filter(bool), max_size=20
    ),
    st.sampled_from([0.0, 0.005, 0.3]),
)
def test_whatever_is_queued_and_asked_no_window_holds_more_than_its_limit(
    chats: list[int], readers: dict[float, int], delay: float
) -> None:
    queue = [delivery(number, chat_id) for number, chat_id in enumerate(chats)]
    sent = run(Pace(), queue, delay=delay, readers=dict(readers))
    assert Counter(chat for _, chat in sent) == Counter(chats) + Counter(readers.values())
    assert most_within([at for at, _ in sent], 1.0) <= 30
    for chat_id in {chat for _, chat in sent}:
        times = [at for at, chat in sent if chat == chat_id]
        assert most_within(times, 60.0 if chat_id < 0 else 1.0) <= (20 if chat_id < 0 else 3)
        assert chat_id < 0 or most_within(times, 60.0) <= 63


def test_places_are_given_out_a_moment_ahead() -> None:
    pace = Pace()
    picks = pace.choose([delivery(number, number) for number in range(1, 100)], 99, 10.0, ()).picks
    assert all(10.0 <= each.slot.at <= 10.0 + AHEAD for each in picks)


def test_a_message_counts_for_a_period_from_its_answer_on() -> None:
    pace = Pace(Limits(per_second=1))
    (first,) = pace.choose([delivery(1, 1)], 4, 0.0, ()).picks
    pace.answered(first.slot, 0.05)
    (second,) = pace.choose([delivery(2, 2)], 4, 1.01, ()).picks
    pace.answered(second.slot, 1.51)
    # Answered half a second after it was sent, it arrived as late; the next takes at least the shortest way.
    assert pace.choose([delivery(3, 3)], 4, 2.3, ()).picks == ()
    assert pace.choose([delivery(3, 3)], 4, 2.48, ()).picks


def test_a_message_that_arrives_late_keeps_no_place_but_its_own() -> None:
    pace = Pace(Limits(per_second=30))
    picks = pace.choose([delivery(n, n) for n in range(1, 3)], 4, 0.0, ()).picks
    for pick, at in zip(picks, (0.8, 0.05), strict=True):
        pace.answered(pick.slot, at)
    sent = run(pace, [delivery(n, n) for n in range(10, 60)])
    assert sum(at < 1.06 for at, _ in sent) >= 28


def arrivals(ways: Iterator[tuple[float, float]], number: int) -> list[float]:
    """When a broadcast's messages reach Telegram; each way there and back takes so many seconds."""
    pace, queue = Pace(), [delivery(each, each) for each in range(1, number + 1)]
    events: list[tuple[float, int, Pick, float | None]] = []  # when, whose, what; the way back if it leaves, or None
    arrived: list[float] = []
    now = 0.0
    while queue or events:
        choice = pace.choose(queue[:200], 100, now, ())
        for pick in choice.picks:
            queue.remove(pick.delivery)
            heapq.heappush(events, (max(pick.slot.at, now), pick.delivery.id, pick, None))
        if not events or now + choice.wait < events[0][0]:
            now += max(choice.wait, 0.0001)
            continue
        now, number, pick, back = heapq.heappop(events)
        if back is None:
            pick.leaves(now)
            there, back = next(ways)
            arrived.append(now + there)
            heapq.heappush(events, (now + there + back, number, pick, back))
        else:
            pace.answered(pick.slot, now)
    return sorted(arrived)


@pytest.mark.parametrize(
    ("there", "slow", "slowest_ratio"),
    [((0.025, 0.025), 0.0, 1.02), ((0.01, 0.06), 0.0, 1.05), ((0.01, 0.09), 0.0, 1.07), ((0.025, 0.025), 0.05, 1.08)],
)
def test_however_the_way_varies_no_second_at_telegram_holds_more_than_the_limit(
    there: tuple[float, float], slow: float, slowest_ratio: float
) -> None:
    dice = random.Random(1)
    ways = ((dice.uniform(*there) + 0.8 * (dice.random() < slow), 0.02) for _ in count())
    arrived = arrivals(ways, 900)
    assert most_within(arrived, 1.0) <= 30
    assert arrived[-1] - arrived[0] < 900 / 30 * slowest_ratio


def test_messages_whose_answers_never_come_hold_their_places_for_a_second_more_at_most() -> None:
    pace = Pace()
    picks = pace.choose([delivery(n, n) for n in range(1, 4)], 3, 0.0, ()).picks
    pace.answered(picks[0].slot, 0.05)
    sent = run(pace, [delivery(n, n) for n in range(10, 110)])
    assert sent[-1][0] < 100 / 30 * 2.2


def test_what_a_chat_holds_back_is_told_apart_from_what_waits_its_turn() -> None:
    pace = Pace()
    first, second, other = delivery(1, -7), delivery(2, -7), delivery(3, 8)
    choice = pace.choose([first, second, other], 9, 0.0, ())
    assert [each.delivery for each in choice.picks] == [first, other]
    assert choice.held == (second,)
    assert set(pace.held(0.1)) == {-7, 8}
    assert pace.held(5.0) == {}


def test_a_later_flood_never_shortens_an_earlier_one() -> None:
    pace = Pace()
    for chat_id in (1, 2, 3):
        pace.flooded(chat_id, 20, 0.0)
    pace.flooded(4, 1, 0.3)
    pace.flooded(1, 1, 0.4)
    assert pace.resumes_at == 20.0
    assert pace.ready_at(1, 1.0) == 20.0


def test_groups_in_slow_mode_stop_nobody_else_for_longer_than_half_a_minute() -> None:
    pace = Pace()
    for chat_id in (-1, -2, -3):
        pace.flooded(chat_id, 3600, 0.0)
    assert pace.resumes_at == LONGEST_PAUSE
    picks = pace.choose([delivery(1, -1), delivery(2, 8)], 9, LONGEST_PAUSE, ()).picks
    assert [each.delivery.chat_id for each in picks] == [8]


def test_only_what_is_sent_first_is_paid_for() -> None:
    pace = Pace()
    pace.paid_left = 100
    assert not any(each.paid for each in pace.choose([delivery(n, n) for n in range(1, 31)], 99, 0.0, ()).picks)
    edit = replace(delivery(31, 31), message_id=5)
    again = replace(delivery(32, 32), attempts=1)
    (pick,) = pace.choose([edit, again, delivery(33, 33)], 99, 0.0, ()).picks
    assert (pick.delivery.id, pick.paid) == (33, True)
    picks = pace.choose([edit, again], 99, 2.0, ()).picks
    assert [each.paid for each in picks] == [False, False]


def test_after_a_refused_payment_nothing_is_paid_for_a_while() -> None:
    pace = Pace()
    pace.paid_left = 100
    pace.payment_refused(0.0)
    queue = [delivery(n, n) for n in range(1, 100)]
    assert not any(each.paid for each in pace.choose(queue, 99, 1.0, ()).picks)
    assert any(each.paid for each in pace.choose(queue, 99, PAY_AGAIN, ()).picks)


def test_a_pace_remembers_no_more_than_its_limits_need() -> None:
    pace = Pace()
    for second in range(500):
        pace.choose([delivery(n, n) for n in range(1, 4)], 3, second * 2.0, ())
    tracemalloc.start()
    for second in range(500, 1500):
        pace.choose([delivery(n, n) for n in range(1, 4)], 3, second * 2.0, ())
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 300_000
