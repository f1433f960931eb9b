"""Bookmarks: /saved, and the star under every card."""

from bot.errors import UserMistake
from bot.handlers import showing
from bot.handlers.turn import Turn
from bot.messages import cards, lists
from bot.messages.cards import View
from storage import bookmarks, papers
from storage.listings import Listing
from storage.records import Message


async def saved(turn: Turn) -> None:
    """`/saved`: what the reader keeps. Only in private: it is nobody else's business."""
    if not turn.private:
        raise UserMistake("private_only")
    await turn.say(await _page(turn, 1))


async def turn_saved(turn: Turn) -> None:
    """`kept:<page>`: another page of the bookmarks, in place."""
    await turn.edit(await _page(turn, int(turn.data[0])))


async def toggle(turn: Turn) -> None:
    """`save:<id>:<view>`: keep the paper or let it go; in a private chat the star shows it."""
    paper_id, view = turn.data
    async with turn.database.transaction() as tx:
        found = await papers.get(tx, [paper_id])
        if not found or not turn.user_id:
            raise UserMistake("unknown_paper", id=paper_id)
        kept = await bookmarks.toggle(tx, turn.user_id, paper_id, turn.now)
    where = "saved" if turn.private else "saved_shared"
    await turn.notice(f"notice.{where if kept else 'unsaved'}")
    if turn.private:
        await turn.edit_keyboard(cards.keyboard(found[0], turn.chat.language, View(view), saved=kept))


async def _page(turn: Turn, page: int) -> Message:
    async with turn.database.reading() as tx:
        kept = await bookmarks.all_of(tx, turn.user_id)
    if not kept:
        raise UserMistake("nothing_saved")
    ids = tuple(each.paper.id for each in kept)
    await showing.number(turn, Listing(0, turn.chat.id, "", ids, len(ids), relaxed=False))
    shown = lists.Page(kept[lists.Page.slice(page, len(kept))], page, len(kept), turn="kept")
    return lists.saved(shown, turn.chat.language)
