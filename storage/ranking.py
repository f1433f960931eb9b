"""What a search asks the full-text index, and what speaks for a paper beside the index's own score. Pure.

All of a reader's words are quoted: none becomes an operator of FTS5.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise

from storage import segment
from storage.query import Field, Node, Phrase, Word, asked_for

# What stands before an expression over search_short: abstracts are not in it, their one sentence is.
_PLACES = {Field.ANYWHERE: "", Field.TITLE: "{title_en title_zh} : ", Field.ABSTRACT: "{summary_zh} : "}
COMMON = 0.05  # of the titles that have a word, above which it tells little
BETWEEN = 3  # words at most between the words of a compound
LONGEST_JOINED = 4  # characters that are looked for as one word
AS_TYPED, SIDE_BY_SIDE = 2.0, 3.0  # in units of bm25's score: a rare word is worth about 8


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is looked for, what else stands for it (a word, or several together), and how many titles have it."""

    word: str
    others: tuple[tuple[str, ...], ...] = ()
    share: float = 0.0

    @property
    def any(self) -> str:
        """The expression for the word or any that stands for it."""
        return f"({' OR '.join([quoted(self.word), *map(beside, self.others)])})"


def quoted(word: str) -> str:
    """A term as FTS5 takes it for nothing but a term."""
    return f'"{word}"'


def beside(words: Sequence[str]) -> str:
    """The expression for a word, or for several that stand beside one another."""
    together = " ".join(map(quoted, words))
    return f"NEAR({together}, {BETWEEN})" if len(words) > 1 else together


def all_of(words: Sequence[str]) -> str:
    """The expression for all of those terms, over all columns."""
    return " AND ".join(each_of(words))


def each_of(words: Sequence[str]) -> list[str]:
    """The expressions for those terms, each of which is to hold: the same wherever papers are found by words.

    Chinese characters side by side may be one word in documents, or begin one: 小 波 stands there as 小波 or 小波变换.
    """
    parts: list[str] = []
    for alone, run in groupby(words, _is_character):
        found = list(run)
        parts += _joined(found) if alone and len(found) > 1 else map(quoted, found)
    return parts


def sure(words: Sequence[str]) -> list[str]:
    """Those terms of a phrase that a text with the phrase has as words, however its words are cut."""
    return [word for word in words if word not in segment.STOP and not _is_character(word)]


def _is_character(word: str) -> bool:
    return len(word) == 1 and segment.is_chinese(word)


def _joined(characters: Sequence[str]) -> list[str]:
    """For each character, that it stands there alone or in a word that it makes with its neighbours."""
    count = len(characters)
    words = {(start, end): "".join(characters[start:end]) for start, end in combinations(range(count + 1), 2)}
    asked = {span: quoted(word) for span, word in words.items() if len(word) <= LONGEST_JOINED}
    if (0, count) in asked:
        asked[0, count] += "*"
    return [f"({' OR '.join(each for (a, b), each in asked.items() if a <= at < b)})" for at in range(count)]


def any_of(tree: Node) -> str:
    """The expression over search_short for whatever a query asks for that speaks for a paper; empty if no words do."""
    asked = [each for each in asked_for(tree) if isinstance(each, Word | Phrase)]
    return " OR ".join(dict.fromkeys(filter(None, map(_in_its_place, asked))))


def _in_its_place(leaf: Word | Phrase) -> str:
    words = [word for word in segment.terms(leaf.text) if word not in segment.STOP]
    return f"({_PLACES[leaf.field]}({all_of(words)}))" if words else ""


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


def evidence(words: Sequence[str], phrases: Sequence[str] = ()) -> Callable[[str], float]:
    """What speaks for a text: Latin words in the form that was typed, words side by side, whole phrases."""
    latin = [re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])") for word in words if not segment.is_chinese(word)]
    pairs = [re.compile(rf"{re.escape(a)}[ -]?{re.escape(b)}") for a, b in pairwise(words)]

    def score(text: str) -> float:
        head = text.casefold()
        typed = sum(1 for word in latin if word.search(head))
        beside = sum(1 for pair in pairs if pair.search(head)) + sum(1 for phrase in phrases if phrase in head)
        return AS_TYPED * typed + SIDE_BY_SIDE * beside

    return score
