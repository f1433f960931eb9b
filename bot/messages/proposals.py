"""A query that is to be subscribed to: how it was read, what it would have found, and whether that is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.cards import texts
from bot.messages.settings import label, topic
from bot.messages.size import clip
from bot.messages.wording import render, word
from storage.records import Button, Card, Chat, Keyboard, Language, Message, Proposal, Subscription

DAYS = 7  # looked back


@dataclass(frozen=True, slots=True)
class Preview:
    """What a query would have found in the last DAYS days: how many papers, and some of them."""

    read_as: str
    count: int
    cards: Sequence[Card]


def proposed(
    proposal: Proposal, preview: Preview, edited: Subscription | None, place: str, language: Language
) -> Message:
    """A query and what it finds, to be taken or not. `edited`: whose query it becomes; `place`: of another chat."""
    text = render(
        language,
        "proposal",
        edited=topic(edited.query, language) if edited else "",
        topic=topic(proposal.query, language),
        place=place,
        read_as=clip(preview.read_as, 300),
        days=DAYS,
        count=preview.count,
        papers=[_named(card, language) for card in preview.cards],
    )
    return Message(text, _keyboard(proposal, "accept_edit" if edited else "accept", language))


def choose_edited(proposal: Proposal, all_: Sequence[Subscription], language: Language, *, elsewhere: bool) -> Message:
    """Whose query it is to become."""
    rows = tuple(
        (Button(label(each, language, elsewhere=elsewhere), f"proposal:{proposal.id}:{each.id}"),) for each in all_
    )
    return Message(render(language, "choose_edited", topic=topic(proposal.query, language)), rows)


def how_to_edit(shown: Subscription, number: int, chat: Chat, language: Language, *, elsewhere: bool) -> Message:
    """The command that changes a query, to be copied. `number`: its place among those of the chat."""
    handle = (f"@{chat.username}" if chat.username else str(chat.id)) if elsewhere else ""
    name = topic(shown.query, language)
    return Message(
        render(language, "edit", topic=name, handle=handle, number=number, query=shown.query or "cs.LG"),
    )


def _keyboard(proposal: Proposal, accept: str, language: Language) -> Keyboard:
    return (
        (
            Button(word(language, f"button.{accept}"), f"proposal:{proposal.id}:take"),
            Button(word(language, "button.cancel"), f"proposal:{proposal.id}:drop"),
        ),
    )


def _named(card: Card, language: Language) -> dict[str, str]:
    named = texts(card, language)
    title = (named["title_zh"] if language == Language.CHINESE else "") or named["title"]
    return {"url": named["url"], "title": clip(title, 150)}
