"""What runs by itself and when: APScheduler, with the settings that lose no job."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.secrecy import hide

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]

# By default APScheduler drops a job that starts a second late.
# A second instance finds the first at work and ends at once, where APScheduler itself would print a warning.
DEFAULTS = {"misfire_grace_time": 3600, "coalesce": True, "max_instances": 2}


class Timetable:
    """Jobs by interval, by the hour, or at once; a stop lets those that are under way come to their end."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=DEFAULTS)
        self._running: set[asyncio.Future[None]] = set()
        self._at_work: dict[str, bool] = {}  # job -> whether it is to run once more when it ends
        self.dead: dict[str, str] = {}  # the jobs whose last run died -> of what

    def every(self, seconds: int, name: str, job: Job) -> None:
        """Run a job at the start and then again and again, `seconds` from start to start, never twice at a time."""
        watched = self._watched(self._kept_an_eye_on(name, job))
        self._scheduler.add_job(watched, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def daily(self, hour: int, name: str, job: Job) -> None:
        """Run a job each day at an hour, UTC."""
        self._scheduler.add_job(self._watched(self._kept_an_eye_on(name, job)), "cron", hour=hour, id=name)

    def hurry(self, name: str) -> None:
        """Have a job of `every` run at once, or once more when the run that is under way has ended."""
        if name in self._at_work:
            self._at_work[name] = True
        else:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

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

    def _kept_an_eye_on(self, name: str, job: Job) -> Job:
        async def run() -> None:
            if name in self._at_work:
                return
            try:
                again = True
                while again:
                    self._at_work[name] = False
                    await self._try(name, job)
                    again = self._at_work[name]
            finally:
                del self._at_work[name]

        return run

    async def _try(self, name: str, job: Job) -> None:
        try:
            await job()
        except Exception as error:
            log.exception("the job %s died", name)
            self.dead[name] = hide(f"{type(error).__name__}: {error}")
        else:
            self.dead.pop(name, None)

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
