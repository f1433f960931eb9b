"""`papergram check`: configuration, Telegram, arXiv and the models, each tried once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.config import Settings
from bot.delivery import rights
from bot.errors import OperatorMistake, Unavailable
from bot.newsroom import newsroom, providers
from bot.opening import opened
from bot.sources.arxiv import Arxiv
from bot.sources.polite import Pace, Rejected
from bot.sources.reading import Declined
from bot.summaries import prompt
from bot.summaries.client import Client
from bot.summaries.outcome import Written
from bot.summaries.provider import Provider
from storage import chats
from storage.database import Database
from storage.records import Paper

# One sentence: what every model must be able to do, for a few hundred tokens.
SENTENCE = Paper(
    id="0704.0001",
    version=1,
    title="Check-Net: A Test of the Connection",
    abstract="We present Check-Net, a model of 3 layers that reaches 90% accuracy on a test set of 1,000 images.",
)
TRIED_TWICE = Pace(pauses=(3.0,))  # a check tells of a refusal, it does not wait for its end


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `advice` says what to do; empty: it is well."""

    name: str
    advice: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it is well."""
        return not self.advice

    def __str__(self) -> str:
        return f"ok    {self.name}" if self.is_ok else f"FAIL  {self.name}: {self.advice}"


async def checks(settings: Settings) -> AsyncIterator[Check]:
    """Everything that the bot needs, in the order in which it needs it."""
    yield Check("configuration")
    try:
        async with opened(settings.storage.url) as database, newsroom(settings, database, pace=TRIED_TWICE) as news:
            yield Check(f"database {settings.storage.url}")
            async for each in _telegram(settings, database):
                yield each
            if news.arxiv is None:
                yield Check("arXiv is switched off")
            else:
                yield await _arxiv(news.arxiv, await news.categories())
            if news.client is None:
                yield Check("no model is configured: summaries come from other publishers, or are not translated")
            else:
                for provider in providers(settings):
                    yield await _model(news.client, provider)
    except OperatorMistake as mistake:
        yield Check("database", str(mistake))


async def _telegram(settings: Settings, database: Database) -> AsyncIterator[Check]:
    if not settings.telegram.secret:
        yield Check("token", "None is set: put it into PAPERGRAM_TELEGRAM__TOKEN or telegram.token_file.")
        return
    async with database.reading() as tx:
        posted_to = await chats.subscribed(tx)
    async for name, advice in rights.examine(settings.telegram.secret, settings.telegram.base_url, posted_to):
        yield Check(name, advice)


async def _arxiv(arxiv: Arxiv, categories: list[str]) -> Check:
    category = categories[0] if categories else "cs.LG"
    try:
        feed = await arxiv.feed(category)
    except Unavailable as error:
        return Check("arXiv", f"It cannot be reached now: {error}.")
    except (Rejected, Declined) as error:
        return Check("arXiv", f"It refuses the feed of {category}: {error}.")
    return Check(f"arXiv: {len(feed.arrivals)} papers in the feed of {category}")


async def _model(client: Client, provider: Provider) -> Check:
    outcome = await client.ask(provider, prompt.messages(SENTENCE), prompt.SCHEMA, within=60)
    if isinstance(outcome, Written):
        return Check(f"model {provider.name} ({outcome.model or provider.model}): {outcome.fields['tldr_zh']}")
    return Check(f"model {provider.name}", f"{outcome.reason}.".replace("..", "."))
