"""A digest as the messages that the outbox sends, and how one of them is put right later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.digests.silence import Silence
from bot.messages.cards import card
from bot.messages.lists import Item, digest_item, digest_list, list_item, number_of, posted
from bot.messages.settings import topic
from bot.messages.size import LIMIT, visible
from bot.messages.wording import render, word
from storage.records import Button, Card, Chat, ChatKind, Digest, Form, Language, LastDigest, Message, Part, Posted


def card_part(shown: Card, language: Language, kind: ChatKind) -> Part:
    """A paper's card as a message of a digest."""
    message = card(shown, language, kind)
    return Part(message, (posted(shown, message.text),))


@dataclass(frozen=True, slots=True)
class Pieces:
    """What makes a paper's piece of a digest; who lays out many digests gives functions that remember theirs."""

    item: Callable[[Card, int, Language], Item] = list_item
    card: Callable[[Card, Language, ChatKind], Part] = card_part


def parts(digest: Digest, chat: Chat, pieces: Pieces = Pieces()) -> list[Part]:
    """A header that says what happened, then the papers, in the subscription's form."""
    when = digest.due.astimezone(ZoneInfo(chat.timezone))
    head = render(
        chat.language,
        "digest",
        when=when,
        day=digest.day,
        topic=topic(digest.subscription.query, chat.language),
        matched=digest.matched,
        chosen=len(digest.cards),
        waiting=digest.waiting,
        span=_span(digest.cards),
    )
    if digest.subscription.form == Form.LIST:
        # What a number's button posts, every reader of a channel would be sent: there the titles' links must do.
        numbered = chat.kind != ChatKind.CHANNEL
        return list(digest_list(head, digest.cards, chat.language, numbered=numbered, item=pieces.item))
    return [Part(Message(head)), *(pieces.card(each, chat.language, chat.kind) for each in digest.cards)]


def nothing_new(digest: Digest, chat: Chat, last: LastDigest | None, silence: Silence) -> Part:
    """What is said when there is nothing to post."""
    zone = ZoneInfo(chat.timezone)
    shown = topic(digest.subscription.query, chat.language)
    text = render(
        chat.language,
        "nothing_new",
        silence=word(chat.language, f"silence.{silence}", topic=shown),
        waiting=digest.waiting,
        last={"when": last.prepared_at.astimezone(zone), "chosen": last.chosen} if last else None,
    )
    if last is None or chat.kind == ChatKind.CHANNEL:
        return Part(Message(text))
    return Part(Message(text, ((Button(word(chat.language, "button.resend"), f"again:{last.id}"),),)))


def put_right(sent: Message, posted: Posted, shown: Card, chat: Chat) -> Message | None:
    """The message with the paper's piece made anew; None if it cannot be."""
    if sent.text == posted.draft:
        return card(shown, chat.language, chat.kind)
    number = number_of(posted.draft)
    if not number or posted.draft not in sent.text:
        return None
    text = sent.text.replace(posted.draft, digest_item(shown, number, chat.language), 1)
    return Message(text, sent.keyboard) if visible(text) <= LIMIT else None


def piece_of(sent: Message, paper_id: str) -> str:
    """A paper's piece of a digest's message: its item of a list, or the whole card."""
    items = (each for each in sent.text.split("\n\n") if number_of(each))
    return next((each for each in items if f'/{paper_id}"' in each), sent.text)


def _span(cards: tuple[Card, ...]) -> tuple[date, date] | None:
    """The first and last day of announcement, if there are several: after downtime one digest makes up for all."""
    days = sorted({card.announced for card in cards if card.announced})
    return (days[0], days[-1]) if len(days) > 1 else None
