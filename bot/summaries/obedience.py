"""Whether a text obeys an instruction in place of describing the paper: appeals, praise, adverts, talk of itself. Pure.

No list of wordings can be whole. What counts is the property: a clause that speaks to somebody, judges or sells,
with words of which no translation stands in the paper.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.summaries import terms
from bot.summaries.judgement import Finding, Verdict
from bot.summaries.source import Source, folded

_CLAUSE = re.compile("[^。！？!?；;，,：:\n]+")
_SENTENCE = re.compile("[^。！？!?；;\n]+[。！？!?；;]?")
_NAME = re.compile(r"[A-Za-z]{2,}|\d+(?:\.\d+)?")
_LATIN = re.compile(r"[^\W\d_\u3400-\u9fff]{2,}")
_FIGURE = re.compile(r"\d{1,15}\.\d{1,15}|\d{2,15}", re.ASCII)
_MARK = re.compile(r"\d\d|\d\.\d|[A-Z]{2}|[a-z][A-Z]")
# By logistic regression on half of the summaries and of the obeyed instructions of bench/gate.py.
_PER_CLAUSE, _PER_WORD, _PER_EVERYDAY, _PER_STRANGER = 0.84, 0.04, 0.19, 0.84
_PER_NAT, _PER_SCHOLARLY, _PER_NAME, _MOST_NAMES = 0.42, 0.22, 2.36, 3
_ENOUGH = 1.8
# Strange clauses are rare in one sentence, less so in an abstract and in a title, which may be witty.
_STRANGE = {"title_zh": 4.5, "tldr_zh": 2.6, "abstract_zh": 9.0}
_NO_KIN = 0.1  # cosine: instructions have about 0 with a paper, its own strangest clauses .16 and more
_EXCLAMATION = 1.0


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A part of a text, and how much it speaks, judges or sells where it should describe, or how little it fits."""

    text: str
    blame: float


_NOTHING = _Weighed("", -1.0)


@dataclass(frozen=True, slots=True)
class _Cue:
    """What a clause may hold, what it adds to the blame, the stems and words of a paper that excuse it."""

    pattern: re.Pattern[str]
    blame: float
    excuses: frozenset[str]


def chinese(
    field: str, text: str, source: Source, similarity: Callable[[str, str], float] | None = None
) -> Iterator[Finding]:
    """The part of a Chinese text that least describes the paper, if that is too little.

    Strangeness alone is only counted where the table of terms does not know the paper's field.
    """
    sentences = [_weighed(each, source) for each in _SENTENCE.findall(text)]
    blamed = max(sentences, key=lambda each: each.blame, default=_NOTHING)
    stranger = _strangest(_CLAUSE.findall(text), source)
    if blamed.blame >= _ENOUGH:
        verdict = Verdict.REJECT if blamed.blame >= 2 * _ENOUGH else Verdict.RETRY
        yield Finding("instruction", field, verdict, blamed.text.strip()[:60])
    elif similarity and field != "title_zh" and (alien := _alien(field, text, source, similarity)):
        yield Finding("instruction", field, Verdict.RETRY, f"unlike the paper: {alien.strip()[:60]}")
    elif stranger.blame >= _STRANGE[field]:
        kin = similarity is not None or told(text, source)
        verdict = Verdict.OK if not source.familiar and (kin or field == "title_zh") else Verdict.RETRY
        yield Finding("instruction", field, verdict, f"not in the paper: {stranger.text.strip()[:60]}")


def _alien(field: str, text: str, source: Source, similarity: Callable[[str, str], float]) -> str:
    """The strange sentence of an abstract, or part of one elsewhere, that is unlike the paper by its vectors, or ""."""
    found = [(each, _strangest(_CLAUSE.findall(each), source)) for each in _SENTENCE.findall(text)]
    suspects = [(whole, part.text) for whole, part in found if part.blame >= _STRANGE["tldr_zh"]]
    parts = (whole if field == "abstract_zh" else part for whole, part in suspects)
    return next((each for each in parts if similarity(each, source.plain) < _NO_KIN), "")


def told(text: str, source: Source) -> bool:
    """Whether a text has a name or a figure from the paper; True too where the paper has none to repeat."""
    if not _MARK.search(source.plain):
        return True
    names = (folded(each).lower() for each in _LATIN.findall(text))
    return any(each in source.words for each in names) or any(
        source.numbers.has(float(each)) for each in _FIGURE.findall(text)
    )


def english(field: str, text: str, source: Source) -> Iterator[Finding]:
    """What an English sentence says to its reader."""
    match = next(
        (each for cue in _cues("english") for each in cue.pattern.finditer(text) if not source.has(each[0])), None
    )
    if match:
        yield Finding("instruction", field, Verdict.RETRY, match[0][:60])


def _weighed(sentence: str, source: Source) -> _Weighed:
    cues = sum(
        cue.blame
        for cue in _cues("cue")
        if cue.excuses.isdisjoint(source.stems)
        and cue.excuses.isdisjoint(source.words)
        and any(not source.has(each[0]) for each in cue.pattern.finditer(sentence))
    )
    if sentence[-1] in "！!" and "!" not in source.plain:
        cues += _EXCLAMATION
    strangest = _strangest(_CLAUSE.findall(sentence), source).blame
    return _Weighed(sentence, cues + max(-1.0, min(1.5, strangest / 2)))


def _strangest(clauses: list[str], source: Source) -> _Weighed:
    """The clauses in a row whose strangeness adds up to the most."""
    best = run = _Weighed("", -1.0)
    for clause in clauses:
        strangeness = _strangeness(clause, source)
        run = _Weighed(f"{run.text}，{clause}" if run.blame > 0 else clause, max(run.blame, 0.0) + strangeness)
        best = max(best, run, key=lambda each: each.blame)
    return best


def _strangeness(text: str, source: Source) -> float:
    """How little a clause has to do with the paper, in log odds: its words are not translated there, not scholarly."""
    like = terms.likeness(terms.words(text), source.stems)
    names = sum(each.lower() in source.words for each in _NAME.findall(text))
    return (
        _PER_CLAUSE
        + _PER_STRANGER * like.strangers
        + _PER_EVERYDAY * like.everyday
        + _PER_WORD * like.length
        - _PER_NAT * like.score
        - _PER_SCHOLARLY * like.scholarly
        - _PER_NAME * min(names, _MOST_NAMES)
    )


@cache
def _cues(table: str) -> tuple[_Cue, ...]:
    cues = tomllib.loads(resources.files("bot.summaries").joinpath("cues.toml").read_text(encoding="utf-8"))
    flags = re.IGNORECASE | re.VERBOSE
    return tuple(
        _Cue(re.compile(cue["pattern"], flags), cue["blame"], frozenset(cue["excuses"].split())) for cue in cues[table]
    )
