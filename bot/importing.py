"""`papergram import`: from files into the store, in batches, so that a running bot is never kept waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from bot.opening import opened
from bot.sources import ahead
from bot.sources.ahead import Batch
from bot.sources.archive import Found, Refusal
from storage import papers, search_index
from storage.papers import Change
from storage.records import Arrival

BATCH = 1000  # records in one transaction: 0.4 s of writing


@dataclass(slots=True)
class Tally:
    """What became of the records."""

    refused: int = 0
    changes: Counter[Change] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """How many records there were."""
        return self.refused + self.changes.total()

    def report(self) -> str:
        """The counts, a line each."""
        counts = {"read": self.read, **{each.value: self.changes[each] for each in Change}, "refused": self.refused}
        return "\n".join(f"{name:<9} {number:>7}" for name, number in counts.items())


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told of the import while it goes on."""

    refused: Callable[[Refusal], None]
    progress: Callable[[int, int], None]  # bytes read, bytes in all


async def run(url: str, paths: Iterable[Path], watcher: Watcher, *, post: bool, now: datetime) -> Tally:
    """Store all records of files and folders. `post`: they are news, to be posted by digests too."""
    tally = Tally()
    async with opened(url) as database:
        async with database.transaction() as tx:
            await search_index.hurry(tx)
        async with aclosing(_batches(list(paths))) as batches:
            async for batch, cut in batches:
                for found in batch:
                    if isinstance(found.outcome, Refusal):
                        tally.refused += 1
                        watcher.refused(found.outcome)
                if arrivals := _arrivals(batch, post=post):
                    async with database.transaction() as tx:
                        tally.changes.update(await papers.add(tx, arrivals, now, cut))
                watcher.progress(batch[-1].read, batch[-1].total)
        await search_index.tidy(database)
    return tally


async def _batches(paths: Sequence[Path]) -> AsyncGenerator[Batch, None]:
    """The records in batches; while one is stored, a thread receives the next."""
    batches = ahead.batches(paths, BATCH)
    reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while batch := await reading:
            reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
            yield batch
    finally:
        await asyncio.wait([reading])
        batches.close()


def _arrivals(batch: Iterable[Found], *, post: bool) -> list[Arrival]:
    arrivals = [found.outcome for found in batch if isinstance(found.outcome, Arrival)]
    return arrivals if post else [replace(each, announcement=None) for each in arrivals]
