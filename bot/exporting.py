"""`papergram export` and `papergram search`: from the store to a file or the terminal."""

import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import OperatorMistake
from bot.exports import formats, json_lines, rss
from bot.exports.entry import Entry
from bot.messages.cards import plain
from bot.opening import existing
from bot.papers import arxiv_id
from bot.papers.asked import parse
from storage import papers, search
from storage.database import Transaction
from storage.filters import EVERYTHING, Filter
from storage.records import Card


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, and in which format."""

    format: str
    day: date | None = None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found."""

    query: str
    total: int
    exact: int  # how many of them hold every word, the others a part
    more: bool  # not all that might match were looked at
    cards: tuple[Card, ...]
    read_as: str = ""  # how the query was read, if that is to be told

    def as_json(self) -> dict[str, Any]:
        """One JSON object; each paper as `export --format jsonl` writes it."""
        found = [json_lines.record(card) for card in self.cards]
        counts = {"total": self.total, "exact": self.exact, "more": self.more}
        return {"query": self.query, "read_as": self.read_as, **counts, "papers": found}

    def as_text(self) -> str:
        """The papers, numbered, each with title, sentence and address."""
        read_as = [f"Read as: {self.read_as}"] if self.read_as else []
        if not self.cards:
            return "\n\n".join([*read_as, f"No paper matches {self.query!r}."])
        return "\n\n".join([*read_as, self._heading(), *map(_hit, range(1, len(self.cards) + 1), self.cards)])

    def _heading(self) -> str:
        papers = "1 paper" if self.total == 1 else f"{self.total} papers"
        if self.exact == self.total:
            return f"{'at least ' if self.more else ''}{papers}"
        if self.exact:
            return f"{papers} ({self.exact} with every word, the others with some of them)"
        if self.total == 1:
            return "1 paper (it holds some of the words)"
        return f"{papers} (none holds every word; these hold some of them)"


async def run(url: str, wanted: Wanted, output: Path | None) -> int:
    """Write papers to a file or the terminal; how many. Raises OperatorMistake if the file cannot be written."""
    try:
        async with (
            existing(url) as database,
            database.reading() as tx,
            aclosing(papers.stream(tx, _condition(wanted))) as cards,
        ):
            with (
                nullcontext(sys.stdout) if output is None else output.open("w", encoding="utf-8", newline="\n") as file
            ):
                return await _write(cards, wanted.format, file.write)
    except BrokenPipeError:
        raise  # whoever reads the output has read enough
    except OSError as error:
        raise OperatorMistake(f"{output or 'The output'} cannot be written: {error.strerror}.") from None


async def find(url: str, text: str, limit: int) -> Hits:
    """What `/search` would find in the chat; an id or a link is that paper."""
    named = arxiv_id.parse(text)
    async with existing(url) as database, database.reading() as tx:
        if named:
            cards = tuple(await papers.get(tx, [named.id]))
            return Hits(text, len(cards), len(cards), more=False, cards=cards)
        return await _find(tx, text, limit)


async def _find(tx: Transaction, text: str, limit: int) -> Hits:
    asked = parse(text)
    if asked.is_empty:
        raise OperatorMistake(f"There is no word to search for in {text!r}.")
    found = await search.find(tx, asked, limit)
    return Hits(text, found.total, found.exact, found.more, tuple(await papers.get(tx, found.ids)), asked.read_as)


async def _write(cards: AsyncIterator[Card], format_: str, write: Callable[[str], Any]) -> int:
    count = 0
    if format_ == "jsonl":
        async for card in cards:
            write(json_lines.line(card))
            count += 1
        return count
    held = [card async for card in cards]  # a digest's table and BibTeX's keys need them all before the first is told
    for part in [rss.write(held)] if format_ == "rss" else formats.write(formats.Format(format_), _entries(held)):
        write(part)
    return len(held)


def _entries(cards: Iterable[Card]) -> list[Entry]:
    return [Entry(card) for card in cards]


def _condition(wanted: Wanted) -> Filter:
    if wanted.day:
        return papers.announced_on(wanted.day)
    return search.matching(parse(wanted.query)) if wanted.query else EVERYTHING


def _hit(number: int, card: Card) -> str:
    summary = card.summary
    lines = [summary.title_zh if summary else "", card.paper.title, summary.tldr_zh if summary else ""]
    text = "\n   ".join(filter(None, [*map(plain, lines), arxiv_id.abs_url(card.paper.id)]))
    return f"{number}. {text}"
