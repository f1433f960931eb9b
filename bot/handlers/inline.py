"""Inline mode: `@bot query` in any chat offers papers, whose cards are posted there by whoever asked."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import (
    Bot,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    User,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.handlers.restraint import Act
from bot.handlers.turn import Deps
from bot.keyboards import markup
from bot.messages import inline as pages
from bot.messages import wording
from bot.messages.inline import Offer
from bot.papers import arxiv_id
from bot.papers.asked import parse
from storage import chats, days, papers, query, search
from storage.database import Transaction
from storage.records import Card, Language

log = logging.getLogger(__name__)

PAGE = 50  # results of one answer, Telegram's most (core.telegram.org/bots/api#answerinlinequery)
MOST = 200  # papers that one query leads to
# Telegram names no limit for an answer as a whole: fifty ordinary cards take 200 kB, fifty of the longest 600.
ROOM = 300_000  # bytes of text in one answer
# For everybody who asks the same. Who speaks another language than most must not fill the others' cache for long.
CACHED, CACHED_OTHERS = 300, 10  # seconds
START = "inline"  # what /start is told by who comes from the button


@dataclass(frozen=True, slots=True)
class _Found:
    ids: Sequence[str]
    remark: str = ""  # a key of words.toml: what is to be said above the results


async def offer(deps: Deps, bot: Bot, asked: InlineQuery) -> None:
    """Answer an inline query. Whatever goes wrong is logged: there is no chat to say it in."""
    try:
        if deps.restraint.take((Act.INLINE,), asked.from_user.id, deps.now()).allowed:
            await _answer(deps, bot, asked)
    except TelegramError as error:
        if "query is too old" not in error.message.lower():  # whoever asked has typed on
            log.warning("an inline query is not answered: %s", error.message)
    except Exception:
        log.exception("internal error in an inline query")


async def _answer(deps: Deps, bot: Bot, asked: InlineQuery) -> None:
    language = await _language(deps, asked.from_user)
    async with deps.searching, deps.database.reading() as tx:
        found = await _find(tx, asked.query.strip()[: query.MAX_LENGTH])
        start = _place(asked.offset)
        cards = await papers.get(tx, found.ids[start : start + PAGE])
    # Fifty cards are 30 ms of templates: in a thread, they hold up nobody else's answer.
    offers = await asyncio.to_thread(_fitting, cards, language, bot.username)
    following = start + len(offers)
    remark = wording.word(language, found.remark) if found.remark and start == 0 else ""
    await bot.answer_inline_query(
        asked.id,
        [_article(each) for each in offers],
        cache_time=CACHED if language == deps.newcomer.language else CACHED_OTHERS,
        is_personal=False,
        next_offset=str(following) if offers and following < len(found.ids) else "",
        button=InlineQueryResultsButton(remark, start_parameter=START) if remark else None,
    )


async def _find(tx: Transaction, text: str) -> _Found:
    """The papers that a text names or finds; without words, those of the last day of announcement."""
    named = arxiv_id.parse(text)
    if named and await papers.get(tx, [named.id]):
        return _Found((named.id,))
    asked = parse(text)
    if asked.is_empty:
        day = await days.last(tx)
        listed = await days.listed(tx, day, MOST) if day else ()
        return _Found(listed or (await search.find(tx, asked, MOST)).ids)
    found = await search.find(tx, asked, MOST)
    if not found.ids:
        return _Found((), "inline.nothing")
    return _Found(found.ids, "" if found.exact else "inline.partial")


async def _language(deps: Deps, who: User) -> Language:
    """What a reader speaks: as chosen in private with the bot, else as their app does."""
    async with deps.database.reading() as tx:
        known = await chats.get(tx, who.id)
    if known:
        return known.language
    spoken = (who.language_code or "").lower().partition("-")[0]
    return Language(spoken) if spoken in set(Language) else deps.newcomer.language


def _place(offset: str) -> int:
    """Where a page begins: what the page before it named, which a client may have made up."""
    return min(int(offset), MOST) if offset.isascii() and offset.isdecimal() and len(offset) < 6 else 0


def _fitting(cards: Sequence[Card], language: Language, bot: str) -> list[Offer]:
    """As many papers as one answer holds."""
    room, kept = ROOM, list[Offer]()
    for card in cards:
        each = pages.offer(card, language, bot)
        room -= len(each.message.text.encode()) + len(each.title.encode()) + len(each.description.encode())
        if room < 0:
            break
        kept.append(each)
    return kept


def _article(shown: Offer) -> InlineQueryResultArticle:
    content = InputTextMessageContent(
        shown.message.text, parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    return InlineQueryResultArticle(
        shown.paper_id,
        shown.title,
        content,
        reply_markup=markup(shown.message.keyboard),
        description=shown.description or None,
    )
