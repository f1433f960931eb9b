"""Jobs that run by themselves: what a fault in one does to it and to the others."""

import asyncio

from bot.timetable import Timetable


async def test_a_job_that_dies_is_remembered_until_it_succeeds() -> None:
    timetable, ran, fail = Timetable(), asyncio.Event(), [True]

    async def job() -> None:
        ran.set()
        if fail[0]:
            raise ValueError("no")

    timetable.every(3600, "job", job)
    timetable.start()
    await asyncio.wait_for(ran.wait(), 5)
    await _settled()
    assert timetable.dead == {"job": "ValueError: no"}
    ran.clear()
    fail[0] = False
    timetable.hurry("job")
    await asyncio.wait_for(ran.wait(), 5)
    await _settled()
    assert timetable.dead == {}
    await timetable.stop()


async def test_a_job_that_is_hurried_while_it_runs_runs_once_more_and_never_twice_at_a_time() -> None:
    timetable, begun, go_on = Timetable(), asyncio.Semaphore(0), asyncio.Event()
    at_once, most, runs = 0, 0, 0

    async def job() -> None:
        nonlocal at_once, most, runs
        at_once, runs = at_once + 1, runs + 1
        most = max(most, at_once)
        begun.release()
        await go_on.wait()
        at_once -= 1

    timetable.every(3600, "job", job)
    timetable.start()
    await asyncio.wait_for(begun.acquire(), 5)
    timetable.hurry("job")
    timetable.hurry("job")
    go_on.set()
    await asyncio.wait_for(begun.acquire(), 5)
    await _settled()
    assert (runs, most) == (2, 1)
    await timetable.stop()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
