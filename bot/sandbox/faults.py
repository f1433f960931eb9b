"""Failures that a test or a bench scripts: calls that match are refused, delayed or cut off, by number or by chance."""

import math
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError, Refused

_DEFAULTS = {
    "429": (429, "Too Many Requests"),
    "403": (403, "Forbidden: bot was blocked by the user"),
    "400": (400, "Bad Request: chat not found"),
    "5xx": (502, ""),
    "html": (502, ""),
}
KINDS = (*_DEFAULTS, "delay", "timeout", "drop_before", "drop_after", "disconnect")
_GROUP_403 = "Forbidden: bot was kicked from the {type} chat"
_RESTART = "Internal Server Error: restart"
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted failure, of one of these kinds.

    `delay` carries the call out after `seconds` and up to `spread` more; it adds to whatever else strikes.
    `timeout` gives no answer for `seconds`, then cuts; the call is carried out at once if `posted`, else never.
    `drop_before` closes the connection instead of carrying the call out, `drop_after` carries it out first, both by a
    TCP reset if `reset`; `disconnect` carries it out and breaks off in the middle of the answer.
    `429`, `403`, `400` and `5xx` are answers with Telegram's envelope, of any `status` and `description`; a 429 without
    `retry_after` has no parameters. `html` is the answer of the web server before it.

    It strikes the calls of `method` into `chat_id`, a share of `rate` of them by dice thrown from `seed`. The first
    `after` matching calls are spared, and after `times` hits it is over; 0 is for ever.
    """

    kind: str
    method: str = ""
    chat_id: int | None = None
    status: int = 0
    description: str = ""
    retry_after: int | None = 1  # seconds
    seconds: float = 1.0
    spread: float = 0.0  # seconds
    posted: bool = True
    reset: bool = False
    rate: float = 1.0
    seed: int | None = None  # None: the fault's place in the script
    times: int = 1
    after: int = 0

    def error(self, chat_type: str) -> ApiError | None:
        """What the call is refused with, or None for a kind that is no answer."""
        if self.kind not in _DEFAULTS:
            return None
        status, text = _DEFAULTS[self.kind]
        status = self.status or status
        if self.kind == "403" and chat_type not in {"", "private"}:
            text = _GROUP_403.format(type=chat_type)
        parameters: Json = {}
        if self.kind == "429" and self.retry_after is not None:
            text, parameters = f"{text}: retry after {self.retry_after}", {"retry_after": self.retry_after}
        text = self.description or text or (_RESTART if status == 500 else HTTPStatus(status).phrase)
        return ApiError(status, text, **parameters)


class Faults:
    """The failures scripted so far, in their order."""

    def __init__(self) -> None:
        self._script: list[_Scripted] = []
        self._number = 0

    def add(self, body: Json) -> Fault:
        """Script a failure from its JSON. Raises Refused for one that cannot be."""
        fault = _read(body)
        self._number += 1
        self._script.append(_Scripted(fault, self._number if fault.seed is None else fault.seed))
        return fault

    def strike(self, method: str, chat_id: int | None) -> tuple[float, Fault | None]:
        """The seconds that a call is held up, and the failure that it meets then, if any: the first that strikes."""
        seconds, met = 0.0, None
        for each in list(self._script):
            delays = each.fault.kind == "delay"
            if (met and not delays) or not each.strikes(method, chat_id):
                continue
            if delays:
                seconds += each.delay()
            else:
                met = each.fault
            if each.is_over:
                self._script.remove(each)
        return seconds, met

    def clear(self) -> None:
        """Script nothing any more."""
        self._script.clear()
        self._number = 0

    def as_json(self) -> list[Json]:
        """What is still to come."""
        return [asdict(each.fault) | {"after": each.spared, "hits": each.hits} for each in self._script]


class _Scripted:
    """A fault with its dice and what it did so far."""

    def __init__(self, fault: Fault, seed: int) -> None:
        self.fault, self.hits, self.spared = fault, 0, fault.after
        self._dice = random.Random(seed)  # noqa: S311  # a fault is no secret

    @property
    def is_over(self) -> bool:
        """Whether it has struck as often as it was to."""
        return bool(self.fault.times) and self.hits >= self.fault.times

    def strikes(self, method: str, chat_id: int | None) -> bool:
        """Whether it strikes this call, which is then counted."""
        fault = self.fault
        if fault.method.lower() not in {"", method} or fault.chat_id not in {None, chat_id}:
            return False
        if self.spared:
            self.spared -= 1
            return False
        if self._dice.random() >= fault.rate:
            return False
        self.hits += 1
        return True

    def delay(self) -> float:
        """The seconds of one delay."""
        return self.fault.seconds + self.fault.spread * self._dice.random()


def _is_whole(value: object, lowest: float = -math.inf, highest: float = math.inf) -> bool:
    return type(value) is int and lowest <= value <= highest


def _is_number(value: object, highest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= highest


_TEXT = (lambda value: isinstance(value, str), "a text")
_TRUTH = (lambda value: isinstance(value, bool), "true or false")
_SECONDS = (lambda value: _is_number(value, _DAY), "a number of seconds, up to a day")
_COUNT = (lambda value: _is_whole(value, 0), "a whole number, 0 or more")
_VALID: dict[str, tuple[Callable[[Any], bool], str]] = {
    "kind": (lambda value: value in KINDS, f"one of {', '.join(KINDS)}"),
    "method": _TEXT,
    "chat_id": (lambda value: value is None or _is_whole(value), "a whole number"),
    "status": (lambda value: _is_whole(value, 400) and value in {*HTTPStatus}, "an HTTP status of 400 or above"),
    "description": _TEXT,
    "retry_after": (lambda value: value is None or _is_whole(value, 1), "a whole number of seconds, or null for none"),
    "seconds": _SECONDS,
    "spread": _SECONDS,
    "posted": _TRUTH,
    "reset": _TRUTH,
    "rate": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "seed": (lambda value: value is None or _is_whole(value), "a whole number"),
    "times": _COUNT,
    "after": _COUNT,
}


def _read(body: Json) -> Fault:
    if unknown := sorted(set(body) - set(_VALID)):
        raise Refused(400, f"A fault has no field {unknown[0]!r}; it has {', '.join(_VALID)}.")
    for name, value in ({"kind": None} | body).items():
        is_valid, what = _VALID[name]
        if not is_valid(value):
            raise Refused(400, f"{name} must be {what}.")
    return Fault(**body)
