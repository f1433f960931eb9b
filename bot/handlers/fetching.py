"""Papers that are fetched or summarised while the reader waits: one message, which becomes the card."""

from bot.errors import Unavailable, UserMistake
from bot.handlers import showing
from bot.handlers.restraint import Act
from bot.handlers.turn import Turn
from bot.messages import wording
from bot.messages.cards import View
from storage import papers
from storage.records import Card, Message


async def paper(turn: Turn, paper_id: str, view: View = View.FOLDED) -> None:
    """Answer with a paper's card, from arXiv if it is not stored. Raises UserMistake if there is no such paper."""
    async with turn.database.reading() as tx:
        found = await papers.get(tx, [paper_id])
    if found:
        await _show(turn, found[0], view)
        turn.opened(paper_id)
    elif turn.desk.reaches_arxiv:
        turn.spend(Act.ONLINE)
        sent = await turn.say(_note(turn, "note.fetching", id=paper_id))
        turn.later(_fetch(turn, sent, paper_id, view))
    else:
        raise UserMistake("unknown_paper", id=paper_id)


async def _show(turn: Turn, found: Card, view: View) -> None:
    if found.is_summarised or not turn.desk.summarises:
        await turn.say(await showing.card(turn, found.paper.id, view))
        return
    if not turn.take(Act.SUMMARY).allowed:
        await turn.say(await showing.card(turn, found.paper.id, view, note="note.enough"))
        return
    sent = await turn.say(await showing.card(turn, found.paper.id, view, note="note.summarising"))
    turn.later(_summarise(turn, sent, found.paper.id, view))


async def _fetch(turn: Turn, sent: int, paper_id: str, view: View) -> None:
    try:
        known = await turn.desk.look_up([paper_id])
    except Unavailable:
        await turn.revise(sent, _note(turn, "mistake.arxiv_busy", id=paper_id))
        return
    if not known:
        await turn.revise(sent, _note(turn, "mistake.unknown_paper", id=paper_id))
        return
    turn.opened(paper_id)
    if turn.desk.summarises and not turn.take(Act.SUMMARY).allowed:
        await turn.revise(sent, await showing.card(turn, paper_id, view, note="note.enough"))
    elif turn.desk.summarises:
        await turn.revise(sent, await showing.card(turn, paper_id, view, note="note.summarising"))
        await _summarise(turn, sent, paper_id, view)
    else:
        await turn.revise(sent, await showing.card(turn, paper_id, view))


async def _summarise(turn: Turn, sent: int, paper_id: str, view: View) -> None:
    await turn.desk.summarise_one(paper_id)
    # Whatever came of it, the note goes: without a summary the card says that it is not translated.
    await turn.revise(sent, await showing.card(turn, paper_id, view))


def _note(turn: Turn, key: str, **values: str) -> Message:
    return Message(wording.sentence(turn.chat.language, key, **values))
