"""A streamed answer (server-sent events) put together as if it had come whole. Pure."""

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def looks_streamed(text: str) -> bool:
    """Whether a body is a stream of events: comments such as `: keep-alive` may come first."""
    return text.lstrip().startswith(("data:", ":", "event:", "id:", "retry:"))


def whole(text: str) -> Json:
    """The completion that the events add up to; an error in their middle is what counts."""
    content: list[str] = []
    refusal: list[str] = []
    found: Json = {"model": "", "usage": None}
    finish: object = None
    for event in _events(text):
        if event.get("error"):
            return event
        found |= {key: event[key] for key in ("model", "usage", "id") if event.get(key)}
        for choice in _list(event.get("choices")):
            delta = choice.get("delta") or choice.get("message") or {}
            if isinstance(delta, dict):
                content += [delta["content"]] if isinstance(delta.get("content"), str) else []
                refusal += [delta["refusal"]] if isinstance(delta.get("refusal"), str) else []
            finish = choice.get("finish_reason") or finish
    message = {"content": "".join(content), "refusal": "".join(refusal) or None}
    return {**found, "choices": [{"message": message, "finish_reason": finish}]}


def _events(text: str) -> Iterator[Json]:
    for line in text.splitlines():
        if not line.startswith("data:"):
            continue
        try:
            event = json.loads(line.removeprefix("data:"))
        except (ValueError, RecursionError):  # [DONE], or an event cut off: without finish_reason it is not used
            continue
        if isinstance(event, dict):
            yield event


def _list(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
