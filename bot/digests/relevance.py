"""How much a paper is about what a query asks: where its words stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from bot.digests.stems import stem
from storage import segment
from storage.query import Phrase, Query, Word, asked_for
from storage.records import Card

TITLE, SENTENCE, ABSTRACT = 1.0, 0.6, 0.3
_KEPT = 3  # letters at the beginning of a word that stay whatever its ending is, but the last of its stem


@dataclass(frozen=True, slots=True)
class Sought:
    """One word or phrase of a query: as it was written, and what finds it in folded text.

    `stem`: what the pattern finds is to have it; empty if whatever it finds will do.
    """

    shown: str
    pattern: re.Pattern[str]
    stem: str = ""

    def stands_in(self, text: str) -> bool:
        """Whether a folded text has it."""
        if not self.stem:
            return self.pattern.search(text) is not None
        return any(stem(found[0]) == self.stem for found in self.pattern.finditer(text))


@lru_cache(512)
def sought(query: Query) -> tuple[Sought, ...]:
    """What a query's papers can differ in: its words and phrases that are not excluded."""
    found: dict[str, Sought] = {}
    for leaf in asked_for(query.tree):
        match leaf:
            case Word(text):
                for term in _terms(text):
                    found.setdefault(term, _word(term))
            case Phrase(text):
                folded = segment.folded(segment.simplified(text))
                found.setdefault(folded, Sought(text, re.compile(re.escape(folded))))
    return tuple(found.values())


def relevance(words: Sequence[Sought], card: Card) -> float:
    """From 0 to 1: each word counts by the best place where it stands, title before summary before abstract."""
    if not words:
        return 0.0
    places = _places(card)
    best = (max((w for text, w in places if each.stands_in(text)), default=0.0) for each in words)
    return sum(best) / len(words)


def spoken(words: Sequence[Sought], card: Card) -> tuple[str, ...]:
    """The words of the query that stand in a paper."""
    texts = [text for text, _ in _places(card)]
    return tuple(each.shown for each in words if any(map(each.stands_in, texts)))


def _places(card: Card) -> list[tuple[str, float]]:
    paper, summary = card.paper, card.summary
    texts = [(paper.title, TITLE), (paper.abstract, ABSTRACT)]
    if summary:
        texts += [(summary.title_zh, TITLE), (summary.tldr_zh, SENTENCE), (summary.tldr_en, SENTENCE)]
        texts.append((summary.abstract_zh, ABSTRACT))
    return [(segment.folded(text), weight) for text, weight in texts if text]


def _terms(text: str) -> Iterator[str]:
    """The terms of a text, Chinese characters that no word holds together as they stand side by side: 小波."""
    for alone, run in groupby(segment.terms(text), lambda term: len(term) == 1 and segment.is_chinese(term)):
        if alone:
            yield "".join(run)
        else:
            yield from run


def _word(term: str) -> Sought:
    """A term: of an English word any ending will do, as in the index."""
    if not term.isascii():
        return Sought(term, re.compile(re.escape(term)))
    root = stem(term)
    # Not \b: between 基于 and gpt there is none.
    begun = re.compile(rf"(?<![a-z0-9]){re.escape(root[:-1][:_KEPT] or root)}[a-z0-9]*")
    return Sought(term, begun, root)
