"""Matching a day's new papers against very many subscriptions: time and memory, alone and with all that is written.

python -m bench.matching [--json] [--papers 600] [--subscriptions 20000] [--stored 5000] [--form list|cards] [corpus]

The real job, on a database that holds more papers than the day's. A third of the subscriptions share fifty queries; the
others have words, phrases, authors, categories, exclusions and alternatives of the corpus, hardly two the same.
`seconds_matching` is reading the queries and finding their papers, `seconds` the whole job: both in one process, on one
core but for what SQLite does in its threads. peak_mb is the growth of that process while the job runs.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.enqueue import Watch, forget_peak
from bench.program import resident
from bot.jobs.prepare import Rules, prepare
from bot.papers import asked, taxonomy
from bot.sources.archive import read_paths
from storage import chats, papers, search_index, segment, subscriptions
from storage.database import Database
from storage.news import News
from storage.records import Announcement, AnnounceType, Arrival, Chat, ChatKind, Form, Schedule, Subscription

CORPUS = Path("../shared/data/corpus-50k.jsonl.zst")
WINDOW = timedelta(days=7)
POPULAR = 50
FIRST = 10_000_000  # the first chat's id
GIVEN = ("Yann", "Li", "Wei", "Maria", "John", "Anna", "Hao", "Jun", "Sofia", "Ahmed", "Olga", "Kenji", "Chen", "Eva")
FAMILY = ("Wang", "Zhang", "Müller", "Smith", "García", "Liu", "LeCun", "Kim", "Ivanova", "Tanaka", "Rossi", "Singh")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--papers", type=int, default=600, help="that are new")
    parser.add_argument("--stored", type=int, default=5000, help="that are known for longer")
    parser.add_argument("--subscriptions", type=int, default=20_000)
    parser.add_argument("--form", choices=list(Form), default=Form.LIST, type=Form)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("corpus", type=Path, nargs="?", default=CORPUS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.db"
        asyncio.run(furnish(file, options))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            result = pool.apply(measure, (file,))
    if options.json:
        print(json.dumps(result))  # noqa: T201
        return
    shown = Table(title="A day's papers against many subscriptions")
    for name in result:
        shown.add_column(name, justify="right")
    shown.add_row(*map(str, result.values()))
    Console().print(shown)


async def furnish(file: Path, options: argparse.Namespace) -> None:
    """A database with the papers and the subscriptions, which are due."""
    dice, now = random.Random(options.seed), datetime.now(UTC)  # noqa: S311
    found = (each.outcome for each in read_paths([options.corpus]))
    made = [dressed(each, dice) for each in islice(found, options.papers + options.stored) if isinstance(each, Arrival)]
    dice.shuffle(made)
    database = await Database.open(f"sqlite:///{file}")
    async with database.transaction() as tx:
        await search_index.keep_current(tx)
        for start in range(options.papers, len(made), 500):
            await papers.add(tx, made[start : start + 500], now - timedelta(days=30))
        await papers.add(tx, made[: options.papers], now - timedelta(hours=1))
        await chats.remember(tx, Chat(FIRST, ChatKind.PRIVATE), now)
        schedule = Schedule(hour=now.hour, weekdays=frozenset(range(1, 8)))
        wanted = Subscription(0, FIRST, 0, "", schedule, options.form, next_due=now - timedelta(minutes=1))
        await subscriptions.add(tx, wanted, now)
        await chats.set_timezone(tx, FIRST, "UTC")
    await database.close()
    subscribe(file, queries(made, options.subscriptions, dice))


def dressed(arrival: Arrival, dice: random.Random) -> Arrival:
    """The paper as a feed would bring it: the corpus knows neither authors nor categories."""
    authors = tuple(f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}" for _ in range(dice.randint(1, 8)))
    carried = tuple(dice.sample(taxonomy.POPULAR, dice.randint(1, 3)))
    type_ = dice.choice([AnnounceType.NEW, AnnounceType.NEW, AnnounceType.CROSS])
    listed = Announcement(arrival.paper.id, date(2024, 3, 20), carried[0], type_)
    return replace(arrival, paper=replace(arrival.paper, authors=authors, categories=carried), announcement=listed)


def queries(made: Sequence[Arrival], number: int, dice: random.Random) -> list[str]:
    """So many queries of words that the papers hold."""
    popular = [query(made, dice) for _ in range(POPULAR)]
    return [dice.choice(popular) if dice.random() < 1 / 3 else query(made, dice) for _ in range(number)]


def query(made: Sequence[Arrival], dice: random.Random) -> str:
    """One query."""

    def word() -> str:
        one = dice.choice(made)
        chinese = one.summary.title_zh if one.summary else ""
        words = segment.terms(chinese if chinese and dice.random() < 0.5 else one.paper.title)
        return dice.choice(words) if words else "model"

    def phrase() -> str:
        words = dice.choice(made).paper.title.replace('"', "").split()
        start = dice.randrange(max(len(words) - 1, 1))
        return f'"{" ".join(words[start : start + 2])}"'

    category = f"cat:{dice.choice(taxonomy.POPULAR)}"
    author = f"au:{dice.choice(FAMILY)}" if dice.random() < 0.5 else f'au:"{dice.choice(GIVEN)} {dice.choice(FAMILY)}"'
    forms = (
        word(),
        f"{word()} {word()}",
        f"{category} {word()}",
        f"{category} ({word()} OR {word()}) -{word()}",
        f"{category} -{word()} -{word()}",
        f"{word()} OR {word()} OR {phrase()}",
        f"ti:{word()} {category}",
        f"{author} {word()}",
        phrase(),
        f"{category} {phrase()}",
    )
    return dice.choice(forms)


def subscribe(file: Path, wanted: Sequence[str]) -> None:
    """The first chat's subscription for so many chats, each with its query."""
    with closing(sqlite3.connect(file)) as database:
        for table, key in (("chats", "id"), ("subscriptions", "chat_id")):
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] not in {"id", key}]
            values = ", ".join(":query" if name == "query" else name for name in names)
            sql = f"INSERT INTO {table} ({key}, {', '.join(names)}) SELECT :chat, {values} FROM {table}"
            rows = [{"chat": FIRST + number, "query": each} for number, each in enumerate(wanted[1:], 1)]
            database.executemany(f"{sql} WHERE {key} = {FIRST}", rows)
        database.execute("UPDATE subscriptions SET query = ? WHERE chat_id = ?", (wanted[0], FIRST))
        database.commit()


def measure(file: Path) -> dict[str, Any]:
    """Find, then run the job; in the process that is measured."""
    logging.disable(logging.WARNING)
    return asyncio.run(_measure(file))


async def _measure(file: Path) -> dict[str, Any]:
    database, now = await Database.open(f"sqlite:///{file}"), datetime.now(UTC)
    try:
        with closing(sqlite3.connect(file)) as plain:
            texts = [row[0] for row in plain.execute("SELECT query FROM subscriptions")]
        matching, pairs, number = await match(database, texts, now)
        watch = Watch()
        watching = asyncio.create_task(watch.run())
        forget_peak()
        memory, begun = resident("VmRSS"), time.perf_counter()
        await prepare(database, now, Rules(WINDOW))
        seconds, peak = time.perf_counter() - begun, resident("VmHWM")
        watching.cancel()
    finally:
        await database.close()
    with closing(sqlite3.connect(file)) as plain:
        deliveries = plain.execute("SELECT COUNT(*) FROM deliveries").fetchone()[0]
    return {
        "seconds": round(seconds, 2),
        "seconds_matching": round(matching, 2),
        "subscriptions": len(texts),
        "papers": number,
        "queries": len(set(texts)),
        "matches": pairs,
        "deliveries": deliveries,
        "longest_stall_ms": round(watch.longest * 1000, 1),
        "peak_mb": round(peak - memory, 1),
    }


async def match(database: Database, texts: Sequence[str], now: datetime) -> tuple[float, int, int]:
    """Seconds for finding each query's papers, how many pairs that are, and of how many papers."""
    begun, sizes = time.perf_counter(), dict[str, int]()
    async with database.reading() as tx:
        news = await News.load(tx, now - WINDOW, now.date())
        for text in dict.fromkeys(texts):
            sizes[text] = (await news.find(tx, asked.parse(text).tree)).bit_count()
    seconds = time.perf_counter() - begun
    return seconds, sum(sizes[text] for text in texts), len(news)


if __name__ == "__main__":
    main()
