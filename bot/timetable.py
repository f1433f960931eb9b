"""What runs by itself and when: APScheduler, with the settings that lose no job."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]

# By default APScheduler drops a job that starts a second late.
DEFAULTS = {"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1}


class Timetable:
    """Jobs by interval, by the hour, or at once; a stop lets those that are under way come to their end."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=DEFAULTS)
        self._running: set[asyncio.Future[None]] = set()

    def every(self, seconds: int, job: Job) -> None:
        """Run a job at the start and then again and again."""
        self._scheduler.add_job(self._watched(job), "interval", seconds=seconds, next_run_time=datetime.now(UTC))

    def daily(self, hour: int, job: Job) -> None:
        """Run a job each day at an hour, UTC."""
        self._scheduler.add_job(self._watched(job), "cron", hour=hour)

    def now(self, job: Job) -> None:
        """Run a job at once, besides its other times."""
        self._scheduler.add_job(self._watched(job))

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    async def stop(self, patience: float = 1.5) -> None:
        """Start nothing more, and wait `patience` seconds for what runs."""
        self._scheduler.pause()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=patience)
            for job in late:
                job.cancel()
        self._scheduler.shutdown(wait=False)

    def _watched(self, job: Job) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            running = asyncio.ensure_future(job())
            self._running.add(running)
            running.add_done_callback(self._running.discard)
            try:
                # APScheduler cancels what runs when it shuts down: that must not reach into a transaction.
                await asyncio.shield(running)
            except asyncio.CancelledError:
                log.warning("a job was cut off")

        return run
