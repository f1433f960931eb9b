"""The bot is let in, given rights, thrown out, blocked; a group becomes a supergroup; a topic is opened again."""

import logging

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberRestricted, ChatMemberUpdated
from telegram.constants import ChatMemberStatus, ParseMode
from telegram.error import BadRequest, Forbidden

from bot.digests import calendar
from bot.handlers.turn import Turn
from bot.messages import settings
from storage import chats, outbox, subscriptions
from storage.records import Chat, ChatKind, Message

log = logging.getLogger(__name__)

_OUT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


async def changed(turn: Turn) -> None:
    """The bot's own membership changed."""
    change = turn.update.my_chat_member
    if change is None or change.chat.id != turn.chat.id:  # a group that became a supergroup has no members any more
        return
    was_out, is_out = change.old_chat_member.status in _OUT, change.new_chat_member.status in _OUT
    if is_out:
        await _left(turn)
        return
    if _may_post(turn.chat, change.new_chat_member):
        await _go_on(turn)
    if was_out and not turn.private:
        await _joined(turn, change)


async def reopened(turn: Turn) -> None:
    """The topic takes messages: what rested because it did not goes on."""
    place = (turn.chat.id, turn.thread_id)
    async with turn.database.reading() as tx:
        resting = await subscriptions.resting(tx, place)
    async with turn.database.transaction() as tx:
        for each in resting:
            due = calendar.next_due(each.schedule, turn.chat.timezone, turn.now)
            await subscriptions.resume(tx, each.id, due)
    await _go_on(turn, turn.thread_id)


async def spoken(turn: Turn) -> None:
    """Somebody gave a command in a topic, so that it is there and open."""
    async with turn.database.reading() as tx:
        resting = await subscriptions.resting(tx, (turn.chat.id, turn.thread_id))
    if resting:
        await reopened(turn)


async def _go_on(turn: Turn, thread_id: int | None = None) -> None:
    """Send now what was put off because the chat, or its topic, refused it."""
    async with turn.database.transaction() as tx:
        released = await outbox.release(tx, turn.chat.id, turn.now, thread_id)
    if released:
        turn.deps.wake()


async def migrated(turn: Turn) -> None:
    """The service message of a migration, in the old group or in the new supergroup."""
    message = turn.update.effective_message
    if message is None:
        return
    old, new = (message.chat_id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id:
        old, new = (message.migrate_from_chat_id, message.chat_id)
    if new:
        async with turn.database.transaction() as tx:
            await chats.migrate(tx, old, new)


async def _left(turn: Turn) -> None:
    async with turn.database.transaction() as tx:
        cancelled = await chats.rest(tx, turn.chat.id, "the bot was removed or blocked", turn.now)
        # A reader who blocks the bot may come back to what was; a chat that removes it has ended it.
        ended = 0 if turn.private else await subscriptions.remove_all(tx, turn.chat.id)
    log.info("chat %d let the bot go: %d messages cancelled, %d subscriptions ended", turn.chat.id, cancelled, ended)


async def _joined(turn: Turn, change: ChatMemberUpdated) -> None:
    chat, who, language = turn.chat, change.from_user.id, turn.chat.language
    if chat.kind == ChatKind.CHANNEL:
        may_post = _may_post(chat, change.new_chat_member)
        await _tell(turn, who, settings.joined("joined_channel", chat, language, may_post=may_post))
        return
    forum = bool(change.chat.is_forum)
    if not await _tell(turn, who, settings.joined("joined_group", chat, language, forum=forum)):
        await _tell(turn, chat.id, settings.joined("hello_group", chat, language, forum=forum))


async def _tell(turn: Turn, chat_id: int, message: Message) -> bool:
    try:
        await turn.bot.send_message(chat_id, message.text, parse_mode=ParseMode.HTML)
    except (BadRequest, Forbidden) as error:
        log.info("chat %d cannot be told what to do next: %s", chat_id, error.message)
        return False
    return True


def _may_post(chat: Chat, member: ChatMember) -> bool:
    if chat.kind == ChatKind.CHANNEL:
        return isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)
    return not isinstance(member, ChatMemberRestricted) or bool(member.can_send_messages)
