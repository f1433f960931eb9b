"""What a search asks the full-text index, and what speaks for a paper beside the index's own score. Pure.

All of a reader's words are quoted: none becomes an operator of FTS5.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from storage import segment

COMMON = 0.05  # of the titles that have a word, above which it tells little
AS_TYPED, SIDE_BY_SIDE = 2.0, 3.0  # in units of bm25's score: a rare word is worth about 8


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is looked for, what stands for it as well, and the share of titles that have it."""

    word: str
    others: tuple[str, ...] = ()
    share: float = 0.0

    @property
    def any(self) -> str:
        """The expression for the word or any that stands for it."""
        return f"({' OR '.join(map(quoted, (self.word, *self.others)))})"


def quoted(word: str) -> str:
    """A term as FTS5 takes it for nothing but a term."""
    return f'"{word}"'


def all_of(words: Sequence[str]) -> str:
    """The expression for all of those terms; Chinese characters side by side may be one word in documents: 较少."""
    parts: list[str] = []
    for alone, run in groupby(words, lambda word: len(word) == 1 and segment.is_chinese(word)):
        found = list(run)
        together = " ".join(map(quoted, found))
        parts.append(f"(({together}) OR {quoted(''.join(found))})" if alone and len(found) > 1 else together)
    return " AND ".join(parts)


def at_least(count: int, parts: Sequence[str]) -> str:
    """The expression for that many of some expressions, at least one."""
    if count == len(parts):
        return " AND ".join(parts)
    if count == 1:
        return " OR ".join(parts)
    first, *rest = parts
    return f"({first} AND ({at_least(count - 1, rest)})) OR ({at_least(count, rest)})"


def telling(terms: Sequence[Term]) -> list[str]:
    """The words that tell papers apart; all of them if none does."""
    return [term.word for term in terms if term.share < COMMON] or [term.word for term in terms]


def rarest(terms: Sequence[Term], count: int) -> list[Term]:
    """The terms that fewest titles have, at most that many, in the order in which they were typed."""
    chosen = sorted(terms, key=lambda term: term.share)[:count]
    return [term for term in terms if term in chosen]


def beginning(word: str) -> str:
    """The expression for words that begin so, or that the index's stemmer cut even shorter."""
    if len(word) < 3 or not word.isascii():
        return quoted(word)
    shorter = [word[:length] for length in range(len(word) - 1, max(3, len(word) - 4), -1)]
    return f"({' OR '.join([f'{quoted(word)}*', *map(quoted, shorter)])})"


def evidence(words: Sequence[str]) -> Callable[[str], float]:
    """What speaks for a text: Latin words in the form that was typed, words side by side."""
    latin = [re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])") for word in words if not segment.is_chinese(word)]
    pairs = [re.compile(rf"{re.escape(a)}[ -]?{re.escape(b)}") for a, b in pairwise(words)]

    def score(text: str) -> float:
        head = text.casefold()
        typed = sum(1 for word in latin if word.search(head))
        return AS_TYPED * typed + SIDE_BY_SIDE * sum(1 for pair in pairs if pair.search(head))

    return score
