"""Whether Telegram knows the bot, and lets it post where it is subscribed."""

from collections.abc import AsyncIterator, Sequence

from telegram import Bot, ChatMember, ChatMemberAdministrator, ChatMemberRestricted
from telegram.constants import ChatMemberStatus
from telegram.error import InvalidToken, TelegramError

from bot.delivery.proxy import environment_proxy
from bot.delivery.transport import Transport
from storage.records import Chat, ChatKind

Finding = tuple[str, str]  # what was looked at, and what to do about it; empty if it is well


async def examine(token: str, base_url: str, chats: Sequence[Chat]) -> AsyncIterator[Finding]:
    """The token, then each chat that is posted to."""
    calls, polls = (Transport(1, proxy=environment_proxy(base_url)) for _ in range(2))
    bot = Bot(token, base_url=base_url, request=calls, get_updates_request=polls)
    try:
        await bot.initialize()
    except InvalidToken:
        yield "token", "Telegram does not know it; @BotFather shows the right one."
        return
    except TelegramError as error:
        yield "token", f"Telegram cannot be reached: {error.message}."
        return
    try:
        yield f"token of @{bot.username}", ""
        for chat in chats:
            yield f"chat {chat.title or chat.id} ({chat.id})", await _may_post(bot, chat)
    finally:
        await bot.shutdown()


async def _may_post(bot: Bot, chat: Chat) -> str:
    try:
        if chat.kind == ChatKind.PRIVATE:
            await bot.get_chat(chat.id)
            return ""
        return _lacks(await bot.get_chat_member(chat.id, bot.id), chat)
    except TelegramError as error:
        return f"Telegram says: {error.message}. Add the bot again, or end the subscription."


def _lacks(me: ChatMember, chat: Chat) -> str:
    if me.status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
        return "The bot is not in it: add it again."
    if isinstance(me, ChatMemberRestricted) and not me.can_send_messages:
        return "The bot may not send messages there: lift its restriction."
    if chat.kind == ChatKind.CHANNEL and not (isinstance(me, ChatMemberAdministrator) and me.can_post_messages):
        return "The bot may not post there: make it an administrator who may post messages."
    return ""
