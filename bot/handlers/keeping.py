"""Bookmarks: /saved, and the star under every card."""

from bot.errors import UserMistake
from bot.handlers import showing
from bot.handlers.turn import Turn, number
from bot.messages import cards, lists
from bot.messages.cards import View
from storage import bookmarks, papers
from storage.records import Message
from storage.search import Found


async def saved(turn: Turn) -> None:
    """`/saved`: what the reader keeps. Only in private: it is nobody else's business."""
    ids = await _ids(turn)
    await showing.number(turn, "", Found(ids, len(ids)))
    await turn.say(await _page(turn, ids, 1))


async def turn_saved(turn: Turn) -> None:
    """`kept:<page>`: another page of the bookmarks, in place."""
    (page,) = turn.fields(number)
    await turn.edit(await _page(turn, await _ids(turn), page))


async def keep(turn: Turn) -> None:
    """`save:<id>:<view>`: keep the paper; pressed twice, it is still kept."""
    await _mark(turn, "saved" if turn.private else "saved_shared", saved=True)


async def drop(turn: Turn) -> None:
    """`drop:<id>:<view>`: let the paper go."""
    await _mark(turn, "unsaved", saved=False)


async def _mark(turn: Turn, notice: str, *, saved: bool) -> None:
    paper_id, view = turn.fields(str, View)
    async with turn.database.transaction() as tx:
        found = await papers.get(tx, [paper_id])
        if not found or not turn.user_id:
            raise UserMistake("unknown_paper", id=paper_id)
        if saved:
            await bookmarks.keep(tx, turn.user_id, paper_id, turn.now)
        else:
            await bookmarks.drop(tx, turn.user_id, paper_id)
    await turn.notice(f"notice.{notice}")
    if turn.private:
        await turn.edit_keyboard(cards.keyboard(found[0], turn.chat.language, view, saved=saved))


async def _ids(turn: Turn) -> tuple[str, ...]:
    if not turn.private:
        raise UserMistake("private_only")
    async with turn.database.reading() as tx:
        ids = await bookmarks.ids(tx, turn.user_id)
    if not ids:
        raise UserMistake("nothing_saved")
    return ids


async def _page(turn: Turn, ids: tuple[str, ...], number: int) -> Message:
    page = await showing.page(turn, ids, number, turn_by="kept")
    return lists.saved(page, turn.chat.language)
