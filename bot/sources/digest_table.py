"""The table of the publisher's digest: whose row is which, and what is odd about it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.sources.digest_entry import ROW, Entry, fill, literal

_START = re.compile(r"^\|[ \t]*\[\^([0-9]{1,6})\]", re.MULTILINE)


def read(top: str, entries: Sequence[Entry]) -> tuple[str, list[Entry], tuple[int, ...]]:
    """What stands above the rows, the entries with their rows, and their order where it is not the entries' own."""
    first = _START.search(top)
    position = first.start() if first else len(top)
    head, rows, waiting = top[:position], dict[int, str](), _Waiting(entries)
    while position < len(top):
        at, plain = waiting.next_in_order()
        if plain and top.startswith(plain, position):
            row, template = plain, ROW
        else:
            row = top[position : _stop(top, position)]
            at = waiting.numbered(row)
            template = _template(row, entries[at]) if at is not None else literal(row)
        position += len(row)
        if at is not None:
            waiting.take(at)
            rows[at] = template
        elif rows:
            rows[next(reversed(rows))] += template
        else:
            head += row
    order = () if list(rows) == sorted(rows) else tuple(rows)
    return head, [replace(entry, row=rows.get(at, "")) for at, entry in enumerate(entries)], order


class _Waiting:
    """The entries whose row was not seen yet."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._taken: set[int] = set()
        self._next = 0
        self._by_number: dict[int, list[int]] = {}
        for at in reversed(range(len(entries))):
            self._by_number.setdefault(entries[at].number, []).append(at)

    def next_in_order(self) -> tuple[int | None, str]:
        """The entry after the last one taken, with its plain row, which is longer than a line if a text is."""
        if self._next >= len(self._entries) or self._next in self._taken:
            return None, ""
        return self._next, fill(ROW, self._entries[self._next])

    def numbered(self, row: str) -> int | None:
        """The first entry that has the row's number."""
        start = _START.match(row)
        places = self._by_number.get(int(start[1]), []) if start else []
        while places and places[-1] in self._taken:
            places.pop()
        return places[-1] if places else None

    def take(self, at: int) -> None:
        """The entry has its row."""
        self._taken.add(at)
        self._next = at + 1


def _stop(top: str, position: int) -> int:
    following = _START.search(top, position + 1)
    return following.start() if following else len(top)


def _template(row: str, entry: Entry) -> str:
    """The row with its fields for those of the entry's texts that it holds, from the left to the right."""
    if row == fill(ROW, entry):
        return ROW
    template, position = "", 0
    for before, name, after in (("| [^", "number", "]"), ("[", "heading", "]"), ("(", "link", ")"), ("", "tldr", "")):
        text = str(getattr(entry, name))
        at = row.find(before + text + after, position) if text else -1
        if at >= 0:
            at += len(before)
            template += literal(row[position:at]) + f"{{{name}}}"
            position = at + len(text)
    return template + literal(row[position:])
