"""Has the papers summarised that somebody will read: the best of each subscription first, within the day's budget."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.jobs.amend import LATEST
from bot.jobs.round import Round, Rules
from bot.summaries.attempt import Attempt, Draft, Good, Result
from bot.summaries.budget import Budget
from bot.summaries.provider import Provider
from bot.summaries.tidy import finished
from bot.summaries.writer import Prompt, Writer
from storage import drafts, papers, subscriptions, summaries, tastes
from storage.database import Database, Transaction
from storage.news import posted
from storage.records import AnnounceType, Paper, Subscription, Summary, Taste

log = logging.getLogger(__name__)

AT_ONCE = 100  # papers handed to the writer together
LAST_RANK = 900  # of papers that nobody's subscription would choose, where all are to be summarised
MICRO = Decimal(1_000_000)
# What failed is tried again later: another day's model may do better, and a filter's mind does not change soon.
AGAIN = (timedelta(hours=2), timedelta(hours=12), timedelta(days=30))
UNFIT_AGAIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Policy:
    """Of what is summarised, and what becomes of what the gate does not take."""

    keep_drafts: bool = True
    timezone: str = "UTC"  # whose midnight begins the budget's day
    cut_too: bool = False  # abstracts that their source cut, because there is no arXiv to ask for the whole


async def choose(database: Database, window: timedelta, now: datetime, *, everything: bool = False) -> int:
    """Mark the papers that the active subscriptions would choose, or all that are news; how many they are."""
    round_ = Round(now, Rules(window), {})
    async with database.reading() as tx:
        ranks = await _ranks(tx, round_, everything=everything)
        # What was posted unfinished has readers already.
        ranks |= dict.fromkeys(await drafts.waiting(tx, now - LATEST), 0)
    async with database.transaction() as tx:
        await summaries.want(tx, ranks, now)
    return len(ranks)


class Summariser:
    """The one place that has papers summarised: the job and a reader who waits never pay for the same paper twice."""

    def __init__(
        self,
        database: Database,
        providers: Sequence[Provider],
        writer: tuple[Writer, Prompt, Budget],
        policy: Policy,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._providers, self._policy, self._now = database, providers, policy, now
        self._writer, self._prompt, self._budget = writer
        self._writing: dict[str, asyncio.Task[str]] = {}

    async def run(self, limit: int | None = None, told: Callable[[str], None] = lambda _: None) -> Counter[str]:
        """Summarise what is wanted, best first; how many papers ended how. `told` is called after each."""
        ended: Counter[str] = Counter()
        tried: set[str] = set()
        while limit is None or len(tried) < limit:
            async with self._database.reading() as tx:
                waiting = await summaries.unsummarised(
                    tx, self._now(), AT_ONCE + len(tried), cut_too=self._policy.cut_too
                )
            batch = [each for each in waiting if each.id not in tried][
                : AT_ONCE if limit is None else limit - len(tried)
            ]
            if not batch:
                break
            tried |= {each.id for each in batch}
            for done in asyncio.as_completed([self._one(each) for each in batch]):
                outcome = await done
                ended[outcome] += 1
                told(outcome)
            if ended["later"]:
                break  # no provider, or no money: the next run begins with the best again
        return ended

    async def one(self, paper_id: str) -> bool:
        """Summarise a paper that a reader waits for; whether there is a good summary now."""
        async with self._database.reading() as tx:
            found = await papers.get(tx, [paper_id])
        if not found or found[0].is_summarised:
            return bool(found)
        return await self._one(found[0].paper) == "good"

    async def stop(self) -> None:
        """Break off what is being written: its paper is asked about again at the next start."""
        writing = list(self._writing.values())
        for each in writing:
            each.cancel()
        await asyncio.gather(*writing, return_exceptions=True)

    def resting(self) -> dict[str, str]:
        """The providers that are not asked at present, and why."""
        return self._writer.resting()

    def closed(self) -> dict[str, str]:
        """The providers that serve nobody: no key, no money, no such model."""
        return self._writer.closed()

    async def _one(self, paper: Paper) -> str:
        writing = self._writing.get(paper.id)
        if writing is None:
            writing = self._writing[paper.id] = asyncio.create_task(self._write(paper))
            writing.add_done_callback(lambda _: self._writing.pop(paper.id, None))
        return await asyncio.shield(writing)

    async def _write(self, paper: Paper) -> str:
        """Have it written, and store what came of it: good, draft or later."""
        try:
            return await self._written(paper)
        except Exception:
            # One odd paper must not keep the others from being summarised, nor be asked about for ever.
            log.exception("%s cannot be summarised; again in %s", paper.id, AGAIN[0])
            async with self._database.transaction() as tx:
                await summaries.failed(tx, paper.id, self._now() + AGAIN[0], self._now())
            return "draft"

    async def _written(self, paper: Paper) -> str:
        if known := await self._known(paper):
            await self._store(Good(known, ()), paper)
            return "good"
        await self._count()
        result = await self._writer.write(paper)
        await self._store(result, paper)
        return type(result).__name__.lower()

    async def _known(self, paper: Paper) -> Summary | None:
        """What a model once wrote for the same text, such as a version before this one."""
        async with self._database.reading() as tx:
            for provider in self._providers:
                if answer := await summaries.answered(tx, paper, provider.model, self._prompt.VERSION):
                    return finished(_summary(paper, answer, provider.model, self._prompt.VERSION), paper)
        return None

    async def _count(self) -> None:
        """Tell the budget what was paid today: another process may have paid, too."""
        zone = ZoneInfo(self._policy.timezone)
        midnight = datetime.combine(self._now().astimezone(zone).date(), time(), tzinfo=zone)
        async with self._database.reading() as tx:
            spent = await summaries.spent(tx, midnight)
        self._budget.begin(sum((each.cost_micro for each in spent.values()), 0) / MICRO)

    async def _store(self, result: Result, paper: Paper) -> None:
        now = self._now()
        async with self._database.transaction() as tx:
            await summaries.record(tx, [_stored(each, paper) for each in result.attempts], now)
            if isinstance(result, Good):
                await summaries.add(tx, result.summary, now)
            elif isinstance(result, Draft):
                await self._store_failure(tx, result, paper, now)
        await self._count()
        self._budget.stored(result.attempts)  # after it is counted: for a moment too much is taken for paid

    async def _store_failure(self, tx: Transaction, result: Draft, paper: Paper, now: datetime) -> None:
        if result.summary and self._policy.keep_drafts:
            await summaries.add(tx, result.summary, now)
        unfit = any(each.outcome == "unfit" for each in result.attempts)
        failures = await summaries.failures(tx, paper.id)
        pause = UNFIT_AGAIN if unfit else AGAIN[min(failures, len(AGAIN) - 1)]
        await summaries.failed(tx, paper.id, now + pause, now)
        findings = "; ".join(dict.fromkeys(text for each in result.attempts for text in each.findings))
        log.warning("no good summary of %s, again in %s: %s", paper.id, pause, findings or "it has no abstract")


async def _ranks(tx: Transaction, round_: Round, *, everything: bool) -> dict[str, int]:
    """The papers that subscriptions would choose now, each at its best place in any of them."""
    news, ranks = await round_.news(tx), dict[str, int]()
    if everything:
        ranks = dict.fromkeys(news.newest(news.announced((AnnounceType.NEW, AnnounceType.CROSS)), len(news)), LAST_RANK)
    active = await subscriptions.active(tx)
    liked = await tastes.of(tx, {each.chat_id for each in active})
    for left, subscription, taste in await _asked_for(tx, round_, active, liked):
        query = (await round_.asked(tx, subscription.query)).query
        best = await round_.best(tx, left, query, taste, subscription.max_papers)
        for place, paper_id in enumerate(best[: subscription.max_papers]):
            ranks[paper_id] = min(place, ranks.get(paper_id, LAST_RANK))
        await asyncio.sleep(0)
    return ranks


async def _asked_for(
    tx: Transaction, round_: Round, active: Sequence[Subscription], liked: Mapping[int, Taste]
) -> list[tuple[int, Subscription, Taste | None]]:
    """What the subscriptions may be sent, those that would choose the same from it only once."""
    wanted: dict[tuple[str, frozenset[AnnounceType]], int] = {}
    union = 0
    for each in active:
        if (key := (each.query, each.kinds)) not in wanted:
            wanted[key] = await round_.wanted(tx, each)
            union |= wanted[key]
    known = await round_.news(tx)
    sent = await posted(tx, {each.chat_id for each in active}, known, union)
    found: dict[tuple[str, int, int, int], tuple[int, Subscription, Taste | None]] = {}
    for each in active:
        left = wanted[each.query, each.kinds] & ~sent.get(each.chat_id, 0)
        taste = liked.get(each.chat_id)
        found[each.query, left, each.max_papers, each.chat_id if taste else 0] = (left, each, taste)
    return [*found.values()]


def _summary(paper: Paper, answer: Mapping[str, str], model: str, prompt: str) -> Summary:
    return Summary(
        paper.id,
        paper.version,
        title_zh=answer.get("title_zh", ""),
        tldr_zh=answer.get("tldr_zh", ""),
        abstract_zh=answer.get("abstract_zh", ""),
        tldr_en=answer.get("tldr_en", ""),
        model=model,
        prompt=prompt,
    )


def _stored(attempt: Attempt, paper: Paper) -> summaries.Attempt:
    usage = attempt.usage
    return summaries.Attempt(
        paper=paper,
        provider=attempt.provider,
        model=attempt.model,
        prompt=attempt.prompt_version,
        outcome=attempt.outcome,
        served_model=attempt.served_model,
        findings=tuple(filter(None, attempt.findings)),
        answer=attempt.answer or {},
        tokens=(usage.input, usage.cached, usage.output),
        cost_micro=int(attempt.cost * MICRO),
    )
