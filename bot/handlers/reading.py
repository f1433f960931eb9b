"""Finding papers and reading them: /search, /abs, plain words and links, and the buttons of cards and lists."""

from bot.errors import Unavailable, UserMistake
from bot.handlers import fetching, showing
from bot.handlers.turn import Turn, number
from bot.messages import wording
from bot.messages.cards import View
from bot.papers import arxiv_id
from storage import listings, query
from storage.records import ChatKind, Message
from storage.search import Found

MOST_LINKS = 3  # cards sent for one message full of links


async def search(turn: Turn) -> None:
    """`/search words`: the first page of what matches; an id or link is that paper."""
    if not turn.text.strip():
        raise UserMistake("empty_search")
    if paper := arxiv_id.parse(turn.text):
        await fetching.paper(turn, paper.id, View.BOTH)
    else:
        await showing.results(turn, turn.text.strip())


async def abstract(turn: Turn) -> None:
    """`/abs`: the card with both abstracts, by id, link, or the number in the last list."""
    given = turn.text.strip()
    if not given:
        raise UserMistake("empty_abs")
    if given.isdecimal() and len(given) <= 3:
        await fetching.paper(turn, await _numbered(turn, int(given)), View.BOTH)
        return
    named = arxiv_id.parse(given)
    papers = (named,) if named else arxiv_id.find(given)
    if not papers:
        raise UserMistake("no_id", given=given[:60])
    for paper in papers[:MOST_LINKS]:
        await fetching.paper(turn, paper.id, View.BOTH)


async def words(turn: Turn) -> None:
    """A plain message in a private chat: a link opens its paper, anything else is a search."""
    if not turn.text.strip():
        raise UserMistake("only_text")
    named = arxiv_id.parse(turn.text)
    papers = (named,) if named else arxiv_id.find_links(turn.text)
    for paper in papers[:MOST_LINKS]:
        await fetching.paper(turn, paper.id, View.BOTH)
    if not papers:
        await showing.results(turn, turn.text.strip()[: query.MAX_LENGTH])


async def unknown_command(turn: Turn) -> None:
    """A command that there is none of."""
    raise UserMistake("unknown_command", command=turn.text.split()[0][:40])


async def turn_card(turn: Turn) -> None:
    """`card:<id>:<view>`: fold, unfold or change the language of the abstract, in place. Only in private chats."""
    paper_id, view = turn.fields(str, View)
    if not turn.private:
        raise UserMistake("old_button")  # one reader's press would change it for all
    await turn.edit(await showing.card(turn, paper_id, view))


async def open_card(turn: Turn) -> None:
    """`open:<id>`: the card of a paper in a list, as a new message. Not in channels: there only administrators post."""
    (paper_id,) = turn.fields(str)
    if turn.chat.kind == ChatKind.CHANNEL:
        raise UserMistake("old_button")
    await fetching.paper(turn, paper_id)


async def turn_page(turn: Turn) -> None:
    """`find:<list>:<page>`: another page of search results, in place."""
    listing_id, page = turn.fields(number, number)
    async with turn.database.reading() as tx:
        shown = await listings.get(tx, listing_id)
    if shown is None or shown.chat_id != turn.chat.id:
        raise UserMistake("old_button")
    await turn.edit(await showing.results_page(turn, shown, page))


async def _numbered(turn: Turn, at: int) -> str:
    async with turn.database.reading() as tx:
        shown = await listings.last(tx, turn.chat.id, turn.thread_id)
    if shown is None or not 1 <= at <= len(shown.ids):
        raise UserMistake("no_such_number", number=at)
    return shown.ids[at - 1]


async def search_arxiv(turn: Turn) -> None:
    """`arxiv:<list>`: look in all of arXiv for what a list asked for."""
    (listing_id,) = turn.fields(number)
    async with turn.database.reading() as tx:
        asked = await listings.get(tx, listing_id)
    if asked is None or asked.chat_id != turn.chat.id or not turn.desk.reaches_arxiv:
        raise UserMistake("old_button")
    await turn.notice("note.searching")
    turn.later(_search_arxiv(turn, asked.query))


async def _search_arxiv(turn: Turn, text: str) -> None:
    try:
        ids = tuple(await turn.desk.search(text))
    except Unavailable:
        await turn.edit(Message(wording.sentence(turn.chat.language, "mistake.arxiv_search_busy")))
        return
    if not ids:
        await turn.edit(Message(wording.sentence(turn.chat.language, "mistake.not_on_arxiv", query=text)))
        return
    shown = await showing.number(turn, text, Found(ids, len(ids)))
    await turn.edit(await showing.results_page(turn, shown, 1))
