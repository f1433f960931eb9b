"""What can become of a send, as values. delivery/answers.py makes them, delivery/outbox.py acts on them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram accepted the message."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Flooded:
    """Too many messages, to this chat or to all: none before so many seconds have passed, at least 1."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Telegram was not reached, or did not take the message. `seconds`: from now; None: short growing pauses."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """Telegram refuses the chat for a cause that may pass: tried for a day before the chat rests."""

    reason: str
    unknown: bool = False  # nobody has met this answer before: the operator is to read of it
    topic_only: bool = False  # the chat's other topics are open
    administrators: tuple[int, ...] = ()  # of a chat whose General topic is closed: people, the creator first


@dataclass(frozen=True, slots=True)
class Gone:
    """The chat cannot be posted to any more: it rests, and its queue is cancelled."""

    reason: str


@dataclass(frozen=True, slots=True)
class TopicGone:
    """The forum's topic cannot be posted to any more; its other topics are well."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Telegram will never take this message; the chat is well."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unparsable:
    """Telegram cannot read the message's HTML: as plain text it will pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The group became a supergroup with another id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Uncertain:
    """No answer came, or none that tells: the message may have arrived."""

    reason: str


Outcome = Sent | Flooded | RetryAt | Denied | Gone | TopicGone | Refused | Unparsable | Moved | Uncertain
