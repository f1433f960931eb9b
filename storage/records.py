"""The vocabulary that the whole program shares: frozen records, aware datetimes, no behaviour that needs I/O."""

import datetime
from collections.abc import Mapping
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
    affiliations: tuple[str, ...] = ()  # of all authors, each once, in their order
    comments: str = ""  # the authors' own: pages, venue, code
    doi: str = ""  # the journal's, not arXiv's own 10.48550
    journal_ref: str = ""
    licence: str = ""  # its URL


@dataclass(frozen=True, slots=True)
class Upvotes:
    """What Hugging Face's daily papers tell of a paper: its readers' votes, and where its code is."""

    paper_id: str
    votes: int
    code_url: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """arXiv's daily listing of a paper. `date` is the announcement day, US Eastern."""

    paper_id: str
    date: datetime.date | None = None  # None, and "" below: the source does not tell
    category: str = ""
    type: AnnounceType | None = None
    news: bool = True  # False: recorded, but not to be posted by itself


class SummaryState(StrEnum):
    """Whether the gate took a summary, or it is the best that could be had until now."""

    GOOD = "good"
    DRAFT = "draft"


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
    prompt: str = ""  # the version of the prompt that asked for it; empty: written elsewhere
    state: SummaryState = SummaryState.GOOD


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that one source says of one paper at one time."""

    paper: Paper
    announcement: Announcement | None = None  # None: known for search, never posted by itself
    summary: Summary | None = None
    upvotes: Upvotes | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as it is shown: the newest text with the best summary there is, and its last announcement."""

    paper: Paper
    summary: Summary | None = None
    announced: datetime.date | None = None
    announce_type: AnnounceType | None = None
    upvotes: Upvotes | None = None

    @property
    def is_summarised(self) -> bool:
        """Whether there is a good summary of the version that is shown, or of one that no source told."""
        summary, version = self.summary, self.paper.version
        return summary is not None and summary.state == SummaryState.GOOD and summary.version in {None, version}


@dataclass(frozen=True, slots=True)
class Tag:
    """One of a reader's tags, without its `#`; `papers`: how many of the papers that they keep have it, if counted."""

    id: int
    name: str
    papers: int = 0


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A paper that a reader keeps, and since when."""

    paper_id: str
    made_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A paper in a chat: the message that holds it, in its forum topic (0: none), and when its digest was made."""

    paper_id: str
    message_id: int
    thread_id: int
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Favourite:
    """A paper, how many readers kept it, and how many liked it."""

    paper_id: str
    kept: int
    liked: int


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
    repeats: bool = True  # a message that had no answer is sent again: it may come twice, and is never lost


class Form(StrEnum):
    """How a digest is laid out: one message a paper, or several papers a message."""

    CARDS = "cards"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscription is due, in its chat's time zone. `weekdays` are ISO weekdays, 1 is Monday."""

    hour: int = 9
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    after_announcement: bool = False  # as soon as the day's batch is in and summarised, and at `hour` at the latest


class TopicState(StrEnum):
    """Whether a forum's topic takes messages."""

    OPEN = ""
    CLOSED = "closed"
    DELETED = "deleted"


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
    tell_empty: bool = False  # a due time without papers is told, with its reason
    # How a paper is to be announced to be posted; where a source does not tell, it is taken for new.
    kinds: frozenset[AnnounceType] = frozenset({AnnounceType.NEW, AnnounceType.CROSS})
    paused: bool = False  # nothing is prepared until it is resumed
    topic: TopicState = TopicState.OPEN  # why it is paused, if nobody chose that


@dataclass(frozen=True, slots=True)
class Proposal:
    """A query for a place. `subscription_id` is the subscription whose query it is to become, 0 for a new one.

    When it is taken, it is the one that has it.
    """

    id: int
    chat_id: int
    thread_id: int
    query: str
    subscription_id: int = 0
    taken: bool = False


class Outcome(StrEnum):
    """What a look at a source found. `stale`: papers, none of them unseen; `refused`: no answer that could be read."""

    NEW = "new"
    STALE = "stale"
    EMPTY = "empty"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at a source, and when unseen papers came last. `batch_date` is US Eastern."""

    name: str  # a category of arXiv, 'hf', or the address of a publisher's digest
    checked_at: datetime.datetime
    outcome: Outcome
    reason: str = ""
    batch_at: datetime.datetime | None = None
    batch_date: datetime.date | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """What became of one announcement day's papers, in some categories or in all: it adds up."""

    date: datetime.date  # US Eastern
    categories: tuple[str, ...] = ()  # empty: all
    announced: int = 0
    new: int = 0
    cross: int = 0
    replaced: int = 0
    wanted: int = 0  # they match somebody's subscription; of those:
    summarised: int = 0
    failed: int = 0  # no model wrote what the gate takes
    waiting: int = 0
    posted: int = 0  # to at least one chat


@dataclass(frozen=True, slots=True)
class Spent:
    """What one provider was asked and paid since a moment."""

    provider: str
    calls: int
    tokens_input: int
    tokens_output: int
    cost_micro: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of everything that is stored, at a glance."""

    now: datetime.datetime
    alive: str  # the bot's last sign of life, or empty
    papers: int
    subscriptions: int
    looks: tuple[Look, ...]
    days: tuple[Day, ...]  # the newest first; of each day all together, then each category
    outbox: dict[str, int]  # state of a delivery -> how many
    doubts: dict[str, int]  # sends of the last day that had no answer, by the state that their delivery is in now
    paid: int  # messages above the free limit today, 0.1 Star each
    spent: tuple[Spent, ...]  # since midnight
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one subscription gets at one due time: the chosen papers, best first, and how many matched."""

    subscription: Subscription
    due: datetime.datetime
    cards: tuple[Card, ...]
    matched: int
    waiting: int = 0  # papers that would have been chosen, had they had their summary
    day: Day | None = None  # the announcement day that it reports of, if a source told it


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
class Posted:
    """A paper in a message. `draft`: the piece of the text that is to be put right once a good summary comes."""

    paper_id: str
    draft: str = ""
    version: int = 0  # 0: no source told it


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a digest, with the papers that it posts."""

    message: Message
    papers: tuple[Posted, ...] = ()


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
    message_id: int | None = None  # it was sent already: the text takes the place of that message's
    asked: bool = False  # a reader asked for it, and waits
    paid: bool = False  # sent above the free limit, for Stars: allow_paid_broadcast


@dataclass(frozen=True, slots=True)
class Taste:
    """What a chat likes, as learned from its votes: what each term of a paper speaks for it, or against it."""

    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a chat was posted, and what its readers did with it, within some days: numbers of papers."""

    posted: int = 0
    read: int = 0  # opened or unfolded here
    kept: int = 0
    liked: int = 0  # 👍 of all readers


@dataclass(frozen=True, slots=True)
class Posting:
    """The digest that a paper came with: of so many that matched, so many were chosen."""

    query: str | None  # None: the subscription has ended
    matched: int
    chosen: int
