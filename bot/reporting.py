"""What the commands `fetch`, `summarise`, `digest` and `status` do, and what they print."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.config import Settings
from bot.errors import OperatorMistake
from bot.jobs.complete import PATIENCE
from bot.jobs.prepare import preview
from bot.messages.size import plain
from bot.newsroom import newsroom
from bot.opening import existing, opened
from bot.status import Status
from storage import feeds, subscriptions, summaries
from storage.records import Look, Outcome

Told = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True, slots=True)
class Fetched:
    """What each source gave."""

    looks: tuple[Look, ...]
    found: dict[str, int]
    caught_up: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether a source refused."""
        return any(look.outcome == Outcome.REFUSED for look in self.looks)

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        sources = [
            {"name": each.name, "outcome": each.outcome, "new": self.found.get(each.name, 0), "reason": each.reason}
            for each in self.looks
        ]
        return {"sources": sources, "caught_up": self.caught_up}

    def as_text(self) -> str:
        """A line a source."""
        lines = [
            f"{each.name:<12} {each.outcome:<8} {self.found.get(each.name, 0):>5} new  {each.reason}"
            for each in self.looks
        ]
        if self.caught_up:
            lines.append(f"{'caught up':<12} {'':<8} {self.caught_up:>5} new")
        return "\n".join(line.rstrip() for line in lines) or "There is nothing to fetch from."


async def fetch(settings: Settings, chosen: list[str], days: int, told: Told) -> Fetched:
    """Look at the sources at once: these categories, or all that are configured or subscribed to.

    `days`: also what was announced so many days back. Raises OperatorMistake.
    """
    async with opened(settings.storage.url) as database, newsroom(settings, database) as news:
        if chosen and news.arxiv is None:
            raise OperatorMistake("arXiv is switched off: set arxiv.enabled.")
        categories = chosen or await news.categories()
        found: dict[str, int] = {}
        for number, category in enumerate(categories):
            told(number, len(categories))
            found[category] = await news.collect_now([category])
            if days:
                await news.miss(category, days)
        caught_up = await news.catch_up(days) if days else 0
        if not chosen:
            await news.collect_elsewhere()
        told(len(categories), len(categories))
        async with database.reading() as tx:
            looks = await feeds.looks(tx)
        names = categories if chosen else [*categories, *(each for each in looks if each not in categories)]
        return Fetched(tuple(looks[each] for each in names if each in looks), found, caught_up)


async def summarise(settings: Settings, limit: int | None, told: Told) -> Counter[str]:
    """Have papers summarised that somebody will read; how many ended how. Raises OperatorMistake."""
    async with opened(settings.storage.url) as database, newsroom(settings, database) as news:
        if news.summariser is None:
            raise OperatorMistake("No model is configured: see [[summaries.providers]] in config.example.toml.")
        await news.choose()
        await news.complete(PATIENCE)  # whole abstracts of papers whose source cut them
        async with database.reading() as tx:
            cut_too = news.arxiv is None
            waiting = len(await summaries.unsummarised(tx, news.now(), limit or 100_000, cut_too=cut_too))
        done = Counter[str]()

        def count(outcome: str) -> None:
            done[outcome] += 1
            told(done.total(), waiting)

        with news.alone() as alone:
            if not alone:
                raise OperatorMistake("The running bot, or another command, is summarising on this database already.")
            return await news.summariser.run(limit, count)


async def digest(settings: Settings, chat_id: int, *, dry_run: bool) -> list[str]:
    """The messages that a chat's subscriptions would be sent now; without `dry_run` the running bot sends them."""
    async with existing(settings.storage.url) as database, newsroom(settings, database) as news:
        async with database.reading() as tx:
            found = await subscriptions.of_chat(tx, chat_id)
        if not found:
            raise OperatorMistake(f"Chat {chat_id} has no subscription.")
        if not dry_run:
            async with database.transaction() as tx:
                await subscriptions.request(tx, [each.id for each in found], news.now())
            return []
        parts = [part for each in found for part in await preview(database, each.id, news.now(), news.rules)]
        return [plain(part.message.text) for part in parts]


async def status(settings: Settings) -> Status:
    """The state of everything."""
    async with existing(settings.storage.url) as database, newsroom(settings, database) as news:
        return await news.status()
