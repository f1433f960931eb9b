"""What a chat-completions server takes: known from its host at first, then learned from what it refuses. Pure."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from bot.summaries.provider import Provider

TEMPERATURE = 0.3
Messages = Sequence[Mapping[str, str]]

# `parameter.enable_thinking must be set to false for non-streaming calls`
_WANTS_IT_OFF = re.compile(r"set to false|is true")
_LIMIT = re.compile(r"max(?:imum)?_(?:completion_|new_|output_)?tokens")
_BOUND = re.compile(
    r"""\[ \s* \d+ \s* , \s* (\d+) \s* \]
      | (?: <= | at\ most | less\ than\ or\ equal\ to | cannot\ be\ (?:greater|larger)\ than | maximum[\w ]* )
        [\s:]* (\d+)""",
    re.VERBOSE,
)
_FORM = re.compile(r"response_?format|json_?schema|json_?object|json mode|structured|grammar|\bschema\b")
_ROLE = re.compile(r"\bdeveloper\b|\bsystem\W+(?:role|message|prompt|instruction)|\broles?\b")


class Form(StrEnum):
    """How the server is told that JSON is wanted, the strictest first. TEXT: by the prompt alone."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server takes. `most_tokens`: the longest answer that it allows, where it told."""

    form: Form = Form.SCHEMA
    limit_keys: tuple[str, ...] = ("max_tokens", "max_completion_tokens")  # the first is sent; empty: it takes none
    temperature: bool = True
    thinking_off: Mapping[str, Any] = field(default_factory=dict, hash=False)
    system_role: bool = True
    stream: bool = False
    most_tokens: int | None = None


def first_dialect(base_url: str) -> Dialect:
    """What the table of known servers says of this address; for an unknown one the strictest form is tried."""
    try:
        address = urlsplit(base_url if "//" in base_url else f"//{base_url}").netloc.rpartition("@")[2].lower()
    except ValueError:  # brackets that do not close: the client tells it with the first question
        return Dialect()
    host = address.partition(":")[0]
    for known, dialect in _servers():
        if known in {address, host} or host.endswith(f".{known}"):
            return dialect
    return Dialect()


def request_body(
    provider: Provider, messages: Messages, schema: Mapping[str, Any], dialect: Dialect, max_tokens: int | None = None
) -> dict[str, Any]:
    """The JSON of a request. `max_tokens` replaces the provider's own; the provider's `extra` has the last word."""
    body: dict[str, Any] = {"model": provider.model, "messages": _roles(messages, dialect)}
    if dialect.form is Form.SCHEMA:
        named = {"name": "summary", "strict": True, "schema": dict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    elif dialect.form is Form.OBJECT:
        body["response_format"] = {"type": "json_object"}
    if dialect.limit_keys:
        limit = max_tokens or provider.max_tokens
        body[dialect.limit_keys[0]] = min(limit, dialect.most_tokens or limit)
    if dialect.temperature:
        body["temperature"] = TEMPERATURE
    if dialect.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body | dict(dialect.thinking_off) | dict(provider.extra)


def narrower(dialect: Dialect, error: str) -> Dialect | None:  # noqa: PLR0911  # a table, read from the top
    """The dialect without what a 400 or 422 complains of; None if the error names nothing that could be left out."""
    text = error.lower()
    if "enable_thinking" in text and _WANTS_IT_OFF.search(text) and not dialect.thinking_off:
        return replace(dialect, thinking_off={"enable_thinking": False})
    if dialect.limit_keys and _LIMIT.search(text):
        return _other_limit(dialect, text)
    if dialect.thinking_off and any(each in text for each in (*dialect.thinking_off, "thinking", "reasoning")):
        return replace(dialect, thinking_off={})
    if dialect.temperature and "temperature" in text:
        return replace(dialect, temperature=False)
    if dialect.form is not Form.TEXT and _FORM.search(text):
        return replace(dialect, form=Form.OBJECT if dialect.form is Form.SCHEMA else Form.TEXT)
    if dialect.system_role and _ROLE.search(text):
        return replace(dialect, system_role=False)
    if not dialect.stream and "stream" in text:
        return replace(dialect, stream=True)
    return None


def _other_limit(dialect: Dialect, text: str) -> Dialect:
    """`the valid range of max_tokens is [1, 8192]` gives a bound; other complaints are about the key itself."""
    bound = _BOUND.search(text)
    most = int(bound[1] or bound[2]) if bound else 0
    if most and (dialect.most_tokens is None or most < dialect.most_tokens):
        return replace(dialect, most_tokens=most)
    return replace(dialect, limit_keys=dialect.limit_keys[1:])


def _roles(messages: Messages, dialect: Dialect) -> list[dict[str, str]]:
    """The messages with roles that the server knows: no provider but OpenAI takes `developer`."""
    said = [{**each, "role": "system" if each["role"] == "developer" else each["role"]} for each in messages]
    if dialect.system_role:
        return said
    orders = [each["content"] for each in said if each["role"] == "system"]
    rest = [each for each in said if each["role"] != "system"]
    if rest and rest[0]["role"] == "user":
        rest[0]["content"] = "\n\n".join([*orders, rest[0]["content"]])
        return rest
    return [{"role": "user", "content": "\n\n".join(orders)}, *rest]


@cache
def _servers() -> tuple[tuple[str, Dialect], ...]:
    text = resources.files(__package__).joinpath("servers.toml").read_text(encoding="utf-8")
    rows: list[tuple[str, Dialect]] = []
    for server in tomllib.loads(text).values():
        hosts = server.pop("hosts")
        keys = tuple(server.pop("limit_keys", Dialect().limit_keys))
        dialect = Dialect(Form(server.pop("form")), keys, **server)
        rows.extend((host, dialect) for host in hosts)
    return tuple(rows)
