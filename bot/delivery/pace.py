"""How fast may be sent, and what next: Telegram's limits as data, the choice as a function of the queue and the time.

The limits are those of the Bots FAQ: 30 messages a second over all chats, one a second in one chat with short bursts
allowed, 20 a minute in a group or channel. Edits count like messages. Times are seconds of any clock that only runs
forward.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from storage.records import Delivery

# A message reaches Telegram some milliseconds after it is sent, now more, now fewer: so much longer than its period
# each limit is kept, so that no second as Telegram counts it holds one message too many.
GUARD = 0.015
# An answer that took longer than most did by more than this was perhaps counted so much later than it was sent.
LATE = 0.004
LATELY = 63  # answers
SECOND, MINUTE = 1.0, 60.0
AHEAD = 0.05  # places are given out so early, so that writing to the database delays no send
CATCH_UP = (
    0.1  # what the stream of deliveries may make up for after a pause of the program; a burst keeps readers waiting
)
STARVED = 0.25  # deliveries that had no place for so long get one before the readers who wait
FLOODED_CHATS, FLOODED_WITHIN = 3, 5.0  # so many chats refused within so many seconds: it is not the chats
FORGET_EVERY = 1000  # sends after which chats that are quiet are forgotten
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


@dataclass(slots=True)
class Slot:
    """A place that a message takes. Its time is set once more when the message leaves."""

    at: float


@dataclass(frozen=True, slots=True)
class Pick:
    """A delivery to send at `slot.at`."""

    delivery: Delivery
    slot: Slot
    paid: bool = False

    def leaves(self, now: float) -> None:
        """It is sent at that time, not before its place."""
        self.slot.at = max(self.slot.at, now)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be sent; `wait`: seconds after which more of the queue may go, NEVER if other sends must end first."""

    picks: tuple[Pick, ...]
    wait: float


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
        self._chats: dict[int, _Chat] = {}
        self._readers: Counter[int] = Counter()  # chats in which an answer waits for its place
        self._floods: dict[int, float] = {}
        self._took: deque[float] = deque(maxlen=LATELY)  # seconds from a send to its answer
        self._sends = 0

    def choose(self, queue: Iterable[Delivery], limit: int, now: float, busy: Collection[int]) -> Choice:
        """Give places to at most `limit` deliveries of the queue, in its order, one a chat and none of a busy one."""
        if now < self.resumes_at:
            return Choice((), self.resumes_at - now)
        picks: list[Pick] = []
        chosen, wait = set[int](), NEVER
        for delivery in queue:
            if len(picks) >= limit:
                return Choice(tuple(picks), NEVER)
            free, paid = self._free_at(now)
            if free > now + AHEAD:
                return Choice(tuple(picks), min(wait, free - now - AHEAD))
            chat_id = delivery.chat_id
            if chat_id in busy or chat_id in chosen:
                continue
            at = max(free, self.ready_at(chat_id, now))
            if at > now + AHEAD:
                wait = min(wait, at - now - AHEAD)
                continue
            chosen.add(chat_id)
            picks.append(Pick(delivery, self._take(chat_id, at, paid=paid, delivery=True), paid))
        return Choice(tuple(picks), wait)

    def answered(self, slot: Slot, now: float) -> None:
        """An answer came: if it took longer than most, the message's place is moved by so much."""
        took = now - slot.at
        self._took.append(took)
        usual = median(self._took)
        if took > usual + LATE:
            slot.at += took - usual

    def ready_at(self, chat_id: int, now: float) -> float:
        """When the chat may get its next delivery; a reader who waits in it goes first."""
        ready = max(now, self._chat(chat_id).ready_at(now))
        return max(ready, now + CATCH_UP) if chat_id in self._readers else ready

    def answer_at(self, chat_id: int, now: float) -> float:
        """When a reader may be answered in the chat; if that is now, the place is taken."""
        at = max(now, self._all.free_at(now), self._chat(chat_id).answer_at(now))
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
        self._chat(chat_id).parked = now + seconds
        self._floods = {chat: at for chat, at in self._floods.items() if at > now - FLOODED_WITHIN}
        self._floods[chat_id] = now
        if len(self._floods) >= FLOODED_CHATS:
            # What these chats have in common passes first; what is a chat's own parks it besides.
            self.resumes_at = min(self._chat(each).parked for each in self._floods)

    def _free_at(self, now: float) -> tuple[float, bool]:
        """When the next delivery may go, as far as all chats together are concerned, and whether it has to be paid."""
        free = max(now, self._all.free_at(now), self._next - CATCH_UP)
        if self._readers and now - self._next < STARVED:
            free = max(free, now + AHEAD + self._spacing)
        if free > now and self.paid_left > 0:
            return max(now, self._with_paid.free_at(now)), True
        return free, False

    def _take(self, chat_id: int, at: float, *, paid: bool = False, delivery: bool = False) -> Slot:
        slot = Slot(at)
        self._with_paid.take(slot)
        if paid:
            self.paid_left -= 1
        else:
            self._all.take(slot)
            self._next = max(self._next, at) + self._spacing if delivery else self._next
        self._chat(chat_id).take(slot)
        self._sends += 1
        if self._sends % FORGET_EVERY == 0:
            self._chats = {each: chat for each, chat in self._chats.items() if not chat.is_quiet(at)}
        return slot

    def _chat(self, chat_id: int) -> "_Chat":
        chat = self._chats.get(chat_id)
        if chat is None:
            # Telegram gives a user's chat a positive id, and a negative one to every other.
            chat = self._chats[chat_id] = _Private(self._limits) if chat_id > 0 else _Group(self._limits)
        return chat


@dataclass(slots=True)
class Window:
    """No more than `limit` messages in any `period` seconds; 0 is no limit."""

    limit: int
    period: float
    taken: deque[Slot] = field(default_factory=deque)

    def free_at(self, now: float, reserve: int = 0) -> float:
        """When a message may go that leaves `reserve` places free."""
        while self.taken and self.taken[0].at <= now - self.period:
            self.taken.popleft()
        over = len(self.taken) - max(1, self.limit - reserve)
        return self.taken[over].at + self.period if self.limit and over >= 0 else now

    def take(self, slot: Slot) -> None:
        """A message goes."""
        if self.limit:
            self.taken.append(slot)


class _Chat(Protocol):
    """The limits of one chat."""

    parked: float  # a flood limit's end

    def ready_at(self, now: float) -> float: ...
    def answer_at(self, now: float) -> float: ...
    def take(self, slot: Slot) -> None: ...
    def is_quiet(self, now: float) -> bool: ...


class _Private:
    """A place is used up at once and comes back after a second; only answers use more than one at a time."""

    def __init__(self, limits: Limits) -> None:
        self.parked = self._until = 0.0
        self._each = (SECOND + GUARD) / limits.private_per_second if limits.private_per_second else 0.0
        self._spare = max(0, limits.private_burst - 1) * self._each
        self._taken: deque[Slot] = deque()

    def ready_at(self, now: float) -> float:
        return max(self.parked, self._used_until())

    def answer_at(self, now: float) -> float:
        return max(self.parked, self._used_until() - self._spare)

    def take(self, slot: Slot) -> None:
        self._taken.append(slot)
        if len(self._taken) > 4:
            self._until = max(self._until, self._taken.popleft().at) + self._each

    def is_quiet(self, now: float) -> bool:
        return self.ready_at(now) <= now

    def _used_until(self) -> float:
        until = self._until
        for slot in self._taken:
            until = max(until, slot.at) + self._each
        return until


class _Group:
    """So many a minute, some of them kept for answers; deliveries at least a second apart."""

    def __init__(self, limits: Limits) -> None:
        self.parked = 0.0
        self._window = Window(limits.group_per_minute, MINUTE + GUARD)
        self._reserve = limits.group_reserve

    def ready_at(self, now: float) -> float:
        apart = self._window.taken[-1].at + SECOND + GUARD if self._window.taken else now
        return max(self.parked, apart, self._window.free_at(now, self._reserve))

    def answer_at(self, now: float) -> float:
        return max(self.parked, self._window.free_at(now))

    def take(self, slot: Slot) -> None:
        self._window.take(slot)

    def is_quiet(self, now: float) -> bool:
        return self._window.free_at(now) <= now and not self._window.taken and self.parked <= now
