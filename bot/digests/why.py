"""What spoke for a paper: the words of the query that it was posted for, and what its chat has liked."""

from dataclasses import dataclass

from bot.digests.relevance import sought, spoken
from bot.digests.taste import reasons
from storage.query import Query
from storage.records import Card, Taste


@dataclass(frozen=True, slots=True)
class Why:
    """`learned`: the chat has a taste, though it may say nothing of this paper."""

    words: tuple[str, ...] = ()
    liked: tuple[str, ...] = ()
    learned: bool = False


def why(card: Card, query: Query | None, taste: Taste | None) -> Why:
    """The reasons as they are now: the taste may have learned since."""
    words = spoken(sought(query), card) if query else ()
    return Why(words, reasons(taste, card) if taste else (), taste is not None)
