"""Failures that a test or a bench scripts: the next calls that match are refused, delayed or cut off."""

from dataclasses import asdict, dataclass

from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError, Refused

KINDS = ("429", "403", "400", "5xx", "delay", "drop_before", "drop_after", "disconnect")
_DEFAULTS = {
    "429": (429, ""),
    "403": (403, "Forbidden: bot was blocked by the user"),
    "400": (400, "Bad Request: chat not found"),
    "5xx": (502, "Bad Gateway"),
}
_GROUP_403 = "Forbidden: bot was kicked from the {type} chat"


@dataclass(slots=True)
class Fault:
    """One scripted failure.

    `drop_before` closes the connection instead of carrying the call out, `drop_after` carries it out first, and
    `disconnect` carries it out and breaks off in the middle of the answer. `times` 0 is for ever; the first `after`
    matching calls are spared.
    """

    kind: str
    method: str = ""
    chat_id: int | None = None
    status: int = 0
    description: str = ""
    retry_after: int = 1  # seconds
    seconds: float = 1.0
    times: int = 1
    after: int = 0
    hits: int = 0

    def error(self, chat_type: str) -> ApiError | None:
        """What the call is refused with, or None for a kind that is not an answer."""
        if self.kind not in _DEFAULTS:
            return None
        status, description = _DEFAULTS[self.kind]
        if self.kind == "403" and chat_type not in {"", "private"}:
            description = _GROUP_403.format(type=chat_type)
        if self.kind == "429":
            description = self.description or f"Too Many Requests: retry after {self.retry_after}"
            return ApiError(429, description, retry_after=self.retry_after)
        return ApiError(self.status or status, self.description or description)


class Faults:
    """The failures scripted so far, in their order."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, body: Json) -> Fault:
        """Script a failure from its JSON. Raises Refused for one that cannot be."""
        known = set(Fault.__dataclass_fields__) - {"hits"}
        if unknown := set(body) - known:
            raise Refused(400, f"A fault has no field {sorted(unknown)[0]!r}; it has {', '.join(sorted(known))}.")
        if body.get("kind") not in KINDS:
            raise Refused(400, f"kind must be one of {', '.join(KINDS)}.")
        for key in ("status", "retry_after", "seconds", "times", "after", "chat_id"):
            if key in body and (isinstance(body[key], bool) or not isinstance(body[key], int | float)):
                raise Refused(400, f"{key} must be a number.")
        if not isinstance(body.get("description", ""), str):
            raise Refused(400, "description must be a text.")
        fault = Fault(**{key: value for key, value in body.items() if value is not None})
        self._faults.append(fault)
        return fault

    def strike(self, method: str, chat_id: int | None) -> Fault | None:
        """The failure that this call meets, if any; it is then used up by one."""
        for fault in list(self._faults):
            if fault.method.lower() not in {"", method} or fault.chat_id not in {None, chat_id}:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.hits += 1
            if fault.times and fault.hits >= fault.times:
                self._faults.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Script nothing any more."""
        self._faults.clear()

    def as_json(self) -> list[Json]:
        """What is still to come."""
        return [asdict(fault) for fault in self._faults]
