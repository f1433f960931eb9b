"""Asks arXiv's API for what the feeds leave out of the papers that somebody will read: comments, affiliations, and
the whole of an abstract that its source cut."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import Unavailable, UserMistake
from bot.sources import api_query
from bot.sources.arxiv import Arxiv
from bot.sources.polite import Rejected
from bot.sources.reading import Declined
from storage import lexicon, papers, summaries
from storage.database import Database
from storage.query import Query
from storage.records import Arrival
from storage.sifting import holding
from storage.translating import chinese, only_english

log = logging.getLogger(__name__)

AT_ONCE = 100  # papers, one request
FOUND = 20  # papers of a search
PATIENCE = 25.0  # seconds that a reader waits for arXiv


async def complete(database: Database, arxiv: Arxiv, now: datetime, patience: float | None = None) -> int:
    """Complete the papers that are wanted; how many. `patience`: seconds that somebody waits for it."""
    found = 0
    while True:
        async with database.reading() as tx:
            ids = await summaries.incomplete(tx, AT_ONCE)
        if not ids:
            return found
        try:
            arrivals = await arxiv.papers(ids, patience)
        except (Unavailable, Rejected, Declined) as error:
            log.warning("arXiv's API cannot be asked: %s", error)
            return found
        async with database.transaction() as tx:
            await papers.add(tx, arrivals, now)
            await summaries.completed(tx, ids)
        found += len(arrivals)


async def look_up(database: Database, arxiv: Arxiv, ids: Sequence[str], now: datetime) -> list[Arrival]:
    """Fetch papers that a reader asks for, and keep them for search; those that arXiv knows. Raises Unavailable."""
    try:
        arrivals = await arxiv.papers(ids, PATIENCE)
    except (Rejected, Declined):
        return []
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, now)
    return arrivals


async def search(database: Database, arxiv: Arxiv, asked: Query, now: datetime) -> list[str]:
    """Fetch what all of arXiv has for a query, and keep it for search; the ids of those that meet it, best first.

    Raises Unavailable, and UserMistake if nothing of it can be asked there.
    """
    async with database.reading() as tx:
        known = await lexicon.entries(tx, set(chinese(asked.tree)))
    english, today = only_english(asked.tree, known), now.astimezone(UTC).date()
    try:
        arrivals = await arxiv.search(english, today, FOUND, PATIENCE)
    except (Rejected, Declined) as error:
        log.warning("arXiv does not take %r: %s", asked.reading, error)
        arrivals = None
    if arrivals is None:
        raise UserMistake("not_for_arxiv", query=asked.typed or asked.reading)
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, now)
    async with database.reading() as tx:
        return await holding(tx, [each.paper.id for each in arrivals], api_query.left_out(english), today)
