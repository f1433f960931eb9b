"""One Bot API call from its address to its answer: token, method, scripted failure, result."""

import inspect
import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.access import named_chat
from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_TOKEN = re.compile(r"\d+:[\w-]{5,}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a body with its status, or a cut connection, before or in the middle of the body."""

    status: int = 200
    body: Json | None = None
    cut: bool = False


def check_token(world: World, token: str) -> None:
    """Refuse a token as api.telegram.org does: 404 for one that is none, 401 for somebody else's."""
    if not _TOKEN.fullmatch(token):
        raise ApiError(404, "Not Found")
    if world.token is not None and token != world.token:
        raise ApiError(401, "Unauthorized")


async def carry_out(world: World, method: str, parameters: Parameters) -> Answer:
    """Answer a call, meeting the failure that is scripted for it, if any."""
    name = METHODS.get(method.lower(), (method, None))[0]
    chat = named_chat(world, parameters)
    raw_id = parameters.integer("chat_id") or None
    fault = world.faults.strike(name.lower(), chat.id if chat else raw_id)
    if fault is None:
        return await _answer(world, name, parameters)
    if error := fault.error(chat.type if chat else ""):
        return _refusal(world, name, error)
    if fault.kind == "delay":
        await world.ending.beyond(0, fault.seconds)
        return await _answer(world, name, parameters)
    world.count(name, "dropped")
    if fault.kind == "drop_before":
        return Answer(cut=True)
    done = await _answer(world, name, parameters, counted=False)
    return Answer(cut=True) if fault.kind == "drop_after" else Answer(done.status, done.body, cut=True)


async def _answer(world: World, name: str, parameters: Parameters, *, counted: bool = True) -> Answer:
    try:
        result = await _result(world, name, parameters)
    except ApiError as error:
        return _refusal(world, name, error) if counted else Answer(error.code, error.as_json())
    if counted:
        world.count(name, "ok")
    return Answer(200, {"ok": True, "result": result})


async def _result(world: World, name: str, parameters: Parameters) -> Any:
    known = METHODS.get(name.lower())
    if known is None:
        raise ApiError(404, "Not Found: method not found")
    result = known[1](world, parameters)
    return await result if inspect.isawaitable(result) else result


def _refusal(world: World, name: str, error: ApiError) -> Answer:
    world.count(name, str(error.code))
    return Answer(error.code, error.as_json())
