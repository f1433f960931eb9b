"""Papers as a file: /export, in the format that is asked for, with buttons for the others."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from telegram import ReplyParameters
from telegram.constants import ParseMode

from bot.errors import UserMistake
from bot.exports import formats
from bot.exports.entry import Entry
from bot.exports.formats import Format
from bot.handlers import narrowing, place
from bot.handlers.narrowing import Narrowed
from bot.handlers.turn import Turn, number
from bot.keyboards import markup
from bot.messages import exported
from bot.messages.exported import Taken
from storage import papers, tags
from storage.database import Transaction
from storage.records import Card, ChatKind, Message

DAYS = 30  # of what was posted, where nothing else is asked for
MOST = 20_000  # papers of one file
LARGEST = 45_000_000  # bytes; a bot may send 50 MB (core.telegram.org/bots/api#senddocument)
PATIENCE = 120.0  # seconds that Telegram may take for a file of this size
AT_ONCE = 500  # papers read from the database by one statement

# What is exported. The values stand in buttons of old posts: never change one.
KEPT, POSTED, LATELY = "s", "h", "g"

_NONE_MATCH = frozenset({"nothing_kept_with", "nothing_posted_with"})
_NOT_IN_NAMES = re.compile(r"[^\w+-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported, what narrows it as it was typed (a channel's name before it), in which format."""

    what: str
    text: str
    format: Format


async def export(turn: Turn) -> None:
    """`/export [@channel] [format] [days] [#tags] [query]`: what the reader keeps, or what was posted in a chat."""
    format_, turn.text = _format(turn.text)
    wish = Wish(KEPT, turn.text, format_)
    there = await place.aimed(turn) if turn.private else turn
    await _export(turn, there, wish if there.chat.kind == ChatKind.PRIVATE else replace(wish, what=LATELY))


async def press(turn: Turn) -> None:
    """`export:<what>:<format>:<list>`: the same in another format; the list holds what was asked for."""
    what, format_, listing_id = turn.fields(str, Format, number)
    # A channel has no such button: what it posts, every reader would be sent.
    if what not in {KEPT, POSTED, LATELY} or turn.chat.kind == ChatKind.CHANNEL:
        raise UserMistake("old_button")
    turn.text = await narrowing.recall(turn, listing_id)
    wish = Wish(what, turn.text, format_)
    there = await place.aimed(turn) if turn.private and what != KEPT else turn
    await _export(turn, there, wish)


async def _export(turn: Turn, there: Turn, wish: Wish) -> None:
    asked = narrowing.read(there.text, days=wish.what != KEPT)
    if wish.what == LATELY and not asked.days:
        asked = replace(asked, days=DAYS)
    try:
        entries = await (_kept(turn, asked) if wish.what == KEPT else _posted(turn, there, asked))
    except UserMistake as error:
        if error.key not in _NONE_MATCH:
            raise
        # Who typed a format that there is none of, or days where none count, is told what there is.
        raise UserMistake("nothing_to_export", query=asked.text[:100], formats=" / ".join(Format)) from error
    await turn.notice("notice.exporting")
    data, written = await asyncio.to_thread(_file, wish.format, entries)
    taken = Taken(
        format=wish.format,
        papers=written,
        left=len(entries) - written,
        kept=wish.what == KEPT,
        days=asked.days,
        place=there.chat.title if there.chat.id != turn.chat.id else "",
        asked=asked.text,
        read_as=asked.read_as,
    )
    ids = tuple(each.card.paper.id for each in entries)
    listing_id = await narrowing.remember(turn, wish.text, ids) if wish.text else 0
    button = f"export:{wish.what}:{{}}:{listing_id}" if turn.chat.kind != ChatKind.CHANNEL else ""
    await _send(turn, data, _name(turn, there, taken, asked), exported.caption(taken, turn.chat.language, button))


async def _send(turn: Turn, data: bytes, name: str, caption: Message) -> None:
    message = turn.update.effective_message
    answers = message is not None and not turn.private and turn.press is None
    reply = ReplyParameters(message.message_id, allow_sending_without_reply=True) if message and answers else None
    await turn.bot.send_document(
        turn.chat.id,
        data,
        filename=name,
        caption=caption.text,
        parse_mode=ParseMode.HTML,
        message_thread_id=turn.thread_id or None,
        reply_markup=markup(caption.keyboard),
        reply_parameters=reply,
        read_timeout=PATIENCE,
        write_timeout=PATIENCE,
    )


async def _kept(turn: Turn, asked: Narrowed) -> list[Entry]:
    moments = {each.paper_id: each.made_at for each in (await narrowing.kept(turn, asked))[:MOST]}
    entries = []
    async with turn.database.reading() as tx:
        for ids in _portions(list(moments)):
            given = await tags.of_papers(tx, turn.user_id, ids)
            names = {paper_id: tuple(each.name for each in here) for paper_id, here in given.items()}
            entries += [
                Entry(card, names.get(card.paper.id, ()), moments[card.paper.id]) for card in await papers.get(tx, ids)
            ]
    return entries


async def _posted(turn: Turn, there: Turn, asked: Narrowed) -> list[Entry]:
    moments = {each.paper_id: each.at for each in (await narrowing.posted(turn, there, asked))[:MOST]}
    async with turn.database.reading() as tx:
        return [Entry(card, added=moments[card.paper.id]) for card in await _cards(tx, list(moments))]


async def _cards(tx: Transaction, ids: Sequence[str]) -> list[Card]:
    return [card for portion in _portions(ids) for card in await papers.get(tx, portion)]


def _portions(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _file(format_: Format, entries: Sequence[Entry]) -> tuple[bytes, int]:
    """The file, and how many papers are in it: all, or the first for which it has room."""
    data = "".join(formats.write(format_, entries)).encode()
    while len(data) > LARGEST:
        entries = entries[: len(entries) * LARGEST * 9 // (len(data) * 10)]
        data = "".join(formats.write(format_, entries)).encode()
    return data, len(entries)


def _format(text: str) -> tuple[Format, str]:
    """The format that a text begins or ends with, or names behind a channel's name; and the text without it."""
    words = text.split()
    first = 1 if words and place.is_named(words[0]) else 0
    for at in (0, first, len(words) - 1):
        if 0 <= at < len(words) and (found := formats.named(words[at])):
            return found, " ".join(words[:at] + words[at + 1 :])
    return Format.BIBTEX, " ".join(words)


def _name(turn: Turn, there: Turn, taken: Taken, asked: Narrowed) -> str:
    """Such as `papergram-saved-llm-2024-03-20.bib`."""
    what = ["saved", *asked.tags.wanted] if taken.kept else [there.chat.title or "history"]
    day = turn.now.astimezone(ZoneInfo(turn.chat.timezone)).date()
    stem = _NOT_IN_NAMES.sub("-", "-".join(what))[:60].strip("-")
    return f"papergram-{stem or 'papers'}-{day}.{taken.format.ending}"
