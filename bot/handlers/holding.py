"""The subscriptions that a chat holds, for the handlers that begin and change them."""

from dataclasses import replace

from bot.digests import calendar
from bot.errors import UserMistake
from bot.handlers.turn import Turn
from bot.messages import settings
from storage import chats, subscriptions
from storage.records import Chat, Message, Subscription

MOST = 20  # subscriptions of one chat


async def save(turn: Turn, there: Turn, wanted: str) -> tuple[Subscription, bool]:
    """Subscribe a chat and topic with the defaults; whether it is new. Raises UserMistake if there are enough."""
    template = turn.deps.template
    new = replace(
        template,
        chat_id=there.chat.id,
        thread_id=there.thread_id,
        query=wanted,
        next_due=calendar.next_due(template.schedule, there.chat.timezone, turn.now),
    )
    async with turn.database.transaction() as tx:
        stored, fresh = await subscriptions.add(tx, new, turn.now)
        if fresh and len(await subscriptions.of_chat(tx, there.chat.id)) > MOST:
            raise UserMistake("too_many_subscriptions", limit=MOST)  # and the transaction takes it back
    turn.deps.wake()  # its papers may be summarised before its first hour comes
    return stored, fresh


async def of(there: Turn, turn: Turn) -> list[Subscription]:
    """The subscriptions of a chat: here those of the topic, elsewhere of all topics. Raises UserMistake if none."""
    thread_id = there.thread_id if there.chat.id == turn.chat.id else None
    async with turn.database.reading() as tx:
        found = await subscriptions.of_chat(tx, there.chat.id, thread_id)
    if not found:
        raise UserMistake("no_subscriptions")
    return found


async def chat_of(turn: Turn, chat_id: int) -> Chat:
    """A chat that buttons are about. Raises UserMistake for one that is not known."""
    async with turn.database.reading() as tx:
        chat = await chats.get(tx, chat_id)
    if chat is None:
        raise UserMistake("no_subscriptions")
    return chat


def page(turn: Turn, subscription: Subscription, chat: Chat, *, fresh: bool = False) -> Message:
    """A subscription with the buttons that change it."""
    elsewhere = chat.id != turn.chat.id
    return settings.subscription(subscription, chat, turn.chat.language, fresh=fresh, elsewhere=elsewhere)
