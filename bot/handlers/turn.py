"""One thing that a reader did, and the ways to answer it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from telegram import Bot, CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.errors import UserMistake
from bot.handlers.restraint import ALLOWED, Act, Restraint, Verdict
from bot.keyboards import markup
from bot.messages import wording
from bot.status import Status
from storage import counts
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
        """Fetch what all of arXiv has for a query, best first; the papers' ids. Raises Unavailable and UserMistake."""

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
    drawing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # a picture takes 115 MB
    restraint: Restraint = field(default_factory=Restraint)


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

    def take(self, *acts: Act) -> Verdict:
        """Count what this costs, for the reader and for the group. Whoever runs the bot may do everything."""
        if self.deps.operator and self.deps.operator in {self.chat.id, self.user_id}:
            return ALLOWED
        return self.deps.restraint.take(acts, self._reader, self.now, group=0 if self.private else self.chat.id)

    def spend(self, act: Act) -> None:
        """Count what this costs. Raises UserMistake if it is too much."""
        verdict = self.take(act)
        if not verdict.allowed:
            raise UserMistake("slow_down", seconds=verdict.wait)

    async def slow_down(self, verdict: Verdict) -> None:
        """Say that it is too much, and until when."""
        if self.press is not None:
            await self.notice("mistake.slow_down", seconds=verdict.wait)
        else:
            await self.mistake("slow_down", seconds=verdict.wait)

    @property
    def _reader(self) -> int:
        """Whom the limits count: a person, or a chat in whose name something is said."""
        message = self.update.effective_message
        sender = message.sender_chat if message and self.press is None else None
        # All anonymous administrators of all groups are one and the same user to Telegram.
        return sender.id if sender else self.user_id or self.chat.id

    def opened(self, paper_id: str) -> None:
        """Remember, without keeping the reader, that a paper was read here: /stats."""

        async def count() -> None:
            day = self.now.astimezone(ZoneInfo(self.chat.timezone)).date()
            async with self.database.transaction() as tx:
                await counts.read(tx, self.chat.id, paper_id, day)

        self.later(count())

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
        sent = await self.bot.send_message(
            self.chat.id,
            message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.thread_id or None,
            reply_markup=markup(message.keyboard),
            reply_parameters=self._reply,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return sent.message_id

    async def show(self, picture: bytes, caption: Message) -> None:
        """Answer with a picture (PNG) and a caption of at most 1,024 characters."""
        await self.bot.send_photo(
            self.chat.id,
            picture,
            filename="stats.png",
            caption=caption.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=self.thread_id or None,
            reply_markup=markup(caption.keyboard),
            reply_parameters=self._reply,
        )

    @property
    def _reply(self) -> ReplyParameters | None:
        asked = self.update.effective_message
        if asked is None or self.private or self.press is not None:
            return None
        return ReplyParameters(asked.message_id, allow_sending_without_reply=True)

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
