"""What the words of a search mean in the other language: one word, or several that only together mean it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, takewhile

from storage import lexicon
from storage.database import Transaction
from storage.direct import rows
from storage.ranking import Term, quoted, rarest
from storage.word_pairs import Entry

LIKELY = 0.15  # of a translation that may be a part of a compound; the parts of one are about equally likely
ALIKE = 0.6  # the share of the likelier part's probability that the other part has at least
TOGETHER = 0.15  # of the titles with the rarer part, those with both: `neural networks`, not `method or approach`
KNOWN = 5  # titles that tell; with fewer the lexicon has to
SELDOM = 0.15  # how likely a mere part of a compound means the whole: `mining` 数据挖掘
ALONE, MEANT = 0.1, 0.25  # a translation that is likely, or whose own translation the word is, stands for it alone
COUNTED = 1_000  # titles
MOST = 5  # words of a search that are looked for in the other language too, the rarest

STEM, ENDING = 4, 4  # letters that forms of one English word share at least, and that each may add

_Pair = tuple[str, str]
_Translations = tuple[tuple[str, float], ...]
_Forms = Mapping[str, _Translations]  # by the likeliest of them


def terms(words: Sequence[str], known: Mapping[str, Entry]) -> list[Term]:
    """Words as they are looked for, with how common they are."""
    return [Term(word, share=known[word].share if word in known else 0.0) for word in words]


async def told(tx: Transaction, asked: Sequence[Term], known: Mapping[str, Entry]) -> list[Term]:
    """The same with what stands for the rarest of them in the other language."""
    wanted = {term.word: known[term.word].translations for term in rarest(asked, MOST) if term.word in known}
    back = await lexicon.entries(tx, {other for told in wanted.values() for other, _ in told})
    forms = {word: _forms(translations) for word, translations in wanted.items()}
    counts = await _counts(tx, [pair for each in forms.values() for pair in _alike(each)])
    found = {word: tuple(_meanings(word, forms[word], back, counts)) for word in wanted}
    return [replace(term, others=found.get(term.word, ())) for term in asked]


def _meanings(
    word: str, forms: _Forms, back: Mapping[str, Entry], counts: Mapping[tuple[str, ...], int]
) -> Iterator[tuple[str, ...]]:
    translations = [each for others in forms.values() for each in others]
    meant = {
        other: dict(back[other].translations).get(word, 0.0) if other in back else 0.0 for other, _ in translations
    }
    compound: list[str] = []
    for pair in _alike(forms):
        if _are_one(word, pair, meant, counts) and (not compound or not {*compound}.isdisjoint(pair)):
            compound += [each for each in pair if each not in compound]
    if compound:
        yield tuple(compound)
    parts = {form for first, others in forms.items() if first in compound for form, _ in others}
    for other, likely in translations:
        if other not in parts and (likely >= ALONE or meant[other] >= MEANT):
            yield (other,)


def _are_one(word: str, pair: _Pair, meant: Mapping[str, float], counts: Mapping[tuple[str, ...], int]) -> bool:
    """Whether two translations mean the word only together."""
    rarer = min(counts[each,] for each in pair)
    if rarer >= KNOWN:
        return counts[pair] >= TOGETHER * rarer
    return len(word) > 2 or min(meant[each] for each in pair) < SELDOM


def _forms(translations: _Translations) -> _Forms:
    """Translations by the likeliest form of the same word: trees stands for tree too."""
    forms: dict[str, list[tuple[str, float]]] = {}
    for word, likely in translations:
        first = next((each for each in forms if _are_forms(each, word)), word)
        forms.setdefault(first, []).append((word, likely))
    return {first: tuple(others) for first, others in forms.items()}


def _are_forms(one: str, other: str) -> bool:
    if not one.isascii():
        return one in other or other in one
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return same >= STEM and max(len(one), len(other)) - same <= ENDING


def _alike(forms: _Forms) -> list[_Pair]:
    """Pairs of translations that may be parts of one compound."""
    shares = {first: sum(likely for _, likely in others) for first, others in forms.items()}
    likely = [(first, share) for first, share in shares.items() if share >= LIKELY]
    return [(a, b) for (a, of_a), (b, of_b) in combinations(likely, 2) if min(of_a, of_b) >= ALIKE * max(of_a, of_b)]


async def _counts(tx: Transaction, pairs: Sequence[_Pair]) -> dict[tuple[str, ...], int]:
    """How many titles have each word of the pairs, and both."""
    groups: set[tuple[str, ...]] = {*pairs, *((word,) for pair in pairs for word in pair)}
    if not groups:
        return {}
    asked = {f"{{title_en title_zh}} : ({' AND '.join(map(quoted, group))})": group for group in groups}
    sql = f"""
    SELECT value, (SELECT COUNT(*) FROM (SELECT 1 FROM search_short WHERE search_short MATCH value LIMIT {COUNTED}))
    FROM json_each(:asked)
    """
    return {asked[expression]: count for expression, count in await rows(tx, sql, {"asked": json.dumps([*asked])})}
