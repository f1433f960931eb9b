"""Formatting as Telegram keeps it: entities over a text, in UTF-16 units, untangled as TDLib untangles them.

The rules are those of fix_formatted_text in TDLib's td/telegram/MessageEntity.cpp.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

# What overlaps freely and is cut to nest; the order in which entities of equal extent are listed.
SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = ("blockquote", "expandable_blockquote")
CODE = ("pre", "code")
_RANK = {"pre": 10, "code": 20, "text_link": 49, "text_mention": 49, "custom_emoji": 99, "date_time": 98}
_RANK |= {kind: 90 + place for place, kind in enumerate(SPLITTABLE)} | dict.fromkeys(QUOTES, 0)
_UNCLEAN = re.compile(r"[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")
# An entity whose data is not in its text stays even over blanks.
_HIDDEN_DATA = (*CODE, "text_link", "text_mention")


@dataclass(frozen=True, slots=True)
class Entity:
    """One span of formatting; `extra` holds what its type needs besides: url, language, custom_emoji_id."""

    type: str
    offset: int
    length: int
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The first UTF-16 unit after it."""
        return self.offset + self.length

    def as_json(self) -> dict[str, Any]:
        """A Bot API MessageEntity."""
        return {"type": self.type, "offset": self.offset, "length": self.length, **self.extra}


def utf16_length(text: str) -> int:
    """How many UTF-16 units a text has: what Telegram's offsets count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """A text without control and direction characters, with its entities moved accordingly."""
    if not _UNCLEAN.search(text):
        return text, [e for e in entities if e.length]
    kept: list[str] = []
    moved: list[int] = []  # for each UTF-16 unit of the old text, where it is in the new one
    length = 0
    for char in text:
        new = _cleaned(char)
        moved.extend(range(length, length + utf16_length(char)) if new else [length] * utf16_length(char))
        length += utf16_length(new)
        kept.append(new)
    moved.append(length)
    placed = [replace(e, offset=moved[e.offset], length=moved[e.end] - moved[e.offset]) for e in entities]
    return "".join(kept), [e for e in placed if e.length]


def trim(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """A text without outer blanks; entities start at ink, and those with none in them go."""
    units = text.encode("utf-16-le", "surrogatepass")
    blank = [units[at : at + 2] in {b" \0", b"\n\0"} for at in range(0, len(units), 2)]
    if all(blank):
        return "", []
    last = len(blank) - 1 - blank[::-1].index(False)
    found = [e for e in (_shrunk(e, blank, last) for e in entities) if e is not None]
    first = min([blank.index(False), *(e.offset for e in found)])
    kept = units[2 * first : 2 * last + 2].decode("utf-16-le", "surrogatepass")
    return kept, [replace(e, offset=e.offset - first) for e in found]


def untangle(entities: Iterable[Entity]) -> list[Entity]:
    """Entities that nest: quotes and links never in themselves, nothing in code, the rest cut where needed."""
    ordered = _sorted(entities)
    quotes = _apart(e for e in ordered if e.type in QUOTES)
    solid = _apart(e for e in ordered if e.type not in (*QUOTES, *SPLITTABLE))
    fixed = [e for e in solid if not any(_crosses(e, quote) for quote in quotes)] + quotes
    return _sorted([*fixed, *_cut([e for e in ordered if e.type in SPLITTABLE], fixed)])


def add_found(entities: list[Entity], found: Iterable[Entity]) -> list[Entity]:
    """Entities with those that Telegram sees in the text itself, where nothing solid stands already."""
    solid = [e for e in entities if e.type not in (*QUOTES, *SPLITTABLE)]
    free = [e for e in found if not any(e.offset < old.end and old.offset < e.end for old in solid)]
    return untangle([*entities, *free])


def _cleaned(char: str) -> str:
    if char == "\r" or "\u2028" <= char <= "\u202e" or char in "\u0333\u033f\u030a":
        return ""
    return " " if char < " " and char != "\n" else char


def _shrunk(entity: Entity, blank: list[bool], last: int) -> Entity | None:
    start, end = entity.offset, min(entity.end, last + 1)
    if entity.type not in _HIDDEN_DATA:
        while start < end and blank[start]:
            start += 1
    return replace(entity, offset=start, length=end - start) if start < end else None


def _sorted(entities: Iterable[Entity]) -> list[Entity]:
    return sorted(entities, key=lambda e: (e.offset, -e.length, _RANK.get(e.type, 50)))


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(entity: Entity, quote: Entity) -> bool:
    meets = entity.offset < quote.end and quote.offset < entity.end
    return meets and not (quote.offset <= entity.offset and entity.end <= quote.end)


def _cut(entities: list[Entity], others: list[Entity]) -> list[Entity]:
    joined = [piece for kind in SPLITTABLE for piece in _joined([e for e in entities if e.type == kind])]
    cuts = sorted({e.offset for e in (*joined, *others)} | {e.end for e in others})
    code = [e for e in others if e.type in CODE]
    pieces = []
    for entity in joined:
        inside = cuts[bisect_right(cuts, entity.offset) : bisect_left(cuts, entity.end)]
        stops = [entity.offset, *inside, entity.end]
        pieces += [replace(entity, offset=a, length=b - a) for a, b in pairwise(stops)]
    return [e for e in pieces if not any(c.offset <= e.offset and e.end <= c.end for c in code)]


def _joined(entities: list[Entity]) -> list[Entity]:
    merged: list[Entity] = []
    for entity in entities:
        if merged and entity.offset <= merged[-1].end:
            end = max(merged[-1].end, entity.end)
            merged[-1] = replace(merged[-1], length=end - merged[-1].offset)
        else:
            merged.append(entity)
    return merged
