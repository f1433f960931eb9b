"""The gate's false alarms on real summaries, and the share of damaged copies that it catches.

python -m bench.gate --summaries ../shared/data/summaries-3k.jsonl.zst --semantic
"""

import argparse
import io
import json
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import zstandard

from bench import damage
from bench.damage import Case
from bot.sources import archive
from bot.summaries import names, similarity
from bot.summaries.faithful import FIELDS, Judgement, Verdict, judge, tidied
from bot.summaries.source import source
from storage.records import Arrival, Paper, Summary

DATA = Path("../shared/data")
PARTS = ("motivation", "method", "result", "conclusion")
SINCE = "2606"  # arXiv's months: the corpus's newest models


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--summaries", type=Path, default=DATA / "summaries-3k.jsonl.zst")
    parser.add_argument("--corpus", type=Path, help="the publisher's archive: titles, sentences and abstracts of late")
    parser.add_argument("--semantic", action="store_true", help="with sentence vectors too")
    parser.add_argument("--half", choices=("tuning", "held-out"), help="the half that the gate was fitted to, or not")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--show", type=int, default=0, help="so many examples of each failure")
    args = parser.parse_args()
    gate = Gate(similarity.load() if args.semantic else None, args.show)
    records = list(summaries(args.summaries, args.half))[: args.limit]
    damage.HALF = {"tuning": 0, "held-out": 1}.get(args.half)
    alarms = gate.alarms(records)
    if args.corpus:
        alarms |= gate.corpus_alarms(args.corpus, args.limit)
    report = {"papers": len(records), "false_alarms": alarms, "other_fields": gate.other_fields(other_fields())}
    report["caught"] = gate.caught(cases(records))
    report["milliseconds"] = {"median": round(statistics.median(gate.milliseconds), 3)}
    print(json.dumps(report, ensure_ascii=False) if args.json else table(report))  # noqa: T201


def summaries(path: Path, half: str | None) -> Iterator[tuple[Paper, dict[str, str]]]:
    """Papers with the Chinese of present-day models. Answers in English would be no false alarms: they are left out."""
    with path.open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        records = [record for record in map(json.loads, lines) if record["tldr"]]
    for index, each in enumerate(records):
        if each["tldr"].isascii():
            continue
        if half and index % 2 != (half == "held-out"):
            continue
        paper = Paper(
            each["id"],
            1,
            " ".join(each["title"].split()),
            " ".join(each["abstract"].split()),
            categories=tuple(each["categories"]),
        )
        yield paper, {part: each[part] or "" for part in ("tldr", *PARTS)}


def other_fields() -> Iterator[tuple[Paper, dict[str, str]]]:
    """Invented papers of other fields than computer science, with faithful summaries."""
    lines = resources.files("bench").joinpath("other_fields.jsonl").read_text(encoding="utf-8").splitlines()
    for number, each in enumerate(map(json.loads, lines)):
        yield Paper(f"2611.{number:05}", 1, each["title"], each["abstract"]), {field: each[field] for field in FIELDS}


def whole(texts: dict[str, str]) -> str:
    """The four parts as one text, like an abstract's translation."""
    return "".join(f"{text}。" for part in PARTS if (text := texts[part].strip().rstrip("。")))


def cases(records: list[tuple[Paper, dict[str, str]]]) -> list[Case]:
    """The good sentences, each with those of two other papers."""
    draw = random.Random(7)  # noqa: S311  # the same others each time
    good = [
        (paper, texts["tldr"]) for paper, texts in records if len(texts["tldr"]) > 30 and not texts["tldr"].isascii()
    ]
    of_category = defaultdict(list)
    for paper, text in good:
        of_category[paper.categories[0]].append((paper, text))

    def other(pool: list[tuple[Paper, str]], paper: Paper) -> str:
        others = [text for each, text in draw.sample(pool, min(3, len(pool))) if each.id != paper.id]
        return others[0] if others else ""

    return [
        Case(
            paper, text, other(good, paper), other(of_category[paper.categories[0]], paper), names.coined(source(paper))
        )
        for paper, text in good
    ]


class Gate:
    """The gate with its settings, and what it took."""

    def __init__(self, similarity: similarity.Similarity | None, show: int) -> None:
        self.similarity, self.show = similarity, show
        self.milliseconds: list[float] = []

    def judge(self, paper: Paper, **texts: str) -> Judgement:
        """Judges some fields of a summary."""
        summary = tidied(Summary(paper.id, paper.version, **texts))
        began = time.perf_counter()
        judgement = judge(summary, paper, similarity=self.similarity, asked=texts)
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        return judgement

    def alarms(self, records: list[tuple[Paper, dict[str, str]]]) -> dict[str, dict[str, object]]:
        """The share of real texts that are not OK, by field and check."""
        return {
            "tldr_zh": self._alarms((paper, {"tldr_zh": texts["tldr"]}) for paper, texts in records),
            "abstract_zh (four parts)": self._alarms(
                (paper, {"abstract_zh": whole(texts)}) for paper, texts in records if len(whole(texts)) > 40
            ),
        }

    def other_fields(self, papers: Iterator[tuple[Paper, dict[str, str]]]) -> dict[str, object]:
        """The share of faithful texts that are OK, where the table of terms knows few of their words."""
        found = self._alarms((paper, {field: text}) for paper, texts in papers for field, text in texts.items())
        return {"judged": found["judged"], "ok": round(1 - found["share"], 4), "checks": found["checks"]}

    def corpus_alarms(self, path: Path, limit: int | None) -> dict[str, dict[str, object]]:
        """The same for the publisher's newest texts; whole abstracts only."""
        arrivals = [
            found.outcome
            for found in archive.read_paths([path])
            if isinstance(found.outcome, Arrival)
            and found.outcome.paper.id >= SINCE
            and found.outcome.paper.id[0] == "2"
        ]
        pairs = [(each.paper, each.summary) for each in arrivals if each.summary and not each.paper.abstract_cut][
            :limit
        ]
        return {
            f"corpus: {field}": self._alarms(
                (paper, {field: getattr(summary, field)}) for paper, summary in pairs if getattr(summary, field)
            )
            for field in FIELDS
        }

    def _alarms(self, texts: Iterable[tuple[Paper, dict[str, str]]]) -> dict[str, Any]:
        checks: Counter[str] = Counter()
        judged = alarmed = 0
        for paper, fields in texts:
            judgement = self.judge(paper, **fields)
            judged += 1
            alarmed += judgement.verdict is not Verdict.OK
            checks.update(
                {f"{each.check}{'' if each.verdict is not Verdict.OK else ' (ok)'}" for each in judgement.findings}
            )
            for each in judgement.findings:
                if each.verdict is not Verdict.OK and checks[each.check] <= self.show:
                    print(paper.id, each, "|", next(iter(fields.values()))[:150])  # noqa: T201
        share = round(alarmed / max(judged, 1), 5)
        return {"judged": judged, "share": share, "checks": dict(checks.most_common())}

    def caught(self, cases: list[Case]) -> dict[str, float]:
        """The share of damaged copies that are not OK, by kind."""
        return {kind: self._caught(kind, cases) for kind in damage.KINDS}

    def _caught(self, kind: str, cases: list[Case]) -> float:
        draw = random.Random(kind)  # noqa: S311  # the same damage each time
        caught: list[bool] = []
        for case in cases:
            text = damage.KINDS[kind](case, draw)
            fields = {"title_zh": text} if kind == "coined name lost" else {"tldr_zh": text}
            if not text or text == case.text:
                continue
            caught.append(self.judge(case.paper, **fields).verdict is not Verdict.OK)
            if not caught[-1] and caught.count(False) <= self.show:
                print("MISSED", kind, case.paper.id, "|", text[:200])  # noqa: T201
        return round(sum(caught) / max(len(caught), 1), 4)


def table(report: dict[str, object]) -> str:
    """The figures for a terminal."""
    lines = [f"papers: {report['papers']}", "", "false alarms"]
    for field, found in report["false_alarms"].items():
        lines += [f"  {field:28}{found['share']:8.2%} of {found['judged']}", f"      {found['checks']}"]
    others = report["other_fields"]
    lines += ["", "faithful texts of other fields", f"  {'OK':28}{others['ok']:8.2%} of {others['judged']}"]
    lines += [f"      {others['checks']}", "", "caught"] + [
        f"  {kind:28}{share:8.2%}" for kind, share in report["caught"].items()
    ]
    return "\n".join([*lines, "", f"median {report['milliseconds']['median']} ms"])


if __name__ == "__main__":
    main()
