"""Has a paper's summary written: providers in their order, the gate's verdict on each answer, one bound on it all.

Each question is an Attempt, whatever came of it: the caller stores them, they are the day's account.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.summaries.attempt import Attempt, Draft, Good, Later, Result
from bot.summaries.budget import Purse, Unlimited
from bot.summaries.draft import showable
from bot.summaries.judgement import Judgement, Verdict
from bot.summaries.outcome import NOTHING, Busy, Garbled, NoAccount, NotTaken, Outcome, Unfit, Written
from bot.summaries.provider import Provider, cost
from bot.summaries.standing import Standing
from storage.records import Paper, Summary

DEADLINE = 600.0  # seconds for one paper, waits included
LONGEST_PAUSE = 60.0  # seconds
FIRST_PAUSE = 1.0  # seconds
GROWTH = 4  # of the pauses: 1, 4, 16 s
MOST_TRIES = 4  # calls that meet a busy provider
MOST_ANSWERS = 2  # of one provider for one paper
MOST_UNFIT = 2  # providers that refuse the text itself
CUT_FACTOR = 2  # for the tokens of an answer that was cut

_GARBLED = "It could not be used: {}. Answer with the JSON object alone, every field filled."


class Asks(Protocol):
    """What the writer needs of a client."""

    async def ask(
        self,
        provider: Provider,
        messages: Sequence[dict[str, str]],
        schema: dict[str, Any],
        *,
        max_tokens: int | None = None,
        within: float | None = None,
    ) -> Outcome:
        """Ask one question."""


class Prompt(Protocol):
    """What is asked: bot.summaries.prompt is one."""

    VERSION: str
    SCHEMA: dict[str, Any]

    def messages(self, paper: Paper, complaint: str = "") -> list[dict[str, str]]:
        """The question about one paper; `complaint` says what was wrong with the last answer."""


@dataclass(slots=True)
class _Work:
    """One paper being written."""

    paper: Paper
    deadline: float
    attempts: list[Attempt] = field(default_factory=list)
    good: Summary | None = None
    draft: Summary | None = None
    faults: int = 0  # of the draft
    unfit: int = 0

    def result(self, missed: Sequence[str], closed: Sequence[str], heard: int) -> Result:
        """What it comes to. `missed` providers may be asked later, `closed` ones cannot, `heard` ones answered."""
        attempts = tuple(self.attempts)
        if self.good:
            return Good(self.good, attempts)
        if self.unfit >= MOST_UNFIT or (heard and not missed):
            return Draft(self.draft, attempts)
        return Later("; ".join([*missed, *closed]) or "No provider is configured", attempts, self.draft)


class _Unserved(Exception):
    """A provider could not be asked, or gave no answer; its text is the reason."""


class _Closed(_Unserved):
    """It serves nobody."""


class Writer:
    """Writes summaries with one client. Any number of papers may be written at once: they wait for their turn."""

    def __init__(
        self,
        client: Asks,
        providers: Sequence[Provider],
        judge: Callable[[Summary, Paper], Judgement],
        prompt: Prompt,
        *,
        purse: Purse | None = None,
        tidy: Callable[[Summary, Paper], Summary] = lambda summary, _: summary,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self._client = client
        self._providers = tuple(providers)
        self._judge = judge
        self._prompt = prompt
        self._purse = purse or Unlimited()
        self._tidy = tidy
        self._clock = clock
        self._sleep = sleep
        self._chance = chance or random.Random()  # noqa: S311  # spreads waits, guards nothing
        self._standing = {each.name: Standing() for each in self._providers}
        # A paper's deadline runs from its turn on, not while it queues behind a thousand others. There are more turns
        # than places with the providers, so that a place that becomes free is taken while the gate still judges.
        self._turns = asyncio.Semaphore(max(2 * sum(each.concurrency for each in self._providers), 1))
        self._judging = asyncio.Lock()

    def resting(self) -> dict[str, str]:
        """The providers that are not asked at present, and why: for the operator."""
        now = self._clock()
        return {name: each.reason for name, each in self._standing.items() if each.rests(now)}

    def closed(self) -> dict[str, str]:
        """The providers that serve nobody, and why: no key, no balance, no such model."""
        now = self._clock()
        return {name: each.reason for name, each in self._standing.items() if each.no_account and each.rests(now)}

    async def write(self, paper: Paper) -> Result:
        """Have one paper's summary written. Raises nothing but what the judge raises, or when cancelled."""
        if not paper.abstract.strip():
            return Draft(None, ())
        async with self._turns:
            work = _Work(paper, self._clock() + DEADLINE)
            missed: list[str] = []
            closed: list[str] = []
            heard = 0
            for provider in self._providers:
                try:
                    await self._ask(provider, work)
                    heard += 1
                except _Closed as why:
                    closed.append(f"{provider.name}: {why}")
                except _Unserved as why:
                    missed.append(f"{provider.name}: {why}")
                if work.good or work.unfit >= MOST_UNFIT:
                    break
            return work.result(missed, closed, heard)

    async def _ask(self, provider: Provider, work: _Work) -> None:
        """Ask one provider for up to two answers. Raises _Unserved where it gives none."""
        complaint, max_tokens = "", provider.max_tokens
        for left in reversed(range(MOST_ANSWERS)):
            outcome = await self._answer(provider, work, complaint, max_tokens)
            if isinstance(outcome, Unfit):
                work.unfit += 1
                return
            if isinstance(outcome, Written):
                complaint = await self._judged(provider, work, outcome)
                if work.good and not complaint:
                    return
            elif outcome.cut:
                max_tokens *= CUT_FACTOR
            else:
                complaint = _GARBLED.format(outcome.reason)
            if not left and isinstance(outcome, Garbled):
                self._standing[provider.name].failed(self._clock(), outcome.reason)

    async def _answer(
        self, provider: Provider, work: _Work, complaint: str, max_tokens: int
    ) -> Written | Garbled | Unfit:
        """One answer, waited for while the provider is busy. Raises _Unserved."""
        standing = self._standing[provider.name]
        messages = self._prompt.messages(work.paper, complaint)
        reason = ""
        for tried in range(MOST_TRIES):
            await self._check(provider, standing, work)
            within = work.deadline - self._clock()
            try:
                outcome = await self._client.ask(
                    provider, messages, self._prompt.SCHEMA, max_tokens=max_tokens, within=within
                )
            except BaseException:
                self._purse.release(provider)
                raise
            if isinstance(outcome, Written):
                standing.served()
                return outcome
            self._note(provider, work, outcome)
            if isinstance(outcome, Garbled | Unfit):
                return outcome
            reason = outcome.reason
            pause = self._pause(outcome, standing, tried)
            if pause is None or self._clock() + pause >= work.deadline:
                break
            await self._sleep(pause)
        standing.failed(self._clock(), reason)
        raise _Unserved(reason)

    def _pause(self, outcome: NoAccount | Busy | NotTaken, standing: Standing, tried: int) -> float | None:
        """Seconds until it is asked again for this paper, None if not at all. Raises _Unserved where it now rests."""
        if isinstance(outcome, NoAccount):
            standing.closed(self._clock(), outcome.reason)
            raise _Closed(outcome.reason)
        if isinstance(outcome, NotTaken) or tried + 1 >= MOST_TRIES:
            return None
        jitter = self._chance.uniform(0, min(FIRST_PAUSE * GROWTH**tried, LONGEST_PAUSE))
        if outcome.seconds is None:
            return jitter
        if outcome.seconds > LONGEST_PAUSE:
            standing.asked_to_wait(self._clock(), outcome.seconds, outcome.reason)
            raise _Unserved(outcome.reason)
        # A little more than was told, so that not all come back at the same moment.
        return outcome.seconds + min(jitter, max(outcome.seconds, FIRST_PAUSE))

    async def _check(self, provider: Provider, standing: Standing, work: _Work) -> None:
        now = self._clock()
        if standing.rests(now):
            raise (_Closed if standing.no_account else _Unserved)(f"rests ({standing.reason})")
        if now >= work.deadline:
            raise _Unserved("the paper's time is up")
        if not await self._purse.admits(provider):
            raise _Unserved("the day's budget is spent")

    async def _judged(self, provider: Provider, work: _Work, written: Written) -> str:
        """Have the gate judge an answer; what to complain of, or to wish for where it is good."""
        paper = work.paper
        text = written.fields.get
        summary = Summary(
            paper_id=paper.id,
            version=paper.version,
            title_zh=text("title_zh", ""),
            tldr_zh=text("tldr_zh", ""),
            abstract_zh=text("abstract_zh", ""),
            tldr_en=text("tldr_en", ""),
            model=written.model or provider.model,
            prompt=self._prompt.VERSION,
        )
        summary = self._tidy(summary, paper)
        async with self._judging:  # in a thread: with sentence vectors it takes 0.2 s, and the bot is to answer
            judgement = await asyncio.to_thread(self._judge, summary, paper)
        self._note(provider, work, written, judgement)
        if judgement.verdict is Verdict.OK:
            if work.good is None or not judgement.wish:
                work.good = summary
            return judgement.wish
        if draft := showable(summary, judgement):
            faults = sum(each.verdict is not Verdict.OK for each in judgement.findings)
            if work.draft is None or faults < work.faults:
                work.draft, work.faults = draft, faults
        return judgement.complaint

    def _note(self, provider: Provider, work: _Work, outcome: Outcome, judgement: Judgement | None = None) -> None:
        usage = getattr(outcome, "usage", NOTHING)
        attempt = Attempt(
            provider=provider.name,
            model=provider.model,
            served_model=getattr(outcome, "model", ""),
            prompt_version=self._prompt.VERSION,
            paper_id=work.paper.id,
            paper_version=work.paper.version,
            outcome=_name(outcome),
            findings=(getattr(outcome, "reason", ""),),
            usage=usage,
            cost=cost(provider, usage),
        )
        if isinstance(outcome, Written) and judgement:
            attempt = replace(
                attempt,
                outcome=_VERDICTS[judgement.verdict],
                findings=tuple(map(str, judgement.findings)),
                answer=outcome.fields,
            )
        work.attempts.append(attempt)
        self._purse.settle(attempt)


_VERDICTS = {Verdict.OK: "good", Verdict.RETRY: "retry", Verdict.REJECT: "reject"}


def _name(outcome: Outcome) -> str:
    match outcome:
        case Garbled():
            return "cut" if outcome.cut else "garbled"
        case Unfit():
            return "unfit"
        case NoAccount():
            return "no_account"
        case Busy():
            return "busy"
        case NotTaken():
            return "not_taken"
        case Written():
            return "good"
