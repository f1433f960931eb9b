"""How fast may be sent, and what next: Telegram's limits as data, the choice as a function of the queue and the time.

The limits are those of the Bots FAQ: 30 messages a second over all chats, one a second in one chat with short bursts
allowed, 20 a minute in a group or channel. Edits count like messages. Times are seconds of any clock that only runs
forward.

A message that is sent now is not answered before the shortest time that an answer took lately has passed, and messages
count by their answers (window.py). So the limits hold however much the way to Telegram varies; that costs the mean time
of an answer, less the shortest one, in every second.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.delivery.window import GUARD, SECOND, Chat, Group, Private, Slot, Window
from storage.records import Delivery

LATELY = 63  # answers
LOST = 1.0  # a message without an answer counts as arriving for so much longer than the shortest one took
AHEAD = 0.05  # places are given out so early, so that writing to the database delays no send
CATCH_UP = (
    0.1  # what the stream of deliveries may make up for after a pause of the program; a burst keeps readers waiting
)
STARVED = 0.25  # deliveries that had no place for so long get one before the readers who wait
NOTICEABLE = 0.3  # what a chat holds back for longer makes room in the queue for what others can get
FLOODED_CHATS, FLOODED_WITHIN = 3, 5.0  # so many chats refused within so many seconds: it is not the chats
LONGEST_PAUSE = 30.0  # for all: groups in slow mode answer with an hour that is their own
FORGET_EVERY = 1000  # sends after which chats that are quiet are forgotten
PAY_AGAIN = 600.0  # after Telegram refused a message that was to be paid for
READERS_LATELY, READERS_SHARE = 60.0, 2  # seconds after an answer in which paid deliveries leave places for more
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Limits:
    """What Telegram allows; 0 is no limit."""

    per_second: int = 30
    private_per_second: int = 1
    private_burst: int = 3  # answers that a reader may get at once
    group_per_minute: int = 20
    group_reserve: int = 2  # of those, kept for answers to readers
    paid_per_second: int = 1000


@dataclass(frozen=True, slots=True)
class Pick:
    """A delivery to send at `slot.at`."""

    delivery: Delivery
    slot: Slot
    paid: bool = False

    def leaves(self, now: float) -> None:
        """It is sent at that time, not before its place."""
        self.slot.leaves(now)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be sent; `wait`: seconds after which more of the queue may go, NEVER if other sends must end first.

    `held`: what its own chat holds back for longer.
    """

    picks: tuple[Pick, ...]
    wait: float
    held: tuple[Delivery, ...] = ()


class Pace:
    """Keeps the limits for deliveries and for answers to readers together; answers go first."""

    def __init__(self, limits: Limits = Limits()) -> None:  # frozen
        self.paid_left = 0  # messages that may still be paid for today
        self.resumes_at = 0.0  # when deliveries go on after a flood
        self._limits = limits
        self._all = Window(limits.per_second, SECOND + GUARD)
        self._with_paid = Window(limits.paid_per_second if limits.per_second else 0, SECOND + GUARD)
        self._spacing = (SECOND + GUARD) / limits.per_second if limits.per_second else 0.0
        self._next = 0.0  # the next delivery's place in an even stream
        self._pays_at = 0.0
        self._chats: dict[int, Chat] = {}
        self._readers: Counter[int] = Counter()  # chats in which an answer waits for its place
        self._read_at = -NEVER  # when a reader was answered last
        self._floods: dict[int, float] = {}
        self._took: deque[float] = deque(maxlen=LATELY)  # seconds from a send to its answer
        self._shortest = self._longest = 0.0  # of those
        self._out: dict[Slot, None] = {}  # deliveries that have no answer yet
        self._sends = 0

    def choose(self, queue: Iterable[Delivery], limit: int, now: float, busy: Collection[int]) -> Choice:
        """Give places to at most `limit` deliveries of the queue, in its order, one a chat and none of a busy one."""
        if now < self.resumes_at:
            return Choice((), self.resumes_at - now)
        self._look_out(now)
        picks: list[Pick] = []
        held: list[Delivery] = []
        chosen, wait = set[int](), NEVER
        for delivery in queue:
            if len(picks) >= limit:
                return Choice(tuple(picks), NEVER, tuple(held))
            chat_id = delivery.chat_id
            if chat_id in busy or chat_id in chosen:
                held.append(delivery)
                continue
            free, paid = self._free_at(delivery, now)
            if free > now + AHEAD and not self._pays(now):
                return Choice(tuple(picks), min(wait, free - now - AHEAD), tuple(held))
            ready = self.ready_at(chat_id, now)
            at = max(free, ready)
            if at <= now + AHEAD:
                chosen.add(chat_id)
                picks.append(Pick(delivery, self._take(chat_id, at, paid=paid, delivery=True), paid))
            elif ready > now + NOTICEABLE:
                held.append(delivery)
            else:
                wait = min(wait, at - now - AHEAD)
        return Choice(tuple(picks), wait, tuple(held))

    def answered(self, slot: Slot, now: float) -> None:
        """Telegram accepted the message and says so now."""
        self._out.pop(slot, None)
        self._took.append(now - slot.at)
        self._shortest, self._longest = min(self._took), max(self._took)
        slot.move(now)

    def unanswered(self, slot: Slot) -> None:
        """The send ended in another way; the message keeps its place."""
        self._out.pop(slot, None)

    def ready_at(self, chat_id: int, now: float) -> float:
        """When the chat may get its next delivery; a reader who waits in it goes first."""
        chat = self._chat(chat_id)
        ready = max(now, chat.parked, chat.ready_at(now + self._shortest) - self._shortest)
        return max(ready, now + CATCH_UP) if chat_id in self._readers else ready

    def held(self, now: float) -> dict[int, float]:
        """The chats that may get nothing for a noticeable time, and when they may."""
        ready = {chat_id: self.ready_at(chat_id, now) for chat_id in self._chats}
        return {chat_id: at for chat_id, at in ready.items() if at > now + NOTICEABLE}

    def answer_at(self, chat_id: int, now: float) -> float:
        """When a reader may be answered in the chat; if that is now, the place is taken."""
        self._look_out(now)
        self._read_at = now
        chat, answered = self._chat(chat_id), now + self._shortest
        counts = max(self._all.free_at(answered), chat.answer_at(answered))
        at = max(now, chat.parked, counts - self._shortest)
        if at <= now:
            self._take(chat_id, now)
        return at

    @contextmanager
    def reader_waits(self, chat_id: int) -> Iterator[None]:
        """Meanwhile no delivery takes the place that an answer in this chat could have."""
        self._readers[chat_id] += 1
        try:
            yield
        finally:
            self._readers[chat_id] -= 1
            self._readers += Counter()  # drops those at zero

    def flooded(self, chat_id: int, seconds: float, now: float) -> None:
        """Telegram refused a message for its flood limit: its chat waits, and if it is not alone, all deliveries do."""
        chat = self._chat(chat_id)
        chat.parked = max(chat.parked, now + seconds)
        self._floods = {each: at for each, at in self._floods.items() if at > now - FLOODED_WITHIN}
        self._floods[chat_id] = now
        if len(self._floods) >= FLOODED_CHATS:
            # What these chats have in common passes first; what is a chat's own parks it besides.
            common = min(self._chat(each).parked for each in self._floods)
            self.resumes_at = max(self.resumes_at, min(common, now + LONGEST_PAUSE))

    def payment_refused(self, now: float) -> None:
        """Telegram refused a message that was to be paid for: for some minutes none is."""
        self._pays_at = now + PAY_AGAIN

    def _pays(self, now: float) -> bool:
        return self.paid_left > 0 and now >= self._pays_at

    def _free_at(self, delivery: Delivery, now: float) -> tuple[float, bool]:
        """When it may go, as far as all chats together are concerned, and whether it has to be paid.

        What Telegram or the network refused once is not paid for, in case that was why; edits cannot be.
        """
        answered = now + self._shortest
        if self._pays(now) and delivery.message_id is None and not delivery.attempts:
            reserve = READERS_SHARE if now - self._read_at < READERS_LATELY else 0
            if not self._readers and self._all.free_at(answered, reserve) <= answered:
                return now, False
            return self._with_paid.free_at(answered) - self._shortest, True
        free = max(now, self._all.free_at(answered) - self._shortest, self._next - CATCH_UP)
        if self._readers and now - self._next < STARVED:
            free = max(free, now + AHEAD + self._spacing)
        return free, False

    def _take(self, chat_id: int, at: float, *, paid: bool = False, delivery: bool = False) -> Slot:
        # Answers to readers tell no time: they may take as long as any.
        slot = Slot(at, at + (self._shortest if delivery else self._longest))
        self._with_paid.take(slot)
        if paid:
            self.paid_left -= 1
        else:
            self._all.take(slot)
            self._next = max(self._next, at) + self._spacing if delivery else self._next
        self._chat(chat_id).take(slot)
        if delivery and slot.windows:
            self._out[slot] = None
        self._sends += 1
        if self._sends % FORGET_EVERY == 0:
            quiet_at = at + self._shortest
            self._chats = {each: chat for each, chat in self._chats.items() if not chat.is_quiet(quiet_at)}
        return slot

    def _look_out(self, now: float) -> None:
        """What has no answer, though others had theirs in that time, may still be on its way to Telegram."""
        for slot in list(self._out):
            overdue = now - slot.at - self._shortest
            if overdue > LOST:
                del self._out[slot]
            elif overdue > 0 and self._took:
                slot.move(now)

    def _chat(self, chat_id: int) -> Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            # Telegram gives a user's chat a positive id, and a negative one to every other.
            limits = self._limits
            chat = self._chats[chat_id] = (
                Private(limits.private_per_second, limits.private_burst)
                if chat_id > 0
                else Group(limits.group_per_minute, limits.group_reserve)
            )
        return chat
