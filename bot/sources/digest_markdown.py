"""The daily digest of qhduan/cn-chat-arxiv, read and written back byte for byte. Pure.

A file is a table of `| [^1] | [title](link) | tldr |` and, under `# 详细`, what its rows point to: `[^1]: ` and seven
paragraphs. Nothing in it is escaped, so that some texts can be read in two ways; what is chosen:

- A line that looks like a definition, `[^3]: `, begins an entry if a link line follows before the next such line
  and the entry before has its own. Without one it must stand after a blank line and go on with the numbering, and no
  later line may have its number. Else it is text of the entry before. (The publisher indents all texts but the
  Chinese title, so that only a newline in a text brings one about.)
- More than seven paragraphs: what stands before the link line is titles, what follows is told apart by its Chinese,
  and English ones beyond the sixth belong to the abstract. Fewer: those are missing that do not fit the language of
  what is there.
- A link line's text is its target, or its target is a web address; the third paragraph is tried first.
- `[^1]: ` with no entry behind it, in the table, is text that stays behind the row above it.
- The first line that begins with `# 详细` ends the table.

Whatever deviates from the plain layout is kept beside the texts and never holds one: `Entry.row` and `Entry.layout`
are templates that name the fields, so that a changed text changes in both places.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.sources import digest_entry, digest_table
from bot.sources.digest_entry import Entry

__all__ = ["Day", "Entry", "NotADigest", "parts", "read", "write"]

HEADING = "# 摘要"
HEAD = f"{HEADING}\n\n| Ref | Title | Summary |\n| --- | --- | --- |\n"
MIDDLE = "\n# 详细\n\n"
TAIL = "\n"

_START = re.compile(rf"\ufeff?{HEADING}")
_DETAILS = re.compile("^# 详细", re.MULTILINE)
_DEFINITION = re.compile(r"^\[\^([0-9]{1,6})\]:", re.MULTILINE)


class NotADigest(ValueError):
    """A text that does not begin as a digest does."""


@dataclass(frozen=True, slots=True)
class Day:
    """A digest's entries, and what of the file is none of theirs."""

    entries: tuple[Entry, ...] = ()
    head: str = HEAD
    middle: str = MIDDLE
    tail: str = TAIL
    order: tuple[int, ...] = ()  # the entries' places in the order of their rows, where that is another order
    newline: str = "\n"
    odd_lines: tuple[int, ...] = ()  # the lines, counted from 0, that end in the other newline

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


def read(text: str) -> Day:
    """The digest that `write` turns into the same text again. Raises NotADigest."""
    if not _START.match(text):
        raise NotADigest(f"It is no digest: it does not begin with {HEADING}.")
    text, newline, odd_lines = _same_newlines(text)
    details = _DETAILS.search(text)
    starts = _definitions(text, details.start() if details else 0)
    first = starts[0] if starts else len(text)
    top = details.start() if details else first
    if text.endswith("\n\n", 0, top):
        top -= 1
    blocks = [text[start:stop] for start, stop in pairwise([*starts, len(text)])]
    middle, tail = text[top:first], ""
    if blocks:
        blocks[-1], tail = digest_entry.split_tail(blocks[-1])
    elif middle.startswith(MIDDLE):
        middle, tail = MIDDLE, middle.removeprefix(MIDDLE)
    head, entries, order = digest_table.read(text[:top], [digest_entry.read(block) for block in blocks])
    return Day(tuple(entries), head, middle, tail, order, newline, odd_lines)


def write(day: Day) -> str:
    """The digest as the publisher lays it out, save where the day's fields say otherwise."""
    text = "".join(parts(day))
    if day.newline == "\n" and not day.odd_lines:
        return text
    odd = set(day.odd_lines)
    other = "\n" if day.newline == "\r\n" else "\r\n"
    *lines, last = text.split("\n")
    return "".join(line + (other if at in odd else day.newline) for at, line in enumerate(lines)) + last


def parts(day: Day) -> Iterator[str]:
    """What `write` joins, a row or an entry at a time, every line ending in a plain newline."""
    places = range(len(day.entries))
    yield day.head
    for at in dict.fromkeys([*(at for at in day.order if at in places), *places]):
        yield day.entries[at].as_row()
    yield day.middle
    for entry in day.entries:
        yield entry.as_definition()
    yield day.tail


def _same_newlines(text: str) -> tuple[str, str, tuple[int, ...]]:
    """The text with plain newlines, the newline of most lines, and the lines that end in the other."""
    if "\r\n" not in text:
        return text, "\n", ()
    windows = [line.endswith("\r") for line in text.split("\n")[:-1]]
    mostly = sum(windows) * 2 > len(windows)
    odd = tuple(at for at, is_windows in enumerate(windows) if is_windows != mostly)
    return text.replace("\r\n", "\n"), "\r\n" if mostly else "\n", odd


def _definitions(text: str, begin: int) -> list[int]:
    """Where the entries begin: the module's docstring says which definitions are believed."""
    found = list(_DEFINITION.finditer(text, begin))
    bounds = pairwise([*(match.start() for match in found), len(text)])
    later = Counter(int(match[1]) for match in found)
    starts: list[int] = []
    expected, linked = None, True
    for match, (start, stop) in zip(found, bounds, strict=True):
        number = int(match[1])
        later[number] -= 1
        has_link = digest_entry.holds_link(text[match.end() : stop])
        goes_on = expected in {None, number} and not later[number] and _after_blank_line(text, start)
        if (linked and has_link) or goes_on:
            starts.append(start)
            expected, linked = number + 1, has_link
        else:
            linked = linked or has_link
    return starts


def _after_blank_line(text: str, start: int) -> bool:
    line = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    return not line.strip() or line.startswith("# 详细")
