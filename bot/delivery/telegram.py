"""The client: two bots on pools of their own, and one message sent, with an outcome for whatever comes back."""

import logging
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

from telegram import LinkPreviewOptions
from telegram.constants import ChatMemberStatus, ParseMode
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.delivery.answers import classify
from bot.delivery.bodies import Form
from bot.delivery.outcome import Denied, Outcome, Refused, Sent, Uncertain
from bot.delivery.patience import Patience
from bot.delivery.polling import SecretBot
from bot.delivery.proxy import environment_proxy
from bot.delivery.transport import TimeOuts, Transport
from bot.keyboards import markup
from bot.messages.size import plain
from storage.records import Delivery, Message

log = logging.getLogger(__name__)

__all__ = ["PATIENCE", "Patience", "SecretBot", "bots", "classify", "send"]

# Telegram's server itself waits out a flood limit for up to 8 s before it answers: a shorter patience sees
# messages as lost that arrive, and would send them twice.
PATIENCE = 30.0
ANSWERS = 64  # connections for answers to readers: dispatch.InOrder handles as many updates at once

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True).to_json()


def bots(token: str, base_url: str, *, at_once: int, limiter: Patience | None = None) -> tuple[SecretBot, SecretBot]:
    """The bot that polls and answers readers, and the one that `send` takes, for `at_once` messages at a time.

    Polling, answers and broadcasts have a pool each, so that none waits for a connection of the others. The second
    bot's `request` is to be initialised, not the bot, which would ask for its name again. Raises OperatorMistake if the
    environment names a proxy that cannot be used.
    """
    proxy = environment_proxy(base_url)
    polling = Transport(1, TimeOuts(read=10.0), proxy=proxy)
    answers = Transport(ANSWERS, TimeOuts(read=PATIENCE), proxy=proxy)
    broadcasts = Transport(at_once, TimeOuts(read=PATIENCE), proxy=proxy)
    return (
        SecretBot(token, base_url, request=answers, get_updates_request=polling, rate_limiter=limiter),
        SecretBot(token, base_url, request=broadcasts, get_updates_request=broadcasts),
    )


async def send(bot: ExtBot[Any], delivery: Delivery) -> Outcome:
    """Send a message, or edit one that was sent; whatever Telegram or the network does comes back as an outcome.

    Goes past the bot's limiter, and past python-telegram-bot's reading of the whole message that comes back, which
    costs as much as sending it: of that, the outbox needs the number.
    """
    edited = delivery.message_id
    try:
        result = await bot.request.post(
            f"{bot.base_url}/{'sendMessage' if edited is None else 'editMessageText'}",
            cast(
                Any, Form(_where(delivery) + _what(delivery.message, delivery.plain, delivery.paid and edited is None))
            ),
            read_timeout=PATIENCE,
        )
    except TelegramError as error:
        outcome = classify(error)
        if edited is not None and isinstance(outcome, Refused):
            return Sent(edited)  # not modified, or deleted meanwhile: there is nothing left to put right
        if isinstance(outcome, Denied) and outcome.topic_only and not delivery.thread_id:
            return replace(outcome, administrators=await _administrators(bot, delivery.chat_id))
        return outcome
    if edited is not None:
        return Sent(edited)
    number = result.get("message_id") if isinstance(result, dict) else None
    return Sent(number) if isinstance(number, int) else Uncertain("Telegram answers without the message")


async def _administrators(bot: ExtBot[Any], chat_id: int) -> tuple[int, ...]:
    """Who is to be told what a forum's General topic, closed, does not take."""
    try:
        found = await bot.request.post(
            f"{bot.base_url}/getChatAdministrators", cast(Any, Form(b"chat_id=%d" % chat_id)), read_timeout=PATIENCE
        )
    except TelegramError as error:
        log.warning("the administrators of chat %d are not known: %s", chat_id, error.message)
        return ()
    people = [each for each in cast(list[dict[str, Any]], found) if not each["user"]["is_bot"]]
    people.sort(key=lambda each: each["status"] != ChatMemberStatus.OWNER)
    return tuple(each["user"]["id"] for each in people)


def _where(delivery: Delivery) -> bytes:
    if delivery.message_id is not None:
        return b"chat_id=%d&message_id=%d&" % (delivery.chat_id, delivery.message_id)
    if delivery.thread_id:
        return b"chat_id=%d&message_thread_id=%d&" % (delivery.chat_id, delivery.thread_id)
    return b"chat_id=%d&" % delivery.chat_id


# A digest's messages go to many chats: each is encoded once, not once a chat. The largest takes 40 kB here.
@lru_cache(maxsize=128)
def _what(message: Message, as_plain: bool, paid: bool) -> bytes:
    keyboard = None if as_plain else markup(message.keyboard)
    content = {
        "text": plain(message.text) if as_plain else message.text,
        "parse_mode": None if as_plain else ParseMode.HTML.value,
        "reply_markup": keyboard and keyboard.to_json(),
        "link_preview_options": _NO_PREVIEW,
        "allow_paid_broadcast": "true" if paid else None,
    }
    return urlencode({name: value for name, value in content.items() if value is not None}).encode()
