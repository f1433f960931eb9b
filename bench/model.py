"""How near the client comes to what a slow provider allows: papers a second through writer, client, HTTP and gate.

python -m bench.model [--json] [--papers 300] [--latency 2] [--concurrency 16]
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from multiprocessing.connection import Connection
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.sandbox.composing import compose
from bot.sandbox.model import FakeModel, serve_model
from bot.sources.archive import read_paths
from bot.summaries import prompt
from bot.summaries.attempt import Good
from bot.summaries.client import Client
from bot.summaries.faithful import finished, judge, tidied
from bot.summaries.judgement import Judgement, Verdict
from bot.summaries.provider import Provider
from bot.summaries.writer import Writer
from storage.records import Arrival, Paper, Summary


def gate(summary: Summary, paper: Paper) -> Judgement:
    """The gate as the bot has it."""
    return judge(summary, paper, examples=prompt.examples())


def papers(count: int) -> list[Paper]:
    """So many papers with the sample's texts, of those whose composed summary passes the gate at once."""
    with as_file(files("bot") / "sample/digest.md") as sample:
        found = [each.outcome.paper for each in read_paths([sample]) if isinstance(each.outcome, Arrival)]
    fit = [each for each in found if gate(_composed(each), each).verdict is Verdict.OK]
    return [replace(each, id=f"2403.{number:05}") for number, each in zip(range(count), itertools.cycle(fit))]


def _composed(paper: Paper) -> Summary:
    fields = compose(paper.title, paper.abstract)
    return tidied(Summary(paper.id, paper.version, **fields))  # type: ignore[arg-type]


@contextlib.contextmanager
def model_server(latency: float) -> Iterator[str]:
    """The fake model in a process of its own, as a real one is; gives its base_url."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve, args=(latency, there))
    server.start()
    try:
        yield here.recv()
    finally:
        server.terminate()
        server.join()


def _serve(latency: float, parent: Connection) -> None:
    async def serving() -> None:
        async with serve_model(FakeModel(latency=latency)) as url:
            parent.send(url)
            await asyncio.Event().wait()

    asyncio.run(serving())


async def measure(url: str, work: Sequence[Paper], latency: float, concurrency: int) -> dict[str, Any]:
    """Have all papers written at once; papers a second, and what latency and concurrency allow at best."""
    async with Client() as client:
        provider = Provider("fake", url, "", "fake", concurrency=concurrency)
        writer = Writer(client, [provider], gate, prompt, tidy=finished)
        begun = time.perf_counter()
        results = await asyncio.gather(*(writer.write(each) for each in work))
        seconds = time.perf_counter() - begun
    ideal = concurrency / latency
    return {
        "papers": len(work),
        "good": sum(isinstance(each, Good) for each in results),
        "calls": sum(len(each.attempts) for each in results),
        "seconds": round(seconds, 2),
        "per_second": round(len(work) / seconds, 3),
        "ideal": ideal,
        "ratio": round(len(work) / seconds / ideal, 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--latency", type=float, default=2.0, help="seconds")
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    work = papers(options.papers)
    with model_server(options.latency) as url:
        found = asyncio.run(measure(url, work, options.latency, options.concurrency))
    if options.json:
        print(json.dumps(found))  # noqa: T201  # a program reads it
        return
    table = Table(title="Papers through a provider of fixed latency")
    for name in found:
        table.add_column(name, justify="right")
    table.add_row(*map(str, found.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
