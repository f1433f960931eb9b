"""`/stats`: what was posted, read and kept in a chat, with a picture of its month."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot import pictures
from bot.errors import UserMistake
from bot.handlers import place
from bot.handlers.turn import Turn
from bot.messages import stats as pages
from bot.pictures import Asked
from storage import counts
from storage.counts import Title
from storage.records import Counts, Language, Message

SPANS = (7, 30)  # days, today among them; the picture shows the longest
OTHERS = 1000  # titles of papers at large, against which a term leads
MOST_TITLES = 2000  # of a month


@dataclass(frozen=True, slots=True)
class _Month:
    spans: tuple[tuple[int, Counts], ...]
    days: tuple[tuple[date, int], ...]
    titles: Sequence[Title] = ()
    others: Sequence[Title] = ()


async def stats(turn: Turn) -> None:
    """`/stats [@channel]`: the numbers, and a picture as soon as it is drawn."""
    there = await place.aimed(turn) if turn.private else turn
    month = await _month(there)
    if not any((each.posted, each.read, each.kept, each.liked) != (0, 0, 0, 0) for _, each in month.spans):
        raise UserMistake("no_stats")
    language, title = turn.chat.language, there.chat.title if there.chat.id != turn.chat.id else ""
    if not month.titles:
        await turn.say(Message(pages.caption(month.spans, (), language, title)))
        return
    with contextlib.suppress(TelegramError):  # a sign that something is coming, and nothing more
        await turn.bot.send_chat_action(turn.chat.id, ChatAction.UPLOAD_PHOTO, message_thread_id=turn.thread_id or None)
    async with turn.deps.drawing:
        drawn = await pictures.draw(_asked(month, language))
    caption = Message(pages.caption(month.spans, drawn.terms, language, title))
    if drawn.picture:
        await turn.show(drawn.picture, caption)
    else:
        await turn.say(caption)


async def _month(turn: Turn) -> _Month:
    chat, zone = turn.chat, ZoneInfo(turn.chat.timezone)
    today = turn.now.astimezone(zone).date()
    firsts = {days: today - timedelta(days=days - 1) for days in SPANS}
    begins = {days: datetime.combine(first, time(), tzinfo=zone) for days, first in firsts.items()}
    async with turn.deps.searching, turn.database.reading() as tx:
        spans = tuple(
            [(days, await counts.counts(tx, chat.id, chat.kind, begins[days], firsts[days])) for days in SPANS]
        )
        posted = await counts.posted(tx, chat.id, begins[SPANS[-1]])
        titles = await counts.titles(tx, [paper for _, paper in posted[-MOST_TITLES:]])
        others = await counts.newest_titles(tx, OTHERS) if titles else []
    on = Counter(at.astimezone(zone).date() for at, _ in posted)
    days = [firsts[SPANS[-1]] + timedelta(days=number) for number in range(SPANS[-1])]
    return _Month(spans, tuple((day, on[day]) for day in days), titles, others)


def _asked(month: _Month, language: Language) -> Asked:
    return Asked(
        [(pages.day(day, language), number) for day, number in month.days],
        [_title(each, language) for each in month.titles],
        [_title(each, language) for each in month.others],
        *pages.headings(SPANS[-1], language),
    )


def _title(titles: Title, language: Language) -> str:
    return titles.english if language == Language.ENGLISH else titles.chinese or titles.english
