"""Which papers are to be summarised, what the models answered, and what that cost."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from storage import search_index
from storage.database import Transaction, among, as_text
from storage.merging import filled
from storage.paper_rows import as_paper, as_summary, ordinal, summary_row, text_hash
from storage.papers import SAVE_SUMMARY
from storage.records import Paper, Spent, Summary

# A summary that will do: good, and of the paper's own version or of one that no source told.
GOOD = """
EXISTS (SELECT 1 FROM summaries g WHERE g.paper = p.ordinal AND g.state = 'good'
        AND g.version IN (0, COALESCE(p.version, g.version)))
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer of a model, and what became of it. Tokens as the provider counts them, the cost in yuan / 10^6."""

    paper: Paper
    provider: str
    model: str
    prompt: str
    outcome: str
    served_model: str = ""
    findings: tuple[str, ...] = ()
    answer: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[int, int, int] = (0, 0, 0)  # input, of it cached, output
    cost_micro: int = 0


async def want(tx: Transaction, ranks: Mapping[str, int], now: datetime) -> None:
    """Somebody will read these papers as they are now; rank 0 stands first in some digest. The best rank counts."""
    sql = """
    INSERT INTO wanted (paper, rank, version, since)
    SELECT ordinal, :rank, COALESCE(version, 0), :now FROM papers WHERE ordinal = :paper
    ON CONFLICT (paper) DO UPDATE SET version = excluded.version,
        rank = CASE WHEN excluded.rank < wanted.rank THEN excluded.rank ELSE wanted.rank END
    WHERE excluded.rank < wanted.rank OR excluded.version > wanted.version
    """
    rows = [{"paper": ordinal(paper_id), "rank": rank, "now": as_text(now)} for paper_id, rank in ranks.items()]
    if rows:
        await tx.execute(text(sql), rows)


async def unsummarised(tx: Transaction, now: datetime, limit: int, *, cut_too: bool = True) -> list[Paper]:
    """Wanted papers that have no good summary and may be tried now, best first; `cut_too`: of cut abstracts also."""
    whole = "" if cut_too else "AND p.abstract_cut = 0"
    sql = f"""
    SELECT p.* FROM wanted w JOIN papers p ON p.ordinal = w.paper
    WHERE w.again_at <= :now AND w.version >= COALESCE(p.version, 0) {whole} AND NOT {GOOD}
    ORDER BY w.rank, w.since, p.ordinal DESC LIMIT :limit
    """
    return [as_paper(row) for row in await tx.execute(text(sql), {"now": as_text(now), "limit": limit})]


async def incomplete(tx: Transaction, limit: int) -> list[str]:
    """The ids of wanted papers of which arXiv's API was not asked for what the feeds leave out, best first."""
    sql = """
    SELECT p.id FROM wanted w JOIN papers p ON p.ordinal = w.paper WHERE w.completed = 0
    ORDER BY p.abstract_cut DESC, w.rank, p.ordinal DESC LIMIT :limit
    """
    return list((await tx.execute(text(sql), {"limit": limit})).scalars())


async def completed(tx: Transaction, ids: Sequence[str]) -> None:
    """arXiv's API was asked about these papers."""
    sql = among("UPDATE wanted SET completed = 1 WHERE paper IN :papers", "papers")
    await tx.execute(sql, {"papers": [ordinal(each) for each in ids]})


async def pending(tx: Transaction, ids: Sequence[str], known_since: datetime) -> set[str]:
    """Those of the papers whose summary is still to be hoped for: not good, never failed, known only since then."""
    sql = f"""
    SELECT p.id FROM papers p WHERE p.id IN :ids AND NOT {GOOD}
      AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.paper = p.ordinal AND w.failed > 0)
      AND (SELECT COALESCE(MIN(CASE WHEN a.news = 1 THEN a.seen_at END), MAX(a.seen_at))
           FROM announcements a WHERE a.paper = p.ordinal) > :since
    """
    rows = await tx.execute(among(sql, "ids"), {"ids": list(ids), "since": as_text(known_since)})
    return set(rows.scalars())


async def add(tx: Transaction, summary: Summary, now: datetime) -> None:
    """Store what a model wrote, in the index too. A draft never takes a good one's place."""
    key = {"paper": ordinal(summary.paper_id), "version": summary.version or 0}
    sql = "SELECT p.id, s.* FROM summaries s JOIN papers p ON p.ordinal = s.paper"
    row = (await tx.execute(text(f"{sql} WHERE s.paper = :paper AND s.version = :version"), key)).first()
    merged = filled(as_summary(row, row.version) if row else None, summary)
    before = await search_index.texts(tx, [key["paper"]])
    await tx.execute(text(SAVE_SUMMARY), summary_row(merged, as_text(now)))
    await search_index.update(tx, before, await search_index.texts(tx, [key["paper"]]))


async def failed(tx: Transaction, paper_id: str, again_at: datetime, now: datetime) -> None:
    """No provider wrote what the gate takes: the paper need not wait any longer, and is tried again later."""
    sql = """
    INSERT INTO wanted (paper, rank, version, since, failed, again_at)
    SELECT ordinal, 999, COALESCE(version, 0), :now, 1, :again_at FROM papers WHERE ordinal = :paper
    ON CONFLICT (paper) DO UPDATE SET failed = wanted.failed + 1, again_at = excluded.again_at
    """
    values = {"paper": ordinal(paper_id), "again_at": as_text(again_at), "now": as_text(now)}
    await tx.execute(text(sql), values)


async def failures(tx: Transaction, paper_id: str) -> int:
    """How often no provider wrote what the gate takes."""
    sql = text("SELECT failed FROM wanted WHERE paper = :paper")
    return await tx.scalar(sql, {"paper": ordinal(paper_id)}) or 0


async def record(tx: Transaction, attempts: Sequence[Attempt], now: datetime) -> None:
    """Store what models answered."""
    sql = """
    INSERT INTO attempts (paper, version, text_hash, provider, model, served_model, prompt, outcome, findings,
                          answer, tokens_input, tokens_cached, tokens_output, cost_micro, asked_at)
    VALUES (:paper, :version, :text_hash, :provider, :model, :served_model, :prompt, :outcome, :findings,
            :answer, :tokens_input, :tokens_cached, :tokens_output, :cost_micro, :now)
    """
    if attempts:
        await tx.execute(text(sql), [_attempt_row(each, as_text(now)) for each in attempts])


async def answered(tx: Transaction, paper: Paper, model: str, prompt: str) -> dict[str, str] | None:
    """What this model once answered for the same text and prompt, if the gate took it: it is not paid for twice."""
    sql = """
    SELECT answer FROM attempts WHERE text_hash = :hash AND model = :model AND prompt = :prompt AND outcome = 'good'
    ORDER BY id DESC LIMIT 1
    """
    found: str | None = await tx.scalar(text(sql), {"hash": text_hash(paper), "model": model, "prompt": prompt})
    return dict(json.loads(found)) if found else None


async def spent(tx: Transaction, since: datetime) -> dict[str, Spent]:
    """What each provider was asked and paid since a moment, by its name."""
    sql = """
    SELECT provider, COUNT(*) AS calls, SUM(tokens_input) AS input, SUM(tokens_output) AS output,
           SUM(cost_micro) AS cost
    FROM attempts WHERE asked_at >= :since GROUP BY provider ORDER BY provider
    """
    rows = await tx.execute(text(sql), {"since": as_text(since)})
    return {row.provider: Spent(row.provider, row.calls, row.input, row.output, row.cost) for row in rows}


async def ended(tx: Transaction, since: datetime) -> tuple[int, int]:
    """How many papers were answered about since a moment with a summary that the gate took, and how many without."""
    sql = """
    SELECT COALESCE(SUM(good), 0) AS good, COUNT(*) AS asked FROM (
        SELECT MAX(CASE outcome WHEN 'good' THEN 1 ELSE 0 END) AS good FROM attempts
        WHERE asked_at >= :since GROUP BY paper) AS papers
    """
    row = (await tx.execute(text(sql), {"since": as_text(since)})).one()
    return row.good, row.asked - row.good


async def prune(tx: Transaction, before: datetime) -> int:
    """Forget whom nobody asked for since a moment; how many."""
    gone = await tx.execute(text("DELETE FROM wanted WHERE since < :before"), {"before": as_text(before)})
    return gone.rowcount


def _attempt_row(attempt: Attempt, now: str) -> dict[str, Any]:
    paper, (tokens_input, tokens_cached, tokens_output) = attempt.paper, attempt.tokens
    return {
        "paper": ordinal(paper.id),
        "version": paper.version or 0,
        "text_hash": text_hash(paper),
        "provider": attempt.provider,
        "model": attempt.model,
        "served_model": attempt.served_model,
        "prompt": attempt.prompt,
        "outcome": attempt.outcome,
        "findings": json.dumps(attempt.findings, ensure_ascii=False),
        "answer": json.dumps(dict(attempt.answer), ensure_ascii=False) if attempt.answer else "",
        "tokens_input": tokens_input,
        "tokens_cached": tokens_cached,
        "tokens_output": tokens_output,
        "cost_micro": attempt.cost_micro,
        "now": now,
    }
