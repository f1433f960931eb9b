"""One Bot API call from its address to its answer: token, method, scripted failure, result."""

import inspect
import re
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.access import named_chat
from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault
from bot.sandbox.methods import METHODS, POSTING
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_TOKEN = re.compile(r"\d+:[\w-]{5,}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a body with its status, or a cut connection, before or in the middle of the body.

    `html` is a web server's page instead of the body, `reset` cuts at once, `posted` says that a message now stands.
    """

    status: int = 200
    body: Json | None = None
    cut: bool = False
    reset: bool = False
    html: bool = False
    posted: bool = False


def check_token(world: World, token: str) -> None:
    """Refuse a token as api.telegram.org does: 404 for one that is none, 401 for somebody else's."""
    if not _TOKEN.fullmatch(token):
        raise ApiError(404, "Not Found")
    if world.token is not None and token != world.token:
        raise ApiError(401, "Unauthorized")


async def carry_out(world: World, method: str, parameters: Parameters) -> Answer:
    """Answer a call, meeting what is scripted for it, if anything."""
    name = METHODS.get(method.lower(), (method, None))[0]
    chat = named_chat(world, parameters)
    chat_id = chat.id if chat else parameters.integer("chat_id") or None
    seconds, fault = world.faults.strike(name.lower(), chat_id)
    if seconds and await _restarted(world, seconds):
        world.count(name, "dropped")
        return Answer(cut=True)
    if fault is None:
        return await _answer(world, name, parameters)
    if error := fault.error(chat.type if chat else ""):
        return replace(_refusal(world, name, error), html=fault.kind == "html")
    world.count(name, "dropped")
    return await _broken_off(world, name, parameters, fault)


async def _broken_off(world: World, name: str, parameters: Parameters, fault: Fault) -> Answer:
    is_done = fault.kind in {"drop_after", "disconnect"} or (fault.kind == "timeout" and fault.posted)
    done = await _answer(world, name, parameters, counted=False) if is_done else Answer()
    if fault.kind == "timeout":
        await _restarted(world, fault.seconds)
    if fault.kind != "disconnect":
        done = replace(done, body=None)
    return replace(done, cut=True, reset=fault.reset)


async def _restarted(world: World, seconds: float) -> bool:
    """Wait so long; whether the server was started again meanwhile."""
    before = world.stops.value
    return await world.stops.beyond(before, seconds) > before


async def _answer(world: World, name: str, parameters: Parameters, *, counted: bool = True) -> Answer:
    try:
        result = await _result(world, name, parameters)
    except ApiError as error:
        return _refusal(world, name, error) if counted else Answer(error.code, error.as_json())
    if counted:
        world.count(name, "ok")
    return Answer(200, {"ok": True, "result": result}, posted=name in POSTING)


async def _result(world: World, name: str, parameters: Parameters) -> Any:
    known = METHODS.get(name.lower())
    if known is None:
        raise ApiError(404, "Not Found: method not found")
    result = known[1](world, parameters)
    return await result if inspect.isawaitable(result) else result


def _refusal(world: World, name: str, error: ApiError) -> Answer:
    world.count(name, str(error.code))
    return Answer(error.code, error.as_json())
