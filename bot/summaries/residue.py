"""What a model leaves in a text besides the text: labels, tags, refusals, placeholders, JSON, links. Pure."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources

from bot.summaries.judgement import Finding, Verdict
from bot.summaries.source import Source

_BROKEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff0-\ufffd"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f]"
)
_EMOJI = re.compile("[\u2600-\u26ff\u2705-\u2728\u2753-\u2757\u2763\u2764\U0001f000-\U0001faff]")
_MATHS = re.compile(r"\$[^$]{1,300}\$|\\\([^()]{1,200}\\\)|\\(?!u[0-9a-f]{4})[a-zA-Z]{3,}")
_LOOP = re.compile(
    r"(.{4,60}?)\1{2,}|([^\d\s.·—…=_-]{1,3}?)\2{4,}|([.。，,！!？?、])\3{3,}|([\u3400-\u9fff]{2,3})\4{2,}", re.DOTALL
)
_SENTENCE = re.compile("[^。！？!?；;，,]+")
_GRAM, _MOST_GRAMS = re.compile("(?=([\u3400-\u9fff，、]{12}))"), 3
_LEAST_OWN = 3
_LONG_CLAUSE = 10
_HAN = re.compile("[\u3400-\u9fff]")


def residue(field: str, text: str, source: Source) -> Iterator[Finding]:
    """Everything in a text that is not the text. What the source has itself is none."""
    bare = _MATHS.sub(" ", text)
    for check, pattern in _patterns("anywhere"):
        match = next((each for each in pattern.finditer(bare) if not _is_own(each[0].strip(), source)), None)
        if match:
            yield Finding(check, field, Verdict.REJECT, match[0].strip()[:60])
    emoji = _EMOJI.search(bare)
    if emoji and emoji[0] not in source.raw:
        yield Finding("instruction", field, Verdict.REJECT, emoji[0])
    yield from _labels(field, text, source)
    broken = _BROKEN.search(text)
    if broken:
        yield Finding("characters", field, Verdict.REJECT, f"U+{ord(broken[0]):04X}")
    yield from _repetitions(field, text, source)


def _is_own(found: str, source: Source) -> bool:
    """Whether the source has it itself; marks and schemes alone prove nothing."""
    return len(found) >= _LEAST_OWN and not found.endswith("://") and source.has(found)


def _labels(field: str, text: str, source: Source) -> Iterator[Finding]:
    head = re.split("[:：]", text, maxsplit=1)[0].strip()
    own = bool(head) and head.isascii() and source.has(f"{head}:")
    found = [] if own else [pattern.match(text) for _, pattern in _patterns("start")]
    if field != "title_zh":
        found += [pattern.search(text) for _, pattern in _patterns("inside")]
    label = next(filter(None, found), None)
    if label:
        yield Finding("label", field, Verdict.REJECT, label[0].strip()[:60])


def _repetitions(field: str, text: str, source: Source) -> Iterator[Finding]:
    loop = _LOOP.search(text)
    if loop and not source.has(loop[0][:20]):
        yield Finding("repetition", field, Verdict.RETRY, loop[0][:40])
        return
    clauses = Counter(each.strip() for each in _SENTENCE.findall(text))
    grams = Counter(_GRAM.findall(text))
    # A long text may well say one thing twice, and its subject's name oftener.
    long, most = _LONG_CLAUSE + len(text) // 25, _MOST_GRAMS + len(text) // 150
    often = [each for each, count in clauses.items() if count >= 2 and len(_HAN.findall(each)) * (count - 1) >= long]
    often += [each for each, count in grams.most_common(1) if count >= most]
    if often:
        yield Finding("repetition", field, Verdict.RETRY, often[0][:40])


@cache
def _patterns(place: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The checks and patterns of leftovers.toml: `anywhere`, at the `start`, `inside`."""
    table = tomllib.loads(resources.files("bot.summaries").joinpath("leftovers.toml").read_text(encoding="utf-8"))
    return tuple((each["check"], re.compile(each["pattern"], re.IGNORECASE | re.VERBOSE)) for each in table[place])
