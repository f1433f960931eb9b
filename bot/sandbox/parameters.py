"""The parameters of a Bot API call, however they came: query, form, multipart or JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.files import MAX_UPLOAD

# The form that HTML prescribes: names in UTF-8, a quote written %22 (html.spec.whatwg.org, multipart form data).
_DISPOSITION = re.compile(r'[;\s](name|filename)="([^"]*)"')
_PART_TYPE = re.compile(r"^content-type:\s*([\w.+/-]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart form."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parameters:
    """Texts by name, with the types that Telegram reads out of them."""

    texts: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text, "" if it is missing."""
        return self.texts.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; what is none counts as missing, as at Telegram."""
        try:
            return int(self.texts.get(name, ""))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """A truth value."""
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def json(self, name: str, kind: type, what: str) -> Any:
        """A nested object of the right `kind`, None if it is missing. `what` is Telegram's name for it in errors."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            value = json.loads(raw)
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair hides in an escape
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None
        if value is None:
            return None
        if not isinstance(value, kind):
            raise bad_request(f"object expected as {what}" if kind is dict else f"expected an Array of {what}")
        return value


async def read(request: Request) -> Parameters:
    """The parameters of a call; those in the body win over the query's."""
    query = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    body = await _body(request)
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            found = Parameters(query | _from_json(body))
        elif kind == "multipart/form-data":
            found = _from_multipart(content_type, body, query)
        else:
            found = Parameters(query | dict(parse_qsl(body.decode(), keep_blank_values=True)))
        for text in found.texts.values():
            text.encode()
    except UnicodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    return found


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_UPLOAD + 2**20:
            raise ApiError(413, "Request Entity Too Large")
    return bytes(body)


def _from_json(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    try:
        values = json.loads(body)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise bad_request("can't parse request parameters JSON object")
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


def _from_multipart(content_type: str, body: bytes, query: dict[str, str]) -> Parameters:
    header = Message()
    header["Content-Type"] = content_type
    texts: dict[str, str] = dict(query)
    uploads = {}
    boundary = header.get_boundary("")
    if not boundary:
        raise bad_request("can't parse multipart form without a boundary")
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode()
        names = {key: value.replace("%22", '"') for key, value in _DISPOSITION.findall(lines)}
        if "filename" in names:
            mime = _PART_TYPE.search(lines)
            kind = mime[1].lower() if mime else "application/octet-stream"
            uploads[names.get("name", "")] = Upload(names["filename"], kind, content)
        else:
            texts[names.get("name", "")] = content.decode()
    return Parameters(texts, uploads)
