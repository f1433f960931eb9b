"""Learns what chats like, from the votes that came since they were learned last."""

import asyncio
import logging
from collections.abc import Sequence

from bot.digests.taste import Rarity, Voted, train
from storage import papers, tastes, votes
from storage.database import Database, Transaction
from storage.records import Card, Taste
from storage.tastes import Stale

log = logging.getLogger(__name__)

AT_ONCE = 50  # chats in one run
VOTES, PASSED_OVER = 500, 100  # the last papers of each kind that a chat is learned from
KNOWN = 300  # the newest papers tell how rare a term is


async def learn(database: Database) -> int:
    """Learn each chat anew whose readers voted since; how many chats."""
    async with database.reading() as tx:
        waiting = await tastes.stale(tx, AT_ONCE)
        known = await papers.get(tx, await tastes.known(tx, KNOWN)) if waiting else []
    if not waiting:
        return 0
    rarity = await asyncio.to_thread(Rarity, known)
    for each in waiting:
        taste = await _learned(database, each, rarity)
        async with database.transaction() as tx:
            await tastes.save(tx, each, taste)
    log.info("learned what %d chats like", len(waiting))
    return len(waiting)


async def _learned(database: Database, stale: Stale, rarity: Rarity) -> Taste:
    try:
        async with database.reading() as tx:
            voted, passed_over = await _read(tx, stale.chat_id)
        # 100 ms for 500 votes: too long for the loop that answers readers.
        return await asyncio.to_thread(train, voted, passed_over, rarity)
    except Exception:
        # One chat that cannot be learned keeps no other waiting, and is not tried again before its next vote.
        log.exception("what chat %d likes cannot be learned", stale.chat_id)
        return Taste({})


async def _read(tx: Transaction, chat_id: int) -> tuple[Sequence[Voted], Sequence[Card]]:
    tallies = await votes.tallies(tx, chat_id, VOTES)
    cards = {card.paper.id: card for card in await papers.get(tx, [each.paper_id for each in tallies])}
    voted = [Voted(cards[each.paper_id], each.likes - each.dislikes) for each in tallies if each.paper_id in cards]
    return voted, await papers.get(tx, await votes.passed_over(tx, chat_id, PASSED_OVER))
