"""What a request under /sandbox/ asks for, read out of its address and its body."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from starlette.requests import Request

from bot.sandbox.chats import Chat, Json, User
from bot.sandbox.errors import Refused
from bot.sandbox.world import World

T = TypeVar("T", str, int, bool, list[Any])
_NAMES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


def world_of(request: Request) -> World:
    """The world that the server serves."""
    world: World = request.app.state.world
    return world


def asked_chat(request: Request) -> Chat:
    """The chat in the address."""
    raw = request.path_params["chat_id"]
    world = world_of(request)
    chat = world.find_chat(int(raw) if raw.removeprefix("-").isdecimal() else raw)
    if chat is None:
        raise Refused(404, "There is no such chat.")
    return chat


async def body_of(request: Request) -> Json:
    """The JSON object in the body, which can be written again as it is."""
    try:
        body = await request.json()
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # no NaN, no half of a surrogate pair
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object.")
    return body


def take(body: Json, name: str, kind: type[T], default: T | None = None) -> T:
    """A field of the body, of one type. Without a `default` it must be there."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Refused(400, f"{name} must be {_NAMES[kind]}.")
    return value


def take_seconds(body: Json, name: str, most: int) -> float:
    """A field of the body that says how long, up to `most` seconds."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Refused(400, f"{name} must be a number from 0 to {most}.")
    return value


def refuse_others(body: Json, names: Iterable[str]) -> None:
    """Refuse a body with a field that is none of these."""
    if unknown := sorted(set(body) - set(names)):
        raise Refused(400, f"There is no field {unknown[0]!r} here; there is {', '.join(names)}.")


def person(world: World, body: Json, name: str) -> User:
    """The user, or the bot, whose id a field holds."""
    user = world.users.get(take(body, name, int))
    if user is None:
        raise Refused(400, f"{name}: there is no such user.")
    return user


def asked_number(request: Request, name: str) -> int:
    """A whole number in the query."""
    try:
        return int(request.query_params[name])
    except (KeyError, ValueError):
        raise Refused(400, f"{name} must be a whole number.") from None


def optional_number(request: Request, name: str) -> int:
    """A whole number in the query, 0 if it is missing."""
    return asked_number(request, name) if name in request.query_params else 0
