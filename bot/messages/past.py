"""Looking back: what was posted in a chat, and the papers that readers liked most of late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.messages.cards import texts
from bot.messages.paging import Sheet, rows
from bot.messages.size import clip
from bot.messages.wording import render, word
from storage.records import Button, Card, Chat, ChatKind, Favourite, Language, Message, Post

PAGE = 8  # papers of the history, as many as their buttons stand side by side
_TITLE, _SENTENCE = 150, 150  # characters
_GROUPS = -(10**12)  # ids of groups are above; those of supergroups and channels, which have links, below


@dataclass(frozen=True, slots=True)
class Record:
    """A page of what was posted in a chat: of which days and what, if that was asked, and how it was read."""

    chat: Chat
    posts: Sequence[Post]
    cards: Sequence[Card]
    listing_id: int
    days: int = 0  # 0: all
    asked: str = ""
    read_as: str = ""


def history(record: Record, sheet: Sheet, here: Chat) -> Message:
    """One page of what was posted in a chat, by days, as it is shown in a chat: there or elsewhere."""
    language = here.language
    head = render(
        language,
        "history",
        place=record.chat.title if record.chat.id != here.id else "",
        days=record.days,
        asked=clip(record.asked, 200),
        read_as=clip(record.read_as, 200),
        **sheet.numbers,
    )
    text = "\n\n".join([head, *_days(record, sheet, language)])
    turns = sheet.turns(f"past:{record.listing_id}:{{}}", language)
    if here.kind == ChatKind.CHANNEL:  # what a button posts there, every reader would be sent
        return Message(text, (turns,) if turns else ())
    opening = _opening(record.cards, sheet.first)
    export = (Button(word(language, "button.export"), f"export:h:bibtex:{record.listing_id}"),)
    return Message(text, tuple(row for row in (opening, turns, export) if row))


def weekly(
    favourites: Sequence[Favourite], cards: Sequence[Card], here: Chat, asked: str = "", read_as: str = ""
) -> Message:
    """The papers that readers kept and liked most, with how many did, and a button for each; `cards` in that order."""
    counted = {each.paper_id: each for each in favourites}
    papers = [_named(card, here.language) | {"counted": counted[card.paper.id]} for card in cards]
    text = render(here.language, "weekly", asked=clip(asked, 200), read_as=clip(read_as, 200), papers=papers)
    return Message(text, rows(_opening(cards, 1), 5) if here.kind != ChatKind.CHANNEL else ())


def message_url(chat: Chat, post: Post) -> str:
    """Where a message opens; empty in private chats and groups, which have no such addresses.

    core.telegram.org/api/links#message-links
    """
    if chat.id > _GROUPS:
        return ""
    where = chat.username or f"c/{_GROUPS - chat.id}"
    topic = f"{post.thread_id}/" if post.thread_id else ""
    return f"https://t.me/{where}/{topic}{post.message_id}"


def _days(record: Record, sheet: Sheet, language: Language) -> Iterator[str]:
    zone = ZoneInfo(record.chat.timezone)
    cards = {card.paper.id: card for card in record.cards}
    days: dict[date, list[dict[str, Any]]] = {}
    for number, post in enumerate(record.posts, sheet.first):
        address = {"number": number, "message_url": message_url(record.chat, post)}
        days.setdefault(post.at.astimezone(zone).date(), []).append(_named(cards[post.paper_id], language) | address)
    for day, papers in days.items():
        weekday = word(language, f"weekday.{day.isoweekday()}")
        yield render(language, "history_day", day=day, weekday=weekday, papers=papers)


def _named(card: Card, language: Language) -> dict[str, Any]:
    named = texts(card, language)
    title = (named["title_zh"] if language == Language.CHINESE else "") or named["title"]
    return named | {"id": card.paper.id, "title": clip(title, _TITLE), "tldr": clip(named["tldr"], _SENTENCE)}


def _opening(cards: Sequence[Card], first: int) -> tuple[Button, ...]:
    return tuple(Button(str(number), f"open:{card.paper.id}") for number, card in enumerate(cards, first))
