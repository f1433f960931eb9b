"""Learns which words of two languages mean each other, from titles in both: IBM's first model. Pure.

Brown et al., "The Mathematics of Statistical Machine Translation" (1993): each word of a title stands for one of the
other title's words, or for none; how likely for which is what makes all the titles together likeliest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from storage import segment

ROUNDS = 5
LEAST_SEEN = 2  # titles that have a word, or both words of a pair
LEAST_TOGETHER = 0.02  # of the titles that have a word
LEAST_LIKELY, MOST = 0.02, 8  # translations of a word that are kept
# Of those that many titles have, only the likelier, and none of a word that few have: 模型 stands beside everything.
COMMON, SURE, SELDOM = 0.01, 0.2, 0.0002
PRIOR, AT_MOST = 20_000, 50  # titles that what was learned before counts for: in all, and of one word

Titles = tuple[str, str]  # Chinese, English
_Pair = tuple[Sequence[str], Sequence[str]]
_Table = dict[str, dict[str, float]]  # a word's translations: expected counts, or probabilities
_Links = dict[str, dict[str, int]]  # a word's possible translations, numbered over all words
_NONE = ""  # what the words stand for that translate no word


@dataclass(frozen=True, slots=True)
class Entry:
    """A word: the share of titles that have it; its translations with their probabilities, the likeliest first."""

    share: float
    translations: tuple[tuple[str, float], ...] = ()


Lexicon = Mapping[str, Entry]


def key(word: str) -> str:
    """A term as the lexicon names it: English without its ending."""
    if len(word) < 4 or not word.isascii():
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3 and not (ending == "s" and stem[-1] in "su"):
            word = stem + instead
            break
    return word.rstrip("e") if len(word) > 4 else word


def learned(titles: Iterable[Titles], before: Lexicon | None = None) -> dict[str, Entry]:
    """What pairs of titles teach, in both directions, beside what was known before."""
    before = before or {}
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    pairs: list[_Pair] = []
    for chinese, english in titles:
        words = segment.terms(english)
        keys = tuple(map(key, words))
        for each, word in zip(keys, words, strict=True):
            spellings[each][word] += 1
        pairs.append((segment.terms(chinese), tuple(dict.fromkeys(keys))))
    for each, word in ((key(word), word) for entry in before.values() for word, _ in entry.translations):
        spellings[each][word] += 1
    seen = Counter(chain.from_iterable({*chinese, *english} for chinese, english in pairs))
    known = {word: _expected(word, entry) for word, entry in before.items()}
    to_english = _translations(pairs, {word: row for word, row in known.items() if segment.is_chinese(word)})
    to_chinese = _translations(
        [(english, chinese) for chinese, english in pairs],
        {word: row for word, row in known.items() if not segment.is_chinese(word)},
    )
    total = len(pairs) + (PRIOR if before else 0)
    lexicon = {}
    for word in {*before, *(word for word, count in seen.items() if count >= LEAST_SEEN)}:
        if segment.is_chinese(word):
            likely = {spellings[w].most_common(1)[0][0]: p for w, p in to_english.get(word, {}).items()}
        else:
            likely = to_chinese.get(word, {})
        share = (seen[word] + (before[word].share * PRIOR if word in before else 0)) / total
        told = {w: p for w, p in likely.items() if segment.is_chinese(w) != segment.is_chinese(word)}
        lexicon[word] = Entry(share, tuple(sorted(told.items(), key=lambda each: (-each[1], each[0]))))
    return {word: Entry(entry.share, tuple(_best(entry, lexicon))) for word, entry in lexicon.items()}


def _best(entry: Entry, lexicon: Lexicon) -> list[tuple[str, float]]:
    def is_common(word: str) -> bool:
        return (known := lexicon.get(key(word))) is not None and known.share > COMMON

    certain = entry.share >= SELDOM
    told = [
        (w, p) for w, p in entry.translations if p >= LEAST_LIKELY and ((certain and p >= SURE) or not is_common(w))
    ]
    return told[:MOST]


def _expected(word: str, entry: Entry) -> dict[str, float]:
    weight = min(AT_MOST, entry.share * PRIOR)
    spell = key if segment.is_chinese(word) else str
    return {spell(translation): weight * likely for translation, likely in entry.translations}


def _translations(pairs: Sequence[_Pair], known: _Table) -> _Table:
    """The probabilities of each word's translations, beside the counts that are known."""
    rows = {word: dict.fromkeys({*others, *known.get(word, ())}, 0) for word, others in _companions(pairs).items()}
    rows[_NONE] = dict.fromkeys(chain.from_iterable(targets for _, targets in pairs), 0)
    links = [(word, other) for word, row in rows.items() for other in row]
    for number, (word, other) in enumerate(links):
        rows[word][other] = number
    before = [known.get(word, {}).get(other, 0.0) for word, other in links]
    # By each word of a title, the links that may explain it: numbers, because this is walked through again and again.
    explained = [
        [row[target] for row in found if target in row]
        for sources, targets in pairs
        for found in [[rows[word] for word in (_NONE, *sources) if word in rows]]
        for target in targets
    ]
    likely = [1.0] * len(links)
    for _ in range(ROUNDS):
        likely = _round(rows, explained, likely, before)
    told = {word: {other: likely[number] for other, number in row.items()} for word, row in rows.items() if word}
    return {word: _normal(row) for word, row in known.items()} | told


def _round(rows: _Links, explained: list[list[int]], likely: list[float], before: list[float]) -> list[float]:
    """One step of expectation and maximisation."""
    counts = before.copy()
    for links in explained:
        chances = [likely[link] for link in links]
        total = sum(chances)
        if total:
            for link, chance in zip(links, chances, strict=True):
                counts[link] += chance / total
    for row in rows.values():
        numbers = list(row.values())
        total = sum([counts[number] for number in numbers])
        if total:
            for number in numbers:
                counts[number] /= total
    return counts


def _normal(counts: Mapping[str, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {word: count / total for word, count in counts.items()} if total else dict(counts)


def _companions(pairs: Sequence[_Pair]) -> dict[str, list[str]]:
    """By a word, the other language's words that stand beside it often enough to be a translation."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, (sources, _) in enumerate(pairs):
        for word in sources:
            places[word].append(number)
    companions = {}
    for word, numbers in places.items():
        if len(numbers) < LEAST_SEEN:
            continue
        least = max(LEAST_SEEN, LEAST_TOGETHER * len(numbers))
        beside = Counter(chain.from_iterable(pairs[number][1] for number in numbers))
        if often := [other for other, count in beside.items() if count >= least]:
            companions[word] = often
    return companions
