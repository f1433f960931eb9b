"""One thing that a reader did, and the ways to answer it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from telegram import Bot, CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.errors import UserMistake
from bot.keyboards import markup
from bot.messages import wording
from bot.status import Status
from storage.database import Database
from storage.records import Chat, ChatKind, Keyboard, Message, Subscription

log = logging.getLogger(__name__)

SEARCHES = 3  # at a time; storage/database.py has READERS connections

_LARGEST = 2**63  # of the database's whole numbers, and of Telegram's ids

# What Telegram says of an edit or an answer that has become needless: the reader sees nothing of it.
_NEEDLESS = ("message is not modified", "query is too old", "message to edit not found", "message can't be edited")


class Desk(Protocol):
    """What is fetched and written while a reader waits."""

    @property
    def summarises(self) -> bool:
        """Whether there is a model."""

    @property
    def reaches_arxiv(self) -> bool:
        """Whether arXiv may be asked."""

    async def look_up(self, ids: Sequence[str]) -> list[str]:
        """Fetch papers that are not stored from arXiv; the ids of those that it knows. Raises Unavailable."""

    async def search(self, text: str) -> list[str]:
        """Fetch what all of arXiv has for a query, best first; the papers' ids. Raises Unavailable."""

    async def summarise_one(self, paper_id: str) -> bool:
        """Have a paper summarised; whether there is a good summary now."""

    async def status(self) -> Status:
        """The state of everything."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What every handler may use; app.py makes it once."""

    database: Database
    now: Callable[[], datetime]
    wake: Callable[[], None]  # there is work for the jobs and the outbox
    newcomer: Chat  # the language and time zone of a chat that has chosen none
    template: Subscription  # the settings that a new subscription starts with
    desk: Desk
    operator: int = 0  # whose chat; 0: nobody's
    # A slow search holds a connection for as long as it takes: these leave some for everything else.
    searching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SEARCHES))


def _never(work: Coroutine[Any, Any, None]) -> None:
    work.close()
    raise AssertionError("dispatch gives every turn its way to do things later")


@dataclass(slots=True)
class Turn:
    """A message or a press: who, where, with what words. `thread_id` is 0 outside forum topics."""

    deps: Deps
    bot: Bot
    update: Update
    chat: Chat
    user_id: int  # 0: nobody in person, such as a post of a channel
    thread_id: int = 0
    text: str = ""  # what follows the command, or the whole message
    data: list[str] = field(default_factory=list)  # a button's data after its first word
    answered: bool = False
    later: Callable[[Coroutine[Any, Any, None]], None] = field(default=_never)  # do it without keeping the reader

    @property
    def desk(self) -> Desk:
        """What is fetched and written while a reader waits."""
        return self.deps.desk

    @property
    def database(self) -> Database:
        """The database."""
        return self.deps.database

    @property
    def now(self) -> datetime:
        """The time."""
        return self.deps.now()

    @property
    def private(self) -> bool:
        """Whether this is a private chat."""
        return self.chat.kind == ChatKind.PRIVATE

    def fields(self, *kinds: Callable[[str], Any], rest: bool = False) -> tuple[Any, ...]:
        """The pressed button's data, each part made into its kind. Raises UserMistake for what no button holds.

        With `rest` there may be more parts, and they come last as one list.
        """
        first = self.data[: len(kinds)] if rest else self.data
        try:
            made = tuple(kind(part) for kind, part in zip(kinds, first, strict=True))
            return (*made, self.data[len(kinds) :]) if rest else made
        except (ValueError, KeyError):
            raise UserMistake("old_button") from None

    async def say(self, message: Message) -> int:
        """Answer with a message, in a group as a reply to the one that asked; the message's id."""
        asked = self.update.effective_message
        reply = None
        if asked and not self.private and self.press is None:
            reply = ReplyParameters(asked.message_id, allow_sending_without_reply=True)
        sent = await self.bot.send_message(
            self.chat.id,
            message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.thread_id or None,
            reply_markup=markup(message.keyboard),
            reply_parameters=reply,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return sent.message_id

    async def mistake(self, key: str, **values: str | int) -> None:
        """Answer with a sentence of words.toml: as a notice to a press, else as a message."""
        if self.press is not None:
            await self.notice(f"mistake.{key}", alert=True, **values)
        else:
            await self.say(Message(wording.sentence(self.chat.language, f"mistake.{key}", **values)))

    @property
    def press(self) -> CallbackQuery | None:
        """The button that was pressed, if this is a press."""
        return self.update.callback_query

    async def notice(self, key: str = "", *, alert: bool = False, **values: str | int) -> None:
        """Answer a press, with a short text or with nothing but the end of the waiting sign."""
        if self.press is None or self.answered:
            return
        self.answered = True
        text = wording.word(self.chat.language, key, **values) if key else None
        await _unless_needless(self.press.answer(text[:200] if text else None, show_alert=alert))

    async def edit(self, message: Message) -> None:
        """Put another text and keyboard in place of the pressed button's message."""
        asked = self.update.effective_message
        if asked is not None:
            await self.revise(asked.message_id, message)

    async def revise(self, message_id: int, message: Message) -> None:
        """Put another text and keyboard in place of a message that the bot sent here."""
        await _unless_needless(
            self.bot.edit_message_text(
                message.text,
                chat_id=self.chat.id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=markup(message.keyboard),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )

    async def edit_keyboard(self, keyboard: Keyboard) -> None:
        """Put another keyboard under the pressed button's message."""
        asked = self.update.effective_message
        if asked is None:
            return
        new: InlineKeyboardMarkup | None = markup(keyboard)
        await _unless_needless(
            self.bot.edit_message_reply_markup(chat_id=self.chat.id, message_id=asked.message_id, reply_markup=new)
        )

    def elsewhere(self, chat: Chat) -> "Turn":
        """The same turn, as if it had been said in another chat."""
        return replace(self, chat=chat, thread_id=0)


def number(text: str) -> int:
    """A whole number in a button's data. Raises ValueError for one that is too large to be an id."""
    made = int(text)
    if not -_LARGEST < made < _LARGEST:
        raise ValueError(f"{text} is no id")
    return made


async def _unless_needless(call: Any) -> None:
    try:
        await call
    except BadRequest as error:
        if not any(each in error.message.lower() for each in _NEEDLESS):
            raise
        log.debug("needless: %s", error.message)
