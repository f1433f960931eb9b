"""A digest as the messages that the outbox sends, and how one of them is put right later."""

from datetime import date
from zoneinfo import ZoneInfo

from bot.digests.silence import Silence
from bot.messages.cards import card
from bot.messages.lists import digest_item, digest_list, number_of
from bot.messages.settings import topic
from bot.messages.size import LIMIT, visible
from bot.messages.wording import render, word
from storage.records import Button, Card, Chat, ChatKind, Digest, Form, LastDigest, Message, Part, Posted


def parts(digest: Digest, chat: Chat) -> list[Part]:
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
        return list(digest_list(head, digest.cards, chat.language, numbered=chat.kind != ChatKind.CHANNEL))
    return [Part(Message(head)), *(_card(each, chat) for each in digest.cards)]


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


def _card(shown: Card, chat: Chat) -> Part:
    message = card(shown, chat.language, chat.kind)
    return Part(message, (Posted(shown.paper.id, "" if shown.is_summarised else message.text),))


def _span(cards: tuple[Card, ...]) -> tuple[date, date] | None:
    """The first and last day of announcement, if there are several: after downtime one digest makes up for all."""
    days = sorted({card.announced for card in cards if card.announced})
    return (days[0], days[-1]) if len(days) > 1 else None
