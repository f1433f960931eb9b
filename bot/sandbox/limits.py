"""Telegram's limits on sending, kept to the letter (core.telegram.org/bots/faq#my-bot-is-hitting-limits)."""

import math
from collections import deque
from dataclasses import asdict, dataclass, replace

from bot.sandbox.chats import Json
from bot.sandbox.errors import Refused

_MINUTE = 60.0
_GRAIN = 1e-6  # seconds; what is less is rounding
_WHOLE = ("overall_per_second", "private_burst", "group_per_minute", "paid_per_second")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages, edits included, Telegram takes; `enforced` False counts them and refuses none.

    A private chat takes `private_burst` at once and then `private_per_second`; channels count as groups.
    """

    overall_per_second: int = 30
    private_per_second: float = 1.0
    private_burst: int = 3
    group_per_minute: int = 20
    paid_per_second: int = 1000  # with allow_paid_broadcast
    enforced: bool = True

    def changed(self, body: Json) -> "Limits":
        """These limits with the values that JSON names. Raises Refused for what cannot be one."""
        names = asdict(self)
        if unknown := sorted(set(body) - set(names)):
            raise Refused(400, f"There is no limit {unknown[0]!r}; there are {', '.join(names)}.")
        if not isinstance(body.get("enforced", True), bool):
            raise Refused(400, "enforced must be true or false.")
        for name in _WHOLE:
            if type(body.get(name, 1)) is not int or body.get(name, 1) < 1:
                raise Refused(400, f"{name} must be a whole number above 0.")
        rate = body.get("private_per_second", 1)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.001 <= rate <= 1000:
            raise Refused(400, "private_per_second must be a number from 0.001 to 1000.")
        return replace(self, **body)


@dataclass(slots=True)
class Counts:
    """What was sent so far; `refused` by the limits, `busiest` is the most within any second."""

    sends: int = 0
    refused: int = 0
    paid: int = 0
    busiest: int = 0
    swallowed: int = 0  # messages posted whose answer reached nobody


class Traffic:
    """What was sent lately. Times are in seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._second = _Window(1.0)
        self._free = _Window(1.0)  # without those that were paid for
        self._groups: dict[int, _Window] = {}
        self._private: dict[int, float] = {}  # when the bucket of a chat is full again

    def admit(self, limits: Limits, chat_id: int, now: float, *, paid: bool = False) -> int:
        """Count one more message into a chat: 0, or the whole seconds to wait for one that is refused.

        A refusal counts for nothing. A message that may be `paid` for is free as long as free ones are left.
        """
        free = self._free.wait(limits.overall_per_second, now)
        if limits.enforced:
            most = max(limits.overall_per_second, limits.paid_per_second)
            overall = max(0.0 if paid else free, self._second.wait(most, now))
            wait = max(overall, self._chat_wait(limits, chat_id, now))
            if wait > 0:
                self.counts.refused += 1
                return max(1, math.ceil(wait - _GRAIN))
            self._fill(limits, chat_id, now)
        self._count(free > 0, paid, now)
        return 0

    def _count(self, beyond_free: bool, paid: bool, now: float) -> None:
        self.counts.sends += 1
        self.counts.busiest = max(self.counts.busiest, self._second.add(now))
        if not beyond_free:
            self._free.add(now)
        elif paid:
            self.counts.paid += 1

    def _chat_wait(self, limits: Limits, chat_id: int, now: float) -> float:
        if chat_id < 0:
            group = self._groups.get(chat_id)
            return group.wait(limits.group_per_minute, now) if group else 0.0
        missing = self._private.get(chat_id, now) - now
        wait = missing - (limits.private_burst - 1) / limits.private_per_second
        return wait if wait > _GRAIN else 0.0

    def _fill(self, limits: Limits, chat_id: int, now: float) -> None:
        if chat_id < 0:
            self._groups.setdefault(chat_id, _Window(_MINUTE)).add(now)
        else:
            full = max(now, self._private.get(chat_id, now))
            self._private[chat_id] = full + 1 / limits.private_per_second


class _Window:
    """The times of what happened within the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque()

    def add(self, now: float) -> int:
        """Note one more; how many it holds then."""
        self._forget(now)
        self._times.append(now)
        return len(self._times)

    def wait(self, limit: int, now: float) -> float:
        """The seconds until one more is within the limit, 0 for now."""
        self._forget(now)
        beyond = len(self._times) - limit
        return self._times[beyond] + self._seconds - now if beyond >= 0 else 0.0

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] + self._seconds <= now:
            self._times.popleft()
