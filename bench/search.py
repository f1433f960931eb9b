"""How well and how fast `/search` finds: known papers by queries of nine kinds, over a real database file.

python -m bench.search --corpus ../shared/data/corpus-50k.jsonl.zst --queries ../shared/data/search-queries.jsonl

A query is right when its paper is found, at which place counts. Time is the CPU of the whole process (loop, SQLAlchemy,
aiosqlite's thread) around one call of search.find. The lexicon is learned here, without the papers that are looked for.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opencc import OpenCC

from bench import spliced
from bot import importing
from bot.importing import Watcher
from bot.papers.asked import parse
from storage import lexicon, search, search_index
from storage.database import Database, Transaction, among
from storage.word_pairs import learned

SIZE = "SELECT (SELECT SUM(pgsize) FROM dbstat WHERE name LIKE 'search%') * 1.0"
MAIN = ("zh_title", "zh_words", "zh_joined", "en_title", "mixed")
WARM_UP = 200
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "\u3000"})


@dataclass(frozen=True, slots=True)
class Known:
    """A query, the paper that it is to find, and the only language in which that is indexed."""

    kind: str
    query: str
    target: str
    only: str = ""


def main() -> None:
    """Builds the database, asks every query, prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/data/corpus-50k.jsonl.zst"))
    parser.add_argument("--queries", type=Path, default=Path("../shared/data/search-queries.jsonl"))
    parser.add_argument("--limit", type=int, help="at most so many queries of a kind")
    parser.add_argument("--half", choices=("dev", "held"), help="only the queries of half the papers")
    parser.add_argument("--database", type=Path, help="a file to keep; used as it is if it is there")
    parser.add_argument("--splice", type=int, help="how fast it is, no more, with that many times the papers")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    known = list(read(args.queries))
    with tempfile.TemporaryDirectory() as folder:
        file = args.database or Path(folder) / "papers.db"
        chosen = list(limited(half(known, args.half), args.limit))
        if args.splice:
            if not file.exists():
                spliced.build(file, args.corpus, args.splice)
            figures = asyncio.run(timed(file, chosen))
        else:
            built = {} if file.exists() else asyncio.run(build(file, args.corpus, known))
            figures = built | asyncio.run(measured(file, [*chosen, *variants(chosen)]))
    sys.stdout.write((json.dumps(figures) if args.json else table(figures)) + "\n")


def read(path: Path) -> Iterator[Known]:
    """The queries of a file of JSON lines."""
    for line in path.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        yield Known(told["kind"], told["query"], told["target"], told.get("index_only") or "")


def half(known: Iterable[Known], which: str | None) -> Iterator[Known]:
    """The queries for every other paper: one half to choose by, the other to believe."""
    for each in known:
        if which is None or (int(each.target.replace(".", "")[-4:]) % 2 == 0) == (which == "dev"):
            yield each


def limited(known: Iterable[Known], limit: int | None) -> Iterator[Known]:
    """At most so many queries of a kind."""
    seen: defaultdict[str, int] = defaultdict(int)
    for each in known:
        seen[each.kind] += 1
        if limit is None or seen[each.kind] <= limit:
            yield each


def variants(known: Iterable[Known]) -> Iterator[Known]:
    """The same queries as others would type them: other English forms, Traditional characters, full-width letters."""
    of_mainland, of_taiwan = OpenCC("s2t"), OpenCC("s2twp")
    for each in known:
        if each.kind == "en_title":
            yield replace(each, kind="inflected", query=" ".join(map(inflected, each.query.split())))
            yield replace(each, kind="fullwidth", query=each.query.translate(WIDE))
        if each.kind == "zh_title":
            yield replace(each, kind="traditional", query=of_mainland.convert(each.query))
            yield replace(each, kind="taiwan", query=of_taiwan.convert(each.query))


def inflected(word: str) -> str:
    """A word in another form: without its plural or -ing, or with one."""
    for ending in ("ing", "s"):
        if len(word) > 5 and word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word + "s"


async def build(file: Path, corpus: Path, known: list[Known]) -> dict[str, Any]:
    """A database of the corpus, as `papergram import` makes it, and what that took."""
    watcher = Watcher(refused=lambda refusal: None, progress=lambda read, total: None)
    began, busy = time.perf_counter(), sum(os.times()[:4])  # of its children too
    tally = await importing.run(f"sqlite:///{file}", [corpus], watcher, post=False, now=datetime.now(UTC))
    took, busy = time.perf_counter() - began, sum(os.times()[:4]) - busy
    database = await Database.open(f"sqlite:///{file}")
    targets = {each.target for each in known}
    async with database.transaction() as tx:
        sql = "SELECT p.id, s.title_zh, p.title FROM papers p JOIN summaries s ON s.paper = p.ordinal"
        rows = (await tx.exec_driver_sql(f"{sql} WHERE s.title_zh <> ''")).all()
        await lexicon.put(tx, learned((row.title_zh, row.title) for row in rows if row.id not in targets))
        for side in ("en", "zh"):
            await hide(tx, [each.target for each in known if each.only == side], side)
    await search_index.tidy(database)
    await database.close()
    return {"papers": tally.read, "import_per_second": tally.read / took, "import_per_cpu_second": tally.read / busy}


async def hide(tx: Transaction, ids: list[str], only: str) -> None:
    """Take the other language's text of those papers out of database and index."""
    chosen = among("SELECT ordinal FROM papers WHERE id IN :ids", "ids")
    ordinals = list((await tx.execute(chosen, {"ids": ids})).scalars())
    before = await search_index.texts(tx, ordinals)
    other = {
        "en": "UPDATE summaries SET title_zh = '', tldr_zh = '', abstract_zh = '' WHERE paper IN :papers",
        "zh": "UPDATE papers SET title = '', abstract = '' WHERE ordinal IN :papers",
    }
    await tx.execute(among(other[only], "papers"), {"papers": ordinals})
    await search_index.update(tx, before, await search_index.texts(tx, ordinals))


async def measured(file: Path, known: list[Known]) -> dict[str, Any]:
    """The figures of a database."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    times: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    async with reading(file) as tx:
        size = (await tx.exec_driver_sql(f"{SIZE} / (SELECT COUNT(*) FROM papers)")).scalar_one()
        for each in known[:: max(1, len(known) // WARM_UP)]:
            await search.find(tx, parse(each.query))
        for each in known:
            found, took = await asked(tx, each.query)
            places[each.kind].append(found.ids.index(each.target) + 1 if each.target in found.ids[:10] else 0)
            times[each.kind].append(took)
    return {"bytes_per_paper": size} | rights(places) | delays(times)


async def timed(file: Path, known: list[Known]) -> dict[str, Any]:
    """The times of a database that holds other papers, and of the words that most of them have."""
    times: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    async with reading(file) as tx:
        papers = (await tx.exec_driver_sql("SELECT COUNT(*) FROM papers")).scalar_one()
        size = (await tx.exec_driver_sql(SIZE)).scalar_one() / papers
        for query in (*(each.query for each in known), *spliced.COMMON):
            await search.find(tx, parse(query))
        for each in known:
            times[each.kind].append((await asked(tx, each.query))[1])
        common = {query: (await asked(tx, query))[1][0] for query in spliced.COMMON}
    single = max(took for query, took in common.items() if " " not in query)
    return {"papers": papers, "bytes_per_paper": size, "common_ms": single, "common": common} | delays(times)


@asynccontextmanager
async def reading(file: Path) -> AsyncIterator[Transaction]:
    """A transaction of a database that is there."""
    database = await Database.open(f"sqlite:///{file}")
    try:
        async with database.reading() as tx:
            yield tx
    finally:
        await database.close()


async def asked(tx: Transaction, query: str) -> tuple[search.Found, tuple[float, float]]:
    """What a query finds; the milliseconds of CPU that it took, in all threads and in the loop's alone."""
    read = parse(query)
    everywhere, here = time.process_time(), time.thread_time()
    found = await search.find(tx, read)
    return found, (1000 * (time.process_time() - everywhere), 1000 * (time.thread_time() - here))


def rights(places: dict[str, list[int]]) -> dict[str, Any]:
    """The shares of right answers by kind."""
    told = {
        "recall1": {kind: mean(place == 1 for place in found) for kind, found in places.items()},
        "recall10": {kind: mean(place > 0 for place in found) for kind, found in places.items()},
        "mrr": {kind: mean(1 / place if place else 0 for place in found) for kind, found in places.items()},
    }
    for measure in told.values():
        if all(kind in measure for kind in MAIN):
            measure["main"] = mean(measure[kind] for kind in MAIN)
    return told


def delays(times: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    """The times of all queries, the loop's part, and by kind."""
    everything = [took for kind in times.values() for took, _ in kind]
    loop = [took for kind in times.values() for _, took in kind]
    told: dict[str, Any] = {f"p{share}_ms": percentile(everything, share) for share in (50, 95, 99)}
    told |= {f"loop_p{share}_ms": percentile(loop, share) for share in (50, 95)}
    return told | {"p95_by_kind": {kind: percentile((took for took, _ in rows), 95) for kind, rows in times.items()}}


def mean(values: Iterable[float]) -> float:
    """The average of some values."""
    values = list(values)
    return sum(values) / len(values)


def percentile(values: Iterable[float], share: int) -> float:
    """The value that `share` percent of all are below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def table(told: dict[str, Any]) -> str:
    """The figures to be read by people."""
    lines = [f"{'':16} {'R@1':>6} {'R@10':>6} {'MRR':>6} {'p95 ms':>7}"]
    for kind in [*told["p95_by_kind"], "main"]:
        shares = (told.get(name, {}).get(kind) for name in ("recall1", "recall10", "mrr"))
        shown = " ".join(f"{'' if share is None else f'{share:.3f}':>6}" for share in shares)
        lines.append(f"{kind:16} {shown} {told['p95_by_kind'].get(kind, 0):7.1f}")
    lines += [f"{query:32} {took:6.1f}" for query, took in told.get("common", {}).items()]
    lines += [f"{name:32} {value:6.2f}" for name, value in told.items() if isinstance(value, int | float)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
