"""Carries python-telegram-bot's requests over aiohttp, and tells whether a request that failed can have left.

python-telegram-bot's own carrier, httpx, costs five times as much a request and slows down with each request in flight
(bench/throughput.py). What the answers mean stays python-telegram-bot's business: BaseRequest maps them to its errors.
No text of aiohttp's reaches an error once a request is made, because it may hold the URL, and so the token.
"""

import asyncio
import json
import os
import ssl
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import aiohttp
import certifi
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.delivery.bodies import Form, encoded, multipart, pieces
from bot.delivery.departure import DEPARTURE, Departure

# Seconds that an unused connection is kept. Servers close theirs later (nginx after 75 s), so that no request goes out
# on a connection that is just being closed.
KEEP_ALIVE = 15.0
NO_ANSWER = "Invalid server response"  # as python-telegram-bot calls it

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NotSent(NetworkError):
    """The request has not reached Telegram: no connection, or a proxy refused it. Sending it again repeats nothing."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TimeOuts:
    """Seconds to wait for each step of a request; None is for ever."""

    read: float | None = 30.0  # for the answer, and for each piece of it
    write: float | None = 20.0  # for each piece of a file; whatever is no file fits the socket's buffer
    connect: float | None = 10.0
    pool: float | None = 10.0  # for a connection to fall free


class Transport(BaseRequest):
    """A pool of at most `size` connections. `proxy` is an address; None: straight to the server."""

    __slots__ = ("_proxy", "_session", "_size", "_times")

    def __init__(self, size: int, times: TimeOuts | None = None, *, proxy: str | None = None) -> None:
        self._size, self._times, self._proxy = size, times or TimeOuts(), proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds that are waited for an answer unless the request says otherwise."""
        return self._times.read

    async def initialize(self) -> None:
        """Open the pool on the running loop; again is well."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=self._size, keepalive_timeout=KEEP_ALIVE, ssl=_tls()),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool and its connections; again is well."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917  # the signature is python-telegram-bot's
        self,
        url: str,
        method: str,
        request_data: RequestData | Form | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Called by python-telegram-bot. Raises NotSent, TimedOut or NetworkError."""
        times = self._times
        limits = _limits(
            _or(read_timeout, times.read), _or(connect_timeout, times.connect), _or(pool_timeout, times.pool)
        )
        if request_data is not None and request_data.contains_files:
            return await self._upload(url, request_data, limits, _or(write_timeout, times.write))
        body = encoded(request_data)
        return await self._ask(method, url, limits, body, _FORM if body else None)

    async def _upload(
        self, url: str, data: RequestData | Form, limits: aiohttp.ClientTimeout, patience: float | None
    ) -> tuple[int, bytes]:
        """Send files. aiohttp has no time-out for writing: a piece that is not taken in time ends the request."""
        body, headers = await multipart(data)
        try:
            async with asyncio.timeout(None) as limit:
                return await self._ask("POST", url, limits, pieces(body, limit, patience), headers)
        except TimeoutError:
            raise TimedOut("Timed out: the file was not taken in time") from None

    async def _ask(
        self, method: str, url: str, limits: aiohttp.ClientTimeout, body: Any, headers: dict[str, str] | None
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NotSent("the connections to Telegram are closed")
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=limits,
                proxy=self._proxy,
                allow_redirects=False,
            ) as answer:
                payload = await answer.read()
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotSent("the address of the Bot API is no URL of HTTP") from None
        except TimeoutError:
            raise TimedOut("Timed out: no answer came in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"the connection broke before the answer was complete ({_name(error)})") from None
        _must_be_telegrams(answer.status, payload)
        return answer.status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Called by python-telegram-bot, whose own would write into the log whatever is no JSON."""
        answer = _json(payload)
        if answer is None:
            raise TelegramError(NO_ANSWER)
        return _Answer(answer)


class _Answer(dict[str, Any]):
    """An answer of the Bot API. What it lacks, python-telegram-bot takes for granted."""

    def __missing__(self, key: str) -> Any:
        raise TelegramError(NO_ANSWER)


class _Connector(aiohttp.TCPConnector):
    """Connects; whatever is raised on the way to a connection says that nothing was sent."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # the signature is aiohttp's
    ) -> aiohttp.connector.Connection:
        departure = DEPARTURE.get(None) or Departure()
        departure.waits = True  # and stays so if the request is cancelled meanwhile
        try:
            connection = await super().connect(req, traces, timeout)
        except TimeoutError:
            raise NotSent("not connected in time, or all connections are busy; the request was not sent") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NotSent(f"no connection: {_cause(error)}; the request was not sent") from None
        departure.waits = False
        departure.leaves()
        return connection


def _must_be_telegrams(status: int, payload: bytes) -> None:
    """Raise for a refusal that is not the Bot API's: it comes from what stands in front, and may repeat the URL."""
    if status < 300:
        return
    answer = _json(payload)
    if answer is None or not isinstance(answer.get("description"), str):
        text = f"{_phrase(status)} ({status}), not from the Bot API"
        # Too much, too large, or failed behind a gateway: answers.py knows. Any other turned the request away.
        raise NetworkError(text) if status in {413, 429} or status >= 500 else NotSent(text)


def _json(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(payload.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"


def _cause(error: Exception) -> str:
    """What kept a connection from being made. At this point aiohttp's text names the host at most, save a proxy's."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answers {error.status} {_phrase(error.status)}"
    return str(error) if isinstance(error, aiohttp.ClientConnectorError) else _name(error)


def _name(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return f"{type(error).__name__}: {os.strerror(number)}" if isinstance(number, int) else type(error).__name__


def _or(value: Any, default: float | None) -> float | None:
    return default if value is BaseRequest.DEFAULT_NONE else value


@lru_cache(maxsize=64)
def _limits(read: float | None, connect: float | None, pool: float | None) -> aiohttp.ClientTimeout:
    # aiohttp's `connect` is both: the wait for a free connection, and the making of a new one.
    both = None if connect is None or pool is None else connect + pool
    return aiohttp.ClientTimeout(total=None, connect=both, sock_connect=connect, sock_read=read)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    # The system's authorities, those of SSL_CERT_FILE, and certifi's, for the images that have none.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
