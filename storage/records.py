"""The vocabulary that the whole program shares: frozen records, aware datetimes, no behaviour that needs I/O."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum


class AnnounceType(StrEnum):
    """How arXiv announced a paper in a category (rss.arxiv.org, `arxiv:announce_type`)."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"


@dataclass(frozen=True, slots=True)
class Paper:
    """One arXiv work. `id` is the arXiv id without its version; texts are arXiv's own, TeX included."""

    id: str
    version: int | None  # None: the source does not tell
    title: str
    abstract: str
    abstract_cut: bool = False  # the source gives only the abstract's beginning
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # the primary category first, as far as the source tells


@dataclass(frozen=True, slots=True)
class Announcement:
    """arXiv's daily listing of a paper. `date` is the announcement day, US Eastern."""

    paper_id: str
    date: datetime.date | None = None  # None, and "" below: the source does not tell
    category: str = ""
    type: AnnounceType | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a language model wrote about one version of a paper. An empty text is one that is missing."""

    paper_id: str
    version: int | None
    title_zh: str = ""
    tldr_zh: str = ""
    abstract_zh: str = ""
    tldr_en: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that one source says of one paper at one time."""

    paper: Paper
    announcement: Announcement | None = None  # None: known for search, never posted by itself
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as it is shown: the newest text with the best summary there is, and its last announcement."""

    paper: Paper
    summary: Summary | None = None
    announced: datetime.date | None = None
    announce_type: AnnounceType | None = None


class ChatKind(StrEnum):
    """The kinds of Telegram chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatState(StrEnum):
    """Whether a chat is posted to. `resting`: it blocked or removed the bot, and may come back."""

    ACTIVE = "active"
    RESTING = "resting"


class Language(StrEnum):
    """The languages that the bot speaks."""

    CHINESE = "zh"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Chat:
    """A Telegram chat that the bot knows."""

    id: int
    kind: ChatKind
    title: str = ""
    username: str = ""
    language: Language = Language.CHINESE
    timezone: str = "Asia/Shanghai"
    state: ChatState = ChatState.ACTIVE


class Form(StrEnum):
    """How a digest is laid out: one message a paper, or several papers a message."""

    CARDS = "cards"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscription is due, in its chat's time zone. `weekdays` are ISO weekdays, 1 is Monday."""

    hour: int = 9
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is posted where and when. `thread_id` is the forum topic, 0 where there is none."""

    id: int
    chat_id: int
    thread_id: int
    query: str  # empty: every paper
    schedule: Schedule = field(default_factory=Schedule)
    form: Form = Form.CARDS
    max_papers: int = 10
    next_due: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What one subscription gets at one due time: the chosen papers, newest first, and how many matched."""

    subscription: Subscription
    due: datetime.datetime
    cards: tuple[Card, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class LastDigest:
    """The last digest with papers that a chat got."""

    id: int
    prepared_at: datetime.datetime
    chosen: int


@dataclass(frozen=True, slots=True)
class Button:
    """One key of an inline keyboard: either `data` (1 to 64 bytes, sent back when pressed) or a `url`."""

    label: str
    data: str = ""
    url: str = ""


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is sent: Telegram HTML of at most 4,096 characters after parsing, and its keyboard."""

    text: str
    keyboard: Keyboard = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a digest, with the papers that it posts."""

    message: Message
    paper_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of a digest to one chat, as the outbox sends it."""

    id: int
    digest_id: int
    chat_id: int
    thread_id: int
    part: int
    message: Message
    attempts: int = 0
    denials: int = 0  # how often Telegram refused the chat for a cause that may pass
    plain: bool = False  # the HTML was refused once: send it as plain text
