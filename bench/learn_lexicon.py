"""Learns storage/lexicon.tsv.zst, what a new installation knows of both languages' words, from a corpus of papers.

python -m bench.learn_lexicon ../shared/data/corpus-50k.jsonl.zst
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard

from bot.sources import archive
from storage import lexicon
from storage.records import Arrival
from storage.word_pairs import Titles, learned


def main() -> None:
    """Reads the corpus, writes the lexicon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--output", type=Path, default=Path("storage/lexicon.tsv.zst"))
    args = parser.parse_args()
    words = learned(titles(args.corpus))
    packed = zstandard.compress(lexicon.write(words).encode(), level=19)
    args.output.write_bytes(packed)
    sys.stdout.write(f"{len(words)} words, {len(packed)} bytes\n")


def titles(corpus: Path) -> Iterator[Titles]:
    """The titles of the papers that have both."""
    for found in archive.read_paths([corpus]):
        if isinstance(found.outcome, Arrival) and found.outcome.summary and found.outcome.summary.title_zh:
            yield found.outcome.summary.title_zh, found.outcome.paper.title


if __name__ == "__main__":
    main()
