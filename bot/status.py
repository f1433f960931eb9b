"""The state of everything, as an operator sees it on the terminal. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from storage.records import Day, Look, Overview

MESSAGES_PER_STAR = 10  # https://core.telegram.org/bots/api#paid-broadcasts
_COUNTS = ("announced", "new", "cross", "replaced", "wanted", "summarised", "failed", "waiting", "posted")


@dataclass(frozen=True, slots=True)
class Status:
    """What is stored, beside what the configuration and the running program know."""

    stored: Overview
    yuan_per_day: Decimal = Decimal(0)
    resting: Mapping[str, str] = field(default_factory=dict)  # provider -> why it is not asked at present

    @property
    def yuan(self) -> Decimal:
        """What the models cost since midnight."""
        return Decimal(sum(each.cost_micro for each in self.stored.spent)) / 1_000_000

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        stored = self.stored
        return {
            "alive": stored.alive or None,
            "papers": stored.papers,
            "subscriptions": stored.subscriptions,
            "feeds": [_look(each) for each in stored.looks],
            "days": [_day(each) for each in stored.days],
            "outbox": stored.outbox,
            "unanswered_today": stored.doubts,
            "stars_today": stored.paid / MESSAGES_PER_STAR,
            "yuan": float(self.yuan),
            "yuan_per_day": float(self.yuan_per_day),
            "providers": [{**asdict(each), "yuan": each.cost_micro / 1_000_000} for each in stored.spent],
            "resting": dict(self.resting),
            "alarms": stored.alarms,
        }

    def as_text(self) -> str:
        """Lines for the terminal."""
        return "\n".join(_lines(self))


def _lines(shown: Status) -> Iterator[str]:
    stored = shown.stored
    yield f"bot            {'last seen ' + stored.alive if stored.alive else 'never ran on this database'}"
    yield f"papers         {stored.papers}"
    yield f"subscriptions  {stored.subscriptions}"
    yield f"outbox         {', '.join(f'{number} {state}' for state, number in stored.outbox.items()) or 'empty'}"
    if stored.doubts:
        told = ", ".join(f"{number} now {state}" for state, number in stored.doubts.items())
        yield f"no answer      {sum(stored.doubts.values())} sends since yesterday: {told}"
    if stored.paid:
        yield f"Stars today    {stored.paid / MESSAGES_PER_STAR:g} for {stored.paid} messages above the free limit"
    yield f"spent today    {shown.yuan:.2f} of {shown.yuan_per_day:.2f} yuan"
    for each in stored.spent:
        tokens = f"{each.tokens_input} tokens in, {each.tokens_output} out"
        yield f"  {each.provider}: {each.calls} calls, {tokens}, {each.cost_micro / 1_000_000:.4f} yuan"
    for name, reason in shown.resting.items():
        yield f"  {name} rests: {reason}"
    yield "feeds" if stored.looks else "feeds          none was looked at yet"
    for look in stored.looks:
        batch = f"last batch of {look.batch_date}" if look.batch_date else "no batch yet"
        yield f"  {look.name}: {look.outcome} at {look.checked_at:%Y-%m-%d %H:%M} UTC, {batch} {look.reason}".rstrip()
    for day in stored.days:
        where = f"  {', '.join(day.categories)}" if day.categories else str(day.date)
        yield f"{where}: {', '.join(f'{number} {name}' for name, number in _counts(day).items())}"
    yield from (f"ALARM  {text}" for text in stored.alarms)


def _counts(day: Day) -> dict[str, int]:
    return {name: getattr(day, name) for name in _COUNTS}


def _day(day: Day) -> dict[str, Any]:
    return {"date": day.date.isoformat(), "categories": day.categories, **_counts(day)}


def _look(look: Look) -> dict[str, Any]:
    return {
        "name": look.name,
        "checked_at": look.checked_at.isoformat(),
        "outcome": look.outcome,
        "reason": look.reason,
        "batch_at": look.batch_at.isoformat() if look.batch_at else None,
        "batch_date": look.batch_date.isoformat() if look.batch_date else None,
    }
