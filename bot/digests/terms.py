"""The terms that a paper is known by: words and pairs of words of its title and sentence, authors, categories."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from bot.papers.latex import to_unicode
from bot.summaries import extract
from storage.records import Card

TITLE, SENTENCE, AUTHOR, CATEGORY = 1.0, 0.7, 0.3, 0.3
AUTHORS = 10  # of a longer list only the first
_LONGEST = 40  # characters of a word or name
_GAPS = frozenset({" ", "-"})
_SAYING = re.compile(r"(?=.*[^\W\d_])\w[\w+#.-]*")  # GPT-4 and C++ are words, 95.2 is none


class Term(NamedTuple):
    """One term of a paper: as it is compared, as it reads there, and how much it says of the paper."""

    key: str
    shown: str
    weight: float


@lru_cache(500)  # one takes 10 KB; the day's papers are compared with the taste of one chat after the other
def terms(card: Card) -> Mapping[str, Term]:
    """A paper's terms by their keys, each once. Without a summary the English title and sentence have to do."""
    found: dict[str, Term] = {}
    for text, weight in _texts(card):
        for key, shown in _joined(to_unicode(text)):
            if key not in found:  # the places come in the order of their weights
                found[key] = Term(key, shown, weight)
    for name in card.paper.authors[:AUTHORS]:
        found[f"au:{name[:_LONGEST]}"] = Term(f"au:{name[:_LONGEST]}", name[:_LONGEST], AUTHOR)
    for name in card.paper.categories:
        found[f"cat:{name}"] = Term(f"cat:{name}", name, CATEGORY)
    return found


def _texts(card: Card) -> Iterator[tuple[str, float]]:
    paper, summary = card.paper, card.summary
    yield paper.title, TITLE
    if summary:
        yield summary.title_zh, TITLE
    told = (summary.tldr_zh or summary.tldr_en) if summary else ""
    yield told or extract.first_sentence(paper), SENTENCE


def _joined(text: str) -> Iterator[tuple[str, str]]:
    """The words, and each two that stand side by side in one language: 扩散 and 模型 say less than 扩散模型."""
    import rjieba  # noqa: PLC0415  # its dictionary takes 33 MB: only where somebody votes or searches

    last_key = last_shown = ""
    for word in rjieba.cut(unicodedata.normalize("NFKC", text)):
        if word in _GAPS:
            continue
        key, shown = _read(word)
        if len(key) > 1:
            yield key, shown
        if key and last_key and key.isascii() == last_key.isascii():
            gap = " " if key.isascii() else ""
            yield f"{last_key}{gap}{key}", f"{last_shown}{gap}{shown}"
        last_key, last_shown = key, shown


@lru_cache(5_000)
def _read(word: str) -> tuple[str, str]:
    """A word as it is compared and as it reads; two empty texts for one that says nothing, and for a mark."""
    shown = word.strip("-._")[:_LONGEST]
    key = shown.casefold()
    if not _SAYING.fullmatch(shown) or key in _plain():
        return "", ""
    return _singular(key), shown


def _singular(word: str) -> str:
    return word[:-1] if word.isascii() and len(word) > 3 and word[-1] == "s" and word[-2] not in "sui" else word


@cache
def _plain() -> frozenset[str]:
    text = files("bot.digests").joinpath("plain.toml").read_text(encoding="utf-8")
    return frozenset(word for words in tomllib.loads(text).values() for word in words.split())
