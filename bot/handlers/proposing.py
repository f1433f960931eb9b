"""A new query is looked at before it is taken: how it was read, and what it would have found of late."""

from dataclasses import replace
from datetime import UTC, timedelta

from bot.digests import needs
from bot.errors import UserMistake
from bot.handlers.turn import Turn
from bot.messages import proposals as pages
from bot.messages.proposals import Preview
from bot.papers.asked import parse
from storage import papers, proposals, query, subscriptions
from storage.news import News
from storage.query import Category
from storage.records import Message, Proposal, Subscription

EXAMPLES = 3  # papers


def needs_no_look(text: str) -> bool:
    """Whether a query is one category, or nothing: there is nothing to be misread."""
    parts = parse(text).tree.parts
    return not text or (len(parts) == 1 and isinstance(parts[0], Category))


def typed(text: str) -> str:
    """A query as it is stored: `online:` is for searches. Raises UserMistake if it is too long or asks for nothing."""
    wanted = " ".join(text.split())
    if len(wanted) > query.MAX_LENGTH:
        raise UserMistake("query_too_long", limit=query.MAX_LENGTH)
    asked = parse(wanted)
    if wanted and asked.is_empty:
        raise UserMistake("nothing_to_subscribe", query=wanted[:100])
    return replace(asked, online=False).reading if asked.online else wanted


async def propose(turn: Turn, there: Turn, wanted: str) -> Message:
    """A query for a new subscription in that place."""
    async with turn.database.transaction() as tx:
        proposal = await proposals.add(tx, (there.chat.id, there.thread_id), wanted, turn.now)
    return await _shown(turn, there, proposal)


async def propose_edit(turn: Turn, there: Turn, edited: Subscription, wanted: str) -> Message:
    """A query for a subscription. Raises UserMistake if it, or another one in its place, has that query already."""
    async with turn.database.transaction() as tx:
        beside = await subscriptions.of_chat(tx, edited.chat_id, edited.thread_id)
        if wanted in {each.query for each in beside}:
            raise UserMistake("same_subscription", query=wanted[:100])
        proposal = await proposals.add(tx, (edited.chat_id, edited.thread_id), wanted, turn.now, edited.id)
    return await _shown(turn, there, proposal, edited)


async def _shown(turn: Turn, there: Turn, proposal: Proposal, edited: Subscription | None = None) -> Message:
    preview = await _look(turn, proposal.query, edited or turn.deps.template)
    place = there.chat.title if there.chat.id != turn.chat.id else ""
    return pages.proposed(proposal, preview, edited, place, turn.chat.language)


async def _look(turn: Turn, wanted: str, terms: Subscription) -> Preview:
    """What would have been news for a query in the last days, announced as the subscription wants it."""
    asked, now = parse(wanted), turn.now.astimezone(UTC)
    async with turn.deps.searching, turn.database.reading() as tx:
        news = await News.load(tx, now - timedelta(days=pages.DAYS), now.date())
        found = await news.meant(tx, asked.tree)
        found &= news.announced(needs.kinds(asked, terms.kinds), needs.confines(asked))
        cards = await papers.get(tx, news.newest(found, EXAMPLES))
    return Preview(asked.read_as, found.bit_count(), cards)
