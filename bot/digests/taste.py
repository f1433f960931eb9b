"""What a chat likes: learned from its votes as one weight a term, applied to papers, told in terms.

The mean of the papers it liked, less that of those it disliked and, by less, of those it passed over, their terms
weighed by rarity (Rocchio 1971). Logistic regression was no better in bench/taste.py and twenty times slower. Votes are
trusted more as their number grows: few move little, and one does not spoil what a query knows.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.digests.terms import Term, terms
from storage.records import Card, Taste

DISLIKED, PASSED_OVER = 0.5, 0.4  # what they count beside the liked
DOUBT, DOUBT_PASSED_OVER = 1, 5  # so many papers of a class are half believed
TRUST = 5  # so many votes in all are half believed, beside relevance and recency
SIZE = 20_000  # bytes of a taste as JSON: the terms that weigh most
_PLACES = 4  # decimals


@dataclass(frozen=True, slots=True)
class Voted:
    """A paper that readers spoke of: 👍 and ⭐ less 👎."""

    card: Card
    votes: int


class Rarity:
    """How rare terms are among papers as they come, whoever likes them."""

    def __init__(self, papers: Iterable[Card]) -> None:
        known = [terms(card) for card in papers]
        self._papers = len(known)
        self._holding = Counter(key for each in known for key in each)
        self._most = math.log(max((self._papers + 1) / 1.5, 2))

    def of(self, key: str) -> float:
        """Inverse document frequency: 0 for what stands in every paper, 1 for what stands in one."""
        holding = self._holding.get(key, 0)
        return math.log((self._papers + 1) / (holding + 0.5)) / self._most if holding < self._papers else 0.0


def train(voted: Iterable[Voted], passed_over: Sequence[Card], rarity: Rarity) -> Taste:
    """The taste that these votes show; nobody's if all votes were taken back."""
    liked: list[tuple[Card, float]] = []
    disliked: list[tuple[Card, float]] = []
    for each in voted:
        if each.votes:
            (liked if each.votes > 0 else disliked).append((each.card, math.sqrt(abs(each.votes))))
    if not liked and not disliked:
        return Taste({})
    weights: dict[str, float] = defaultdict(float)
    _add(weights, liked, 1, DOUBT)
    _add(weights, disliked, -DISLIKED, DOUBT)
    _add(weights, [(card, 1.0) for card in passed_over], -PASSED_OVER, DOUBT_PASSED_OVER)
    votes = len(liked) + len(disliked)
    trust = votes / (votes + TRUST)
    # The rarity twice, once for the paper that was voted on and once for the one that will be scored.
    scaled = {key: weight * trust * rarity.of(key) ** 2 for key, weight in weights.items()}
    return Taste(_heaviest(scaled))


def score(taste: Taste, card: Card) -> float:
    """How much speaks for a paper: about 0.2 for one much like those that were liked, below 0 against it."""
    found = terms(card)
    return sum(found[key].weight * taste.weights.get(key, 0.0) for key in found) / _length(found)


def reasons(taste: Taste, card: Card, most: int = 5) -> tuple[str, ...]:
    """The terms that speak for a paper, the strongest first, as they read in it; of a pair of words not its parts."""
    worth = {key: each.weight * taste.weights.get(key, 0.0) for key, each in terms(card).items()}
    speaking = sorted((key for key in worth if round(worth[key], _PLACES) > 0), key=lambda key: (-worth[key], key))
    told: list[str] = []
    for key in speaking:
        fuller = max((each for each in speaking if key in each and worth[each] > worth[key] / 2), key=len)
        if len(told) < most and not any(fuller in each or each in fuller for each in told):
            told.append(fuller)
    return tuple(terms(card)[key].shown for key in told)


def _add(weights: dict[str, float], cards: Sequence[tuple[Card, float]], sign: float, doubt: float) -> None:
    count = sum(count for _, count in cards)
    for card, votes in cards:
        found = terms(card)
        share = sign * votes / (count + doubt) / _length(found)
        for term in found.values():
            weights[term.key] += share * term.weight


def _length(found: Mapping[str, Term]) -> float:
    """Of a paper's text as a vector. Authors and categories count besides: a long list of them is no long text."""
    squares = sum(each.weight**2 for each in found.values() if not each.key.startswith(("au:", "cat:")))
    return math.sqrt(squares) or 1.0


def _heaviest(weights: Mapping[str, float]) -> dict[str, float]:
    kept: dict[str, float] = {}
    room = SIZE - len("{}")
    for key in sorted(weights, key=lambda key: (-abs(weights[key]), key)):
        weight = round(weights[key], _PLACES)
        room -= len(json.dumps({key: weight}, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")) - 1
        if not weight or room < 0:
            break
        kept[key] = weight
    return kept
