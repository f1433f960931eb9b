"""Which chat a command is about, and whether who said it may decide there."""

import re
import unicodedata

from telegram import Bot, ChatMemberAdministrator
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden

from bot.errors import UserMistake
from bot.handlers.turn import Turn
from storage import chats
from storage.records import Chat, ChatKind

_NAMED = re.compile(r"(?:@|(?:https?://)?t\.me/)(?P<name>[A-Za-z]\w{3,})/?|(?P<id>-\d{6,})")
_DECIDES = (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)


async def aimed(turn: Turn) -> Turn:
    """The turn in the chat that it is about: `/subscribe @channel cs.LG` in private is about the channel.

    Telegram is asked each time. Raises UserMistake for who is no administrator there.
    """
    word, *rest = turn.text.split(maxsplit=1) or [""]
    named = _named(word)
    if named is None:
        await may_decide(turn, turn.chat)
        return turn
    chat = await _find(turn, f"@{named['name']}" if named["name"] else int(named["id"]))
    await may_decide(turn, chat)
    await _may_post(turn.bot, chat)
    there = turn.elsewhere(await _remember(turn, chat))
    there.text = "".join(rest)
    return there


def is_named(word: str) -> bool:
    """Whether a word names a channel or group."""
    return _named(word) is not None


async def may_decide(turn: Turn, chat: Chat) -> None:
    """Raise UserMistake unless who acts is alone with the bot in that chat or one of its administrators."""
    if chat.kind == ChatKind.PRIVATE:
        if chat.id != turn.user_id:
            raise UserMistake("not_admin")
        return
    message = turn.update.effective_message
    sender = message.sender_chat if message and turn.press is None else None
    # Posts of a channel, and of a group's anonymous administrators, come from the chat itself.
    if sender and sender.id == chat.id:
        return
    if not await _is_administrator(turn, chat):
        raise UserMistake("not_admin" if chat.id == turn.chat.id else "not_channel_admin", title=chat.title)


def _named(word: str) -> re.Match[str] | None:
    return _NAMED.fullmatch(unicodedata.normalize("NFKC", word[:100]))  # a Chinese keyboard types ＠


async def _is_administrator(turn: Turn, chat: Chat) -> bool:
    try:
        member = await turn.bot.get_chat_member(chat.id, turn.user_id)
    except (BadRequest, Forbidden):
        return False
    return member.status in _DECIDES


async def _may_post(bot: Bot, chat: Chat) -> None:
    try:
        me = await bot.get_chat_member(chat.id, bot.id)
    except (BadRequest, Forbidden):
        raise UserMistake("bot_cannot_post", title=chat.title) from None
    posts = chat.kind != ChatKind.CHANNEL or (isinstance(me, ChatMemberAdministrator) and me.can_post_messages)
    if not posts or me.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
        raise UserMistake("bot_cannot_post", title=chat.title)


async def _find(turn: Turn, name: str | int) -> Chat:
    try:
        found = await turn.bot.get_chat(name)
    except (BadRequest, Forbidden):
        raise UserMistake("no_such_channel", name=str(name)) from None
    if found.type == ChatKind.PRIVATE:
        raise UserMistake("channels_only")
    return Chat(found.id, ChatKind(found.type), found.title or "", found.username or "")


async def _remember(turn: Turn, chat: Chat) -> Chat:
    new = turn.deps.newcomer
    seen = Chat(chat.id, chat.kind, chat.title, chat.username, turn.chat.language, new.timezone)
    async with turn.database.transaction() as tx:
        return await chats.remember(tx, seen, turn.now)
