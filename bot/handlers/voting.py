"""👍 and 👎 for papers, from which a chat's taste is learned, and why a paper was chosen."""

from bot.digests.why import why as reasons_for
from bot.errors import UserMistake
from bot.handlers import showing
from bot.handlers.turn import Turn
from bot.messages import reasons, wording
from bot.papers.asked import parse
from storage import papers, tastes, votes
from storage.records import Card, Message

_WORD = {votes.LIKED: "liked", votes.DISLIKED: "disliked", 0: "vote_taken_back"}


async def like(turn: Turn) -> None:
    """`/like 3`: 👍 for a paper by its number in the last list, its id or link, or as a reply to its card.

    Said twice, it stands: only the button takes it back.
    """
    await _vote_spoken(turn, votes.LIKED)


async def dislike(turn: Turn) -> None:
    """`/dislike 3`: the same with 👎."""
    await _vote_spoken(turn, votes.DISLIKED)


async def press_like(turn: Turn) -> None:
    """`up:<id>`: 👍; pressed again, it is taken back. The message stays as it is: edits count as sends."""
    await _vote_pressed(turn, votes.LIKED)


async def press_dislike(turn: Turn) -> None:
    """`down:<id>`: the same with 👎."""
    await _vote_pressed(turn, votes.DISLIKED)


async def why(turn: Turn) -> None:
    """`/why 3`: what spoke for a paper."""
    card, sentences = await _why(turn, await showing.named(turn))
    await turn.say(reasons.message(card, sentences, turn.chat.language))


async def press_why(turn: Turn) -> None:
    """`why:<id>`: the same, told to who pressed only."""
    (paper_id,) = turn.fields(str)
    _, sentences = await _why(turn, paper_id)
    await turn.notice("why.told", alert=True, sentences="\n".join(sentences))


async def _vote_spoken(turn: Turn, vote: int) -> None:
    key, likes = await _vote(turn, await showing.named(turn), vote, toggles=False)
    await turn.say(Message(wording.sentence(turn.chat.language, key, count=likes)))


async def _vote_pressed(turn: Turn, vote: int) -> None:
    (paper_id,) = turn.fields(str)
    key, count = await _vote(turn, paper_id, vote, toggles=True)
    await turn.notice(key, count=count)


async def _vote(turn: Turn, paper_id: str, vote: int, *, toggles: bool) -> tuple[str, int]:
    """The key of what is to be said, and how many readers of the chat think the same."""
    async with turn.database.transaction() as tx:
        if not await papers.get(tx, [paper_id]):
            raise UserMistake("unknown_paper", id=paper_id)
        stands = await votes.cast(tx, (turn.chat.id, turn.user_id), paper_id, vote, turn.now, toggles=toggles)
        likes, dislikes = await votes.count(tx, turn.chat.id, paper_id)
    key = f"notice.{_WORD[stands]}"
    return (key if turn.private or not stands else f"{key}_shared"), dislikes if stands == votes.DISLIKED else likes


async def _why(turn: Turn, paper_id: str) -> tuple[Card, tuple[str, ...]]:
    async with turn.database.reading() as tx:
        found = await papers.get(tx, [paper_id])
        if not found:
            raise UserMistake("unknown_paper", id=paper_id)
        posting = await tastes.posting(tx, turn.chat.id, paper_id)
        taste = (await tastes.of(tx, [turn.chat.id])).get(turn.chat.id)
        waiting = await tastes.is_stale(tx, turn.chat.id)
    query = parse(posting.query) if posting and posting.query else None
    told = reasons_for(found[0], query, taste)
    there = reasons.Place(turn.chat.language, private=turn.private, waiting=waiting)
    return found[0], reasons.sentences(told, posting, there)
