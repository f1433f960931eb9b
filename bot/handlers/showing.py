"""Showing stored papers in a chat: one card, or a numbered page. Used by the handlers that find papers."""

from collections.abc import Sequence

from bot.errors import UserMistake
from bot.handlers.turn import Turn
from bot.messages import cards as card_pages
from bot.messages import lists, wording
from bot.messages.cards import View
from bot.papers import arxiv_id
from bot.papers.asked import parse
from storage import bookmarks, listings, papers, query, search
from storage.listings import Listing
from storage.records import Button, ChatKind, Keyboard, Message
from storage.search import Found, Order


async def card(turn: Turn, paper_id: str, view: View, *, note: str = "") -> Message:
    """A paper's card for this chat; `note` is a key of words.toml. Raises UserMistake if it is not stored."""
    async with turn.database.reading() as tx:
        found = await papers.get(tx, [paper_id])
        if not found:
            raise UserMistake("unknown_paper", id=paper_id)
        saved = turn.private and await bookmarks.holds(tx, turn.user_id, paper_id)
    return card_pages.card(found[0], turn.chat.language, turn.chat.kind, view=view, saved=saved, note=note)


async def results(turn: Turn, text: str) -> None:
    """Answer with the first page of what a query finds. Raises UserMistake for a query without words."""
    if len(text) > query.MAX_LENGTH:
        raise UserMistake("query_too_long", limit=query.MAX_LENGTH)
    asked = parse(text)
    if asked.is_empty:
        raise UserMistake("no_words", query=text)
    async with turn.deps.searching, turn.database.reading() as tx:
        found = await search.find(tx, asked)
    shown = await number(turn, text, found, Order.RELEVANCE) if found.ids or turn.desk.reaches_arxiv else None
    if shown is None:
        raise UserMistake("nothing_found", query=asked.read_as or text)
    if found.ids:
        await turn.say(await results_page(turn, shown, 1))
    else:
        await turn.say(lists.nothing_found(asked.read_as or text, shown.id, turn.chat.language))


async def results_page(turn: Turn, shown: Listing, at: int) -> Message:
    """One page of a list that was found before."""
    paged = await page(turn, shown.ids, at, turn_by=f"find:{shown.id}", total=shown.total)
    counted = lists.Counted(shown.exact, shown.more, shown.translated)
    read_as = parse(shown.query).read_as if shown.order else ""
    return lists.results(shown.query, paged, turn.chat.language, counted, read_as=read_as, tools=_tools(turn, shown))


def _tools(turn: Turn, shown: Listing) -> Keyboard:
    """What else may be done with what a search found."""
    if shown.order is None:
        return ()
    other = Order.RELEVANCE if shown.order == Order.DATE else Order.DATE
    row = []
    if len(shown.ids) > 1:
        row.append(Button(wording.word(turn.chat.language, f"button.{other}"), f"sort:{shown.id}:{other}"))
    if turn.desk.reaches_arxiv:
        row.append(Button(wording.word(turn.chat.language, "button.arxiv"), f"arxiv:{shown.id}"))
    return (tuple(row),) if row else ()


async def page(turn: Turn, ids: Sequence[str], at: int, *, turn_by: str, total: int | None = None) -> lists.Page:
    """The cards of one page of a list; `turn_by` begins the data of its paging buttons."""
    async with turn.database.reading() as tx:
        cards = await papers.get(tx, ids[lists.Page.slice(at, len(ids))])
    return lists.Page(cards, at, len(ids), turn=turn_by, total=total, opens=turn.chat.kind != ChatKind.CHANNEL)


async def number(turn: Turn, text: str, found: Found, order: Order | None = None) -> Listing:
    """Make a list the last one of this chat, so that `/abs 3` means its third paper. `order`: of a search."""
    async with turn.database.transaction() as tx:
        return await listings.add(tx, (turn.chat.id, turn.thread_id), text, found, turn.now, order=order)


async def named(turn: Turn) -> str:
    """The paper that a command is about: by id, link, number or a reply. Raises UserMistake if it names none."""
    given = turn.text.strip()
    if given.isdecimal() and len(given) <= 3:
        return await numbered(turn, int(given))
    asked = turn.update.effective_message
    replied = asked.reply_to_message if asked else None
    text = given or (replied.text or "" if replied else "")
    paper = arxiv_id.parse(text) or next(iter(arxiv_id.find(text)), None)
    if paper is None:
        raise UserMistake("no_id", given=given[:60]) if given else UserMistake("which_paper")
    return paper.id


async def numbered(turn: Turn, at: int) -> str:
    """The paper of that number in the last list of this chat. Raises UserMistake if there is none."""
    async with turn.database.reading() as tx:
        shown = await listings.last(tx, turn.chat.id, turn.thread_id)
    if shown is None or not 1 <= at <= len(shown.ids):
        raise UserMistake("no_such_number", number=at)
    return shown.ids[at - 1]
