"""Whether Chinese words are about an English text: a learned table of words and their translations. Pure.

The table (terms.txt, made by bench/terms.py from 50,000 titles and sentences) has one Chinese word a line, what it
says for the text if one of its translations stands there, what against if none does (hundredths of a nat), and these;
then the words that papers use, by how much oftener than general Chinese does (log odds).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from storage.segment import for_index

_ENGLISH = re.compile(r"[a-z]+")
_ENDING = re.compile(r"(?<=.{4})(?:ing|ed|es|s|ly)$")
_STEM = 7
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A Chinese word: the log odds of the right text if it is translated there and if not, and its translations."""

    found: float
    missing: float
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Table:
    terms: dict[str, Term]
    scholarly: dict[str, float]
    stems: frozenset[str]  # all the translations


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well a Chinese text fits an English one. `score`: log odds, over 0 for a fit; `words` of the table."""

    score: float
    words: int
    strangers: int  # words that papers do not use
    everyday: int  # words that general Chinese uses more
    scholarly: float  # the sum of the words' log odds of a paper against general Chinese
    length: int  # words in all


def stems(english: str) -> frozenset[str]:
    """The stems of an English text's words, as the table has them."""
    return frozenset(stem(word) for word in _ENGLISH.findall(english.lower()) if len(word) > 1)


@cache
def stem(word: str) -> str:
    """A lower-case word cut to what its forms share."""
    return _ENDING.sub("", word)[:_STEM]


EMPTY = stems(
    "the a an of in on to for from by with without is are was were be been has have had can that this these which we"
    " our it its they their and or but as at into than then such not while paper study work propose proposes present"
    " presents introduce introduces method approach novel new show shows demonstrate using based improves"
)
"""The stems of words that say nothing of a paper."""


def words(chinese: str) -> list[str]:
    """The Chinese words of a text, each once, parts of long words too."""
    return [word for word in dict.fromkeys(for_index(chinese).split()) if _HAN.fullmatch(word)]


def likeness(chinese: Iterable[str], source: frozenset[str]) -> Likeness:
    """How well Chinese words fit the stems of an English text."""
    table = _table()
    score = scholarly = 0.0
    known = strangers = everyday = length = 0
    for word in chinese:
        length += 1
        term = table.terms.get(word)
        if term:
            known += 1
            score += term.missing if term.stems.isdisjoint(source) else term.found
        odds = table.scholarly.get(word)
        if odds is None:
            strangers += 1
        else:
            scholarly += odds
            everyday += odds < 0
    return Likeness(score, known, strangers, everyday, scholarly, length)


def coverage(source: frozenset[str]) -> float:
    """The share of an English text's stems that the table has as translations."""
    content = source - EMPTY
    return len(content & _table().stems) / max(len(content), 1)


@cache
def _table() -> _Table:
    text = resources.files("bot.summaries").joinpath("terms.txt").read_text(encoding="utf-8")
    terms: dict[str, Term] = {}
    scholarly: dict[str, float] = {}
    for line in text.splitlines():
        first, *rest = line.split()
        if first == "=":
            scholarly.update(dict.fromkeys(rest[1:], float(rest[0])))
        elif first != "#":
            terms[first] = Term(int(rest[0]) / 100, int(rest[1]) / 100, frozenset(rest[2:]))
    return _Table(terms, scholarly, frozenset().union(*(each.stems for each in terms.values())))
