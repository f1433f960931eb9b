"""From an update to a handler: makes the turn, calls what the tables name, explains what was raised."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from telegram import BotCommand, BotCommandScope, Message, Update
from telegram import BotCommandScopeAllChatAdministrators as ScopeAdministrators
from telegram import BotCommandScopeAllGroupChats as ScopeGroups
from telegram import BotCommandScopeAllPrivateChats as ScopePrivate
from telegram.ext import (
    Application,
    BaseUpdateProcessor,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.errors import UserMistake
from bot.handlers import BUTTONS, COMMANDS, Handler, Menu, failures, inline, membership, reading, restraint
from bot.handlers.restraint import ALLOWED, Act
from bot.handlers.turn import Deps, Turn
from bot.papers import arxiv_id
from storage import chats
from storage.records import Chat, ChatKind, ChatState, Language

App = Application[Any, Any, Any, Any, Any, Any]

UPDATES = (
    Update.MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)
_SPOKEN = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST


class InOrder(BaseUpdateProcessor):
    """Handles updates at the same time, but those of one reader in one chat in the order they came."""

    def __init__(self, at_once: int = 64) -> None:
        # The base class counts those that wait for their turn as well: one reader's many must not keep out others.
        super().__init__(max_concurrent_updates=100_000)
        self._at_once = asyncio.Semaphore(at_once)
        # Weak: a lock lives as long as an update holds or awaits it.
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Coroutine[Any, Any, Any]) -> None:  # type: ignore[override]
        """Called by python-telegram-bot for each update."""
        key = (0, 0)
        if isinstance(update, Update):
            chat, user = update.effective_chat, update.effective_user
            key = (chat.id if chat else 0, user.id if user else 0)
        try:
            async with self._locks.setdefault(key, asyncio.Lock()), self._at_once:
                await coroutine
        except asyncio.CancelledError:
            coroutine.close()  # at a stop; what has not begun would be complained of
            raise

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""


def add_handlers(app: App, deps: Deps) -> None:
    """Register everything that the bot answers."""
    for command in COMMANDS:
        acts = (Act.COMMAND, *_dear(restraint.COMMANDS, command.name))
        handler = _answering(deps, _command(command.handler), *acts)
        app.add_handler(CommandHandler(command.name, handler, filters=_SPOKEN))
    app.add_handler(CallbackQueryHandler(_answering(deps, _press, Act.PRESS)))
    app.add_handler(InlineQueryHandler(_offering(deps)))
    app.add_handler(ChatMemberHandler(_answering(deps, membership.changed), ChatMemberHandler.MY_CHAT_MEMBER))
    app.add_handler(
        MessageHandler(filters.StatusUpdate.MIGRATE, _answering(deps, membership.migrated, remembers=False))
    )
    opened = filters.StatusUpdate.FORUM_TOPIC_REOPENED
    app.add_handler(MessageHandler(opened, _answering(deps, membership.reopened)))
    private = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL
    app.add_handler(MessageHandler(private & filters.COMMAND, _answering(deps, reading.unknown_command, Act.COMMAND)))
    app.add_handler(MessageHandler(private, _answering(deps, reading.words, Act.COMMAND, Act.SEARCH)))


def menus() -> list[tuple[BotCommandScope, list[BotCommand], str | None]]:
    """The command menus: scope, commands, language code (None: every other language)."""
    scopes = ((ScopePrivate(), Menu.PRIVATE), (ScopeGroups(), Menu.GROUP), (ScopeAdministrators(), Menu.ADMINISTRATOR))
    languages: tuple[tuple[Language, str | None], ...] = ((Language.CHINESE, None), (Language.ENGLISH, "en"))
    return [
        (scope, [BotCommand(each.name, each.description(language)) for each in COMMANDS if menu in each.menu], code)
        for scope, menu in scopes
        for language, code in languages
    ]


def _answering(deps: Deps, handler: Handler, *acts: Act, remembers: bool = True) -> Any:
    """What calls a handler. `acts`: what the limits count it as; none, and it is never too much.

    `remembers`: a chat that is not known is from now on.
    """

    async def answer(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        seen = _seen(deps, update)
        if seen is None or _is_own(update, context.bot.id):
            return
        turn = _turn(deps, update, context, seen)
        verdict = turn.take(*acts, *_dear(restraint.BUTTONS, turn.text if turn.press else "")) if acts else ALLOWED
        try:
            if remembers and (verdict.allowed or verdict.tell):
                turn.chat = await _remembered(deps, seen)
            if verdict.allowed:
                await handler(turn)
            elif verdict.tell:
                await turn.slow_down(verdict)
            await turn.notice()
        except Exception as error:
            await failures.explain(turn, error)

    return answer


def _offering(deps: Deps) -> Any:
    async def offer(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        if update.inline_query:
            await inline.offer(deps, context.bot, update.inline_query)

    return offer


def _dear(costs: Mapping[str, Act], name: str) -> tuple[Act, ...]:
    """What a command or button costs besides being one."""
    return (costs[name],) if name in costs else ()


def _is_own(update: Update, bot: int) -> bool:
    """Whether a message is a card that inline mode offered: that is no question."""
    message = update.effective_message
    return bool(message and message.via_bot and message.via_bot.id == bot and not update.callback_query)


def _command(handler: Handler) -> Handler:
    async def obey(turn: Turn) -> None:
        if not turn.private:
            await membership.spoken(turn)
        await handler(turn)

    return obey


async def _press(turn: Turn) -> None:
    handler = BUTTONS.get(turn.text)
    if handler is None:
        raise UserMistake("old_button")
    await handler(turn)


def _turn(deps: Deps, update: Update, context: CallbackContext[Any, Any, Any, Any], chat: Chat) -> Turn:
    message, user = update.message or update.channel_post, update.effective_user
    asked = update.effective_message
    turn = Turn(deps, context.bot, update, chat, user.id if user and not update.channel_post else 0)
    if asked and getattr(asked, "is_topic_message", False):
        turn.thread_id = asked.message_thread_id or 0
    if update.callback_query:
        turn.text, *turn.data = (update.callback_query.data or "").split(":")
    elif message:
        turn.text = _words(message, is_command=context.args is not None)
    turn.later = lambda work: _start(context, turn, work)
    return turn


def _start(context: CallbackContext[Any, Any, Any, Any], turn: Turn, work: Coroutine[Any, Any, None]) -> None:
    async def explained() -> None:
        try:
            await work
        except Exception as error:
            await failures.explain(turn, error)

    context.application.create_task(explained())


def _words(message: Message, *, is_command: bool) -> str:
    text = message.text or message.caption or ""
    if not is_command:
        return "\n".join([text, *_linked(message)])
    # Chinese keyboards type a full-width space, which splits a text like any other.
    return "".join(text.split(maxsplit=1)[1:])


def _linked(message: Message) -> list[str]:
    """The papers' links that stand behind words of a message, as in a post that was forwarded."""
    addresses = (each.url or "" for each in (*message.entities, *message.caption_entities))
    return [address for address in addresses if arxiv_id.find_links(address)]


def _seen(deps: Deps, update: Update) -> Chat | None:
    """The chat as the update shows it, with the settings of one that has chosen none."""
    here = update.effective_chat
    if here is None or here.type not in set(ChatKind):
        return None
    title = here.title or here.full_name or ""
    return replace(deps.newcomer, id=here.id, kind=ChatKind(here.type), title=title, username=here.username or "")


async def _remembered(deps: Deps, seen: Chat) -> Chat:
    async with deps.database.reading() as tx:
        stored = await chats.get(tx, seen.id)
    same = stored and (stored.kind, stored.title, stored.username) == (seen.kind, seen.title, seen.username)
    if stored and same and stored.state == ChatState.ACTIVE:
        return stored
    async with deps.database.transaction() as tx:
        return await chats.remember(tx, seen, deps.now())
