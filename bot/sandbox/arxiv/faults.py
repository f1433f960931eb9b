"""Refusals and failures of the fake arXiv that a test or a bench scripts, once, often, or at random."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.errors import Refused

REFUSALS = {
    "refuse_429": (429, "Rate exceeded."),
    "refuse_406": (406, ""),
    "refuse_403": (403, "Access denied"),
    "refuse_503": (503, "Service Unavailable"),
    "rate_exceeded_200": (200, "Rate exceeded."),
    "html_200": (200, "<!DOCTYPE html>\n<html><head><title>arXiv is down</title></head><body>Back soon.</body></html>"),
}
KINDS = (*REFUSALS, "truncated", "slow", "stale", "empty", "redirect_302", "drop")


@dataclass(slots=True)
class Fault:
    """One scripted fault. `path` is a prefix; `times` None is for ever; `seconds` is how slow, or the Retry-After."""

    kind: str
    path: str = ""
    times: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    hits: int = 0


class Faults:
    """The faults scripted so far, in their order; the first that strikes is the one."""

    def __init__(self, seed: int = 0) -> None:
        self._faults: list[Fault] = []
        self._rng = random.Random(seed)  # noqa: S311  # a fault is no secret

    def add(self, body: Mapping[str, Any]) -> Fault:
        """Script a fault from its JSON. Raises Refused for one that cannot be."""
        known = set(Fault.__dataclass_fields__) - {"hits"}
        if unknown := set(body) - known:
            raise Refused(400, f"A fault has no field {sorted(unknown)[0]!r}; it has {', '.join(sorted(known))}.")
        if body.get("kind") not in KINDS:
            raise Refused(400, f"kind must be one of {', '.join(KINDS)}.")
        if not isinstance(body.get("path", ""), str):
            raise Refused(400, "path must be a text.")
        for key in ("probability", "seconds", "times"):
            if not _is_number(body.get(key, 1)) and not (key == "times" and body[key] is None):
                raise Refused(400, f"{key} must be a number and not negative.")
        fault = Fault(**body)
        self._faults.append(fault)
        return fault

    def strike(self, path: str) -> Fault | None:
        """The fault that this request meets, if any; it is then used up by one."""
        for fault in list(self._faults):
            if not path.startswith(fault.path) or self._rng.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.times is not None and fault.hits >= fault.times:
                self._faults.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Script nothing any more."""
        self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """What is still to come."""
        return [asdict(fault) for fault in self._faults]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
