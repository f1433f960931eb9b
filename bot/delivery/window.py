"""Places within a limit of so many messages in any so many seconds, over all chats and in one.

Telegram counts a message when it arrives, which is some time after it is sent, now more, now less. What is known of
that is when its answer comes: by that time messages are counted here, and all times are those of answers.
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

# Answers tell Telegram's time but for the way back, which varies by a few milliseconds: so much longer than its period
# each limit is kept.
GUARD = 0.01
SECOND, MINUTE = 1.0, 60.0


@dataclass(eq=False, slots=True)
class Slot:
    """A place that a message takes: when it is sent, and when it counts, which is as late as its answer."""

    at: float
    counts: float
    windows: list["Window"] = field(default_factory=list, repr=False)

    def leaves(self, now: float) -> None:
        """The message is sent at that time, not before its place; its answer is as much later."""
        late = max(0.0, now - self.at)
        self.at += late
        self.move(self.counts + late)

    def move(self, counts: float) -> None:
        """It counts at another time."""
        for window in self.windows:
            window.drop(self)
        self.counts = counts
        for window in self.windows:
            window.add(self)


@dataclass(slots=True)
class Window:
    """No more than `limit` messages in any `period` seconds; 0 is no limit."""

    limit: int
    period: float
    _taken: list[Slot] = field(default_factory=list)  # in the order of their time

    @property
    def last(self) -> float | None:
        """When the last message counts."""
        return self._taken[-1].counts if self._taken else None

    def free_at(self, now: float, reserve: int = 0) -> float:
        """When a message may count that leaves `reserve` places free."""
        room = max(1, self.limit - reserve)
        if not self.limit or len(self._taken) < room:
            return now
        return max(now, self._taken[-room].counts + self.period)

    def take(self, slot: Slot) -> None:
        """A message goes."""
        if self.limit:
            slot.windows.append(self)
            self.add(slot)

    def add(self, slot: Slot) -> None:
        """Put a slot at its time. What is older than the last `limit` messages limits nothing."""
        insort(self._taken, slot, key=_time)
        if len(self._taken) > self.limit:
            del self._taken[0]

    def drop(self, slot: Slot) -> None:
        """Take a slot out, if it is still there."""
        if slot in self._taken:
            self._taken.remove(slot)


class Chat(Protocol):
    """The limits of one chat."""

    parked: float  # a flood limit's end; this is a time of sending

    def ready_at(self, now: float) -> float:
        """When a delivery may count."""

    def answer_at(self, now: float) -> float:
        """When an answer to a reader may count."""

    def take(self, slot: Slot) -> None:
        """A message goes."""

    def is_quiet(self, now: float) -> bool:
        """Whether nothing that happened in the chat limits anything any more."""


class Private:
    """A place is used up at once and comes back after a second; only answers use more than one at a time."""

    def __init__(self, per_second: int, burst: int) -> None:
        self.parked = self._until = 0.0
        self._each = (SECOND + GUARD) / per_second if per_second else 0.0
        self._spare = max(0, burst - 1) * self._each
        self._taken: deque[Slot] = deque()

    def ready_at(self, now: float) -> float:
        """See Chat."""
        return max(now, self._used_until())

    def answer_at(self, now: float) -> float:
        """See Chat."""
        return max(now, self._used_until() - self._spare)

    def take(self, slot: Slot) -> None:
        """See Chat."""
        self._taken.append(slot)
        if len(self._taken) > 4:
            self._until = max(self._until, self._taken.popleft().counts) + self._each

    def is_quiet(self, now: float) -> bool:
        """See Chat."""
        return max(self.parked, self._used_until()) <= now

    def _used_until(self) -> float:
        until = self._until
        for slot in self._taken:
            until = max(until, slot.counts) + self._each
        return until


class Group:
    """So many a minute, some of them kept for answers; deliveries at least a second apart."""

    def __init__(self, per_minute: int, reserve: int) -> None:
        self.parked = 0.0
        self._window = Window(per_minute, MINUTE + GUARD)
        self._reserve = reserve

    def ready_at(self, now: float) -> float:
        """See Chat."""
        last = self._window.last
        apart = now if last is None else last + SECOND + GUARD
        return max(apart, self._window.free_at(now, self._reserve))

    def answer_at(self, now: float) -> float:
        """See Chat."""
        return self._window.free_at(now)

    def take(self, slot: Slot) -> None:
        """See Chat."""
        self._window.take(slot)

    def is_quiet(self, now: float) -> bool:
        """See Chat."""
        last = self._window.last
        return self.parked <= now and (last is None or last + self._window.period <= now)


def _time(slot: Slot) -> float:
    return slot.counts
