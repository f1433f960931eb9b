"""What a reader asks for, as a value: one language for /search and for subscriptions."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from storage import segment

MAX_LENGTH = 200  # characters; more is no query but a pasted text
Spellings = Callable[[str], frozenset[str]]

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"', "－": "-"})
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_CATEGORY = re.compile(r"(?:cat:|category:)?(?P<name>[a-z-]+(?:\.[a-z-]+)?)", re.IGNORECASE)

_VOTES = re.compile(r"hf:(?:>=|≥|>)?(?P<number>\d{1,5})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """All must hold: every word, every phrase, one spelling of each category, and none of the excluded."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()  # each a text whose words must not all be there
    categories: tuple[frozenset[str], ...] = ()
    excluded_categories: tuple[frozenset[str], ...] = ()
    min_votes: int = 0  # of Hugging Face's readers

    @property
    def is_empty(self) -> bool:
        """Nothing is asked: as a search it is a mistake, as a subscription it is every paper."""
        named = self.categories or self.excluded_categories
        return not (self.words or self.phrases or self.excluded or named or self.min_votes)


def parse(text: str, spellings: Spellings) -> Query:
    """Read a query; any text is one. `spellings` gives the names a paper may carry for a category, or none.

    Words, "phrases", -excluded ones, categories: `cs.LG`, or `cat:cs` for a whole archive, and Hugging Face's votes:
    `hf:>=10`.
    """
    # Cut first: NFKC takes quadratic time on a long run of combining marks.
    plain = unicodedata.normalize("NFKC", _clean(text[:MAX_LENGTH]).translate(_QUOTES)).translate(_QUOTES)
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    wanted: list[frozenset[str]] = []
    unwanted: list[frozenset[str]] = []
    votes = 0
    for part in _PART.finditer(plain):
        minus = bool(part["minus"])
        if phrase := (part["phrase"] or "").strip():
            (excluded if minus else phrases).append(phrase)
        elif names := _category(part["word"] or "", spellings):
            (unwanted if minus else wanted).append(names)
        elif at_least := _VOTES.fullmatch(part["word"] or ""):
            votes = max(votes, int(at_least["number"]))
        elif part["word"]:
            (excluded if minus else words).append(part["word"])
    return Query(
        words=segment.terms(" ".join(words)),
        phrases=tuple(phrase for phrase in dict.fromkeys(phrases) if segment.terms(phrase)),
        excluded=tuple(each for each in dict.fromkeys(excluded) if segment.terms(each)),
        categories=tuple(dict.fromkeys(wanted)),
        excluded_categories=tuple(dict.fromkeys(unwanted)),
        min_votes=votes,
    )


def _category(word: str, spellings: Spellings) -> frozenset[str]:
    match = _CATEGORY.fullmatch(word.rstrip(",;，；、"))
    # A bare archive name is an English word more often than not (math, physics): it needs `cat:`.
    if match is None or not (":" in word or "." in match["name"] or "-" in match["name"]):
        return frozenset()
    return spellings(match["name"])


def _clean(text: str) -> str:
    # A lone surrogate cannot be sent to the database, and a NUL ends an FTS5 string early.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
