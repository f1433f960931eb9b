"""Makes records for tests: everything has a default, a test names only what it is about."""

from datetime import date

from storage.records import Announcement, Arrival, Card, Chat, ChatKind, Paper, Schedule, Subscription, Summary

PRIVATE = Chat(1001, ChatKind.PRIVATE, "小明")
GROUP = Chat(-4001, ChatKind.GROUP, "读论文小组")
CHANNEL = Chat(-1_001_000_000_001, ChatKind.CHANNEL, "每日论文", "daily_papers")


def paper(
    paper_id: str = "2403.11780", version: int | None = 1, *, title: str = "Prompt-Singer", **more: object
) -> Paper:
    """A paper."""
    values = {"abstract": f"We present {title}.", "categories": ("cs.SD",), **more}
    return Paper(paper_id, version, title, **values)  # type: ignore[arg-type]


def summary(paper_id: str = "2403.11780", version: int | None = 1, **more: str) -> Summary:
    """A Chinese summary."""
    values = {
        "title_zh": "提示歌手",
        "tldr_zh": "提出了一种可控的歌声合成方法。",
        "abstract_zh": "我们提出了提示歌手。",
    }
    return Summary(paper_id, version, **{**values, **more})  # type: ignore[arg-type]


def arrival(
    paper_id: str = "2403.11780", version: int | None = 1, *, day: date | None = None, title: str = "Prompt-Singer"
) -> Arrival:
    """A paper with its announcement and summary."""
    return Arrival(
        paper(paper_id, version, title=title), Announcement(paper_id, day, "cs.SD"), summary(paper_id, version)
    )


def card(paper_id: str = "2403.11780", **more: object) -> Card:
    """A paper with its summary, to be shown."""
    return Card(paper(paper_id, **more), summary(paper_id))  # type: ignore[arg-type]


def subscription(chat: Chat = PRIVATE, query: str = "", **more: object) -> Subscription:
    """A subscription; its next due time is to be named where it is stored."""
    values = {"thread_id": 0, "schedule": Schedule(), **more}
    return Subscription(0, chat.id, query=query, **values)  # type: ignore[arg-type]
