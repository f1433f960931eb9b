"""What a query's Chinese words would be in English: for papers that have no Chinese text yet, and for arXiv. Pure.

A word may have several translations, of which a paper holds one. Of a compound, 神经网络, it holds all the parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from storage import segment
from storage.query import All, Any, Field, Node, Not, Phrase, Word
from storage.query.tree import all_of, any_of, none_of
from storage.word_pairs import Lexicon

REMEMBERED = 10_000  # terms
LIKELY = 0.1  # less likely translations would find too much: 综述 is comprehensive now and then


def chinese(node: Node) -> Iterator[str]:
    """The terms of a query that the lexicon is asked about, those of compounds included."""
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from chinese(part)
        case Not(part):
            yield from chinese(part)
        case Word(text) | Phrase(text) if not text.isascii():
            for term in filter(segment.is_chinese, segment.terms(text)):
                yield term
                yield from _parts(term)


def also_english(tree: All, known: Lexicon) -> All:
    """The query as it finds papers without Chinese too: each Chinese word may be there in English.

    What is excluded is so by its likeliest translation only: a word of many senses would take away too much.
    """
    return _whole(_English(known, also=True).of(tree))


def only_english(tree: All, known: Lexicon) -> All:
    """The query in English: what the lexicon has no word for is left out."""
    return _whole(_English(known, also=False).of(tree))


def _whole(node: Node | None) -> All:
    return node if isinstance(node, All) else All((node,) if node else ())


@dataclass(frozen=True, slots=True)
class _English:
    known: Lexicon
    also: bool  # the Chinese word stands beside its translations

    def of(self, node: Node, *, sure: bool = False) -> Node | None:
        """The node in English; `sure`: a Chinese word is its likeliest translation alone."""
        match node:
            case All(parts):
                return all_of(self.of(part, sure=sure) for part in parts)
            case Any(parts):
                return any_of(self.of(part, sure=sure) for part in parts)
            case Not(part):
                return none_of(self.of(part, sure=not sure))
            case Word(text) | Phrase(text) if not text.isascii():
                return self._words(node, sure=sure)
        return node

    def _words(self, node: Word | Phrase, *, sure: bool) -> Node | None:
        terms, where = segment.terms(node.text), node.field
        if not any(map(segment.is_chinese, terms)):
            return node
        if self.also:
            either = [any_of((Word(each, where), self._meaning(each, where, sure=sure))) for each in terms]
            return any_of((node, all_of(either)))
        return all_of(
            self._meaning(each, where, sure=sure) if segment.is_chinese(each) else Word(each, where) for each in terms
        )

    def _meaning(self, term: str, where: Field, *, sure: bool) -> Node | None:
        words, parts = self._told(term), [self._told(part) for part in _parts(term)]
        if not parts or not all(parts):
            return any_of(Word(word, where) for word in words[: 1 if sure else None])
        # Those that the compound's own translations confirm: of 人工, artificial but not human.
        parts = [[word for word in part if word in words] or part for part in parts]
        together = all_of(any_of(Word(word, where) for word in part[: 1 if sure else None]) for part in parts)
        # What is none of its parts' stands for the whole: 人工智能 is AI too.
        others = [] if sure else [word for word in words if not any(word in part for part in parts)]
        return any_of((together, *(Word(word, where) for word in others)))

    def _told(self, term: str) -> list[str]:
        told = self.known[term].translations if term in self.known else ()
        return [word for word, likely in told if likely >= LIKELY or word == told[0][0]]


@lru_cache(REMEMBERED)  # cutting costs more than all the rest
def _parts(term: str) -> tuple[str, ...]:
    """The words that a compound is made of, if the dictionary cuts it into such; none of a simple word."""
    found, rest = list[str](), term
    shorter = sorted({each for each in segment.pieces(term) if 1 < len(each) < len(term)}, key=len)
    while rest:
        first = next((each for each in shorter if rest.startswith(each)), "")
        if not first:
            return ()
        found.append(first)
        rest = rest.removeprefix(first)
    return tuple(found)
