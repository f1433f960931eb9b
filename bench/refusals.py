"""A refusal storm: does everything come in, and is arXiv left alone for 3 s between any two requests?

`python -m bench.refusals [--json] [--seed N] [--refuse 0.3] [--real-time SECONDS]`

Eight feeds, 400 papers by the API in batches of 100 and an OAI catch-up of pages of 60 are fetched at once by the real
readers, while the fake arXiv refuses at random in eight ways. On virtual time; the gap is the fake's own measure. With
--real-time the feeds are fetched over HTTP with real waiting for so long, pauses shortened to seconds.
"""

import argparse
import asyncio
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import httpx

from bot.errors import Unavailable
from bot.sandbox.arxiv.server import Arxiv, create_app, make
from bot.sandbox.server import serve_app
from bot.sandbox.virtual_time import run_virtual, virtual_now
from bot.sources import api, feed, oai
from bot.sources.polite import Pace, Polite, client, user_agent
from bot.sources.turns import Clock
from storage.records import Paper

T = TypeVar("T")

DAY = date(2026, 9, 28)
CATEGORIES = ("cs.LG", "cs.CL", "cs.CV", "cs.AI", "stat.ML", "hep-th", "math.NA", "q-bio.NC")
A_CATEGORY = 50  # papers
KINDS = ("refuse_429", "refuse_406", "refuse_403", "refuse_503", "rate_exceeded_200", "html_200", "truncated", "drop")
LATENCY = 0.2  # virtual seconds each way


@dataclass
class Tally:
    """What came in: how often each paper, by the source that brought it, and how often a job had to come again."""

    papers: Counter[tuple[str, str]] = field(default_factory=Counter)
    given_up: int = 0

    def add(self, source: str, ids: Iterable[str]) -> None:
        """Count papers of one answer."""
        self.papers.update((source, each) for each in ids)


def main() -> None:
    """Run it, and fail if a paper is missing or a gap was too short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--refuse", type=float, default=0.3, help="share of requests that are refused")
    parser.add_argument("--real-time", type=float, metavar="SECONDS")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # a line each refusal
    if options.real_time:
        result = asyncio.run(real_time(options.seed, options.refuse, options.real_time))
    else:
        result = run_virtual(storm(options.seed, options.refuse))
    table = "\n".join(f"{name:16} {value}" for name, value in result.items())
    print(json.dumps(result) if options.json else table)  # noqa: T201
    sys.exit(result["papers"] != result["expected"] or result["smallest_gap_s"] < 3)


async def storm(seed: int, refuse: float) -> dict[str, float]:
    """All jobs at once on virtual time."""
    arxiv = furnished(seed, refuse, virtual_now)
    tally = Tally()
    http = httpx.AsyncClient(transport=Wire(create_app(arxiv)), base_url="http://arxiv.test")
    # The bot's wall clock is virtual too, lest a Retry-After be read against ours.
    polite = Polite(http, agent(), clock=Clock(virtual_now, virtual_now), rng=dice(seed))
    start = virtual_now()
    feeds = [fetch_feed(polite, tally, "http://arxiv.test", each) for each in CATEGORIES]
    await asyncio.gather(*feeds, by_ids(polite, tally, sorted(arxiv.catalogue.works)), catch_up(polite, tally))
    expected = 3 * len(arxiv.catalogue.works)
    return figures(arxiv, tally, expected, virtual_now() - start)


async def real_time(seed: int, refuse: float, seconds: float) -> dict[str, float]:
    """Feeds in turn over HTTP, for so many seconds."""
    arxiv, tally, asked = furnished(seed, refuse, time.monotonic), Tally(), Counter[str]()
    start = time.monotonic()
    async with serve_app(create_app(arxiv), "127.0.0.1", 0) as url, client() as http:
        polite = Polite(http, agent(), pace=Pace(pauses=(3, 4, 5, 6)), rng=dice(seed))

        async def poll(category: str) -> None:
            while True:
                await fetch_feed(polite, tally, url, category)
                asked[category] += 1

        jobs = [asyncio.create_task(poll(each)) for each in CATEGORIES]
        await asyncio.wait(jobs, timeout=seconds)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    return figures(arxiv, tally, asked.total() * A_CATEGORY, time.monotonic() - start)


async def fetch_feed(polite: Polite, tally: Tally, url: str, category: str) -> None:
    """One category's announcement."""
    found = await insist(tally, lambda: polite.get(f"{url}/rss/{category}", read=feed.read))
    tally.add(category, (each.paper.id for each in found.arrivals))


async def by_ids(polite: Polite, tally: Tally, ids: list[str]) -> None:
    """All papers by the query API."""
    for params in api.by_ids(ids):
        found = await insist(
            tally, lambda params=params: polite.get("http://arxiv.test/api/query", params, read=api.read)
        )
        tally.add("api", (each.paper.id for each in found.arrivals))


async def catch_up(polite: Polite, tally: Tally) -> None:
    """All that changed since the day, page by page."""
    params = oai.params(since=DAY)
    while params:
        page = await insist(tally, lambda params=params: polite.get("http://arxiv.test/oai", params, read=oai.read))
        tally.add("oai", (each.paper.id for each in page.arrivals))
        params = oai.params(token=page.token) if page.token else {}


async def insist(tally: Tally, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again when the source is unavailable, as the next run of a job does."""
    while True:
        try:
            return await ask()
        except Unavailable as error:
            tally.given_up += 1
            await asyncio.sleep(error.retry_after)


class Wire(httpx.ASGITransport):
    """The way to the fake and back, which takes its time, and on which connections break."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        await asyncio.sleep(LATENCY)
        try:
            answer = await super().handle_async_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error)) from None
        await asyncio.sleep(LATENCY)
        return answer


def furnished(seed: int, refuse: float, clock: Callable[[], float]) -> Arxiv:
    """An arXiv with a day's papers that refuses a share of all requests, in all ways alike."""
    arxiv = make(DAY, seed=seed, page=60, clock=clock)
    for at, category in enumerate(CATEGORIES):
        for number in range(at * A_CATEGORY + 1, (at + 1) * A_CATEGORY + 1):
            authors = ("Ana Núñez", "Deepti")
            text = f"We study case {number} with $t_0<t_1$ and find that it holds. " * 12
            arxiv.catalogue.announce(
                Paper(f"2609.{number:05}", 1, f"Paper {number}", text, authors=authors, categories=(category,))
            )
    for left in range(len(KINDS), 0, -1):  # each meets only what those before it have spared
        share = refuse / len(KINDS)
        arxiv.faults.add(
            {"kind": KINDS[left - 1], "times": None, "probability": share / (1 - share * (len(KINDS) - left))}
        )
    return arxiv


def figures(arxiv: Arxiv, tally: Tally, expected: int, seconds: float) -> dict[str, float]:
    """What is printed."""
    visits = arxiv.log.visits
    return {
        "papers": tally.papers.total(),
        "expected": expected,
        "smallest_gap_s": round(min(arxiv.log.gaps()), 3),
        "requests": len(visits),
        "refusals": sum(bool(visit.fault) for visit in visits),
        "given_up": tally.given_up,
        "open_at_once": max(visit.open for visit in visits),
        "seconds": round(seconds, 1),
    }


def dice(seed: int) -> random.Random:
    """The jitter's."""
    return random.Random(seed)  # noqa: S311


def agent() -> str:
    """Who asks."""
    return user_agent("https://papergram.test/bench")


if __name__ == "__main__":
    main()
