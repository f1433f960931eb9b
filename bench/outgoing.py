"""What readers get when the models are at their worst: two fake providers, each answering badly half of the time.

python -m bench.outgoing [--json] [--summaries FILE] [--papers 300] [--faults 0.5] [--seed 1]

The Chinese that the fakes know is real: present-day models' own sentences. What goes out is read as a reader would,
from the cards; only numbers are read by the gate's own reader, which knows that 100亿 is 10B.
"""

import argparse
import asyncio
import io
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import zstandard
from rich.console import Console
from rich.table import Table

from bot.messages.cards import View, card
from bot.messages.size import plain
from bot.sandbox.model import FakeModel, serve_model
from bot.sandbox.model_faults import ANSWERS
from bot.summaries import numbers, prompt
from bot.summaries.attempt import Draft, Good, Result
from bot.summaries.client import Client
from bot.summaries.faithful import finished, judge
from bot.summaries.provider import Provider
from bot.summaries.source import source
from bot.summaries.writer import Writer
from storage.records import Card, ChatKind, Language, Paper, Summary

DATA = Path("../shared/data/summaries-3k.jsonl.zst")
LABEL = re.compile(
    r"(?:title|tldr|abstract)_(?:zh|en)|公告类型|Announce Type|arXiv:\d{4}\.\d{4,5}v|^(?:标题|摘要|总结)[:：]", re.M
)
NAME = re.compile(r"^([A-Z][A-Za-z]*[A-Z0-9][\w-]*):\s")
IDLE = re.compile("(?:本文|该(?:研究|论文|文)|我们|作者|这篇)")
HAN = re.compile("[\u4e00-\u9fff]")
MARKS = ("（未翻译）", "（机器草稿）")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--summaries", type=Path, default=DATA)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--faults", type=float, default=0.5, help="the share of answers that are bad")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    known = list(islice(records(options.summaries), options.papers))
    results = asyncio.run(written(known, options.faults, options.seed))
    found = count([(paper, result) for (paper, _), result in zip(known, results, strict=True)])
    if options.json:
        print(json.dumps(found))  # noqa: T201  # a program reads it
        return
    table = Table("what", "figure", title="What goes out with the models at their worst")
    for name, figure in found.items():
        table.add_row(name, str(figure))
    Console().print(table)


def records(file: Path) -> Iterator[tuple[Paper, Summary]]:
    """Real papers with whole abstracts, and the sentence that a present-day model wrote."""
    with file.open("rb") as raw:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
            value = json.loads(line)
            if value["tldr"] and HAN.search(value["tldr"]):
                paper = Paper(value["id"], 1, " ".join(value["title"].split()), " ".join(value["abstract"].split()))
                yield paper, Summary(value["id"], 1, tldr_zh=value["tldr"])


async def written(known: list[tuple[Paper, Summary]], faults: float, seed: int) -> list[Result]:
    """Every paper through client, writer and gate."""
    async with AsyncExitStack() as stack:
        providers = []
        for name, dice in (("first", seed), ("second", seed + 1)):
            # Each kind strikes what those before it have spared, so that together they strike that share.
            shares = [{"kind": kind, "times": 0, "probability": faults / len(ANSWERS)} for kind in ANSWERS]
            url = await stack.enter_async_context(serve_model(FakeModel(known, faults=shares, seed=dice)))
            providers.append(Provider(name, url, "", name, concurrency=8))
        client = await stack.enter_async_context(Client())
        gate = partial(judge, examples=prompt.examples())
        writer = Writer(client, providers, gate, prompt, tidy=finished)
        return await asyncio.gather(*(writer.write(paper) for paper, _ in known))


def count(results: list[tuple[Paper, Result]]) -> dict[str, float]:
    """What a reader would find."""
    good = [(paper, each.summary) for paper, each in results if isinstance(each, Good)]
    shown = [(paper, _summary(each)) for paper, each in results]
    texts = [_card(paper, summary) for paper, summary in shown]
    named_papers = [(paper, each) for paper, each in good if NAME.match(paper.title)]
    return {
        "papers": len(results),
        "good": len(good),
        "drafts": sum(isinstance(each, Draft) and each.summary is not None for _, each in results),
        "leaked_labels": sum(LABEL.search(text) is not None for text in texts),
        "missing": sum(not (each.title_zh and each.tldr_zh and each.abstract_zh and each.tldr_en) for _, each in good)
        + sum("💡" not in text for text in texts),
        "cut_sources": sum(paper.abstract_cut for paper, _ in good),
        "unmarked_english": sum(not HAN.search(_tldr(text)) or _is_english(_tldr(text)) for text in texts),
        "foreign_numbers": round(sum(_foreign(paper, each) for paper, each in good) / max(len(good), 1), 4),
        "names_lost": sum(
            NAME.match(paper.title)[1].lower() not in f"{each.title_zh}{each.tldr_zh}".lower()  # type: ignore[index]
            for paper, each in named_papers
        ),
        "one_sentence_40_to_120": _share(good, lambda each: each.count("。") <= 1 and 40 <= len(each) <= 120),
        "idle_opening": _share(good, lambda each: IDLE.match(each) is not None),
    }


def _summary(result: Result) -> Summary | None:
    return result.summary if isinstance(result, Good | Draft) else None


def _card(paper: Paper, summary: Summary | None) -> str:
    shown = Card(replace(paper, categories=("cs.LG",)), summary)
    return plain(card(shown, Language.CHINESE, ChatKind.PRIVATE, view=View.CHINESE).text)


def _tldr(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith("💡")), "")


def _is_english(line: str) -> bool:
    return len(HAN.findall(line)) < len(line) / 10 and not line.endswith(MARKS)


def _foreign(paper: Paper, summary: Summary) -> bool:
    """Whether a number stands nowhere in the source, as the gate reads numbers: 100亿 is 10B, 12 is twelve."""
    read = source(paper).numbers
    return any(numbers.foreign(text, read) for text in (summary.title_zh, summary.tldr_zh, summary.abstract_zh))


def _share(good: list[tuple[Paper, Summary]], test: object) -> float:
    assert callable(test)
    return round(sum(bool(test(each.tldr_zh)) for _, each in good) / max(len(good), 1), 3)


if __name__ == "__main__":
    main()
