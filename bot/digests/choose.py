"""Which papers a digest holds: the best by a chat's taste and its query, else the newest."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.digests import taste as tastes
from bot.digests.relevance import relevance, sought
from storage.query import Query
from storage.records import Card, Day, Digest, Subscription, Taste

POOL = 400  # of the newest candidates that are compared
# Beside a taste, whose scores reach about 0.2: a query's word in the title, and being the newest of all.
RELEVANCE, RECENCY = 0.1, 0.002


def reach(query: Query, taste: Taste | None, most: int) -> int:
    """How many of the newest candidates `rank` is to be given, where `most` would do if the newest were the best."""
    return max(most, POOL) if taste or sought(query) else most


def rank(candidates: Sequence[Card], query: Query, taste: Taste | None = None) -> list[Card]:
    """The candidates, given newest first, the best first: by taste and relevance, of equal ones the newest.

    Without a taste and words to look for they stay as they are. With a taste it takes 0.2 ms a paper.
    """
    words = sought(query)
    if taste is None and not words:
        return list(candidates)

    def worth(position: int, card: Card) -> float:
        liked = tastes.score(taste, card) if taste else 0.0
        return liked + RELEVANCE * relevance(words, card) - RECENCY * position / len(candidates)

    worths = [worth(*each) for each in enumerate(candidates)]
    return [candidates[at] for at in sorted(range(len(candidates)), key=lambda at: -worths[at])]


def choose(
    candidates: Sequence[Card],
    matched: int,
    subscription: Subscription,
    due: datetime,
    *,
    pending: Collection[str] = (),
    day: Day | None = None,
) -> Digest:
    """The digest of one due time from the papers that match and were not sent, given best first.

    A paper whose summary is pending waits for the next digest, and another takes its place.
    """
    most = subscription.max_papers
    ready = tuple(card for card in candidates if card.paper.id not in pending)
    waiting = sum(card.paper.id in pending for card in candidates[:most])
    return Digest(subscription, due, ready[:most], matched, waiting, day)
