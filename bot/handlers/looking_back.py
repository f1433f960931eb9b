"""Looking back: /history of what was posted in a chat, /weekly for what readers liked most."""

from datetime import timedelta

from bot.errors import UserMistake
from bot.handlers import narrowing, place
from bot.handlers.turn import Turn, number
from bot.messages import past as pages
from bot.messages.paging import Sheet
from bot.messages.past import PAGE, Record
from storage import favourites, papers
from storage.records import Message

WEEK = timedelta(days=7)
BEST = 10  # papers of /weekly


async def history(turn: Turn) -> None:
    """`/history [@channel] [days] [query]`: what was posted in this chat and topic, or in the channel."""
    await turn.say(await _page(turn, turn.text, 1))


async def turn_history(turn: Turn) -> None:
    """`past:<list>:<page>`: another page of it, in place; the list holds what was asked for."""
    listing_id, page = turn.fields(number, number)
    await turn.edit(await _page(turn, await narrowing.recall(turn, listing_id), page, listing_id))


async def weekly(turn: Turn) -> None:
    """`/weekly [@channel] [query]`: what all readers together kept and liked most in seven days; of the channel's."""
    there = await place.aimed(turn) if turn.private else turn
    elsewhere = there.chat.id != turn.chat.id
    asked = narrowing.read(there.text)
    if asked.tags:
        raise UserMistake("no_tags_here")
    async with turn.deps.searching, turn.database.reading() as tx:
        found = await favourites.since(
            tx, turn.now - WEEK, asked.where, BEST, posted_in=there.chat.id if elsewhere else 0
        )
        cards = await papers.get(tx, [each.paper_id for each in found])
    if not found and asked.text:
        raise UserMistake("nobody_liked_with", query=asked.text[:100])
    if not found:
        raise UserMistake("nobody_liked")
    await narrowing.remember(turn, asked.text, tuple(each.paper_id for each in found))
    named = " · ".join(filter(None, (there.chat.title if elsewhere else "", asked.text)))
    await turn.say(pages.weekly(found, cards, turn.chat, named, asked.read_as))


async def _page(turn: Turn, text: str, page: int, listing_id: int = 0) -> Message:
    turn.text = text
    # Asked of Telegram for each page: who is no longer its administrator does not read on in a channel.
    there = await place.aimed(turn) if turn.private else turn
    asked = narrowing.read(there.text, days=True)
    posts = await narrowing.posted(turn, there, asked)
    if not listing_id:
        listing_id = await narrowing.remember(turn, text, tuple(each.paper_id for each in posts))
    sheet = Sheet.at(page, len(posts), PAGE)
    here = posts[sheet.slice]
    async with turn.database.reading() as tx:
        cards = await papers.get(tx, [each.paper_id for each in here])
    record = Record(there.chat, here, cards, listing_id, asked.days, asked.text, asked.read_as)
    return pages.history(record, sheet, turn.chat)
