"""Asks arXiv's API for what the feeds leave out of the papers that somebody will read: comments, affiliations, and
the whole of an abstract that its source cut."""

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.digests import needs
from bot.errors import Unavailable
from bot.sources.arxiv import Arxiv
from bot.sources.polite import Rejected
from bot.sources.reading import Declined
from storage import papers, summaries
from storage.database import Database
from storage.query import Author, Field, Query, terms
from storage.records import Arrival

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


async def search(database: Database, arxiv: Arxiv, asked: Query, now: datetime) -> list[Arrival]:
    """Fetch what all of arXiv has for a query, best first, and keep it for search. Raises Unavailable."""
    named = sorted(needs.categories(asked))
    try:
        arrivals = await arxiv.search(_words(asked), named[0] if named else "", FOUND, PATIENCE)
    except (Rejected, Declined):
        return []
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, now)
    return arrivals


def _words(asked: Query) -> list[str]:
    """The words, phrases and names that every paper is to hold, for a search that knows no more."""
    parts = asked.tree.parts
    words = [each for where in Field for each in terms(parts, where)]
    return [*words, *asked.phrases, *(part.name for part in parts if isinstance(part, Author))]
