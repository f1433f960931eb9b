"""Hugging Face's daily papers (huggingface.co/api/daily_papers): votes and code links for papers of arXiv. Pure."""

import json

from bot.sources import authors, metadata
from bot.sources.publisher import Refused
from bot.sources.reading import Declined, Malformed, Reading, Refusal, one_line
from storage.records import Arrival, Paper, Upvotes


class HuggingFaceError(Declined):
    """The answer is `{"error": ...}`."""


def read(data: bytes) -> Reading:
    """The day's papers, none of them announced by this. Raises Malformed and HuggingFaceError."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise Malformed("It is broken JSON.") from None
    if isinstance(value, dict) and isinstance(value.get("error"), str):
        raise HuggingFaceError(one_line(value["error"]))
    if not isinstance(value, list):
        raise Malformed("It is no JSON list.")
    arrivals, refused = [], []
    for number, each in enumerate(value, start=1):
        try:
            arrivals.append(arrival(each))
        except Refused as error:
            refused.append(Refusal(f"paper {number}", str(error)))
    return Reading(tuple(arrivals), tuple(refused))


def is_one(value: object) -> bool:
    """Whether it is one of the list's elements."""
    return isinstance(value, dict) and isinstance(value.get("paper"), dict)


def arrival(value: object) -> Arrival:
    """An element of the list as a paper with its votes. Raises Refused."""
    outer = value if isinstance(value, dict) else {}
    inner = outer.get("paper")
    if not isinstance(inner, dict):
        raise Refused("It holds no paper.")
    found = metadata.identifier(_text(inner, "id"))
    title = _text(inner, "title") or _text(outer, "title")
    if not title:
        raise Refused("It has no title.")
    paper = Paper(
        id=found.id,
        version=found.version,
        title=title,
        abstract=_text(inner, "summary") or _text(outer, "summary"),
        authors=_authors(inner.get("authors")),
    )
    return Arrival(paper, upvotes=Upvotes(paper.id, _count(inner.get("upvotes")), _link(_text(inner, "githubRepo"))))


def _authors(value: object) -> tuple[str, ...]:
    """The names; `hidden` ones are those that Hugging Face itself does not show."""
    people = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return tuple(filter(None, (authors.one(_text(each, "name")) for each in people if each.get("hidden") is not True)))


def _text(value: dict[str, object], key: str) -> str:
    text = value.get(key)
    return one_line(text) if isinstance(text, str) else ""


def _count(value: object) -> int:
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0


def _link(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""
