"""Finding papers: /search and its pages, sorted anew or in all of arXiv, and /similar."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.errors import Unavailable, UserMistake
from bot.handlers import fetching, showing
from bot.handlers.restraint import Act
from bot.handlers.turn import Turn, number
from bot.messages import wording
from bot.messages.cards import View
from bot.papers import arxiv_id, asked
from bot.sources import api_query
from storage import likeness, listings, papers, search
from storage.listings import Listing
from storage.query import Query
from storage.records import Message
from storage.search import Found, Order

SIMILAR = 20  # papers

Put = Callable[[Message], Awaitable[None]]  # in place of the message that says that arXiv is asked


async def find(turn: Turn) -> None:
    """`/search words`: the first page of what matches; an id or link is that paper, `online:` is all of arXiv."""
    text = turn.text.strip()
    if not text:
        raise UserMistake("empty_search")
    if paper := arxiv_id.parse(text):
        await fetching.paper(turn, paper.id, View.BOTH)
        return
    wanted = asked.parse(text)
    if wanted.online and wanted.is_empty:
        raise UserMistake("empty_search")
    if wanted.online and turn.desk.reaches_arxiv:
        turn.spend(Act.ONLINE)
        sent = await turn.say(Message(wording.sentence(turn.chat.language, "note.searching")))
        query = replace(wanted, online=False).reading
        turn.later(_ask_arxiv(turn, query, lambda message: turn.revise(sent, message)))
    else:
        await showing.results(turn, text)


async def similar(turn: Turn) -> None:
    """`/similar paper`: the nearest stored papers, by id, link, number in the last list, or a reply to a card."""
    paper_id = await showing.named(turn)
    async with turn.deps.searching, turn.database.reading() as tx:
        ids = tuple(await likeness.similar(tx, paper_id, SIMILAR))
        known = await papers.get(tx, [paper_id])
    if not known:
        raise UserMistake("unknown_paper", id=paper_id)
    if not ids:
        raise UserMistake("nothing_similar", id=paper_id)
    shown = await showing.number(turn, f"≈ {paper_id}", Found(ids, len(ids)))
    await turn.say(await showing.results_page(turn, shown, 1))


async def turn_page(turn: Turn) -> None:
    """`find:<list>:<page>`: another page of search results, in place."""
    listing_id, page = turn.fields(number, number)
    await turn.edit(await showing.results_page(turn, await _listing(turn, listing_id), page))


async def sort(turn: Turn) -> None:
    """`sort:<list>:<order>`: the same search sorted by relevance or date, in place."""
    listing_id, order = turn.fields(number, Order)
    before = await _listing(turn, listing_id)
    async with turn.deps.searching, turn.database.reading() as tx:
        found = await search.find(tx, asked.parse(before.query), order=order)
    if not found.ids:
        raise UserMistake("old_button")
    shown = await showing.number(turn, before.query, found, order)
    await turn.edit(await showing.results_page(turn, shown, 1))


async def search_arxiv(turn: Turn) -> None:
    """`arxiv:<list>`: look in all of arXiv for what a list asked for."""
    (listing_id,) = turn.fields(number)
    before = await _listing(turn, listing_id)
    if not turn.desk.reaches_arxiv:
        raise UserMistake("old_button")
    turn.spend(Act.ONLINE)
    await turn.notice("note.searching")
    turn.later(_ask_arxiv(turn, before.query, turn.edit))


async def _listing(turn: Turn, listing_id: int) -> Listing:
    async with turn.database.reading() as tx:
        shown = await listings.get(tx, listing_id)
    if shown is None or shown.chat_id != turn.chat.id:
        raise UserMistake("old_button")
    return shown


async def _ask_arxiv(turn: Turn, text: str, put: Put) -> None:
    try:
        ids = tuple(await turn.desk.search(text))
    except Unavailable:
        await put(Message(wording.sentence(turn.chat.language, "mistake.arxiv_search_busy")))
        return
    except UserMistake as error:
        await put(Message(wording.sentence(turn.chat.language, f"mistake.{error.key}", **error.values)))
        return
    if not ids:
        await put(Message(wording.sentence(turn.chat.language, "mistake.not_on_arxiv", query=text)))
        return
    query = asked.parse(text)
    if (told := api_query.askable(query.tree)) != query.tree:
        text = Query(told).reading  # what was asked
    shown = await showing.number(turn, text, Found(ids, len(ids)))
    await put(await showing.results_page(turn, shown, 1))
