"""Works the outbox off: claim -> send -> record, in order within a chat, several chats at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, Sent, Uncertain, Unparsable
from storage import chats, outbox
from storage.database import Database, Transaction
from storage.records import Delivery

log = logging.getLogger(__name__)

Send = Callable[[Delivery], Awaitable[Outcome]]
Now = Callable[[], datetime]

IDLE = 5.0  # seconds after which the queue is looked at even if nobody called `wake`
UNREACHABLE = (2, 5, 15, 30, 60)  # seconds between attempts, the last for ever: no outage loses a message
DENIED = (60, 300, 900, 3600, *(7200,) * 11)  # about a day, then the chat rests


class Outbox:
    """Sends what storage/outbox.py holds until it is stopped. More than 16 sends at a time make httpx slower."""

    def __init__(
        self, database: Database, send: Send, *, workers: int = 8, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        self._database, self._send, self._workers, self._now = database, send, workers, now
        self._awake = asyncio.Event()
        self._stopping = False
        self._flying: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Send until `stop`. Start it once, after the last program's sends were declared uncertain."""
        async with self._database.transaction() as tx:
            if interrupted := await outbox.recover(tx, self._now()):
                log.warning("%d messages were being sent when the last run ended; they are sent again", interrupted)
        while not self._stopping:
            self._awake.clear()
            try:
                claimed = await self._claim()
            except Exception:
                # The queue must outlive any fault of the disk or the program.
                log.exception("the outbox cannot be read")
                claimed = []
            for delivery in claimed:
                task = asyncio.create_task(self._deliver(delivery))
                self._flying.add(task)
                task.add_done_callback(self._landed)
            if not claimed:
                await self._rest()

    async def stop(self, patience: float = 5.0) -> None:
        """Claim nothing more and wait `patience` seconds for the sends in flight; those cut off are uncertain."""
        self._stopping = True
        self._awake.set()
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        async with self._database.transaction() as tx:
            if cut := await outbox.recover(tx, self._now()):
                log.warning("%d sends were cut off; they may arrive and are sent again at the next start", cut)

    async def _claim(self) -> list[Delivery]:
        free = self._workers - len(self._flying)
        if free <= 0:
            return []
        async with self._database.transaction() as tx:
            return await outbox.claim(tx, free, self._now())

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._awake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("a send's outcome was not recorded; it is uncertain until the next start", exc_info=error)

    async def _rest(self) -> None:
        async with self._database.reading() as tx:
            due = await outbox.next_due(tx)
        seconds = IDLE if due is None else min(IDLE, max(0.05, (due - self._now()).total_seconds()))
        if len(self._flying) >= self._workers:
            seconds = IDLE
        try:
            await asyncio.wait_for(self._awake.wait(), seconds)
        except TimeoutError:
            return

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            outcome = await self._send(delivery)
        except Exception as error:
            # A fault of the program in one message must neither stop the queue nor lose the message.
            log.exception("delivery %d failed", delivery.id)
            outcome = RetryAt(f"internal error: {type(error).__name__}")
        async with self._database.transaction() as tx:
            await record(tx, delivery, outcome, self._now())


async def record(tx: Transaction, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a send, and log what is not plain success."""
    where = f"delivery {delivery.id} to chat {delivery.chat_id}"
    match outcome:
        case Sent(message_id):
            await outbox.sent(tx, delivery.id, message_id, now)
        case Gone(reason):
            cancelled = await chats.rest(tx, delivery.chat_id, reason, now)
            log.warning("chat %d rests (%s); %d queued messages are cancelled", delivery.chat_id, reason, cancelled)
        case Moved(chat_id):
            log.warning("chat %d is now %d", delivery.chat_id, chat_id)
            await chats.migrate(tx, delivery.chat_id, chat_id)
            await outbox.again(tx, delivery.id, now, "the group has a new id")
        case Unparsable(reason) if not delivery.plain:
            log.error("%s cannot be parsed (%s) and is sent as plain text: %r", where, reason, delivery.message.text)
            await outbox.as_plain(tx, delivery.id, reason)
        case Unparsable(reason) | Refused(reason):
            log.error("%s is refused for good: %s", where, reason)
            await outbox.gone(tx, delivery.id, reason, now)
        case Uncertain(reason):
            log.warning("%s has no answer (%s); it may have arrived and is sent again", where, reason)
            await outbox.again(tx, delivery.id, now + _pause(delivery, UNREACHABLE), reason, uncertain=True)
        case Denied(reason) if delivery.attempts > len(DENIED):
            await record(tx, delivery, Gone(reason), now)
        case Denied(reason, unknown):
            log.log(logging.ERROR if unknown else logging.WARNING, "%s is denied: %s", where, reason)
            await outbox.again(tx, delivery.id, now + _pause(delivery, DENIED), reason)
        case RetryAt(reason, seconds):
            pause = _pause(delivery, UNREACHABLE) if seconds is None else timedelta(seconds=seconds)
            log.warning("%s waits %.0f s: %s", where, pause.total_seconds(), reason)
            await outbox.again(tx, delivery.id, now + pause, reason)


def _pause(delivery: Delivery, pauses: Sequence[int]) -> timedelta:
    return timedelta(seconds=pauses[min(delivery.attempts, len(pauses)) - 1])
