"""Works the outbox off: choose at the pace -> start -> send -> record; in order within a chat, many chats at a time.

One loop reads and writes the queue, in batches: each round writes what became of the sends that ended and which ones
start, in one transaction, before any of those is made.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from bot.delivery.departure import DEPARTURE, Departure
from bot.delivery.outcome import Flooded, Outcome, Refused, RetryAt, Sent
from bot.delivery.pace import NEVER, Pace, Pick
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
        self._aside: set[int] = set()  # chats whose messages, if any, are left in the database for now
        self._look_at = 0.0  # when the queue is to be read again, if there is room for more
        self._hurry_at = 0.0  # when it is to be read in any case
        self._spent_on = ""

    @property
    def has_ended(self) -> bool:
        """Whether `run` is over."""
        return self._over.is_set()

    def wake(self) -> None:
        """There may be something to send."""
        self._hurry_at = 0.0
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
            if time.monotonic() >= self._reads_at():
                await self._read()
            free = self._in_flight - len(self._flying)
            choice = self._pace.choose(self._queue.values(), free, time.monotonic(), self._flying)
            if self._ended or choice.picks:
                await self._write(choice.picks)
            self._put_aside(choice.held)
        except Exception:
            # The queue must outlive any fault of the disk or the program.
            log.exception("the outbox cannot be read or written; again in %.0f s", RECORD_AGAIN)
            self._queue.clear()
            self._look_at = 0.0
            return RECORD_AGAIN
        return max(0.0, min(choice.wait, self._reads_at() - time.monotonic(), IDLE))

    def _reads_at(self) -> float:
        has_room = len(self._queue) < max(FEWEST, self._in_flight)
        return min(self._look_at, self._hurry_at) if has_room else self._hurry_at

    async def _read(self) -> None:
        many, now, clock = 2 * max(FEWEST, self._in_flight), self._now(), time.monotonic()
        self._hurry_at = NEVER
        held = self._pace.held(clock)
        self._aside = {*held, *self._flying}
        async with self._database.reading() as tx:
            found = await outbox.heads(tx, many, now, self._aside)
            following = await outbox.next_due(tx, now) if len(found) < many else now
            asked = await outbox.next_due(tx, now, asked=True)
            hurried = await outbox.hurried(tx, held, now)
        self._queue = {each.id: each for each in found}
        due, asked_due = [clock + (each - now).total_seconds() if each else NEVER for each in (following, asked)]
        self._look_at = min([clock + IDLE, due, *held.values()])
        self._hurry_at = min([self._hurry_at, asked_due, *(held[each] for each in hurried)])

    def _put_aside(self, held: tuple[Delivery, ...]) -> None:
        """Leave in the database what its own chat holds back, so that it takes nobody's place in the queue."""
        for delivery in held:
            self._queue.pop(delivery.id, None)
        chats = {each.chat_id for each in held}
        self._aside |= chats
        self._look_again(chats - self._flying.keys())

    def _look_again(self, chats: Iterable[int]) -> None:
        """Chats are free: what they hold back may be sent when they are ready."""
        now = time.monotonic()
        for chat_id in self._aside.intersection(chats):
            self._look_at = min(self._look_at, self._pace.ready_at(chat_id, now))

    async def _write(self, picks: tuple[Pick, ...]) -> None:
        ended: list[Ended] = []
        try:
            async with self._database.transaction() as tx:
                ended, self._ended = self._ended, []
                now = self._now()
                if (ready := await record_all(tx, ended, self._pace, now, time.monotonic())) is not None:
                    self._look_at = min(self._look_at, ready)
                self._look_again(each.chat_id for each, _ in ended)
                if asked := [each.chat_id for each, _ in ended if each.asked]:
                    clock = time.monotonic()
                    self._hurry_at = min(self._hurry_at, *(self._pace.ready_at(each, clock) for each in asked))
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
        departure = Departure(lambda: pick.leaves(time.monotonic()), waits=True)
        DEPARTURE.set(departure)
        try:
            await asyncio.sleep(pick.slot.at - time.monotonic())
            departure.waits = False
            pick.leaves(time.monotonic())
            outcome = await self._send(delivery)
        except asyncio.CancelledError:
            if departure.waits:
                self._ended.append((delivery, RetryAt("the program was stopped before it was sent", 0.0)))
            raise
        except Exception as error:
            # A fault of the program in one message must neither stop the queue nor lose the message.
            log.exception("delivery %d failed", delivery.id)
            outcome = RetryAt(f"internal error: {type(error).__name__}")
        self._ended.append((delivery, self._heard(pick, outcome)))
        del self._flying[delivery.chat_id]
        self._awake.set()

    def _heard(self, pick: Pick, outcome: Outcome) -> Outcome:
        """Tell the pace what came back; what it means for the message."""
        now, chat_id = time.monotonic(), pick.delivery.chat_id
        if isinstance(outcome, Sent):
            self._pace.answered(pick.slot, now)
            return outcome
        self._pace.unanswered(pick.slot)
        if isinstance(outcome, Flooded):
            self._pace.flooded(chat_id, outcome.seconds, now)
        if pick.paid and isinstance(outcome, Refused):
            # No Stars are left, or another thing about payment: nobody has met what Telegram says then.
            log.error("delivery %d, to be paid for, is sent again unpaid: %s", pick.delivery.id, outcome.reason)
            self._pace.payment_refused(now)
            return RetryAt(outcome.reason, 0.0)
        return outcome

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
