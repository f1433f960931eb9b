"""Reads recorded answers of every source, and times a feed of 500 items made of real papers."""

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import zstandard
from lxml import etree

from bot.sources import feed
from bot.sources.archive import Refusal, read_paths
from storage.records import Arrival

DATA = Path("../shared/data")
ITEMS, ROUNDS = 500, 15
LIMIT_MS = 30.0
ARXIV, DC = "http://arxiv.org/schemas/atom", "http://purl.org/dc/elements/1.1/"


def main() -> None:
    """Print a table, or with --json one object; ends with 1 if the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[DATA / "feeds"])
    parser.add_argument("--papers", type=Path, default=DATA / "summaries-3k.jsonl.zst")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcomes = [each.outcome for each in read_paths(options.folders)]
    refused = [each for each in outcomes if isinstance(each, Refusal)]
    result = {
        "files": sum(path.is_file() for folder in options.folders for path in (folder, *folder.rglob("*"))),
        "entries": sum(isinstance(each, Arrival) for each in outcomes),
        "refused": len(refused),
        "parse_500_ms": round(parse_ms(made(options.papers)), 1),
    }
    if options.json:
        print(json.dumps(result))  # noqa: T201
    else:
        rows = [
            *(f"refused {each.where}: {each.reason}" for each in refused),
            *map("{0[0]:<14}{0[1]:>8}".format, result.items()),
        ]
        print("\n".join(rows))  # noqa: T201
    sys.exit(result["parse_500_ms"] > LIMIT_MS)


def parse_ms(data: bytes) -> float:
    """The median time of reading the feed whole, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = feed.read(data)
        times.append((time.perf_counter() - start) * 1000)
        if len(found.arrivals) != ITEMS or found.refused:
            raise SystemExit("The made feed was not read whole.")
    return statistics.median(times)


def made(papers: Path) -> bytes:
    """An RSS feed as rss.arxiv.org writes it."""
    root = etree.Element("rss", nsmap={"arxiv": ARXIV, "dc": DC}, version="2.0")
    channel = etree.SubElement(root, "channel")
    _add(channel, title="cs.LG updates on arXiv.org", pubDate="Mon, 28 Sep 2026 00:00:00 -0400")
    for paper in islice(_papers(papers), ITEMS):
        item = etree.SubElement(channel, "item")
        header = f"arXiv:{paper['id']}v1 Announce Type: new \nAbstract: "
        _add(item, title=paper["title"], link=f"https://arxiv.org/abs/{paper['id']}")
        _add(item, description=header + paper["abstract"], guid=f"oai:arXiv.org:{paper['id']}v1")
        for category in paper["categories"]:
            _add(item, category=category)
        _add(item, pubDate="Mon, 28 Sep 2026 00:00:00 -0400")
        etree.SubElement(item, f"{{{ARXIV}}}announce_type").text = "new"
        etree.SubElement(item, f"{{{DC}}}rights").text = "http://creativecommons.org/licenses/by/4.0/"
        etree.SubElement(item, f"{{{DC}}}creator").text = ", ".join(paper["authors"])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _papers(path: Path) -> Iterator[dict]:
    with path.open("rb") as file:
        yield from map(json.loads, io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"))


def _add(parent: etree._Element, **texts: str) -> None:
    for name, text in texts.items():
        etree.SubElement(parent, name).text = text


if __name__ == "__main__":
    main()
