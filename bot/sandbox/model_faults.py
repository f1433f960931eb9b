"""Failures of the fake model that a test, a bench or the demo scripts: for so many calls, or by chance."""

import random
from dataclasses import asdict, dataclass

from bot.sandbox.chats import Json
from bot.sandbox.errors import Refused

ANSWERS = (
    *("malformed", "misspelt", "english", "half", "labels", "refusing", "injected", "cut", "blank", "thinking"),
    *(
        "only_thoughts",
        "prose",
        "number",
        "markup",
        "finish_filter",
        "finish_sensitive",
        "finish_overloaded",
        "refusal",
    ),
)
REFUSALS = (
    *("filter_deepseek", "filter_dashscope", "filter_zhipu", "filter_moonshot", "filter_openai", "too_long"),
    *("401", "402", "403", "arrearage", "zhipu_1113", "insufficient_quota", "404", "429", "500", "503", "html"),
)
LACKS = ("json_schema", "json_object", "max_tokens", "temperature", "system", "thinking", "whole")
CONNECTION = ("slow", "drop")
KINDS = (*ANSWERS, *REFUSALS, *CONNECTION, *(f"no_{each}" for each in LACKS))


@dataclass(slots=True)
class Fault:
    """One scripted failure. `times` 0 is for ever; the first `after` matching calls are spared.

    `contains`: only questions with this text; `model`: only this model. `no_whole` is a server that only streams; the
    other `no_` kinds refuse requests that use what they name. `wait` is what a 429's or 503's Retry-After says.
    """

    kind: str
    times: int = 1
    after: int = 0
    probability: float = 1.0
    contains: str = ""
    model: str = ""
    wait: str = ""
    seconds: float = 1.0  # of a slow answer
    hits: int = 0


class ModelFaults:
    """The failures scripted so far, in their order."""

    def __init__(self, seed: int = 0) -> None:
        self._faults: list[Fault] = []
        self._chance = random.Random(seed)  # noqa: S311  # a script's dice

    def add(self, body: Json) -> Fault:
        """Script a failure from its JSON. Raises Refused for one that cannot be."""
        fields = {name: kind for name, kind in Fault.__annotations__.items() if name != "hits"}
        if unknown := set(body) - set(fields):
            raise Refused(400, f"A fault has no field {sorted(unknown)[0]!r}; it has {', '.join(sorted(fields))}.")
        if body.get("kind") not in KINDS:
            raise Refused(400, f"kind must be one of {', '.join(KINDS)}.")
        for name, value in body.items():
            wanted = (int, float) if fields[name] in {int, float} else (str,)
            if isinstance(value, bool) or not isinstance(value, wanted):
                raise Refused(400, f"{name} must be a {'number' if int in wanted else 'text'}.")
        fault = Fault(**body)
        self._faults.append(fault)
        return fault

    def strike(self, body: Json, question: str) -> Fault | None:
        """The failure that this request meets, if any; it is then used up by one."""
        for fault in list(self._faults):
            if fault.contains not in question or fault.model not in {"", body.get("model")}:
                continue
            if not _concerns(fault.kind, body):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.probability < 1 and self._chance.random() >= fault.probability:
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


def _concerns(kind: str, body: Json) -> bool:
    """Whether a request uses what the server lacks."""
    form = (body.get("response_format") or {}).get("type")
    return {
        "no_json_schema": form == "json_schema",
        "no_json_object": form == "json_object",
        "no_max_tokens": "max_tokens" in body,
        "no_temperature": "temperature" in body,
        "no_thinking": bool({"thinking", "enable_thinking", "reasoning_effort", "chat_template_kwargs"} & body.keys()),
        "no_system": any(each["role"] == "system" for each in body["messages"]),
        "no_whole": not body.get("stream"),
    }.get(kind, True)
