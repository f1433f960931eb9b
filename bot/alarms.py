"""When the operator is to be told: no new batch, a category that dried up, failing summaries, a job that died. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from bot.digests import calendar
from bot.sources import polling
from storage.records import Look

_DAYS = 20  # whose median tells a category's usual size
_ENOUGH_DAYS = 5
_TENTH = 0.1
_DRY_DAYS = 2
_ENOUGH_PAPERS = 10
_MOST_FAILING = 0.2


@dataclass(frozen=True, slots=True)
class Facts:
    """What the alarms are made from. `sizes`: category -> day -> papers; `ended`: papers summarised and failed."""

    now: datetime
    looks: Collection[Look] = ()
    sizes: Mapping[str, Mapping[date, int]] = field(default_factory=dict)
    ended: tuple[int, int] = (0, 0)  # of the last 24 hours: with a good summary, without
    dead: Mapping[str, str] = field(default_factory=dict)  # job -> what it died of
    closed: Mapping[str, str] = field(default_factory=dict)  # provider -> why it serves nobody


@dataclass(frozen=True, slots=True)
class Alarm:
    """One fault: a key of messages/templates/*/words.toml under `alarm`, and what its sentence is filled with."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


def alarms(facts: Facts) -> dict[str, Alarm]:
    """What is wrong, by a name that stays the same for as long as it is."""
    found: dict[str, Alarm] = {}
    if late := _late(facts.looks, facts.now):
        found["no_batch"] = Alarm("no_batch", {"feeds": ", ".join(late)})
    for category, by_day in facts.sizes.items():
        if usual := _dried_up(by_day):
            found[f"dry:{category}"] = Alarm("dry", {"feed": category, "usual": round(usual)})
    good, failed = facts.ended
    if good + failed >= _ENOUGH_PAPERS and failed > _MOST_FAILING * (good + failed):
        found["summaries"] = Alarm("summaries", {"failed": failed, "all": good + failed})
    found |= {f"job:{name}": Alarm("job", {"name": name, "reason": reason}) for name, reason in facts.dead.items()}
    closed = facts.closed.items()
    return found | {f"provider:{name}": Alarm("provider", {"name": name, "reason": reason}) for name, reason in closed}


def _late(looks: Collection[Look], now: datetime) -> list[str]:
    """The feeds without the batch of the last weekday whose noon has passed."""
    today = calendar.arxiv_day(now)
    expected = today if calendar.is_overdue(now) else polling.previous(today)
    late = [look for look in looks if _lacks(look, expected, now)]
    if len(late) < len(looks):
        # The others have it: a feed that is empty on that day had no part in it.
        late = [look for look in late if not calendar.is_in(look, expected)]
    return sorted(look.name for look in late)


def _lacks(look: Look, expected: date, now: datetime) -> bool:
    day = calendar.batch_day(look)
    return calendar.is_overdue(now) if day is None else day < expected


def _dried_up(by_day: Mapping[date, int]) -> float:
    """The usual number of papers, if the last two days had less than a tenth of it; else 0."""
    days = sorted(by_day)
    usual = [by_day[day] for day in days[:-_DRY_DAYS][-_DAYS:]]
    if len(usual) < _ENOUGH_DAYS:
        return 0
    middle = median(usual)
    return middle if all(by_day[day] < _TENTH * middle for day in days[-_DRY_DAYS:]) else 0
