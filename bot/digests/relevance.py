"""How much a paper is about what a query asks: where its words stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from storage import segment
from storage.query import Phrase, Query, Word, asked_for
from storage.records import Card

TITLE, SENTENCE, ABSTRACT = 1.0, 0.6, 0.3
_ENDING = re.compile(r"(?:ies|ing|ed|es|s|e|y)$")


@dataclass(frozen=True, slots=True)
class Sought:
    """One word or phrase of a query: as it was written, and what finds it in folded text."""

    shown: str
    pattern: re.Pattern[str]


@lru_cache(512)
def sought(query: Query) -> tuple[Sought, ...]:
    """What a query's papers can differ in: its words and phrases that are not excluded."""
    found: dict[str, Sought] = {}
    for leaf in asked_for(query.tree):
        match leaf:
            case Word(text):
                for term in segment.terms(text):
                    found.setdefault(term, Sought(term, re.compile(_inflected(term))))
            case Phrase(text):
                folded = segment.folded(segment.simplified(text))
                found.setdefault(folded, Sought(text, re.compile(re.escape(folded))))
    return tuple(found.values())


def relevance(words: Sequence[Sought], card: Card) -> float:
    """From 0 to 1: each word counts by the best place where it stands, title before summary before abstract."""
    if not words:
        return 0.0
    places = _places(card)
    best = (max((w for text, w in places if each.pattern.search(text)), default=0.0) for each in words)
    return sum(best) / len(words)


def spoken(words: Sequence[Sought], card: Card) -> tuple[str, ...]:
    """The words of the query that stand in a paper."""
    texts = [text for text, _ in _places(card)]
    return tuple(each.shown for each in words if any(each.pattern.search(text) for text in texts))


def _places(card: Card) -> list[tuple[str, float]]:
    paper, summary = card.paper, card.summary
    texts = [(paper.title, TITLE), (paper.abstract, ABSTRACT)]
    if summary:
        texts += [(summary.title_zh, TITLE), (summary.tldr_zh, SENTENCE), (summary.tldr_en, SENTENCE)]
        texts.append((summary.abstract_zh, ABSTRACT))
    return [(segment.folded(text), weight) for text, weight in texts if text]


def _inflected(term: str) -> str:
    """A pattern for a term: of an English word any ending will do, as in the index."""
    if not term.isascii():
        return re.escape(term)
    stem = _ENDING.sub("", term)
    # Not \b: between 基于 and gpt there is none.
    return rf"(?<![a-z0-9]){re.escape(stem if len(stem) > 2 else term)}"
