"""A digest as the messages that the outbox sends."""

from zoneinfo import ZoneInfo

from bot.messages.cards import card
from bot.messages.lists import digest_list
from bot.messages.settings import topic
from bot.messages.wording import render, word
from storage.records import Button, Chat, Digest, Form, LastDigest, Message, Part


def parts(digest: Digest, chat: Chat) -> list[Part]:
    """A header that says what happened, then the papers, in the subscription's form."""
    when = digest.due.astimezone(ZoneInfo(chat.timezone))
    head = render(
        chat.language,
        "digest",
        when=when,
        topic=topic(digest.subscription.query, chat.language),
        matched=digest.matched,
        chosen=len(digest.cards),
    )
    if digest.subscription.form == Form.LIST:
        messages = digest_list(head, digest.cards, chat.language)
        return [Part(message, tuple(each.paper.id for each in cards)) for message, cards in messages]
    papers = [Part(card(each, chat.language, chat.kind), (each.paper.id,)) for each in digest.cards]
    return [Part(Message(head)), *papers]


def nothing_new(digest: Digest, chat: Chat, last: LastDigest | None) -> Part:
    """The answer to a request when no new paper matches."""
    zone = ZoneInfo(chat.timezone)
    text = render(
        chat.language,
        "nothing_new",
        topic=topic(digest.subscription.query, chat.language),
        last={"when": last.prepared_at.astimezone(zone), "chosen": last.chosen} if last else None,
    )
    again = ((Button(word(chat.language, "button.resend"), f"again:{last.id}"),),) if last else ()
    return Part(Message(text, again))
