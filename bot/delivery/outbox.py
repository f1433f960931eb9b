"""Works the outbox off: choose at the pace -> start -> send -> record; in order within a chat, many chats at a time.

One loop reads and writes the queue, in batches: each round writes what became of the sends that ended and which ones
start, in one transaction, before any of those is made.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.delivery.departure import DEPARTED
from bot.delivery.outcome import Flooded, Outcome, RetryAt, Sent
from bot.delivery.pace import Pace, Pick
from bot.delivery.recording import record_all
from storage import outbox, stars
from storage.database import Database, Transaction
from storage.records import Delivery

log = logging.getLogger(__name__)

Send = Callable[[Delivery], Awaitable[Outcome]]
Now = Callable[[], datetime]
Ended = tuple[Delivery, Outcome]

IDLE = 5.0  # seconds after which the queue is looked at even if nobody called `wake`
RECORD_AGAIN = 1.0  # seconds before outcomes that could not be written are written again
GATHER = 0.004  # seconds in which outcomes gather, to be written together
FEWEST = 20  # messages read ahead


class Outbox:
    """Sends what storage/outbox.py holds until it is stopped, at most `in_flight` messages at a time."""

    def __init__(
        self,
        database: Database,
        send: Send,
        *,
        pace: Pace | None = None,
        in_flight: int = 100,
        paid_per_day: int = 0,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._send, self._pace, self._now = database, send, pace or Pace(), now
        self._in_flight, self._paid_per_day = in_flight, paid_per_day
        self._awake, self._over = asyncio.Event(), asyncio.Event()
        self._stopping, self._patience = False, 0.0
        self._queue: dict[int, Delivery] = {}  # read ahead, in the order of their time
        self._flying: dict[int, asyncio.Task[None]] = {}  # by chat: there is at most one
        self._ended: list[Ended] = []  # not yet written down
        self._look_at = 0.0  # when the queue is to be read again
        self._spent_on = ""

    @property
    def has_ended(self) -> bool:
        """Whether `run` is over."""
        return self._over.is_set()

    def wake(self) -> None:
        """There may be something to send."""
        self._look_at = 0.0
        self._awake.set()

    async def run(self) -> None:
        """Send until `stop`; what a run before left in flight is sent again first."""
        try:
            await self._recover("were being sent when the last run ended")
            while not self._stopping:
                self._awake.clear()
                await self._rest(await self._round())
            await self._land_all()
        finally:
            self._over.set()

    async def stop(self, patience: float = 5.0) -> None:
        """Start nothing more and wait `patience` seconds for the sends in flight; those cut off are uncertain."""
        self._stopping, self._patience = True, patience
        self._awake.set()
        await self._over.wait()

    async def _round(self) -> float:
        """Write, read, start; the seconds until there may be more to do."""
        try:
            if self._has_room() and time.monotonic() >= self._look_at:
                await self._read()
            free = self._in_flight - len(self._flying)
            choice = self._pace.choose(self._queue.values(), free, time.monotonic(), self._flying)
            if self._ended or choice.picks:
                await self._write(choice.picks)
        except Exception:
            # The queue must outlive any fault of the disk or the program.
            log.exception("the outbox cannot be read or written; again in %.0f s", RECORD_AGAIN)
            self._queue.clear()
            return RECORD_AGAIN
        reads_in = self._look_at - time.monotonic() if self._has_room() else IDLE
        return max(0.0, min(choice.wait, reads_in, IDLE))

    def _has_room(self) -> bool:
        return len(self._queue) < max(FEWEST, self._in_flight)

    async def _read(self) -> None:
        many, now = 2 * max(FEWEST, self._in_flight), self._now()
        async with self._database.reading() as tx:
            found = await outbox.heads(tx, many, now)
            following = await outbox.next_due(tx, now) if len(found) < many else now
        self._queue = {each.id: each for each in found}
        seconds = (following - now).total_seconds() if following else IDLE
        self._look_at = time.monotonic() + min(IDLE, seconds)

    async def _write(self, picks: tuple[Pick, ...]) -> None:
        ended: list[Ended] = []
        try:
            async with self._database.transaction() as tx:
                ended, self._ended = self._ended, []
                now = self._now()
                if (ready := await record_all(tx, ended, self._pace, now, time.monotonic())) is not None:
                    self._look_at = min(self._look_at, ready)
                picks = () if self._stopping else picks
                await self._count_paid(tx, picks, now)
                started = await outbox.start(tx, [each.delivery.id for each in picks], now)
        except BaseException:
            self._ended = ended + self._ended
            raise
        for pick in picks:
            delivery = self._queue.pop(pick.delivery.id)
            if delivery.id in started:
                self._flying[delivery.chat_id] = asyncio.create_task(self._deliver(pick))

    async def _count_paid(self, tx: Transaction, picks: tuple[Pick, ...], now: datetime) -> None:
        if not self._paid_per_day:
            return
        # Counted before they are sent: a crash may waste a Star, and never spends one too many.
        spent = await stars.spend(tx, sum(each.paid for each in picks), now)
        if stars.day(now) != self._spent_on:
            self._spent_on, self._pace.paid_left = stars.day(now), max(0, self._paid_per_day - spent)

    async def _deliver(self, pick: Pick) -> None:
        delivery = replace(pick.delivery, attempts=pick.delivery.attempts + 1, paid=pick.paid)
        try:
            await asyncio.sleep(pick.slot.at - time.monotonic())
            pick.leaves(time.monotonic())
            DEPARTED.set(lambda: pick.leaves(time.monotonic()))
            outcome = await self._send(delivery)
            if isinstance(outcome, Sent):
                self._pace.answered(pick.slot, time.monotonic())
        except Exception as error:
            # A fault of the program in one message must neither stop the queue nor lose the message.
            log.exception("delivery %d failed", delivery.id)
            outcome = RetryAt(f"internal error: {type(error).__name__}")
        if isinstance(outcome, Flooded):
            self._pace.flooded(delivery.chat_id, outcome.seconds, time.monotonic())
        self._ended.append((delivery, outcome))
        del self._flying[delivery.chat_id]
        self._awake.set()

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0 and not self._stopping:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._awake.wait(), seconds)
        except TimeoutError:
            return
        if self._flying and not self._stopping:
            await asyncio.sleep(GATHER)

    async def _land_all(self) -> None:
        if self._flying:
            _, late = await asyncio.wait(self._flying.values(), timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._write(())
        await self._recover("were cut off by the stop and may arrive")

    async def _recover(self, what: str) -> None:
        async with self._database.transaction() as tx:
            if number := await outbox.recover(tx, self._now()):
                log.warning("%d messages %s", number, what)
