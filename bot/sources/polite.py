"""The one gate to all arXiv hosts: one request at a time, spaced, refusals waited out (info.arxiv.org/help/api/tou)."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import httpx

from bot.errors import Unavailable
from bot.sources import refusals
from bot.sources.neighbours import Neighbours
from bot.sources.reading import Malformed
from bot.sources.turns import Clock, Turns

log = logging.getLogger(__name__)

T = TypeVar("T")

# A request without Accept is refused every time (facts: wp-a/nature-academic-search#16).
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.8"
_HOPS = 3
_JITTER = 1.25


class Rejected(Exception):
    """arXiv will not answer this request however often it is asked. `reason` says why in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: from one request's end to the next one's start, after each refusal in a row, and for one answer."""

    interval: float = 3.0
    pauses: tuple[float, ...] = (30, 120, 600, 1800)
    limit: float = 120.0


def client() -> httpx.AsyncClient:
    """An HTTP client that keeps to one connection, as arXiv's terms ask."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    return httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(60, connect=20))


def user_agent(contact: str) -> str:
    """`Papergram/0.1.0 (+contact)`; the contact is a web or mail address of whoever runs the bot."""
    name = f"Papergram/{version('papergram')}"
    plain = "".join(each for each in contact if each.isascii() and each.isprintable()).strip()
    return f"{name} (+{plain})" if plain else name


class Polite:
    """Made once a process. `lock` is a file beside the database that other processes of this machine take too."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        agent: str,
        *,
        lock: Path | None = None,
        pace: Pace | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._http, self._headers = http, {"User-Agent": agent, "Accept": ACCEPT}
        self._pace, self._clock = pace or Pace(), clock or Clock()
        self._rng = rng or random.Random()  # noqa: S311  # jitter is no secret
        self._longest = max(self._pace.pauses) * _JITTER  # a job waits no longer between two requests
        neighbours = Neighbours(lock, self._pace.interval, self._clock.wall) if lock else None
        self._turns = Turns(self._pace.interval, self._clock, neighbours)
        self._level = 0  # how many of the pauses are used up
        self.refused_since: datetime | None = None  # None: the last answer was one
        self.last_reason = ""

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        read: Callable[[bytes], T],
        patience: float | None = None,
    ) -> T:
        """What `read` makes of the answer; `patience`, in seconds, is a reader's, who goes before all jobs.

        Raises Unavailable after the last pause or as soon as the wait would outlast the patience, Rejected for what
        is not to be asked again, and whatever `read` raises but Malformed, which counts as a refusal.
        """
        if patience is None:
            return await self._insist(url, params, read, None)
        try:
            async with asyncio.timeout(patience):
                return await self._insist(url, params, read, self._clock.now() + patience)
        except TimeoutError:
            raise Unavailable(f"no answer within {patience:.0f} s", self.wait) from None

    @property
    def wait(self) -> float:
        """Seconds that a reader who asked now would wait at least."""
        return self._turns.wait(urgent=True)

    async def _insist(
        self, url: str, params: Mapping[str, str] | None, read: Callable[[bytes], T], until: float | None
    ) -> T:
        for pauses_left in reversed(range(len(self._pace.pauses) + 1)):
            self._check(until)
            try:
                return await self._follow(httpx.URL(url, params=params) if params else httpx.URL(url), read, until)
            except _Refused as refused:
                if refused.last or not pauses_left:
                    raise Unavailable(self.last_reason, self.wait) from None
        raise AssertionError("the last refusal is raised")

    def _check(self, until: float | None) -> None:
        """Raise Unavailable if arXiv may not be asked in time: a reader's, or for jobs the longest pause."""
        if until is None:
            in_time = self._turns.left() <= self._longest + self._pace.interval
        else:
            in_time = self.wait <= until - self._clock.now()
        if not in_time:
            raise Unavailable(self.last_reason if self.refused_since else "others are being answered", self.wait)

    async def _follow(self, url: httpx.URL, read: Callable[[bytes], T], until: float | None) -> T:
        for _ in range(_HOPS):
            answer = await self._visit(url, read, until)
            if not isinstance(answer, _Moved):
                return answer
            url = answer.url
            self._check(until)
        answer = await self._visit(url, read, until, may_move=False)
        assert not isinstance(answer, _Moved)
        return answer

    async def _visit(
        self, url: httpx.URL, read: Callable[[bytes], T], until: float | None, *, may_move: bool = True
    ) -> "T | _Moved":
        """One request. Whatever becomes of it is known before the next one may start."""
        async with self._turns.turn(urgent=until is not None):
            try:
                answer = await self._send(url)
            except httpx.UnsupportedProtocol as error:
                raise Rejected(refusals.in_words(error)) from None
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise self._refused(url, refusals.in_words(error)) from None
            except TimeoutError:
                raise self._refused(url, f"no whole answer within {self._pace.limit:.0f} s") from None
            if answer.is_redirect:
                if not may_move or not (target := _target(answer)):
                    raise self._refused(url, f"HTTP {answer.status_code}, {_HOPS} times or to nowhere")
                return _Moved(target)
            return self._read(url, answer, read)

    async def _send(self, url: httpx.URL) -> httpx.Response:
        async with asyncio.timeout(self._pace.limit):
            return await self._http.get(url, headers=self._headers, follow_redirects=False)

    def _read(self, url: httpx.URL, answer: httpx.Response, read: Callable[[bytes], T]) -> T:
        if reason := refusals.passing(answer.status_code, answer.content):
            raise self._refused(url, reason, answer.headers.get("Retry-After", ""))
        if reason := refusals.lasting(answer.status_code, answer.content):
            self._answered()
            raise Rejected(reason)
        try:
            value = read(answer.content)
        except Malformed as error:
            if answer.status_code != 400:
                raise self._refused(url, str(error)) from None
            self._answered()
            raise Rejected(f"HTTP 400: {error}") from None
        except Exception:
            self._answered()  # what it said was no, and well said
            raise
        self._answered()
        return value

    def _answered(self) -> None:
        self._level //= 2  # back to the short pauses in a few answers, not in one
        self.refused_since = None

    def _refused(self, url: httpx.URL, reason: str, retry_after: str = "") -> "_Refused":
        """Begin the cool-down of everybody, and tell the operator in one line."""
        pauses = self._pace.pauses
        pause = pauses[min(self._level, len(pauses) - 1)] * self._rng.uniform(1, _JITTER)
        asked = refusals.retry_after(retry_after, self._clock.wall())
        last = self._level >= len(pauses) or asked > self._longest
        self._level = min(self._level + 1, len(pauses))
        self._turns.hold(max(pause, asked))
        self.last_reason = reason
        self.refused_since = self.refused_since or datetime.fromtimestamp(self._clock.wall(), UTC)
        log.warning("%s%s refuses: %s; nothing is asked for %.0f s", url.host, url.path, reason, max(pause, asked))
        return _Refused(last)


class _Refused(Exception):
    def __init__(self, last: bool) -> None:
        super().__init__()
        self.last = last  # waiting on is of no use


@dataclass(frozen=True, slots=True)
class _Moved:
    url: httpx.URL


def _target(answer: httpx.Response) -> httpx.URL | None:
    try:
        url = answer.url.join(answer.headers["Location"])
    except (KeyError, httpx.InvalidURL):
        return None
    return url if url.scheme in {"http", "https"} and url.host else None
