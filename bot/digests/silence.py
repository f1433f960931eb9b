"""Why there is nothing to post: a weekend, a holiday, a stale feed, a refusal and a query are five different things."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from bot.digests import calendar
from storage.records import Look, Outcome


class Silence(StrEnum):
    """The reasons. The values are keys of messages/templates/*/words.toml."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # or late: an empty feed on a weekday does not tell which
    STALE = "stale"
    REFUSED = "refused"
    NOTHING = "nothing"


def reason(looks: Collection[Look], now: datetime) -> Silence:
    """Why nothing came, from the last looks at the feeds that matter; without feeds, because nothing matched."""
    today = calendar.arxiv_day(now)
    if any(look.batch_at and calendar.arxiv_day(look.batch_at) == today for look in looks) or not looks:
        return Silence.NOTHING
    if calendar.is_weekend(today):
        return Silence.WEEKEND
    outcomes = {look.outcome for look in looks}
    for outcome, silence in ((Outcome.REFUSED, Silence.REFUSED), (Outcome.STALE, Silence.STALE)):
        if outcome in outcomes:
            return silence
    return Silence.HOLIDAY
