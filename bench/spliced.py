"""A database of millions of papers to search in: a text is the first half of one paper's and the second of another's.

Only what search reads is filled in: the index, titles and one-sentence summaries. It is written without the program's
import, at a fifth of the time; no word is new, so that a real index of that size would be somewhat larger.
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from bot.sources import archive
from storage import lexicon, search_index
from storage.database import Database
from storage.paper_rows import ordinal
from storage.records import Arrival

BATCH = 5_000
MONTHLY = 90_000  # papers of a month: an id has five digits
COMMON = ("model", "learning", "模型", "方法", "学习", "数据", "模型 方法", "deep learning", "large language models")
"""Queries that most papers answer."""

_PAPER = """INSERT INTO papers (ordinal, id, title, abstract, abstract_cut, authors, categories, added_at)
VALUES (?, ?, ?, '', 0, '[]', '[]', '')"""
_SUMMARY = """INSERT INTO summaries (paper, version, title_zh, tldr_zh, abstract_zh, tldr_en, model)
VALUES (?, 0, ?, ?, '', '', '')"""
Texts = tuple[tuple[str, str, str], dict[str, list[str]]]  # titles and summary; what the index's columns are given


def build(file: Path, corpus: Path, times: int) -> None:
    """Write such a database of that many times the corpus: 2.7 million papers take 10 minutes and 5 GB."""
    asyncio.run(_prepare(file))
    known = list(_texts(corpus))
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    numbers = iter(range(times * len(known)))
    while batch := list(islice(numbers, BATCH)):
        database.execute("BEGIN")
        _write(database, known, batch)
        database.execute("COMMIT")
    for table in search_index.COLUMNS:
        database.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


async def _prepare(file: Path) -> None:
    database = await Database.open(f"sqlite:///{file}")
    async with database.transaction() as tx:
        await search_index.keep_current(tx)
        await lexicon.keep_current(tx)
    await database.close()


def _texts(corpus: Path) -> Iterator[Texts]:
    for found in archive.read_paths([corpus]):
        if isinstance(found.outcome, Arrival) and (summary := found.outcome.summary):
            paper = found.outcome.paper
            row = dict(zip(search_index.NAMES[1:], (paper.title, summary.title_zh, summary.tldr_zh), strict=False))
            row |= {"abstract_en": paper.abstract, "abstract_zh": summary.abstract_zh}
            columns = {table: search_index.columns(table, row) for table in search_index.COLUMNS}
            yield (paper.title, summary.title_zh, summary.tldr_zh), columns


def _write(database: sqlite3.Connection, known: list[Texts], batch: Iterable[int]) -> None:
    for number in batch:
        (heads, columns), (others, other_columns) = known[number % len(known)], random.choice(known)  # noqa: S311
        paper_id = f"{_month(number // MONTHLY)}.{number % MONTHLY + 1:05}"
        row = ordinal(paper_id)
        title, title_zh, tldr_zh = map(_halves, heads, others)
        database.execute(_PAPER, (row, paper_id, title))
        database.execute(_SUMMARY, (row, title_zh, tldr_zh))
        for table, texts in columns.items():
            marks = ", ".join("?" * len(texts))
            names = ", ".join(search_index.COLUMNS[table])
            cut = [_words(one, other) for one, other in zip(texts, other_columns[table], strict=True)]
            database.execute(f"INSERT INTO {table} (rowid, {names}) VALUES (?, {marks})", (row, *cut))


def _month(number: int) -> str:
    return f"{15 + number // 12:02}{number % 12 + 1:02}"


def _halves(one: str, other: str) -> str:
    return one[: len(one) // 2] + other[len(other) // 2 :]


def _words(one: str, other: str) -> str:
    first, second = one.split(" "), other.split(" ")
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])
