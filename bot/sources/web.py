"""Fetches what stands elsewhere than at arXiv: Hugging Face's daily papers, another publisher's digest."""

from dataclasses import dataclass

import httpx
import stamina

from bot.errors import Unavailable

_LARGEST = 50_000_000  # bytes
_AGAIN = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer and the name that its server gives to this state of it."""

    data: bytes
    etag: str = ""


class _Busy(Exception):
    """The server cannot answer now."""


class Web:
    """A client for hosts that ask for no manners of their own."""

    def __init__(self, http: httpx.AsyncClient, agent: str) -> None:
        self._http, self._headers = http, {"User-Agent": agent}

    async def get(self, url: str, *, params: dict[str, str] | None = None, etag: str = "") -> Fetched | None:
        """The answer, or None if it is still the one that `etag` names. Raises Unavailable."""
        headers = {**self._headers, **({"If-None-Match": etag} if etag else {})}
        try:
            async for attempt in stamina.retry_context(on=(httpx.TransportError, _Busy), attempts=3, timeout=120):
                with attempt:
                    return await self._get(url, params, headers)
        except (httpx.HTTPError, httpx.InvalidURL, _Busy) as error:
            raise Unavailable(f"{_host(url)}: {type(error).__name__} {error}".rstrip(), _AGAIN) from None
        raise AssertionError("stamina lets the last error through")

    async def _get(self, url: str, params: dict[str, str] | None, headers: dict[str, str]) -> Fetched | None:
        async with self._http.stream("GET", url, params=params, headers=headers, follow_redirects=True) as answer:
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return None
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
                raise _Busy(f"HTTP {answer.status_code}")
            if not answer.is_success:
                raise Unavailable(f"{_host(url)}: HTTP {answer.status_code}", _AGAIN)
            data = bytearray()
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > _LARGEST:
                    raise Unavailable(f"{_host(url)}: more than {_LARGEST // 1_000_000} MB", _AGAIN)
            return Fetched(bytes(data), answer.headers.get("ETag", ""))


def _host(url: str) -> str:
    return httpx.URL(url).host
