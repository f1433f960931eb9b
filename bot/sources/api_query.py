"""A query in the language of arXiv's API, as far as it can be told there; what else it asks is left out. Pure.

Its parser has no precedence and groups to the right (`a AND b OR c` is `a AND (b OR c)`), so every group stands in
brackets; operators are upper case, phrases quoted. It knows no announce types and no votes. arXiv holds no Chinese:
Chinese words are to be translated before (storage/translating.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.papers import taxonomy
from storage import segment
from storage.query import (
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Leaf,
    Node,
    Not,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
)

MOST, LONGEST = 60, 100  # leaves, and characters of one: an address must not become too long
_FIRST_DAY = date(1991, 7, 1)  # before arXiv began
_OPERATORS = {"and", "or", "not", "andnot"}
# The parser counts brackets within quotes too, and reads `*` and `?` as wildcards.
_NOT_IN_WORDS = re.compile(r"[^\w.'’+#/-]+|_+")
_PLURAL = re.compile(r"[a-z]{3,}[^siu\W]s")


def search_query(tree: All, today: date) -> str:
    """What to ask for the papers of a query; empty if nothing of it can be asked. `last:7d` counts from `today`."""
    return _Writer(today).all(tree)


def ids(tree: All) -> list[str]:
    """The papers that a query names, if it asks for nothing else: they are looked up, not searched."""
    leaves = list(_leaves(tree))
    return [each.id for each in leaves if isinstance(each, PaperId)] if _all_ids(tree) else []


def askable(tree: All) -> All:
    """The query without what arXiv can never be asked: how papers were announced, and votes."""
    return All(tuple(part for part in tree.parts if not any(isinstance(each, Type | Votes) for each in _leaves(part))))


def left_out(tree: All) -> All:
    """What a query asks that arXiv's answer is yet to be tested for.

    Not the words that it looked for anywhere, for it finds them in authors and comments too, and not what it was not
    asked for.
    """
    return All(tuple(part for part in askable(tree).parts if not _is_answered(part)))


def _all_ids(node: Node) -> bool:
    match node:
        case All((part,)):
            return _all_ids(part)
        case Any(parts):
            return all(map(_all_ids, parts))
    return isinstance(node, PaperId)


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield node


def _is_answered(part: Node) -> bool:
    """Whether an answer need not be tested for a part."""
    if not isinstance(part, Not) and not _Writer(_FIRST_DAY).one(part):
        return True
    is_anywhere = any(isinstance(each, Word | Phrase) and each.field == Field.ANYWHERE for each in _leaves(part))
    return is_anywhere and not isinstance(part, Not)


def _is_told(node: Node) -> bool:
    """Whether all of a node can be told: what is not is never excluded."""
    return all(not isinstance(each, Type | Votes) and _Writer(_FIRST_DAY).one(each) for each in _leaves(node))


@dataclass(slots=True)
class _Writer:
    today: date
    room: int = field(default=MOST)  # leaves

    def all(self, node: All) -> str:
        """Parts that must all hold, and without those that must not; empty without one that must."""
        excluded = [part.part for part in node.parts if isinstance(part, Not)]
        wanted = list(filter(None, (self.one(part) for part in node.parts if not isinstance(part, Not))))
        if not wanted:
            return ""
        found = _joined("AND", wanted)
        unwanted = []
        for part in filter(_is_told, excluded):
            told = self.one(part)
            unwanted += [told] if self.room >= 0 else []  # half of it would take away more
        return f"{found} ANDNOT {_joined('OR', unwanted, always=True)}" if unwanted else found

    def one(self, node: Node) -> str:
        """A node as a term or in brackets; empty if it cannot be told."""
        match node:
            case All():
                told = self.all(node)
                return f"({told})" if " ANDNOT " in told else told
            case Any(parts):
                told_parts = [self.one(part) for part in parts]
                # What is left out of an OR would have brought other papers: those that are told are asked for.
                return _joined("OR", list(filter(None, told_parts)))
            case Not():
                return ""
        self.room -= 1
        return self._leaf(node) if self.room >= 0 else ""

    def _leaf(self, node: Leaf) -> str:
        told = ""
        match node:
            case Word(text, where) | Phrase(text, where):
                told = _words(text, where or "all", plural_too=isinstance(node, Word))
            case Author(name):
                told = _author(name)
            case Category(names):
                told = _joined("OR", [f"cat:{each}" for each in _categories(node.name, names)])
            case PaperId(id_):
                told = f'id:"{id_}"'
            case Since(day):
                told = self._submitted(day, self.today + timedelta(days=1))
            case LastDays(count):
                told = self._submitted(self.today - timedelta(days=count), self.today + timedelta(days=1))
            case Until(day):
                told = self._submitted(_FIRST_DAY, day)
        return told

    @staticmethod
    def _submitted(first: date, last: date) -> str:
        """arXiv tells when a paper was submitted, which is some days before it is announced."""
        first = max(first, _FIRST_DAY)
        return f"submittedDate:[{first:%Y%m%d}0000 TO {max(first, last):%Y%m%d}2359]"


def _joined(operator: str, told: list[str], *, always: bool = False) -> str:
    if len(told) == 1 and not (always and told[0][0] != "("):
        return told[0]
    return f"({f' {operator} '.join(told)})" if told else ""


def _words(text: str, where: str, *, plural_too: bool) -> str:
    phrase = _phrase(text)
    if not phrase or any(map(segment.is_chinese, segment.terms(phrase))):
        return ""
    told = f'{where}:"{phrase}"'
    if plural_too and _PLURAL.fullmatch(phrase):  # as the store's index takes them for the same
        return f'({told} OR {where}:"{phrase[:-1]}")'
    return told


def _author(name: str) -> str:
    words = _phrase(name.replace(".", " ")).split()
    whole = [word for word in words if len(word) > 1] or words  # arXiv may have the initial only, or the name
    if not whole or any(map(segment.is_chinese, whole)):
        return ""
    return _joined("AND", [f'au:"{word}"' for word in whole])


def _phrase(words: str) -> str:
    # Lower case, for an operator in capitals is one even where a word is expected.
    cleaned = _NOT_IN_WORDS.sub(" ", words).lower()[:LONGEST].split()
    found = [each for each in cleaned if any(char.isalnum() for char in each)]
    return "" if _OPERATORS.issuperset(found) else " ".join(found)


def _categories(name: str, names: frozenset[str]) -> list[str]:
    found = taxonomy.canonical(name) or ""
    if taxonomy.is_archive(found) and not taxonomy.is_category(found):
        return [found, f"{found}.*"]
    return sorted(names)
