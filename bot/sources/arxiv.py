"""Asks arXiv, by the one polite gate: a category's feed, papers by id or words, what changed since a day."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.sources import api, feed, oai
from bot.sources.feed import Feed
from bot.sources.oai_records import Record
from bot.sources.polite import Polite
from storage.query import All
from storage.records import Arrival


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where arXiv answers. `feed` is a folder of feeds, RSS or Atom."""

    feed: str = "https://rss.arxiv.org/rss"
    api: str = "https://export.arxiv.org/api/query"
    oai: str = "https://oaipmh.arxiv.org/oai"


class Arxiv:
    """arXiv as the bot sees it. Each call may wait for its turn and for refusals to pass, and may raise Unavailable."""

    def __init__(self, polite: Polite, addresses: Addresses) -> None:
        self.polite, self._at = polite, addresses

    async def feed(self, category: str) -> Feed:
        """The category's announcement of the day. Raises FeedError if arXiv does not know the category."""
        return await self.polite.get(f"{self._at.feed.rstrip('/')}/{category}", read=feed.read)

    async def papers(self, ids: Sequence[str], patience: float | None = None) -> list[Arrival]:
        """The papers of those arXiv ids; unknown ones are left out. `patience`: seconds that a reader waits."""
        found: list[Arrival] = []
        for params in api.by_ids(ids):
            answer = await self.polite.get(self._at.api, params, read=api.read, patience=patience)
            found += answer.arrivals
        wanted = set(ids)
        return [each for each in found if each.paper.id in wanted]

    async def search(self, tree: All, today: date, size: int, patience: float) -> list[Arrival] | None:
        """The best papers of all arXiv for a query in English; None if nothing of it can be asked."""
        params = api.search_params(tree, today, size=size)
        if not params:
            return None
        answer = await self.polite.get(self._at.api, params, read=api.read, patience=patience)
        return list(answer.arrivals)

    async def changed(self, category: str, since: date) -> AsyncIterator[tuple[Record, ...]]:
        """What was added to a category or changed since a day (UTC), page by page."""
        params = oai.params(oai.set_of(category), since)
        while True:
            page = await self.polite.get(self._at.oai, params, read=oai.read)
            yield page.records
            if not page.token:
                return
            params = oai.params(token=page.token)
