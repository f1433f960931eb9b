"""Reads many random queries: none may raise, and each is read in microseconds.

python -m bench.query ../shared/data/search-queries.jsonl [--count 100000] [--seed 1] [--json]
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from bot.papers.asked import parse

FIELDS = (
    "ti:",
    "abs:",
    "au:",
    "cat:",
    "id:",
    "type:",
    "since:",
    "until:",
    "last:",
    "hf:",
    "标题：",
    "作者：",
    "分类：",
)
VALUES = ("cs.LG", "cs", "math.NA", "new,cross", "2024-03", "7d", ">=10", "2403.00001", "LeCun, Yann", "深度学习")
SIGNS = (
    *'"“”「」‘’()（）【】-－|:：,，、.*^~\\/',
    "OR",
    "AND",
    "NOT",
    "或",
    " ",
    "\0",
    "\u0301",
    "\u202e",
    "\ud800",
    "\u3000",
)
LONGEST = 600  # characters of random Unicode
BLOCKS = ((0x20, 0x7F), (0x4E00, 0x9FFF), (0x300, 0x36F), (0x590, 0x6FF), (0xFF00, 0xFFEF), (0xD800, 0xDFFF))


def main() -> None:
    """Prints how long the queries took, and what raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queries", type=Path, nargs="?", default=Path("../shared/data/search-queries.jsonl"))
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    real = [json.loads(line)["query"] for line in args.queries.read_text(encoding="utf-8").splitlines()]
    for text in real[:100]:
        parse(text)  # the taxonomy is loaded at its first use
    rng = random.Random(args.seed)  # noqa: S311  # the same queries each time
    # Half of them stand at the figure of the issue: what readers type, changed. The others are what nobody types.
    kinds: dict[str, Callable[[], str]] = {"mutated": lambda: mutated(rng, real), "unicode": lambda: unicode(rng)}
    found = {kind: measured(make() for _ in range(args.count // len(kinds))) for kind, make in kinds.items()}
    report(found, as_json=args.json)


def measured(texts: Iterator[str]) -> tuple[list[float], list[str]]:
    """The microseconds of each query that was read, and the queries that raised or do not read back."""
    times, raised = [], []
    for text in texts:
        start = time.thread_time_ns()
        try:
            query = parse(text)
            times.append((time.thread_time_ns() - start) / 1e3)
            if parse(query.reading) != query:
                raised.append(text)
        except Exception as error:  # whatever it is, it is what is looked for
            print(f"{text!r}: {error!r}", file=sys.stderr)  # noqa: T201
            raised.append(text)
    return times, raised


def report(found: dict[str, tuple[list[float], list[str]]], *, as_json: bool) -> None:
    """Prints the figures of all queries and of each kind."""
    all_ = (
        [each for times, _ in found.values() for each in times],
        [each for _, bad in found.values() for each in bad],
    )
    rows = {kind: figures(*measured) for kind, measured in {"all": all_, **found}.items()}
    if as_json:
        print(json.dumps({**rows["all"], "kinds": {kind: rows[kind] for kind in found}}))  # noqa: T201
        return
    for kind, row in rows.items():
        print(f"{kind:8}", "  ".join(f"{name} {value}" for name, value in row.items()))  # noqa: T201
    for text in all_[1][:10]:
        print(repr(text))  # noqa: T201


def figures(times: list[float], raised: list[str]) -> dict[str, float]:
    """What is reported of some queries."""
    return {
        "queries": len(times),
        "exceptions": len(raised),
        "median_us": round(median(times), 1),
        "p99_us": round(quantiles(times, n=100)[98], 1),
        "worst_ms": round(max(times) / 1000, 2),
    }


def mutated(rng: random.Random, real: list[str]) -> str:
    """A real query with fields, operators and signs put in, pieces left out or repeated."""
    words = rng.choice(real).split()
    for _ in range(rng.randrange(5)):
        at = rng.randrange(len(words) + 1)
        words[at:at] = [rng.choice((rng.choice(SIGNS), rng.choice(FIELDS) + rng.choice(VALUES), rng.choice(FIELDS)))]
    text = list(" ".join(words))
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(text) + 1)
        text[at : at + rng.randrange(3)] = rng.choice(SIGNS)
    return "".join(text) * rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 20))


def unicode(rng: random.Random) -> str:
    """A text of any characters: of all Unicode, of one block, or of the syntax's own signs."""
    length = int(LONGEST ** rng.random())
    low, high = rng.choice((*BLOCKS, (0, 0x10FFFF)))
    letters = rng.choice((SIGNS, None))
    return "".join(rng.choice(letters) if letters else chr(rng.randint(low, high)) for _ in range(length))


if __name__ == "__main__":
    main()
