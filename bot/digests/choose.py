"""Which papers a digest holds."""

from collections.abc import Sequence
from datetime import datetime

from storage.records import Card, Digest, Subscription


def choose(candidates: Sequence[Card], matched: int, subscription: Subscription, due: datetime) -> Digest:
    """The digest of one due time from the papers that match and were not sent, given newest first."""
    return Digest(subscription, due, tuple(candidates[: subscription.max_papers]), matched)
