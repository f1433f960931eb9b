"""Works the outbox off: claim -> send -> record, in order within a chat, several chats at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, Sent, TopicGone, Uncertain, Unparsable
from bot.messages import settings
from storage import chats, digests, outbox, subscriptions
from storage.database import Database, Transaction
from storage.records import Delivery

log = logging.getLogger(__name__)

Send = Callable[[Delivery], Awaitable[Outcome]]
Now = Callable[[], datetime]

IDLE = 5.0  # seconds after which the queue is looked at even if nobody called `wake`
UNREACHABLE = (2, 5, 15, 30, 60)  # seconds between attempts, the last for ever: no outage loses a message
DENIED = (60, 300, 900, 3600, *(7200,) * 11)  # about a day, then the chat rests
RECORD_AGAIN = 1.0  # seconds before an outcome that could not be written is written again


class Outbox:
    """Sends what storage/outbox.py holds until it is stopped. More than 16 sends at a time make httpx slower."""

    def __init__(
        self, database: Database, send: Send, *, workers: int = 8, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        self._database, self._send, self._workers, self._now = database, send, workers, now
        self._awake, self._ended = asyncio.Event(), asyncio.Event()
        self._stopping, self._patience = False, 0.0
        self._flying: set[asyncio.Task[None]] = set()

    @property
    def has_ended(self) -> bool:
        """Whether `run` is over."""
        return self._ended.is_set()

    def wake(self) -> None:
        """There may be something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Send until `stop`; what a run before left in flight is sent again first."""
        try:
            await self._recover("were being sent when the last run ended; they are sent again")
            while not self._stopping:
                self._awake.clear()
                await self._round()
            await self._land_all()
        finally:
            self._ended.set()

    async def stop(self, patience: float = 5.0) -> None:
        """Claim nothing more and wait `patience` seconds for the sends in flight; those cut off are uncertain."""
        self._stopping, self._patience = True, patience
        self._awake.set()
        await self._ended.wait()

    async def _round(self) -> None:
        try:
            if not await self._start_sends():
                await self._rest(await self._next_due())
        except Exception:
            # The queue must outlive any fault of the disk or the program.
            log.exception("the outbox cannot be read; again in %.0f s", IDLE)
            await self._rest(IDLE)

    async def _start_sends(self) -> int:
        free = self._workers - len(self._flying)
        if free <= 0:
            return 0
        async with self._database.transaction() as tx:
            claimed = await outbox.claim(tx, free, self._now())
            if self._stopping:
                await outbox.release(tx, [each.id for each in claimed], self._now())
                return 0
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return len(claimed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._awake.set()

    async def _next_due(self) -> float:
        """Seconds until there may be something to claim."""
        async with self._database.reading() as tx:
            due = await outbox.next_due(tx)
        if due is None or len(self._flying) >= self._workers:
            return IDLE
        seconds = (due - self._now()).total_seconds()
        # What is due and was not claimed waits behind a send of its chat, whose end wakes the loop.
        return IDLE if seconds <= 0 and self._flying else min(IDLE, max(0.05, seconds))

    async def _rest(self, seconds: float) -> None:
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
        while not await self._recorded(delivery, outcome):  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(RECORD_AGAIN)

    async def _recorded(self, delivery: Delivery, outcome: Outcome) -> bool:
        try:
            async with self._database.transaction() as tx:
                await record(tx, delivery, outcome, self._now())
        except Exception:
            # Unrecorded, it would hold up its chat for ever and be sent twice.
            log.exception("what became of delivery %d cannot be written; again in %.0f s", delivery.id, RECORD_AGAIN)
            return False
        return True

    async def _land_all(self) -> None:
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._recover("were cut off by the stop; they may arrive and are sent again at the next start")

    async def _recover(self, what: str) -> None:
        async with self._database.transaction() as tx:
            if number := await outbox.recover(tx, self._now()):
                log.warning("%d messages %s", number, what)


async def record(tx: Transaction, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a send, and log what is not plain success."""
    where = f"delivery {delivery.id} to chat {delivery.chat_id}"
    match outcome:
        case Sent(message_id):
            await outbox.sent(tx, delivery.id, message_id, now)
        case Gone(reason):
            await outbox.gone(tx, delivery.id, reason, now)
            cancelled = await chats.rest(tx, delivery.chat_id, reason, now)
            log.warning("chat %d rests (%s); %d queued messages are cancelled", delivery.chat_id, reason, cancelled)
        case TopicGone(reason):
            await _end_topic(tx, delivery, reason, now)
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
            pause = _pause(delivery.attempts, UNREACHABLE)
            await outbox.again(tx, delivery.id, now + pause, reason, uncertain=True)
        case Denied(reason, topic_only=topic_only) if delivery.denials >= len(DENIED):
            await record(tx, delivery, TopicGone(reason) if topic_only else Gone(reason), now)
        case Denied(reason, unknown, topic_only):
            log.log(logging.ERROR if unknown else logging.WARNING, "%s is denied: %s", where, reason)
            at = now + _pause(delivery.denials + 1, DENIED)
            await outbox.denied(tx, delivery.id, at, reason, topic_only=topic_only)
        case RetryAt(reason, seconds):
            pause = _pause(delivery.attempts, UNREACHABLE) if seconds is None else timedelta(seconds=seconds)
            log.warning("%s waits %.0f s: %s", where, pause.total_seconds(), reason)
            await outbox.again(tx, delivery.id, now + pause, reason)


async def _end_topic(tx: Transaction, delivery: Delivery, reason: str, now: datetime) -> None:
    """End what was scheduled in a topic. Its papers go nowhere else: each topic is read by those who chose it."""
    chat_id, thread_id = delivery.chat_id, delivery.thread_id
    await outbox.gone(tx, delivery.id, reason, now)
    cancelled = await outbox.cancel_topic(tx, (chat_id, thread_id), reason, now)
    ended = await subscriptions.remove_all(tx, chat_id, thread_id)
    log.warning(
        "topic %d of chat %d is gone (%s): %d queued messages are cancelled, %d subscriptions ended",
        thread_id,
        chat_id,
        reason,
        cancelled,
        ended,
    )
    chat = await chats.get(tx, chat_id)
    if chat and ended and thread_id:
        await digests.notice(tx, chat_id, [settings.topic_gone(ended, chat.language)], now)


def _pause(attempt: int, pauses: Sequence[int]) -> timedelta:
    return timedelta(seconds=pauses[min(attempt, len(pauses)) - 1])
