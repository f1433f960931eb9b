"""What fetches and what writes, opened from the settings: for the running bot and for the commands on the terminal."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx

from bot.config import Provider as ProviderSettings
from bot.config import Settings
from bot.digests import calendar
from bot.jobs import amend, catch_up, collect, complete, prepare, summarise
from bot.jobs.prepare import Rules
from bot.jobs.summarise import Policy, Summariser
from bot.only_one import only_one
from bot.papers.asked import parse
from bot.sources import polite
from bot.sources.arxiv import Addresses, Arxiv
from bot.sources.polite import Pace, Polite
from bot.sources.web import Web
from bot.status import Status
from bot.summaries import faithful, prompt, similarity
from bot.summaries.budget import Budget
from bot.summaries.client import Client
from bot.summaries.provider import Provider
from bot.summaries.tidy import finished
from bot.summaries.writer import Writer
from storage import overview
from storage.database import Database

SUMMARISING = ".summaries"  # beside the database: held by the process that has them written
LOCK = ".arxiv"  # beside the database: what spaces the requests of all processes of this machine


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """All between the sources and the store. `arxiv` is None where it is switched off, `summariser` without a model."""

    settings: Settings
    database: Database
    web: Web
    arxiv: Arxiv | None = None
    summariser: Summariser | None = None
    client: Client | None = None
    now: Callable[[], datetime] = field(default=_now)
    # What a chat has been sent is read first and written later: digests are prepared one after the other.
    preparing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rules(self) -> Rules:
        """How digests are prepared."""
        wait = timedelta(hours=self.settings.summaries.wait_hours) if self.summariser else None
        return Rules(timedelta(days=self.settings.digest.window_days), wait)

    async def categories(self) -> list[str]:
        """The categories whose feeds are read."""
        return await collect.categories(self.database, self.settings.arxiv.categories) if self.arxiv else []

    async def collect(self) -> int:
        """Look at the feeds that it is time to look at; how many papers were new."""
        if self.arxiv is None:
            return 0
        return await collect.collect_due(self.database, self.arxiv, self.settings.arxiv.categories, self.now())

    async def collect_now(self, categories: list[str]) -> int:
        """Look at these categories' feeds at once."""
        return await collect.collect(self.database, self.arxiv, categories, self.now()) if self.arxiv else 0

    async def collect_elsewhere(self) -> int:
        """Hugging Face's daily papers and other publishers' digests."""
        found = 0
        if self.settings.hugging_face.enabled:
            found += await collect.hugging_face(self.database, self.web, self.settings.hugging_face.url, self.now())
        for url in self.settings.publishers.urls:
            found += await collect.publisher(self.database, self.web, url, self.now())
        return found

    async def catch_up(self, days: int | None = None) -> int:
        """Fetch what was announced while nobody looked, going back so many days or as many as are configured."""
        days = self.settings.arxiv.catch_up_days if days is None else days
        return await catch_up.catch_up(self.database, self.arxiv, self.now(), days) if self.arxiv and days else 0

    async def miss(self, category: str, days: int) -> None:
        """Take a category's last days for missed, so that `catch_up` fetches them."""
        since = calendar.arxiv_day(self.now() - timedelta(days=days))
        async with self.database.transaction() as tx:
            await collect.open_gap(tx, category, since)

    async def summarise(self) -> None:
        """Mark the papers that somebody will read, and have them summarised if there is a model."""
        await self.choose()
        if self.summariser:
            with self.alone() as alone:
                if alone:
                    await self.summariser.run()

    async def complete(self, patience: float | None = None) -> int:
        """Fetch what the feeds leave out of those papers; how many. `patience`: seconds that somebody waits for it."""
        return await complete.complete(self.database, self.arxiv, self.now(), patience) if self.arxiv else 0

    def alone(self) -> AbstractContextManager[bool]:
        """Whether no other process summarises the papers of this database, while the block runs."""
        return only_one(self.database.beside(SUMMARISING))

    async def choose(self) -> int:
        """Mark the papers that somebody will read; how many they are."""
        everything = self.settings.summaries.all
        return await summarise.choose(self.database, self.rules.window, self.now(), everything=everything)

    @property
    def summarises(self) -> bool:
        """Whether there is a model."""
        return self.summariser is not None

    @property
    def reaches_arxiv(self) -> bool:
        """Whether arXiv may be asked."""
        return self.arxiv is not None

    async def look_up(self, ids: Sequence[str]) -> list[str]:
        """Fetch papers that are not stored from arXiv; the ids of those that it knows. Raises Unavailable."""
        if self.arxiv is None:
            return []
        found = await complete.look_up(self.database, self.arxiv, ids, self.now())
        return [each.paper.id for each in found]

    async def search(self, text: str) -> list[str]:
        """Fetch what all of arXiv has for a query, best first; the papers' ids. Raises Unavailable and UserMistake."""
        return await complete.search(self.database, self.arxiv, parse(text), self.now()) if self.arxiv else []

    async def summarise_one(self, paper_id: str) -> bool:
        """Have a paper summarised; whether there is a good summary now."""
        return self.summariser is not None and await self.summariser.one(paper_id)

    async def status(self) -> Status:
        """The state of everything."""
        zone = ZoneInfo(self.settings.digest.timezone)
        midnight = datetime.combine(self.now().astimezone(zone).date(), time(), tzinfo=zone)
        async with self.database.reading() as tx:
            stored = await overview.overview(tx, self.now(), midnight)
        resting = self.summariser.resting() if self.summariser else {}
        return Status(stored, self.settings.summaries.yuan_per_day, resting)

    async def prepare(self) -> int:
        """Prepare the digests that are due."""
        async with self.preparing:
            return await prepare.prepare(self.database, self.now(), self.rules)

    async def amend(self) -> int:
        """Queue the edits of posts that can be put right; how many."""
        queued = await amend.amend(self.database, self.now())
        if self.settings.delivery.new_versions == "edit":
            queued += await amend.renew(self.database, self.now(), self.rules.wait)
        return queued

    async def prepare_announced(self) -> int:
        """Prepare the digests that waited for an announcement."""
        async with self.preparing:
            return await prepare.prepare_announced(self.database, self.now(), self.rules)


@asynccontextmanager
async def newsroom(
    settings: Settings, database: Database, *, pace: Pace | None = None, now: Callable[[], datetime] = _now
) -> AsyncIterator[Newsroom]:
    """The newsroom on an open database; `pace` is arXiv's, but for a fake one."""
    async with AsyncExitStack() as stack:
        agent = polite.user_agent(settings.arxiv.contact)
        web = Web(await stack.enter_async_context(httpx.AsyncClient(timeout=30)), agent)
        arxiv = None
        if settings.arxiv.enabled:
            http = await stack.enter_async_context(polite.client())
            lock = database.beside(LOCK)
            at = Addresses(settings.arxiv.feed_url, settings.arxiv.api_url, settings.arxiv.oai_url)
            arxiv = Arxiv(Polite(http, agent, lock=lock, pace=pace), at)
        if not settings.summaries.providers:
            yield Newsroom(settings, database, web, arxiv, now=now)
            return
        client = await stack.enter_async_context(Client())
        summariser = _summariser(settings, database, client, now)
        stack.push_async_callback(summariser.stop)
        yield Newsroom(settings, database, web, arxiv, summariser, client, now)


def providers(settings: Settings) -> list[Provider]:
    """The models, in their order."""
    return [_provider(each) for each in settings.summaries.providers]


def _summariser(settings: Settings, database: Database, client: Client, now: Callable[[], datetime]) -> Summariser:
    models, budget = providers(settings), Budget(settings.summaries.yuan_per_day)
    judge = partial(faithful.judge, examples=prompt.examples(), similarity=similarity.load())
    writer = Writer(client, models, judge, prompt, purse=budget, tidy=finished)
    policy = Policy(
        keep_drafts=settings.summaries.on_failure == "draft",
        timezone=settings.digest.timezone,
        cut_too=not settings.arxiv.enabled,
    )
    return Summariser(database, models, (writer, prompt, budget), policy, now)


def _provider(settings: ProviderSettings) -> Provider:
    values = {name: getattr(settings, name) for name in type(settings).model_fields if name not in {"key", "key_file"}}
    return Provider(key=settings.secret, **values)
