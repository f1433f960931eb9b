"""What a request to the Bot API carries: a url-encoded form, or a multipart form with files."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from telegram.request import RequestData

PIECE = 65_536  # bytes of a file that are written at a time


@dataclass(frozen=True)
class Form:
    """Parameters that are url-encoded already; other carriers than Transport read them as a RequestData's."""

    body: bytes
    contains_files = False

    @cached_property
    def json_parameters(self) -> dict[str, str]:
        """The parameters, each as text."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parameters(self) -> dict[str, str]:
        """The same."""
        return self.json_parameters

    @property
    def multipart_data(self) -> dict[str, Any]:
        """No file."""
        return {}


def encoded(data: RequestData | Form | None) -> bytes | None:
    """The parameters, url-encoded; None without any."""
    if isinstance(data, Form):
        return data.body
    return urlencode(data.json_parameters).encode() if data and data.json_parameters else None


async def multipart(data: RequestData | Form) -> tuple[bytes, dict[str, str]]:
    """The parameters and files as a multipart form, and its headers."""
    form = aiohttp.FormData(quote_fields=False)  # file names as they are: Telegram does not read `filename*=`
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, kind) in data.multipart_data.items():
        # As a stream, because aiohttp warns of bytes above 1 MB.
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=file_name.replace('"', "%22"), content_type=kind)
    payload = form()
    body = await payload.as_bytes()
    return body, {"Content-Type": payload.content_type, "Content-Length": str(len(body))}


async def pieces(body: bytes, limit: asyncio.Timeout, patience: float | None) -> AsyncIterator[bytes]:
    """The body in pieces; `limit` strikes when one of them is not taken within `patience` seconds."""
    now = asyncio.get_running_loop().time
    for start in range(0, len(body), PIECE):
        limit.reschedule(None if patience is None else now() + patience)
        yield body[start : start + PIECE]
    limit.reschedule(None)
