"""How much one reader, and a group together, may ask for in a minute or a day. Pure: the time is an argument.

It is kept in memory only, and who has been quiet for a while is forgotten.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

MOST = 20_000  # readers that one limit remembers, those who acted last
MINUTE, DAY = 60.0, 86_400.0  # seconds


class Act(StrEnum):
    """What is counted. One message or press may be several of these."""

    COMMAND = "command"  # anything written to the bot
    PRESS = "press"
    SEARCH = "search"  # looks through all that is stored
    HEAVY = "heavy"  # draws a picture, writes a file
    ONLINE = "online"  # arXiv is asked, which takes three seconds from everybody
    SUMMARY = "summary"  # a model is paid
    INLINE = "inline"  # one for about every letter that is typed


@dataclass(frozen=True, slots=True)
class Limit:
    """So many acts within so many seconds, whenever these begin."""

    number: int
    seconds: float = MINUTE


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it may be done; if not, whether that is to be said, and the seconds until it may."""

    allowed: bool
    tell: bool = False
    wait: int = 0


ALLOWED = Verdict(allowed=True)

READER = {
    Act.COMMAND: Limit(30),
    Act.PRESS: Limit(60),
    Act.SEARCH: Limit(20),
    Act.HEAVY: Limit(10),  # all formats of an export, one after the other, are five
    Act.ONLINE: Limit(6),
    Act.INLINE: Limit(120),
}
# A crowd gets more than one reader, and not as much as all of them. Presses that cost nothing are not counted together.
GROUP = {Act.COMMAND: Limit(60), Act.SEARCH: Limit(40), Act.HEAVY: Limit(20), Act.ONLINE: Limit(12)}
CROWD = 3  # as many readers' daily summaries may a group have

# What a command or a button costs besides being one. Fetching and summarising cost only where a paper is not there yet:
# their handlers count them.
COMMANDS: Mapping[str, Act] = {
    "search": Act.SEARCH,
    "similar": Act.SEARCH,
    "subscribe": Act.SEARCH,
    "edit": Act.SEARCH,
    "stats": Act.HEAVY,
    "export": Act.HEAVY,
    "weekly": Act.SEARCH,
}
BUTTONS: Mapping[str, Act] = {"similar": Act.SEARCH, "export": Act.HEAVY}


class Restraint:
    """What readers did lately. `summaries`: how many one reader may cause in a day."""

    def __init__(self, summaries: int = 20) -> None:
        reader = {**READER, Act.SUMMARY: Limit(summaries, DAY)}
        group = {**GROUP, Act.SUMMARY: Limit(CROWD * summaries, DAY)}
        self._reader = {act: _Window(limit) for act, limit in reader.items()}
        self._group = {act: _Window(limit) for act, limit in group.items()}

    def take(self, acts: Iterable[Act], reader: int, now: datetime, *, group: int = 0) -> Verdict:
        """Count what a reader does, in a group if one is named, unless it is too much: then nothing is counted."""
        at = now.timestamp()
        windows = [(self._reader[act], reader) for act in acts]
        if group:
            windows += [(self._group[act], group) for act in acts if act in self._group]
        for window, who in windows:
            verdict = window.judge(who, at)
            if not verdict.allowed:
                return verdict
        for window, who in windows:
            window.count(who, at)
        return ALLOWED

    def __len__(self) -> int:
        """How many windows are kept of how many readers and groups."""
        return sum(map(len, (*self._reader.values(), *self._group.values())))


class _Past:
    __slots__ = ("times", "told")

    def __init__(self) -> None:
        self.times = array("d")  # of what was allowed
        self.told = -math.inf  # when it was said that it is too much


class _Window:
    """One limit's memory, of those who acted last."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._past: dict[int, _Past] = {}  # who acted last stands last

    def __len__(self) -> int:
        return len(self._past)

    def judge(self, who: int, at: float) -> Verdict:
        """Whether one more is allowed now; that it is not is to be told once in a window."""
        number, seconds = self._limit.number, self._limit.seconds
        past = self._past.get(who)
        times = self._lately(past, at) if past else ()
        if len(times) < number:
            return ALLOWED
        past = self._moved(who, at)
        tell = not at - seconds < past.told <= at
        if tell:
            past.told = at
        return Verdict(allowed=False, tell=tell, wait=math.ceil((times[-number] if number else at) + seconds - at))

    def count(self, who: int, at: float) -> None:
        """Remember one more."""
        past = self._moved(who, at)
        past.times = self._lately(past, at)
        past.times.append(at)

    def _lately(self, past: _Past, at: float) -> "array[float]":
        # A clock that was put back leaves times that are still to come: those count for nothing.
        return array("d", (each for each in past.times if at - self._limit.seconds < each <= at))

    def _moved(self, who: int, at: float) -> _Past:
        past = self._past.pop(who, None) or _Past()
        self._past[who] = past
        for oldest in tuple(islice(self._past, 2)):
            if oldest != who and (len(self._past) > MOST or self._is_quiet(self._past[oldest], at)):
                del self._past[oldest]
        return past

    def _is_quiet(self, past: _Past, at: float) -> bool:
        return max((*past.times[-1:], past.told)) <= at - self._limit.seconds
