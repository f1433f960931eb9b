"""Whether a text is in the language asked for: Han and Latin, Simplified, translated to its end. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from bot.summaries.judgement import Finding, Verdict
from bot.summaries.source import Source

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile("[^\\W\\d_]")
_OTHER_SCRIPT = re.compile("[\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\u3040-\u30ff\uac00-\ud7af]+")
_QUOTED_OR_MATHS = re.compile(
    r"\$[^$]{1,300}\$|\\[A-Za-z]+|[“\"「《][A-Za-z][^“”\"「」《》\u3400-\u9fff]{0,300}[”\"」》]"
)
_BRACKETED = re.compile("[（(][^（()）]{0,150}[)）]")
_RUN = re.compile(r"[A-Za-z][\w'’-]*(?:[ ,;:]{1,2}[A-Za-z][\w'’-]*)+[.!?]?", re.ASCII)
_GRAMMAR_WORDS = (
    "a an the of in on to for from by with without is are was were be been has have had do does can could may "
    "will would should that this these those which who we our it its they their and or but as at into than then "
    "such not while when how what using based via between both through you your i my please"
)
_GRAMMAR = frozenset(_GRAMMAR_WORDS.split())
_STRETCH = re.compile("[^\u3400-\u9fff，。；：！？（）、]{12,}")
_LOWER = re.compile(r"(?<![\w-])[a-z]{2,}(?![\w-])", re.ASCII)
_UNITS_WORDS = "ms km cm mm nm kg mg hz khz mhz ghz kb mb gb tb db px fps pp vs min sec eta log exp max min sup"
_UNITS = frozenset(_UNITS_WORDS.split())
_MOST_PROSE = 5
_IN_BOTH = "乾著瞭藉徵馀麽甚於後"
_LONGEST_ENGLISH = 9  # words in a row outside brackets, as in a method's full name


@dataclass(frozen=True, slots=True)
class _Counts:
    han: int
    letters: int

    @property
    def share(self) -> float:
        return self.han / max(self.letters, 1)


class _Simplifier(Protocol):
    def convert(self, text: str) -> str: ...


def chinese(field: str, text: str, source: Source) -> Iterator[Finding]:
    """What is not Simplified Chinese in a text that should be; the source's quoted words and formulas are left out."""
    counted = _counts(_QUOTED_OR_MATHS.sub(" ", text))
    bare = _counts(_BRACKETED.sub(" ", _QUOTED_OR_MATHS.sub(" ", text)))
    share = max(counted.share, bare.share)
    if share < 0.10 or not counted.han:
        yield Finding("language", field, Verdict.REJECT, f"{share:.0%} Han")
    elif share < 0.18:
        yield Finding("language", field, Verdict.RETRY, f"{share:.0%} Han")
    elif run := _english_run(text, source, field):
        yield Finding("language", field, Verdict.RETRY, f"untranslated: {run[:60]}")
    foreign = [each for each in _OTHER_SCRIPT.findall(text) if each not in source.plain]
    if foreign:
        yield Finding("language", field, Verdict.RETRY, f"another script: {' '.join(foreign)[:40]}")
    traditional = _traditional(text)
    if len(traditional) >= 2 or (traditional and counted.han <= 12):
        yield Finding("traditional", field, Verdict.RETRY, traditional[:20])


def english(field: str, text: str) -> Iterator[Finding]:
    """What is not English in a text that should be."""
    counted = _counts(text)
    if counted.share > 0.05 or counted.letters < 5 or _OTHER_SCRIPT.search(text):
        yield Finding("language", field, Verdict.REJECT, f"{counted.share:.0%} Han")


def _english_run(text: str, source: Source, field: str) -> str:
    """English prose left standing: grammar words near each other, or a row of words longer than any name."""
    bare = _QUOTED_OR_MATHS.sub(" ", _BRACKETED.sub(" ", text))
    for match in _RUN.finditer(bare):
        words = match[0].lower().replace(",", " ").split()
        named = match[0] in source.title and len(words) <= 2 * _LONGEST_ENGLISH and field != "abstract_zh"
        if not named and len(words) > _LONGEST_ENGLISH:
            return match[0]
    stretches = max(_STRETCH.findall(bare), key=lambda each: len(_prose(each)), default="")
    return stretches if len(_prose(stretches)) >= _MOST_PROSE and not source.title.startswith(stretches[:30]) else ""


def _prose(stretch: str) -> list[str]:
    """The grammar words and the lower-case words of a stretch without Chinese; the former count double."""
    words = [word for word in _LOWER.findall(stretch) if word not in _UNITS]
    return words + [word for word in words if word in _GRAMMAR]


def _counts(text: str) -> _Counts:
    return _Counts(len(_HAN.findall(text)), len(_LETTER.findall(text)))


def simplified(text: str) -> str:
    """The text in Simplified Chinese; unchanged if OpenCC would change its length."""
    han = "".join(_HAN.findall(text))  # OpenCC cannot take a lone surrogate
    converted = iter(_simplifier().convert(han))
    found = _HAN.sub(lambda match: next(converted, match[0]), text)
    return found if next(converted, None) is None else text


def _traditional(text: str) -> str:
    """The characters that OpenCC simplifies; some are written in Simplified texts too."""
    changed = (before for before, after in zip(text, simplified(text), strict=True) if before != after)
    return "".join(dict.fromkeys(each for each in changed if each not in _IN_BOTH))


@cache
def _simplifier() -> _Simplifier:
    from opencc import OpenCC  # noqa: PLC0415  # its dictionaries are read when the first summary is judged

    simplifier: _Simplifier = OpenCC("t2s")
    return simplifier
