"""The gate: whether a model's summary may be published. It sees form, numbers, names and subject; not every untruth.

Nothing here sees the wrong relation between the right words (higher for lower). Pure.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from bot.summaries import language, names, numbers, obedience, terms, units
from bot.summaries.judgement import Finding, Judgement, Verdict
from bot.summaries.residue import residue
from bot.summaries.source import Source, source
from bot.summaries.tidy import END, finished, named, tidied
from storage.records import Paper, Summary

__all__ = ["FIELDS", "Finding", "Judgement", "Similarity", "Verdict", "finished", "judge", "named", "tidied"]

Similarity = Callable[[str, str], float]
"""The likeness of two texts in any languages, 1 for the same; bot/summaries/similarity.py has one."""

FIELDS = ("title_zh", "tldr_zh", "abstract_zh", "tldr_en")
_SHORTEST = {"title_zh": 3, "tldr_zh": 18, "abstract_zh": 40, "tldr_en": 30}
_LONGEST = {"title_zh": 120, "tldr_zh": 260, "abstract_zh": 2500, "tldr_en": 700}
_WANTED = range(40, 121)  # characters of tldr_zh
_LEAST_SHARE, _MOST_SHARE = 0.06, 1.1  # of abstract_zh in the abstract's length
_WHOLE_SHARE = 0.15  # a whole translation has .25 to .5
_MOST_SENTENCES = 5
_OVERLAP = 14  # characters in a row that only a copied example shares
_LEAST_FIT = {"title_zh": -0.8, "tldr_zh": 0.0, "abstract_zh": -0.15}  # nats a word; another paper's have -1
_LEAST_FIT_ELSEWHERE = -1.0  # faithful texts of fields that the table of terms hardly knows have -0.9 and more
_UNLIKE, _RATHER_UNLIKE, _FITS_LESS = 0.28, 0.40, 1.6  # cosines; nats a word
_PROMINENT = 3  # times that a paper says its own name
_SENTENCE_END = re.compile(r"[。！？!?](?=.)")
_IDLE = re.compile("(?:在)?(?:本|该|这[篇项]|此)(?:文|论文|研究|工作|文章)|我们|作者|研究(?:者|人员)|论文|文章")
_ELLIPSIS = re.compile(r"(?:\.{2,}|…+|等等)\s*[。.]?\s*$")
_ADDRESS = re.compile(r"[!-~]*[./][!-~]{2,}$")
_CLOSING = "”’\"'）)》」』】]$ "
_LEAST_ENGLISH = 0.3  # of the words of tldr_en that say something
_DOLLAR = re.compile(r"(?<!\\)\$")


def judge(
    summary: Summary,
    paper: Paper,
    *,
    examples: Sequence[str] = (),
    similarity: Similarity | None = None,
    asked: Collection[str] = FIELDS,
) -> Judgement:
    """Judges a tidied summary. `examples`: the prompt's own texts; `asked`: the fields that may not be missing."""
    read = source(paper)
    findings: list[Finding] = []
    for field in FIELDS:
        text: str = getattr(summary, field)
        if text.strip():
            findings += _size(field, len(text), read)
            text = text[: _LONGEST[field]]
            findings += _field(field, text, read, similarity)
            findings += _copied(field, text, examples, read)
            findings += _subject(field, text, read, similarity)
        elif field in asked:
            findings.append(Finding("missing", field, Verdict.REJECT))
    return Judgement((*findings, *_coined(summary, read)))


def _field(field: str, text: str, read: Source, similarity: Similarity | None) -> Iterator[Finding]:
    yield from residue(field, text, read)
    yield from _shape(field, text, read)
    if field == "tldr_en":
        yield from language.english(field, text)
        yield from obedience.english(field, text, read)
        foreign = numbers.foreign_english(text, read.numbers)
    else:
        yield from language.chinese(field, text, read)
        yield from obedience.chinese(field, language.simplified(text), read, similarity)
        foreign = [*numbers.foreign(text, read.numbers), *units.foreign(text, read.quantities)]
    if foreign:
        yield Finding("number", field, Verdict.RETRY, ", ".join(foreign)[:80])
    unknown = [] if field == "tldr_en" else names.foreign(text, read)
    if unknown:
        yield Finding("name", field, Verdict.RETRY, ", ".join(unknown)[:80])


def _size(field: str, length: int, read: Source) -> Iterator[Finding]:
    if not _SHORTEST[field] <= length <= _LONGEST[field]:
        yield Finding("length", field, Verdict.RETRY, f"{length} characters")
    share = length / max(len(read.plain), 1)
    if field == "abstract_zh" and not _WHOLE_SHARE <= share <= _MOST_SHARE and len(read.plain) > 2 * _SHORTEST[field]:
        verdict = Verdict.OK if _LEAST_SHARE <= share < _WHOLE_SHARE else Verdict.RETRY
        yield Finding("length", field, verdict, f"{share:.0%} of the abstract's length")


def _shape(field: str, text: str, read: Source) -> Iterator[Finding]:
    if field != "title_zh":
        yield from _ending(field, text, read)
    if field == "tldr_zh":
        yield from _one_sentence(text)
    if len(_DOLLAR.findall(text)) % 2 and not len(_DOLLAR.findall(read.raw)) % 2:
        yield Finding("maths", field, Verdict.RETRY, "odd $")


def _ending(field: str, text: str, read: Source) -> Iterator[Finding]:
    last = text.rstrip(_CLOSING)[-1:] or text[-1:]
    address = _ADDRESS.search(text)
    if address and read.has(address[0]):
        return
    if _ELLIPSIS.search(text) or last not in END:
        yield Finding("cut", field, Verdict.RETRY, text[-20:])


def _one_sentence(text: str) -> Iterator[Finding]:
    sentences = 1 + len(_SENTENCE_END.findall(text))
    if sentences > 1:
        yield Finding(
            "sentences", "tldr_zh", Verdict.RETRY if sentences > _MOST_SENTENCES else Verdict.OK, str(sentences)
        )
    if len(text) not in _WANTED:
        yield Finding("length", "tldr_zh", Verdict.OK, f"{len(text)} characters, 40 to 120 wanted")
    idle = _IDLE.match(text)
    if idle:
        yield Finding("opening", "tldr_zh", Verdict.OK, idle[0])


def _copied(field: str, text: str, examples: Sequence[str], read: Source) -> Iterator[Finding]:
    parts = (text[start : start + _OVERLAP] for start in range(len(text) - _OVERLAP + 1))
    part = next((each for each in parts if any(each in example for example in examples) and not read.has(each)), None)
    if part:
        yield Finding("example", field, Verdict.REJECT, part)


def _subject(field: str, text: str, read: Source, similarity: Similarity | None) -> Iterator[Finding]:
    """Whether a text is about this paper, by its words and, where there are vectors, by those."""
    if field == "tldr_en":
        known = terms.stems(text) - terms.EMPTY
        share = len(known & read.stems) / max(len(known), 1)
        if share < _LEAST_ENGLISH:
            yield Finding("other paper", field, Verdict.RETRY, f"{share:.0%} of its words")
        return
    like = terms.likeness(terms.words(language.simplified(text)), read.stems)
    fit = like.score / (like.words + 3)
    if fit < _LEAST_FIT[field]:
        # Of other fields hardly a word is known: those of a title prove nothing, nor others beside the paper's figures.
        unsure = not read.familiar and (
            field == "title_zh" or (fit > _LEAST_FIT_ELSEWHERE and obedience.told(text, read))
        )
        yield Finding("other paper", field, Verdict.OK if unsure else Verdict.RETRY, f"{fit:.2f} nats a word")
    if similarity and field != "title_zh":  # a title is too short: 12 of 30 real ones fell below
        likeness = similarity(text, read.plain)
        if likeness < _UNLIKE or (likeness < _RATHER_UNLIKE and fit < _FITS_LESS):
            yield Finding("other paper", field, Verdict.RETRY, f"similarity {likeness:.2f}, {fit:.2f} nats a word")


def _coined(summary: Summary, read: Source) -> Iterator[Finding]:
    name = names.coined(read)
    if not name:
        return
    often = len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", read.plain, re.IGNORECASE)) >= _PROMINENT
    for field, strict in (("title_zh", True), ("tldr_zh", often)):
        text: str = getattr(summary, field)
        if text and not names.keeps(text, name):
            yield Finding("coined name", field, Verdict.RETRY if strict else Verdict.OK, name)
