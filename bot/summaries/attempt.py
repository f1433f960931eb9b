"""What came of asking models about one paper: each question as it is stored, and the result. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from bot.summaries.outcome import NOTHING
from bot.summaries.provider import Usage
from storage.records import Summary


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call. `outcome`: good, retry, reject, garbled, cut, unfit, no_account, busy or not_taken."""

    provider: str
    model: str  # as it was asked for
    served_model: str  # as the answer calls it; names that move show here
    prompt_version: str
    paper_id: str
    paper_version: int | None
    outcome: str
    findings: tuple[str, ...] = ()  # the gate's, or the one reason of an outcome without an answer
    usage: Usage = NOTHING
    cost: Decimal = Decimal(0)  # yuan
    answer: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """A summary that passed the gate."""

    summary: Summary
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """No provider has a better one: the least faulty that may be shown as a machine's draft, or None."""

    summary: Summary | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """Not all providers could be asked: it is worth trying again. `draft` is the best so far."""

    reason: str
    attempts: tuple[Attempt, ...]
    draft: Summary | None = None


Result = Good | Draft | Later
