"""Which papers a digest holds."""

from collections.abc import Collection, Sequence
from datetime import datetime

from storage.records import Card, Day, Digest, Subscription


def choose(
    candidates: Sequence[Card],
    matched: int,
    subscription: Subscription,
    due: datetime,
    *,
    pending: Collection[str] = (),
    day: Day | None = None,
) -> Digest:
    """The digest of one due time from the papers that match and were not sent, given newest first.

    A paper whose summary is pending waits for the next digest, and another takes its place.
    """
    most = subscription.max_papers
    ready = tuple(card for card in candidates if card.paper.id not in pending)
    waiting = sum(card.paper.id in pending for card in candidates[:most])
    return Digest(subscription, due, ready[:most], matched, waiting, day)
