"""How long a text is to Telegram, and how it is shortened to fit."""

import re
from html import unescape

LIMIT = 4096  # characters of a message after its markup is parsed (core.telegram.org/bots/api#sendmessage)
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"[。！？.!?](?=\s|[^\x00-\x7f]|$)")


def units(text: str) -> int:
    """A plain text's length in UTF-16 units: never less than what Telegram counts, whichever way it counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def visible(html: str) -> int:
    """The length of Telegram HTML after it is parsed, in UTF-16 units."""
    return units(plain(html))


def plain(html: str) -> str:
    """What a reader sees of Telegram HTML, without its formatting."""
    return unescape(_TAG.sub("", html))


def clip(text: str, limit: int) -> str:
    """The text, or as much of its beginning as fits into `limit` units with an ellipsis."""
    if units(text) <= limit:
        return text
    kept = text[: max(limit - 1, 0)]
    while units(kept) > limit - 1:
        kept = kept[:-1]
    ends = [match.end() for match in _SENTENCE_END.finditer(kept)]
    # A whole sentence reads better than half a word more, unless it would cost much of the text.
    if ends and ends[-1] > len(kept) * 0.7:
        kept = kept[: ends[-1]]
    return kept.rstrip() + "…" if limit > 0 else ""
