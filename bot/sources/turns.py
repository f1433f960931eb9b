"""Whose turn it is to ask arXiv: one at a time, at a distance, readers before jobs, nobody during a cool-down."""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.sources.neighbours import Neighbours


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, as a bench may replace it: seconds of a clock that is never set, Unix seconds, and waiting."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Turns:
    """A queue of two classes, each in the order of its coming."""

    def __init__(self, interval: float, clock: Clock, neighbours: Neighbours | None = None) -> None:
        self._interval, self._clock, self._neighbours = interval, clock, neighbours
        self._waiting: list[tuple[bool, int]] = []  # a heap
        self._numbers = itertools.count()
        self._busy = False
        self._free_at = clock.now()
        self._turned = asyncio.Event()

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """One request's time; whoever comes next waits `interval` seconds from its end."""
        await self._queue(urgent)
        try:
            yield
        finally:
            self.hold(self._interval)
            if self._neighbours:
                self._neighbours.leave(self._free_at - self._clock.now())
            self._busy = False
            self._wake()

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so many seconds from now."""
        self._free_at = max(self._free_at, self._clock.now() + seconds)

    def wait(self, *, urgent: bool) -> float:
        """Seconds that somebody who came now would wait at least."""
        ahead = sum(1 for late, _ in self._waiting if not (urgent and late)) + self._busy
        return self.left() + ahead * self._interval

    def left(self) -> float:
        """Seconds for which nobody is to ask, here or in another process."""
        left = max(self._free_at - self._clock.now(), 0.0)
        return max(left, self._neighbours.wait()) if self._neighbours else left

    async def _queue(self, urgent: bool) -> None:
        ticket = (not urgent, next(self._numbers))
        heapq.heappush(self._waiting, ticket)
        try:
            while True:
                if self._busy or self._waiting[0] != ticket:
                    await self._turned.wait()
                elif seconds := self._distance():
                    # Who comes first may change meanwhile: each sleeper looks again when it wakes.
                    await self._clock.sleep(seconds)
                else:
                    break
            self._busy = True
        finally:
            self._waiting.remove(ticket)
            heapq.heapify(self._waiting)
            self._wake()

    def _distance(self) -> float:
        """Seconds until the first in the queue may ask; 0 takes the turn among the processes too."""
        left = self._free_at - self._clock.now()
        if left > 0:
            return left
        return self._neighbours.enter() if self._neighbours else 0.0

    def _wake(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()
