"""What readers keep and what was posted, narrowed by days, tags and a query. Used by who lists and who exports."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from bot.errors import UserMistake
from bot.handlers import showing
from bot.handlers.turn import Turn
from bot.papers import tags
from bot.papers.asked import parse
from bot.papers.tags import Tags
from storage import bookmarks, history, listings, query, search
from storage.filters import EVERYTHING, Filter
from storage.query import Query
from storage.records import Bookmark, Post
from storage.search import Found

_NUMBERED = 999  # papers of a list that `/abs 3` can name
# `7`, `7天 扩散`, `最近 30 天`; `7d` only alone, because `3D 重建` is a query.
_DAYS = re.compile(r"(?:最近|last\b)?\s*(\d{1,3})\s*(?:天|日|days?\b|d$)?(?=\s|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left of a list: of the last `days` (0: of all), with those tags, what the query finds."""

    text: str = ""  # what was typed, without the days
    days: int = 0
    tags: Tags = field(default_factory=Tags)
    query: Query | None = None

    @property
    def where(self) -> Filter:
        """The query as a condition."""
        return search.matching(self.query) if self.query else EVERYTHING

    @property
    def read_as(self) -> str:
        """How the query was read, if that is not plain."""
        return self.query.read_as if self.query else ""


def read(text: str, *, days: bool = False) -> Narrowed:
    """Read what follows a command. Raises UserMistake for a query without words, and for one that is too long.

    `days`: a number at the beginning is one of days.
    """
    text = " ".join(text.split())
    if len(text) > query.MAX_LENGTH:
        raise UserMistake("query_too_long", limit=query.MAX_LENGTH)
    counted = _DAYS.match(text) if days else None
    text = text[counted.end() :].strip() if counted else text
    named, rest = tags.split(text)
    asked = parse(rest) if rest else None
    if asked and asked.is_empty:
        raise UserMistake("no_words", query=rest)
    return Narrowed(text, int(counted[1]) if counted else 0, named, asked)


async def kept(turn: Turn, asked: Narrowed) -> tuple[Bookmark, ...]:
    """The reader's bookmarks, the last first. Raises UserMistake if there are none, and where others read along."""
    if not turn.private:
        raise UserMistake("private_only")
    async with turn.deps.searching, turn.database.reading() as tx:
        found = await bookmarks.find(tx, turn.user_id, asked.where, asked.tags.wanted, asked.tags.unwanted)
    if not found and asked.text:
        raise UserMistake("nothing_kept_with", query=asked.text[:100])
    if not found:
        raise UserMistake("nothing_saved")
    return found


async def posted(turn: Turn, there: Turn, asked: Narrowed) -> tuple[Post, ...]:
    """What was posted in a chat, the last first: here in this topic, elsewhere in all.

    Raises UserMistake if there is nothing.
    """
    if asked.tags:
        raise UserMistake("no_tags_here")
    thread_id = there.thread_id if there.chat.id == turn.chat.id else None
    since = turn.now - timedelta(days=asked.days) if asked.days else None
    async with turn.deps.searching, turn.database.reading() as tx:
        found = await history.find(tx, (there.chat.id, thread_id), asked.where, since)
    if not found and asked.text:
        raise UserMistake("nothing_posted_with", query=asked.text[:100])
    if not found and asked.days:
        raise UserMistake("nothing_posted_lately", days=asked.days)
    if not found:
        raise UserMistake("nothing_posted")
    return found


async def remember(turn: Turn, text: str, ids: tuple[str, ...]) -> int:
    """Make a list the last one of this chat, with what was typed for it; the list's id, for its buttons."""
    return (await showing.number(turn, text, Found(ids[:_NUMBERED], len(ids)))).id


async def recall(turn: Turn, listing_id: int) -> str:
    """What was typed for a list; nothing for list 0. Raises UserMistake if it is forgotten, or another chat's."""
    if not listing_id:
        return ""
    async with turn.database.reading() as tx:
        shown = await listings.get(tx, listing_id)
    if shown is None or shown.chat_id != turn.chat.id:
        raise UserMistake("old_button")
    return shown.query
