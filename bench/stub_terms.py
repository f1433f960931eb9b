"""How bench/stub.py treats its clients: Telegram's limits, strictly, and its faults, at a rate. Decisions only."""

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds, and the share of all sends that meets each kind of fault; for that share of the time nobody listens."""

    latency: float = 0.0
    limits: bool = False
    overall: int = 30  # in any second
    private_burst: int = 3  # at once, then one a second
    group: int = 20  # in any minute
    faults: float = 0.0
    silence: float = 0.5
    downtime: float = 0.3
    seed: int = 1

    def changed(self, given: dict[str, Any]) -> "Terms":
        """With other values in some fields."""
        return replace(self, **given)


class Fate(StrEnum):
    """What becomes of a send."""

    WELL = "well"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    TRUNCATED = "truncated"
    SILENT_BEFORE = "silent_before"
    SILENT_AFTER = "silent_after"
    FLOOD = "flood"
    FLOOD_BARE = "flood_bare"
    RESTART = "restart"
    BAD_GATEWAY = "bad_gateway"

    @property
    def is_accepted(self) -> bool:
        """Whether the message is delivered."""
        return self in {Fate.WELL, Fate.CUT_AFTER, Fate.TRUNCATED, Fate.SILENT_AFTER}


_FAULTS = tuple(each for each in Fate if each is not Fate.WELL)


def fates(dice: float, share: float) -> Fate:
    """Each fault for its share of [0, 1)."""
    kind = int(dice / share)
    return _FAULTS[kind] if kind < len(_FAULTS) else Fate.WELL


class Limits:
    """Telegram's documented limits (core.telegram.org/bots/faq), as sliding windows over what was accepted."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._overall: deque[float] = deque(maxlen=terms.overall)
        self._groups: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=terms.group))
        self._private: dict[int, float] = {}  # chat -> the moment at which its burst is whole again

    def wait(self, chat: int, now: float) -> int:
        """0, and the send counts; or the seconds for which it is refused."""
        ready = max(_free(self._overall, 1, now), self._chat_free(chat, now))
        if ready > now:
            return math.ceil(ready - now)
        self._overall.append(now)
        if chat < 0:
            self._groups[chat].append(now)
        else:
            self._private[chat] = max(self._private.get(chat, 0), now) + 1
        return 0

    def _chat_free(self, chat: int, now: float) -> float:
        if chat < 0:
            return _free(self._groups[chat], 60, now)
        return self._private.get(chat, 0) - self._terms.private_burst + 1


def _free(last: deque[float], window: float, now: float) -> float:
    return last[0] + window if len(last) == last.maxlen else now


def busiest(moments: Sequence[float]) -> int:
    """The most moments in any window of one second, its end not included."""
    most = start = 0
    for at, moment in enumerate(moments):
        while moments[start] <= moment - 1:
            start += 1
        most = max(most, at - start + 1)
    return most
