"""The day's hard cap: what may still be asked, given what was paid and what is being asked. No I/O, no clock."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from bot.summaries.attempt import Attempt
from bot.summaries.provider import Provider, Usage, cost

MOST_INPUT = 6000  # tokens of a question: the prompt, the glossary and arXiv's longest abstract
CUT_FACTOR = 2  # the writer may double an answer's limit once


class Purse(Protocol):
    """Who is asked before each call, and told of what came of it."""

    async def admits(self, provider: Provider) -> bool:
        """Whether a call may be made."""

    def settle(self, attempt: Attempt) -> None:
        """The call was answered."""

    def release(self, provider: Provider) -> None:
        """The call was broken off: nobody knows what it cost."""


class Unlimited:
    """A purse that nobody counts."""

    async def admits(self, provider: Provider) -> bool:
        """Always."""
        return provider is not None

    def settle(self, attempt: Attempt) -> None:
        """Nothing to do."""

    def release(self, provider: Provider) -> None:
        """Nothing to do."""


def at_most(provider: Provider) -> Decimal:
    """What one call can cost at the most, in yuan."""
    return cost(provider, Usage(input=MOST_INPUT, output=CUT_FACTOR * provider.max_tokens))


class Budget:
    """Yuan of one day over all providers. A call reserves the most it can cost, so that the cap is never passed."""

    def __init__(self, cap: Decimal) -> None:
        self.cap = cap
        self._stored, self._unstored = Decimal(0), Decimal(0)
        self._reserved: dict[str, list[Decimal]] = defaultdict(list)
        self._changed = asyncio.Event()

    @property
    def spent(self) -> Decimal:
        """What was paid today, by this process or another."""
        return self._stored + self._unstored

    def begin(self, stored: Decimal) -> None:
        """What the store says was paid today."""
        self._stored = stored

    async def admits(self, provider: Provider) -> bool:
        """Whether a call may be made; if so the most it can cost is reserved.

        Where only calls under way stand in its way it waits for them: they seldom cost what is reserved.
        """
        price = at_most(provider)
        while price and self.spent + price <= self.cap < self.spent + self._under_way() + price:
            await self._changed.wait()
        if price and self.spent + price > self.cap:
            return False
        self._reserved[provider.name].append(price)
        return True

    def settle(self, attempt: Attempt) -> None:
        """A call was answered: its cost takes the place of what was reserved."""
        self._unstored += attempt.cost
        self._end(attempt.provider)

    def release(self, provider: Provider) -> None:
        """A call was broken off. What it may have cost is taken for paid: the provider may have answered."""
        self._unstored += at_most(provider)
        self._end(provider.name)

    def stored(self, attempts: Iterable[Attempt]) -> None:
        """These calls are in the store now, which `begin` is told of."""
        self._unstored -= sum((each.cost for each in attempts), Decimal(0))

    def _under_way(self) -> Decimal:
        return sum((each for prices in self._reserved.values() for each in prices), Decimal(0))

    def _end(self, provider: str) -> None:
        if self._reserved[provider]:
            self._reserved[provider].pop()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
