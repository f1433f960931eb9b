"""Bookmarks and their tags: /saved and /tag, the star under every card, and the buttons of the list."""

from collections.abc import Iterator

from telegram import Message as TelegramMessage

from bot.errors import UserMistake
from bot.handlers import narrowing
from bot.handlers.narrowing import Narrowed
from bot.handlers.turn import Turn, number
from bot.messages import cards
from bot.messages import saved as pages
from bot.messages.cards import View
from bot.messages.paging import Sheet
from bot.messages.saved import PAGE, Shelf
from bot.papers import arxiv_id
from bot.papers import tags as spelling
from storage import bookmarks, listings, papers, tags, votes
from storage.database import Transaction
from storage.records import Card, Message


async def saved(turn: Turn) -> None:
    """`/saved [#tags] [query]`: what the reader keeps. Only in private: it is nobody else's business."""
    await turn.say(await _begin(turn, turn.text))


async def turn_saved(turn: Turn) -> None:
    """`kept:<page>[:<list>]`: another page of the bookmarks, in place; the list holds what was asked for."""
    if len(turn.data) == 1:
        turn.data.append("0")  # as buttons were before there were tags
    page, listing_id = turn.fields(number, number)
    asked = narrowing.read(await narrowing.recall(turn, listing_id))
    await turn.edit(await _page(turn, asked, await _ids(turn, asked), page, listing_id))


async def choose_tag(turn: Turn) -> None:
    """`tagged:<tag>`: the bookmarks with a tag, in place."""
    (tag_id,) = turn.fields(number)
    async with turn.database.reading() as tx:
        tag = await tags.get(tx, turn.user_id, tag_id)
    if tag is None:
        raise UserMistake("old_button")
    await turn.edit(await _begin(turn, spelling.shown(tag.name)))


async def keep(turn: Turn) -> None:
    """`save:<id>:<view>`: keep the paper; pressed twice, it is still kept."""
    await _mark(turn, "saved" if turn.private else "saved_shared", saved=True)


async def drop(turn: Turn) -> None:
    """`drop:<id>:<view>`: let the paper go."""
    await _mark(turn, "unsaved", saved=False)


async def tag(turn: Turn) -> None:
    """`/tag [paper] [#tags] [-#tags]`: keep a paper with tags. It is named by id, link or number, or answered.

    Whatever is no paper is a tag, with its `#` or without.
    """
    message = turn.update.effective_message
    if not turn.user_id or (message and message.sender_chat):
        raise UserMistake("private_only")
    words = turn.text.split()
    given = next((word for word in words if _is_paper(word)), "")
    if given:
        words.remove(given)
    named, _ = spelling.split(" ".join(map(spelling.marked, words)))
    paper_id = await _paper(turn, given)
    if not paper_id and not named and turn.private:
        async with turn.database.reading() as tx:
            known = await tags.used(tx, turn.user_id)
        await turn.say(pages.all_tags(known, turn.chat.language))
    elif not paper_id:
        raise UserMistake("nothing_to_tag")
    else:
        shown = await _tag(turn, paper_id, named)
        language = turn.chat.language
        await turn.say(await _tags(turn, shown) if turn.private else pages.tagged(shown, named, language))


async def open_tags(turn: Turn) -> None:
    """`tags:<id>:<page>:<list>`: a paper's tags, in place of the list that it stands in."""
    paper_id, *back = turn.fields(str, number, number)
    _alone(turn)
    async with turn.database.reading() as tx:
        shown = await _stored(tx, paper_id)
    await turn.edit(await _tags(turn, shown, "{}:{}".format(*back)))


async def toggle(turn: Turn) -> None:
    """`tag:<id>:<tag>:<1 or 0>[:<page>:<list>]`: add a tag to a paper, or take it off."""
    paper_id, tag_id, wish, back = turn.fields(str, number, number, rest=True)
    _alone(turn)
    async with turn.database.transaction() as tx:
        chosen, shown = await tags.get(tx, turn.user_id, tag_id), await _stored(tx, paper_id)
        if chosen is None:
            raise UserMistake("old_button")
        if wish:
            await _keep(tx, turn, paper_id)
            await tags.put(tx, turn.user_id, paper_id, tag_id)
            await _check_number(tx, turn, paper_id)
        else:
            await tags.take(tx, turn.user_id, paper_id, chosen.name)
    await turn.notice("notice.tagged" if wish else "notice.untagged", tag=spelling.shown(chosen.name))
    await turn.edit(await _tags(turn, shown, ":".join(back)))


def _alone(turn: Turn) -> None:
    """Raise UserMistake where others read along."""
    if not turn.private:
        raise UserMistake("private_only")


async def _mark(turn: Turn, notice: str, *, saved: bool) -> None:
    paper_id, view = turn.fields(str, View)
    async with turn.database.transaction() as tx:
        found = await papers.get(tx, [paper_id])
        if not found or not turn.user_id:
            raise UserMistake("unknown_paper", id=paper_id)
        await _keep(tx, turn, paper_id, kept=saved)
    await turn.notice(f"notice.{notice}")
    if turn.private:
        await turn.edit_keyboard(cards.keyboard(found[0], turn.chat.language, view, saved=saved))


async def _keep(tx: Transaction, turn: Turn, paper_id: str, *, kept: bool = True) -> None:
    if kept:
        await bookmarks.keep(tx, turn.user_id, paper_id, turn.now)
    else:
        await bookmarks.drop(tx, turn.user_id, paper_id)
    await votes.keep(tx, (turn.chat.id, turn.user_id), paper_id, turn.now, kept=kept)


async def _begin(turn: Turn, text: str) -> Message:
    """The first page of what is kept and asked for, as the last list of this chat."""
    asked = narrowing.read(text)
    ids = await _ids(turn, asked)
    listing_id = await narrowing.remember(turn, asked.text, ids)
    return await _page(turn, asked, ids, listing_id=listing_id if asked.text else 0)


async def _ids(turn: Turn, asked: Narrowed) -> tuple[str, ...]:
    return tuple(each.paper_id for each in await narrowing.kept(turn, asked))


async def _page(turn: Turn, asked: Narrowed, ids: tuple[str, ...], page: int = 1, listing_id: int = 0) -> Message:
    sheet = Sheet.at(page, len(ids), PAGE)
    here = ids[sheet.slice]
    async with turn.database.reading() as tx:
        shelf = Shelf(
            cards=await papers.get(tx, here),
            given=await tags.of_papers(tx, turn.user_id, here),
            known=await tags.used(tx, turn.user_id),
            listing_id=listing_id,
            asked=asked.text,
            read_as=asked.read_as,
        )
    return pages.saved(shelf, sheet, turn.chat.language)


async def _tag(turn: Turn, paper_id: str, named: spelling.Tags) -> Card:
    long = next((each for each in named.wanted if len(each) > spelling.LONGEST), None)
    if long:
        raise UserMistake("long_tag", limit=spelling.LONGEST, tag=spelling.shown(long[: spelling.LONGEST]))
    async with turn.database.transaction() as tx:
        shown = await _stored(tx, paper_id)
        for name in named.unwanted:
            await tags.take(tx, turn.user_id, paper_id, name)
        if named.wanted:
            await _keep(tx, turn, paper_id)
        for each in await tags.named(tx, turn.user_id, named.wanted, turn.now):
            await tags.put(tx, turn.user_id, paper_id, each.id)
        await _check_number(tx, turn, paper_id)
    return shown


async def _check_number(tx: Transaction, turn: Turn, paper_id: str) -> None:
    if len((await tags.of_papers(tx, turn.user_id, [paper_id])).get(paper_id, ())) > spelling.MOST:
        raise UserMistake("too_many_tags", limit=spelling.MOST)  # and the transaction takes it back


async def _tags(turn: Turn, shown: Card, back: str = "") -> Message:
    async with turn.database.reading() as tx:
        given = await tags.of_papers(tx, turn.user_id, [shown.paper.id])
        known = await tags.used(tx, turn.user_id)
    return pages.tags_of(shown, given.get(shown.paper.id, ()), known, back, turn.chat.language)


async def _stored(tx: Transaction, paper_id: str) -> Card:
    found = await papers.get(tx, [paper_id])
    if not found:
        raise UserMistake("unknown_paper", id=paper_id)
    return found[0]


async def _paper(turn: Turn, given: str) -> str:
    """The paper that is meant; empty if none is."""
    if _is_number(given):
        async with turn.database.reading() as tx:
            shown = await listings.last(tx, turn.chat.id, turn.thread_id)
        if shown is None or not 1 <= int(given) <= len(shown.ids):
            raise UserMistake("no_such_number", number=int(given))
        return shown.ids[int(given) - 1]
    if named := arxiv_id.parse(given):
        return named.id
    message = turn.update.effective_message
    answered = message.reply_to_message if message else None
    found = set(_papers_in(answered)) if answered else set()
    return found.pop() if len(found) == 1 else ""


def _is_paper(word: str) -> bool:
    return _is_number(word) or arxiv_id.parse(word) is not None


def _is_number(word: str) -> bool:
    """Whether it is that of a paper in the last list."""
    return word.isdecimal() and len(word) <= 3


def _papers_in(message: TelegramMessage) -> Iterator[str]:
    """The papers that a message's buttons and links name."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    texts = [str(button.callback_data).partition(":")[2].partition(":")[0] for row in rows for button in row]
    texts += [entity.url or "" for entity in message.entities]
    for named in filter(None, map(arxiv_id.parse, texts)):
        yield named.id
    for named in arxiv_id.find_links(message.text or ""):
        yield named.id
