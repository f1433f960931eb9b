"""Whether a taste learned from votes ranks better than recency: simulated readers over the corpus.

python -m bench.taste [--json] [--readers 12] [--papers 5000] [corpus-50k.jsonl.zst]

A reader has three hidden topics: clusters of English abstracts about three random papers. The tenth of all papers
that are nearest to them is of interest. Each day brings 100 papers, ten are shown as the bot would choose them, and
the reader votes: 👍 for 70 % of what is of interest and 1 % of the rest, 👎 for 15 % of the rest and 3 % of what is.
Then the ten best of days that the reader never saw are judged by nDCG@10 and precision@10.

No circle: topics are made from English abstracts only, and the bot is given no abstract and no English at all, only
Chinese title and sentence. `relevance` is a reader without votes whose subscription names three words, of Chinese
titles near the topics; `taste_relevance` is the same query with votes. Recency knows nothing of topics: it is what
chance gives. The time of training is that for 500 votes and 100 papers passed over, texts cut anew.
"""

import argparse
import json
import math
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.digests import taste as tastes
from bot.digests import terms
from bot.digests.choose import rank
from bot.digests.taste import Rarity, Voted, train
from bot.papers.asked import parse
from bot.sources.archive import read_paths
from storage import segment
from storage.query import Query
from storage.records import Arrival, Card, Paper, Summary, Taste

CORPUS = Path("../shared/data/corpus-50k.jsonl.zst")
VOTES = (1, 5, 20, 100)
DAY, SHOWN, JUDGED = 100, 10, 8  # papers a day, papers shown, days that are judged
TOPICS, NEAREST, OF_INTEREST = 3, 12, 0.1
KNOWN = 300  # papers that tell how rare terms are, as in jobs.learn
EVERYTHING = parse("")

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Marks:
    """How good rankings were."""

    ndcg: list[float] = field(default_factory=list)
    precision: list[float] = field(default_factory=list)

    def add(self, hits: Sequence[bool]) -> None:
        """One day's papers in their order: whether each is of interest."""
        best = sum(1 / math.log2(at + 2) for at in range(min(SHOWN, sum(hits))))
        if best:
            self.ndcg.append(sum(1 / math.log2(at + 2) for at, hit in enumerate(hits[:SHOWN]) if hit) / best)
            self.precision.append(sum(hits[:SHOWN]) / SHOWN)

    @property
    def means(self) -> dict[str, float]:
        """The means over days and readers."""
        return {
            "ndcg10": round(statistics.mean(self.ndcg), 3),
            "precision10": round(statistics.mean(self.precision), 3),
        }


class Corpus:
    """Papers as the bot is given them, and the English abstracts that it is not given."""

    def __init__(self, path: Path, size: int) -> None:
        arrivals = [each.outcome for each in read_paths([path])]
        whole = [each for each in arrivals if isinstance(each, Arrival) and _is_whole(each)]
        taken = random.Random(1).sample(whole, min(size, len(whole)))  # noqa: S311  # the same each time
        self.cards = [_blind(each) for each in taken]
        self._abstracts = [each.paper.abstract for each in taken]

    @cached_property
    def _vectors(self) -> list[Vector]:
        counted = [Counter(re.findall(r"[a-z][a-z-]{2,}", text.lower())) for text in self._abstracts]
        holding = Counter(word for each in counted for word in each)
        size = len(counted)
        telling = {word: math.log(size / n) for word, n in holding.items() if 3 <= n <= size / 10}
        return [_unit({w: (1 + math.log(n)) * telling[w] for w, n in each.items() if w in telling}) for each in counted]

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[int, float]]]:
        found = defaultdict(list)
        for at, vector in enumerate(self._vectors):
            for word, weight in vector.items():
                found[word].append((at, weight))
        return found

    def nearness(self, to: Vector) -> dict[int, float]:
        """The cosine of every paper that shares a word of its abstract with a vector."""
        found: dict[int, float] = defaultdict(float)
        for word, weight in to.items():
            for at, other in self._by_word.get(word, ()):
                found[at] += weight * other
        return found

    def topics(self, chance: random.Random) -> tuple[set[int], list[int]]:
        """The papers of interest to a new reader, and those that are in the middle of its topics."""
        nearest: dict[int, float] = defaultdict(float)
        middle: list[int] = []
        for _ in range(TOPICS):
            around = self.nearness(self._vectors[chance.randrange(len(self.cards))])
            cluster = sorted(around, key=lambda at: -around[at])[:NEAREST]
            middle += cluster
            for at, cosine in self.nearness(_mean(self._vectors[each] for each in cluster)).items():
                nearest[at] = max(nearest[at], cosine)
        best = sorted(nearest, key=lambda at: (-nearest[at], at))[: int(len(self.cards) * OF_INTEREST)]
        return set(best), middle


class Reader:
    """One simulated reader: its interest, its days, its votes."""

    def __init__(self, corpus: Corpus, seed: int, rarity: Rarity) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # the same each time
        self._corpus, self._rarity = corpus, rarity
        self.interest, middle = corpus.topics(self._chance)
        self.query = parse(" OR ".join(_telling_words(corpus, middle)))
        order = self._chance.sample(range(len(corpus.cards)), len(corpus.cards))
        self._days = [order[at : at + DAY] for at in range(0, len(order) - DAY + 1, DAY)]
        self._at = {card.paper.id: at for at, card in enumerate(corpus.cards)}
        self._votes: dict[int, int] = {}
        self._passed_over: list[int] = []

    def judge(self, marks: Marks, query: Query, taste: Taste | None) -> None:
        """Rank days that the reader has not seen."""
        for day in self._days[:JUDGED]:
            marks.add([at in self.interest for at in self._ranked(day, query, taste)])

    def learn(self) -> Iterable[tuple[int, Taste]]:
        """Read day by day what the bot chooses; the taste at each of VOTES, as far as the days last."""
        waiting, taste = list(VOTES), None
        for day in self._days[JUDGED:]:
            for at in self._ranked(day, EVERYTHING, taste)[:SHOWN]:
                self._see(at)
                if waiting and len(self._votes) == waiting[0]:
                    taste = self._learned()
                    yield waiting.pop(0), taste
            if not waiting:
                return
            taste = self._learned()

    def _ranked(self, day: Sequence[int], query: Query, taste: Taste | None) -> list[int]:
        ranked = rank([self._corpus.cards[at] for at in day], query, taste)
        return [self._at[card.paper.id] for card in ranked]

    def _see(self, at: int) -> None:
        likes, dislikes = (0.7, 0.03) if at in self.interest else (0.01, 0.15)
        drawn = self._chance.random()
        if drawn < likes + dislikes:
            self._votes[at] = 1 if drawn < likes else -1
        else:
            self._passed_over.append(at)

    def _learned(self) -> Taste:
        cards = self._corpus.cards
        voted = [Voted(cards[at], vote) for at, vote in self._votes.items()]
        return train(voted, [cards[at] for at in self._passed_over[-100:]], self._rarity)


def measure(path: Path, size: int, readers: int) -> dict[str, object]:
    """Every reader's days by recency, by relevance, and by taste after so many votes."""
    corpus = Corpus(path, size)
    took = _training(corpus)
    tastes.terms = cache(terms.terms.__wrapped__)  # every paper is ranked a hundred times here
    rarity = Rarity(corpus.cards[:KNOWN])
    marks: dict[str, Marks] = defaultdict(Marks)
    for number in range(readers):
        reader = Reader(corpus, number, rarity)
        reader.judge(marks["recency"], EVERYTHING, None)
        reader.judge(marks["relevance"], reader.query, None)
        for votes, taste in reader.learn():
            reader.judge(marks[f"taste {votes}"], EVERYTHING, taste)
            reader.judge(marks[f"taste_relevance {votes}"], reader.query, taste)
    found: dict[str, object] = {"readers": readers, "papers": len(corpus.cards)}
    found |= {name: marks[name].means for name in ("recency", "relevance")}
    for name in ("taste", "taste_relevance"):
        found[name] = {"0": marks["recency" if name == "taste" else "relevance"].means} | {
            str(votes): marks[f"{name} {votes}"].means for votes in VOTES if marks[f"{name} {votes}"].ndcg
        }
    return found | {"train_500_ms": round(1000 * took, 1)}


def _training(corpus: Corpus) -> float:
    rarity = Rarity(corpus.cards[:KNOWN])
    voted = [Voted(card, at % 3 - 1) for at, card in enumerate(corpus.cards[1000:1750])]  # a third has no vote
    began = time.process_time()
    train([each for each in voted if each.votes], [each.card for each in voted if not each.votes][:100], rarity)
    return time.process_time() - began


def _is_whole(arrival: Arrival) -> bool:
    summary = arrival.summary
    return bool(summary and summary.title_zh and summary.tldr_zh and len(arrival.paper.abstract) > 400)


def _blind(arrival: Arrival) -> Card:
    known, summary = arrival.paper.id, arrival.summary
    if summary is None:
        raise AssertionError("only whole records are taken")
    return Card(Paper(known, 1, "", ""), Summary(known, 1, title_zh=summary.title_zh, tldr_zh=summary.tldr_zh))


def _telling_words(corpus: Corpus, middle: Iterable[int], most: int = 3) -> list[str]:
    """The words that a reader would put into a query: those of the topics' Chinese titles that few others hold."""
    held = Counter(word for at in middle for word in _title_words(corpus.cards[at]))
    everywhere = Counter(word for card in corpus.cards[:1000] for word in _title_words(card))
    telling = {word: n * math.log(1000 / (everywhere[word] + 1)) for word, n in held.items() if len(word) > 1}
    return sorted(telling, key=lambda word: (-telling[word], word))[:most]


def _title_words(card: Card) -> set[str]:
    return set(segment.terms(card.summary.title_zh)) if card.summary else set()


def _mean(vectors: Iterable[Vector]) -> Vector:
    summed: Vector = defaultdict(float)
    for vector in vectors:
        for word, weight in vector.items():
            summed[word] += weight
    return _unit(summed)


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {word: weight / length for word, weight in vector.items()}


def _table(found: dict[str, object]) -> Table:
    table = Table("chosen by", "votes", "nDCG@10", "precision@10")
    for name in ("recency", "relevance", "taste", "taste_relevance"):
        means = found[name]
        if not isinstance(means, dict):
            raise TypeError(name)
        for votes, each in (means if "0" in means else {"": means}).items():
            table.add_row(name, votes, f"{each['ndcg10']:.3f}", f"{each['precision10']:.3f}")
    return table


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readers", type=int, default=12)
    parser.add_argument("--papers", type=int, default=5000)
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS)
    asked = parser.parse_args()
    found = measure(asked.corpus, asked.papers, asked.readers)
    if asked.json:
        print(json.dumps(found))  # noqa: T201  # a program reads it
    else:
        Console().print(_table(found))
        Console().print("{readers} readers, {papers} papers; 500 votes learned in {train_500_ms} ms".format_map(found))


if __name__ == "__main__":
    main()
