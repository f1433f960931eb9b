"""Reading papers: /abs, plain words and links, and the buttons of cards."""

from bot.errors import UserMistake
from bot.handlers import fetching, showing
from bot.handlers.turn import Turn
from bot.messages.cards import View
from bot.papers import arxiv_id
from storage import query
from storage.records import ChatKind

MOST_LINKS = 3  # cards sent for one message full of links


async def abstract(turn: Turn) -> None:
    """`/abs`: the card with both abstracts, by id, link, or the number in the last list."""
    given = turn.text.strip()
    if not given:
        raise UserMistake("empty_abs")
    if given.isdecimal() and len(given) <= 3:
        await fetching.paper(turn, await showing.numbered(turn, int(given)), View.BOTH)
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
    if view != View.FOLDED:
        turn.opened(paper_id)


async def open_card(turn: Turn) -> None:
    """`open:<id>`: the card of a paper in a list, as a new message. Not in channels: there only administrators post."""
    (paper_id,) = turn.fields(str)
    if turn.chat.kind == ChatKind.CHANNEL:
        raise UserMistake("old_button")
    await fetching.paper(turn, paper_id)
