"""Queueing one query's digest for very many subscribers: time, size of the database, stalls of the loop, memory.

python -m bench.enqueue [--json] [--sizes 1000 10000 100000 1000000] [--papers 10]     (--sizes 1000 10000: quick)

The real job, on a database with the sample day in which so many private chats subscribe to cs.LG as a list, one message
each, and are due. Making those is not measured. A process for each size; peak_mb is its growth while the job runs,
longest_stall_ms how much later than due a task woke that sleeps 5 ms, again and again, in the same loop. stall_cpu_ms
is what this process worked meanwhile: if that is less, the machine was busy with others.
"""

import argparse
import asyncio
import gc
import json
import logging
import multiprocessing
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from bench.program import furnish, resident
from bot.jobs.prepare import Rules, prepare
from storage import chats, subscriptions
from storage.database import Database
from storage.records import Chat, ChatKind, Form, Schedule, Subscription

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FIRST = 10_000_000  # the first chat's id
ZONE = ZoneInfo(Chat(0, ChatKind.PRIVATE).timezone)
NAP = 0.005  # seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--papers", type=int, default=10, help="in each digest")
    options = parser.parse_args()
    result = {str(size): one(size, options.papers) for size in options.sizes}
    if options.json:
        print(json.dumps(result))  # noqa: T201
        return
    shown = Table(title="Queueing one digest for many chats")
    for name in ("chats", *next(iter(result.values()))):
        shown.add_column(name.replace("_", " "), justify="right")
    for size, figures in result.items():
        shown.add_row(f"{int(size):,}", *map(str, figures.values()))
    Console().print(shown)


def one(size: int, papers: int) -> dict[str, Any]:
    """One size, in a process of its own, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.db"
        asyncio.run(subscribe(file, size, papers))
        before = megabytes(file)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            figures = pool.apply(measure, (file,))
        if figures["queued"] != size or (there := queued(file)) != size:
            raise RuntimeError(f"{figures['queued']} were queued, {there} are in the queue")
        after = megabytes(file)
        return {**figures, "db_mb": round(after, 1), "added_mb": round(after - before, 1)}


async def subscribe(file: Path, size: int, papers: int) -> None:
    """So many chats with the same subscription, whose digest is due: one by the program, copied by SQL."""
    now = datetime.now(UTC)
    await furnish(file, {})
    schedule = Schedule(hour=now.astimezone(ZONE).hour, weekdays=frozenset(range(1, 8)))
    wanted = Subscription(0, FIRST, 0, "cs.LG", schedule, Form.LIST, papers, next_due=now - timedelta(minutes=1))
    database = await Database.open(f"sqlite:///{file}")
    async with database.transaction() as tx:
        await chats.remember(tx, Chat(FIRST, ChatKind.PRIVATE), now)
        await subscriptions.add(tx, wanted, now)
    await database.close()
    copy(file, size)


def copy(file: Path, size: int) -> None:
    """Give the first chat's row, and its subscription's, to so many chats in all."""
    with closing(sqlite3.connect(file)) as database:
        for table, key in (("chats", "id"), ("subscriptions", "chat_id")):
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            others = [name for name in names if name not in {"id", key}]
            listed = ", ".join(others)
            database.execute(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
                f"INSERT INTO {table} ({key}, {listed}) SELECT ? + i, {listed} FROM n, {table} WHERE {key} = ?",
                (size, FIRST, FIRST),
            )
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def measure(file: Path) -> dict[str, Any]:
    """Run the job; in the process that is measured."""
    logging.disable(logging.WARNING)
    return asyncio.run(_measure(file))


async def _measure(file: Path) -> dict[str, Any]:
    database = await Database.open(f"sqlite:///{file}")
    try:
        watch = Watch()
        watching = asyncio.create_task(watch.run())
        gc.collect()
        gc.freeze()  # as bot.app does
        await asyncio.sleep(0.1)
        watch.longest = watch.cpu = 0.0
        forget_peak()
        memory, begun = resident("VmRSS"), time.perf_counter()
        number = await prepare(database, datetime.now(UTC), Rules(timedelta(days=7)))
        seconds, peak = time.perf_counter() - begun, resident("VmHWM")
        watching.cancel()
    finally:
        await database.close()
    return {
        "seconds": round(seconds, 2),
        "longest_stall_ms": round(watch.longest * 1000, 1),
        "stall_cpu_ms": round(watch.cpu * 1000, 1),
        "peak_mb": round(peak - memory, 1),
        "queued": number,
    }


class Watch:
    """Notes how long the loop was not free at the most, and how much CPU this process had meanwhile."""

    def __init__(self) -> None:
        self.longest = self.cpu = 0.0

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            begun, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(NAP)
            stalled = time.perf_counter() - begun - NAP
            if stalled > self.longest:
                self.longest, self.cpu = stalled, time.process_time() - cpu


def forget_peak() -> None:
    """Let VmHWM begin anew (proc_pid_clear_refs(5))."""
    Path("/proc/self/clear_refs").write_text("5")


def queued(file: Path) -> int:
    """The messages that may be sent, by the database."""
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT COUNT(*) FROM deliveries WHERE state = 'due'").fetchone()[0]


def megabytes(file: Path) -> float:
    """The database with what was not yet moved into its file."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*")) / 1e6


if __name__ == "__main__":
    main()
