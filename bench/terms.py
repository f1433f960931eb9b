"""Learns bot/summaries/terms.txt from a corpus of papers with Chinese texts: IBM's first model, then naive Bayes.

python -m bench.terms ../shared/data/corpus-50k.jsonl.zst --output bot/summaries/terms.txt
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.papers.latex import to_unicode
from bot.sources import archive
from bot.summaries.terms import stems, words
from storage.records import Arrival

ROUNDS = 6
FEWEST = 20  # sentences that have a word
MOST_STEMS, LEAST_SHARE = 8, 0.03
WEAKEST = 60  # hundredths of a nat: words that say less either way are left out
HEADER = "# word, log odds if a translation stands in the text, if none does (hundredths of a nat), translations"
SCHOLARLY = "# words that papers use, by how much oftener than general Chinese does (log odds)"
LEAST_FAMILIAR = 8  # papers that use a word
Pair = tuple[list[str], frozenset[str]]


def main() -> None:
    """Reads the corpus, writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument(
        "--general", type=Path, required=True, help="words of general Chinese: word, count, a line each"
    )
    parser.add_argument("--output", type=Path, default=Path("bot/summaries/terms.txt"))
    parser.add_argument("--without", type=Path, help="a file of paper ids to leave out, one a line")
    args = parser.parse_args()
    without = set(args.without.read_text().split()) if args.without else set()
    arrivals = [each for each in read(args.corpus) if each.paper.id not in without]
    chosen = translations([pair for each in arrivals for pair in sentences(each)])
    lines = weighted(chosen, [whole(each) for each in arrivals])
    groups = scholarly(arrivals, general(args.general))
    args.output.write_text("\n".join([HEADER, *lines, SCHOLARLY, *groups]) + "\n", encoding="utf-8")


def general(path: Path) -> dict[str, int]:
    """How often a word stands in general Chinese."""
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {word: int(count) for word, count, *_ in rows}


def read(corpus: Path) -> Iterator[Arrival]:
    """The papers that have a Chinese text."""
    for found in archive.read_paths([corpus]):
        if isinstance(found.outcome, Arrival) and found.outcome.summary:
            yield found.outcome


def sentences(arrival: Arrival) -> Iterator[Pair]:
    """What says the same in both languages: the titles, the one-sentence summaries."""
    summary = arrival.summary
    assert summary
    for chinese, english in ((summary.title_zh, arrival.paper.title), (summary.tldr_zh, summary.tldr_en)):
        if chinese and english:
            yield words(chinese), stems(to_unicode(english))


def whole(arrival: Arrival) -> Pair:
    """A summary as it is judged: its Chinese words, and the stems of the paper."""
    assert arrival.summary
    chinese = words(f"{arrival.summary.title_zh} {arrival.summary.tldr_zh}")
    return chinese, stems(to_unicode(f"{arrival.paper.title} {arrival.paper.abstract}"))


def scholarly(arrivals: list[Arrival], general: dict[str, int]) -> Iterator[str]:
    """The words that papers use, grouped by how much oftener than general Chinese does: log odds in halves."""
    counts = Counter(
        word
        for each in arrivals
        if each.summary
        for word in words(f"{each.summary.title_zh} {each.summary.tldr_zh} {each.summary.abstract_zh}")
    )
    ours, theirs = sum(counts.values()), sum(general.values())
    groups: dict[float, list[str]] = {}
    for word, count in counts.items():
        if count >= LEAST_FAMILIAR:
            odds = math.log(count / ours) - math.log((general.get(word, 0) + 3) / theirs)
            groups.setdefault(max(-4.0, min(4.0, round(2 * odds) / 2)), []).append(word)
    return (f"= {odds} {' '.join(sorted(groups[odds]))}" for odds in sorted(groups))


def translations(pairs: list[Pair]) -> dict[str, list[str]]:
    """Each Chinese word's likeliest English stems."""
    chinese = numbered(each for words, _ in pairs for each in words)
    english = numbered(each for _, stems in pairs for each in stems)
    stem_names, none = list(english), len(english)  # none: the word that stands for no word at all
    links = [
        (index, chinese[word], english[stem] if stem else none)
        for index, (words, stems) in enumerate(pairs)
        for word in words
        if word in chinese
        for stem in (*(each for each in stems if each in english), "")
    ]
    place, word, stem = np.array(links, dtype=np.int64).T
    position = np.unique(place * len(chinese) + word, return_inverse=True)[1]
    keys, pair = np.unique(word * (none + 1) + stem, return_inverse=True)
    pair_stem = keys % (none + 1)
    likely = np.ones(len(keys))
    counts = likely
    for _ in range(ROUNDS):
        share = likely[pair]
        share = share / np.bincount(position, share)[position]
        counts = np.bincount(pair, share)
        likely = counts / np.bincount(pair_stem, counts)[pair_stem]
    return likeliest(list(chinese), stem_names, keys, counts)


def numbered(words: Iterator[str]) -> dict[str, int]:
    """The frequent words, numbered."""
    return {word: number for number, (word, count) in enumerate(Counter(words).most_common()) if count >= FEWEST}


def likeliest(chinese: list[str], english: list[str], keys: np.ndarray, counts: np.ndarray) -> dict[str, list[str]]:
    """The stems that take the largest shares of each word's counts."""
    words, stems = np.divmod(keys, len(english) + 1)
    totals = np.bincount(words, counts)
    chosen: dict[str, list[str]] = {}
    for each in np.argsort(-counts):
        word, stem = words[each], stems[each]
        best = chosen.setdefault(chinese[word], [])
        if stem < len(english) and len(best) < MOST_STEMS and counts[each] >= LEAST_SHARE * totals[word]:
            best.append(english[stem])
    return chosen


def weighted(chosen: dict[str, list[str]], pairs: list[Pair]) -> list[str]:
    """The table's lines: what a word says if it is translated in the paper and if not."""
    documents: dict[str, set[int]] = {}
    for index, (_, english) in enumerate(pairs):
        for stem in english:
            documents.setdefault(stem, set()).add(index)
    used: dict[str, list[int]] = {}
    for index, (chinese, _) in enumerate(pairs):
        for word in chinese:
            used.setdefault(word, []).append(index)
    lines = []
    for word, best in chosen.items():
        if not best or len(used.get(word, ())) < FEWEST:
            continue
        anywhere = set().union(*(documents.get(stem, set()) for stem in best))
        right = (sum(index in anywhere for index in used[word]) + 1) / (len(used[word]) + 2)
        wrong = (len(anywhere) + 1) / (len(pairs) + 2)
        found, missing = (round(100 * math.log(each)) for each in (right / wrong, (1 - right) / (1 - wrong)))
        if found - missing >= WEAKEST and found > 0:
            lines.append(f"{word} {found} {missing} {' '.join(best)}")
    return sorted(lines)


if __name__ == "__main__":
    main()
