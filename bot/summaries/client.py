"""Asks a model over HTTP; whatever the provider or the network does comes back as an outcome."""

import asyncio
import datetime
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx

from bot.summaries import reply
from bot.summaries.dialect import Dialect, first_dialect, narrower, request_body
from bot.summaries.limits import Window
from bot.summaries.outcome import Busy, NoAccount, NotTaken, Outcome
from bot.summaries.provider import Provider
from bot.summaries.refusal import Answer

CONNECT = 10.0  # seconds
_MOST_DIALECTS = 8  # tries of one question: no server refuses more capabilities than there are
_ANSWER_TOKENS = 800  # counted for an answer until it is there
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    """What is kept for one provider: its connections, its places, its limits, and what it was found to take."""

    http: httpx.AsyncClient
    places: asyncio.Semaphore
    window: Window
    dialect: Dialect


class Client:
    """The connections to all providers, opened at first use. Close it with `close` or use it as a context."""

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,  # for tests
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._lines: dict[tuple[str, str, str], _Line] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            await line.http.aclose()

    def dialect(self, provider: Provider) -> Dialect:
        """What the provider has been found to take so far."""
        return self._line(provider).dialect

    async def ask(
        self,
        provider: Provider,
        messages: Sequence[dict[str, str]],
        schema: dict[str, Any],
        *,
        max_tokens: int | None = None,
        within: float | None = None,
    ) -> Outcome:
        """Ask for one JSON object of the schema, whose required fields are texts. Never raises but when cancelled.

        `max_tokens` replaces the provider's own; `within` shortens its time-out, in seconds.
        """
        line = self._line(provider)
        async with line.places:
            for _ in range(_MOST_DIALECTS):
                dialect = line.dialect
                body = request_body(provider, messages, schema, dialect, max_tokens)
                outcome = await self._in_turn(line, provider, body, schema["required"], within)
                if not isinstance(outcome, NotTaken):
                    return outcome
                if line.dialect == dialect:  # no other question has found it out meanwhile
                    narrowed = narrower(dialect, outcome.reason)
                    if narrowed is None:
                        return outcome
                    line.dialect = narrowed
                    _log.info("%s does not take everything, asked otherwise from now on: %s", provider.name, narrowed)
            return outcome

    async def _in_turn(
        self, line: _Line, provider: Provider, body: Mapping[str, Any], fields: Sequence[str], within: float | None
    ) -> Outcome:
        texts = [each["content"] for each in body["messages"]]
        turn = line.window.reserve(self._clock(), _estimate(texts) + _ANSWER_TOKENS)
        await asyncio.sleep(max(turn.start - self._clock(), 0.0))
        seconds = provider.timeout if within is None else min(provider.timeout, within)
        try:
            # The bound is on the whole answer: a server that trickles blank lines is not waited for longer.
            async with asyncio.timeout(seconds):
                answer = await _post(line.http, provider, body)
        except TimeoutError:
            return Busy(f"No answer within {seconds:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
            return _failure(error)
        outcome = reply.read(answer, fields, provider.key, texts)
        used = getattr(outcome, "usage", None)
        if used and used.input:
            line.window.settle(turn, used.input + used.output)
        return outcome

    def _line(self, provider: Provider) -> _Line:
        key = (provider.name, provider.base_url, provider.model)
        if key not in self._lines:
            self._lines[key] = _Line(
                http=httpx.AsyncClient(
                    transport=self._transport,
                    verify=_tls(),
                    # Requests wait at the semaphore, never in the pool, whose queue costs N² and closes idle
                    # connections as soon as all together are more than it keeps alive (httpcore 1.0.9).
                    limits=httpx.Limits(
                        max_connections=None, max_keepalive_connections=provider.concurrency + 8, keepalive_expiry=30
                    ),
                    timeout=httpx.Timeout(None, connect=CONNECT),
                ),
                places=asyncio.Semaphore(max(provider.concurrency, 1)),
                window=Window(provider.requests_per_minute, provider.tokens_per_minute),
                dialect=first_dialect(provider.base_url),
            )
        return self._lines[key]


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that certificates are checked against: reading them takes 0.1 s, so it is done once."""
    return httpx.create_ssl_context()


async def _post(http: httpx.AsyncClient, provider: Provider, body: Mapping[str, Any]) -> Answer:
    headers = {"Authorization": f"Bearer {provider.key}"} if provider.key else {}
    answer = await http.post(f"{provider.base_url.rstrip('/')}/chat/completions", json=body, headers=headers)
    names = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status_code, names, answer.content, datetime.datetime.now(datetime.UTC))


def _failure(error: Exception) -> Outcome:
    """What an error of httpx means; its own text may hold the address, and stays out."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | UnicodeEncodeError):
        return NoAccount(f"The address or the key cannot be used ({type(error).__name__})")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Busy("The server cannot be reached")
    return Busy(f"The connection broke ({type(error).__name__})")


def _estimate(texts: Sequence[str]) -> int:
    """Tokens, roughly: four English letters, or less than two Chinese characters, each."""
    return sum(len(text.encode()) for text in texts) // 4
