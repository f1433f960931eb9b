"""The day's hard cap: what may still be asked, given what was paid and what is being asked. No I/O, no clock."""

from collections import defaultdict
from decimal import Decimal

from bot.summaries.attempt import Attempt
from bot.summaries.provider import Provider, Usage, cost

MOST_INPUT = 6000  # tokens of a question: the prompt, the glossary and arXiv's longest abstract
CUT_FACTOR = 2  # the writer may double an answer's limit once


def at_most(provider: Provider) -> Decimal:
    """What one call can cost at the most, in yuan."""
    return cost(provider, Usage(input=MOST_INPUT, output=CUT_FACTOR * provider.max_tokens))


class Budget:
    """Yuan of one day over all providers. A call reserves the most it can cost, so that the cap is never passed."""

    def __init__(self, cap: Decimal, spent: Decimal = Decimal(0)) -> None:
        self.cap, self.spent = cap, spent
        self._reserved: dict[str, list[Decimal]] = defaultdict(list)

    def begin_day(self, spent: Decimal) -> None:
        """Another day: what was paid in it so far."""
        self.spent = spent

    def allows(self, provider: Provider) -> bool:
        """Whether a call may be made; if so its cost is reserved until `settle`."""
        price = at_most(provider)
        reserved = sum((each for prices in self._reserved.values() for each in prices), Decimal(0))
        if price and self.spent + reserved + price > self.cap:
            return False
        self._reserved[provider.name].append(price)
        return True

    def settle(self, attempt: Attempt) -> None:
        """A call was answered: its cost takes the place of what was reserved."""
        if self._reserved[attempt.provider]:
            self._reserved[attempt.provider].pop()
        self.spent += attempt.cost
