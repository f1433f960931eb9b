"""Reads a chat-completions answer: status, headers and body -> an outcome. Pure.

Only an answer that the model ended by itself, that is JSON, and that has every field is believed.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from bot.summaries import refusal, stream
from bot.summaries.outcome import Busy, Garbled, Outcome, Unfit, Written
from bot.summaries.provider import Usage
from bot.summaries.refusal import Answer

_LONGEST = 200_000  # characters: a hundred times a long answer
_MOST_PLACES = 200  # where JSON may begin

_CUT = frozenset({"length", "max_tokens"})
# `sensitive` is Zhipu's, the capitals (lowered here) are Gemini's behind OpenAI's format
_FILTERED = frozenset({"content_filter", "sensitive", "safety", "recitation", "prohibited_content", "refusal"})
_OVERLOADED = frozenset({"insufficient_system_resource", "network_error"})
_FORMULA = re.compile(r"\$[^$]{1,500}\$")
# What JSON makes of \times, \frac, \beta, \rho, \nabla behind one backslash; a formula holds no such character.
_DECODED = re.compile(r"[\t\f\x08\r\n](?=[A-Za-z]{2})")
_ESCAPES = {"\t": "\\t", "\f": "\\f", "\b": "\\b", "\r": "\\r", "\n": "\\n"}
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)


def read(answer: Answer, fields: Sequence[str], key: str = "", asked: Sequence[str] = ()) -> Outcome:
    """What an answer means, which must fill `fields`. The key and the texts that were asked stay out of reasons."""
    body = refusal.parsed(answer.body)
    if isinstance(body, str) and stream.looks_streamed(body):
        body = stream.whole(body)
    if not 200 <= answer.status < 300 or refusal.is_error(body):
        return refusal.refused(answer, body, key, asked)
    if not isinstance(body, dict):
        return Garbled("The server's answer is no JSON")
    return _completion(body, fields)


def usage(body: dict[str, Any]) -> Usage:
    """The tokens of an answer, under the names that OpenAI, DeepSeek and Moonshot give them."""
    told = _dict(body.get("usage"))
    hits = (
        _dict(told.get("prompt_tokens_details")).get("cached_tokens"),
        told.get("prompt_cache_hit_tokens"),
        told.get("cached_tokens"),
    )
    asked = _count(told.get("prompt_tokens"))
    reasoning = _count(_dict(told.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(asked, min(max(map(_count, hits)), asked), _count(told.get("completion_tokens")), reasoning)


def _completion(body: dict[str, Any], fields: Sequence[str]) -> Outcome:  # noqa: PLR0911  # a table
    used = usage(body)
    model = _model_name(body.get("model"))
    choices = body.get("choices")
    choice = _dict(choices[0]) if isinstance(choices, list) and choices else {}
    message = _dict(choice.get("message"))
    finish = str(choice.get("finish_reason") or "").lower()
    text = _content(message.get("content"))
    if finish in _FILTERED or message.get("refusal"):
        return Unfit(f"The provider's filter or the model refuses it ({finish})", used)
    if finish == "model_context_window_exceeded":
        return Unfit("It is too long for the model", used)
    if finish in _OVERLOADED:
        return Busy(f"The provider broke off ({finish})", usage=used)
    if finish in _CUT:
        return Garbled("The answer is cut off at its limit of tokens", used, cut=True, model=model)
    if not text.strip():
        # Thoughts ate the answer: https://github.com/Nerovix/kouhai-bot/issues/56
        eaten = used.reasoning > 0 and used.reasoning >= 0.9 * used.output
        return Garbled("The answer is blank", used, cut=eaten, model=model)
    if finish != "stop":
        return Garbled("The answer does not say that it is whole", used, model=model)
    return _fields(text, fields, used, model)


def _fields(text: str, fields: Sequence[str], used: Usage, model: str) -> Outcome:
    best: dict[str, Any] | None = None
    for found in _objects(text[:_LONGEST]):
        best = found if best is None or all(name in found for name in fields) else best
    if best is None:
        return Garbled("The answer is no JSON object", used, model=model)
    for name in fields:
        value = best.get(name)
        if value is None:
            return Garbled(f"{name} is missing", used, model=model)
        if not isinstance(value, str):
            return Garbled(f"{name} is no text", used, model=model)
        if not value.strip():
            return Garbled(f"{name} is blank", used, model=model)
        if re.search("[\ud800-\udfff]", value):
            return Garbled(f"{name} holds half a character", used, model=model)
    return Written({name: _with_tex(best[name]).strip() for name in fields}, used, model)


def _model_name(told: object) -> str:
    if not isinstance(told, str):
        return ""
    # llama.cpp calls a model by its file, whose folders are nobody's business; `vendor/model` is a name.
    return PurePath(told).name if told.endswith(".gguf") else told


def _with_tex(text: str) -> str:
    """The text with the TeX macros that JSON decoded, where a model wrote `\\times` with one backslash."""
    return _FORMULA.sub(lambda formula: _DECODED.sub(lambda found: _ESCAPES[found[0]], formula[0]), text)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of an answer: the whole of it, or else what stands in fences or prose, without thoughts."""
    whole = _decoded(text)
    if isinstance(whole, dict):
        yield whole
        return
    text = _without_thoughts(text)
    fenced = [_decoded(match[1]) for match in _FENCE.finditer(text)]
    if found := [each for each in fenced if isinstance(each, dict)]:
        yield from found
        return
    decoder = json.JSONDecoder(strict=False)
    place = text.find("{")
    for _ in range(_MOST_PLACES):
        if place < 0:
            return
        end = place + 1
        try:
            found_here, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            found_here = None
        if isinstance(found_here, dict):
            yield found_here
        place = text.find("{", end)


def _without_thoughts(text: str) -> str:
    """The text behind its thoughts. Some chat templates leave the opening tag out; a paper's title may hold one."""
    before, tag, after = text.partition("</think>")
    if tag:
        return after
    return "" if before.lstrip().startswith("<think>") else text


def _decoded(text: str) -> object:
    try:
        # strict=False: a line break within a string is the commonest slip, and harmless
        found: object = json.loads(text.strip(), strict=False)
    except (ValueError, RecursionError):
        return None
    return found


def _content(value: object) -> str:
    """The text of a message; of a list of parts only those that are text, not thoughts."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    texts = [_dict(each).get("text") for each in parts if _dict(each).get("type") in {"text", "output_text"}]
    return "".join(each for each in texts if isinstance(each, str))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
