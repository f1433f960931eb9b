"""The last look at each source, and which of its papers it never listed before."""

from collections.abc import Iterable

from sqlalchemy import Row, text

from storage.database import Transaction, among, as_moment, as_text
from storage.paper_rows import as_day, ordinal
from storage.records import Look, Outcome

Listed = tuple[str, int | None]  # an arXiv id and its version


async def unseen(tx: Transaction, category: str, listed: Iterable[Listed]) -> set[Listed]:
    """Those of the papers that this category never listed in that version."""
    asked = {(ordinal(paper_id), version or 0): (paper_id, version) for paper_id, version in listed}
    sql = among("SELECT paper, version FROM announcements WHERE category = :category AND paper IN :papers", "papers")
    papers = sorted({paper for paper, _ in asked})
    rows = await tx.execute(sql, {"category": category, "papers": papers})
    known = {(row.paper, row.version) for row in rows}
    return {paper for key, paper in asked.items() if key not in known}


async def record(tx: Transaction, look: Look) -> None:
    """Store a look. Without a batch of its own it keeps the one that was known; without an ETag, that."""
    sql = """
    INSERT INTO feeds (name, checked_at, outcome, reason, batch_at, batch_date, etag)
    VALUES (:name, :checked_at, :outcome, :reason, :batch_at, :batch_date, :etag)
    ON CONFLICT (name) DO UPDATE SET checked_at = excluded.checked_at, outcome = excluded.outcome,
        reason = excluded.reason,
        batch_at = CASE excluded.batch_at WHEN '' THEN feeds.batch_at ELSE excluded.batch_at END,
        batch_date = CASE excluded.batch_at WHEN '' THEN feeds.batch_date ELSE excluded.batch_date END,
        etag = CASE excluded.etag WHEN '' THEN feeds.etag ELSE excluded.etag END
    """
    values = {
        "name": look.name,
        "checked_at": as_text(look.checked_at),
        "outcome": look.outcome,
        "reason": look.reason,
        "batch_at": as_text(look.batch_at) if look.batch_at else "",
        "batch_date": look.batch_date.isoformat() if look.batch_date else "",
        "etag": look.etag,
    }
    await tx.execute(text(sql), values)


async def looks(tx: Transaction) -> dict[str, Look]:
    """The last look at each source, by its name."""
    return {row.name: _look(row) for row in await tx.execute(text("SELECT * FROM feeds ORDER BY name"))}


def _look(row: Row[tuple[object, ...]]) -> Look:
    return Look(
        name=row.name,
        checked_at=as_moment(row.checked_at),
        outcome=Outcome(row.outcome),
        reason=row.reason,
        batch_at=as_moment(row.batch_at) if row.batch_at else None,
        batch_date=as_day(row.batch_date),
        etag=row.etag,
    )
