"""Keeps the full-text index in step with papers and summaries, in the same transaction as they change."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from storage import segment, state
from storage.database import Transaction, among
from storage.paper_rows import BEST_SUMMARY

BATCH = 500

# The text that is indexed for a paper: its own, and that of the summary that is shown.
SOURCES = f"""
SELECT p.ordinal, p.title AS title_en, COALESCE(s.title_zh, '') AS title_zh,
       COALESCE(s.tldr_zh, '') AS summary_zh, p.abstract AS abstract_en, COALESCE(s.abstract_zh, '') AS abstract_zh
FROM papers p
LEFT JOIN summaries s ON s.paper = p.ordinal
     AND s.version = ({BEST_SUMMARY})
"""
COLUMNS = {
    "search_short": ("title_en", "title_zh", "summary_zh"),
    "search_full": ("title_en", "title_zh", "summary_zh", "abstract_en", "abstract_zh"),
}

Texts = dict[int, dict[str, Any]]


async def texts(tx: Transaction, ordinals: Sequence[int]) -> Texts:
    """The texts to index of those papers, by ordinal, as they stand now."""
    chosen = among(f"{SOURCES} WHERE p.ordinal IN :ordinals", "ordinals")
    rows = await tx.execute(chosen, {"ordinals": list(ordinals)})
    return {row.ordinal: dict(row._mapping) for row in rows}


async def update(tx: Transaction, before: Texts, after: Texts) -> None:
    """Move the index from one state of some papers to another; an FTS5 table without content must be told both."""
    changed = {ordinal: row for ordinal, row in after.items() if before.get(ordinal) != row}
    await _write(tx, [_segmented(before[o]) for o in changed if o in before], delete=True)
    await _write(tx, [_segmented(row) for row in changed.values()], delete=False)


async def keep_current(tx: Transaction) -> bool:
    """Rebuild the whole index if another segmenter made it; whether it was. 65,000 papers take 20 s."""
    if await state.get(tx, "segmenter") == segment.revision():
        return False
    for table in COLUMNS:
        await tx.execute(text(f"INSERT INTO {table} ({table}) VALUES ('delete-all')"))
    last = -1
    while rows := (await tx.execute(_page(), {"last": last, "batch": BATCH})).all():
        await _write(tx, [_segmented(row._mapping) for row in rows], delete=False)
        last = rows[-1].ordinal
    await state.put(tx, "segmenter", segment.revision())
    return last >= 0


def _page() -> Any:
    return text(f"{SOURCES} WHERE p.ordinal > :last ORDER BY p.ordinal LIMIT :batch")


def _segmented(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: value if name == "ordinal" else segment.for_index(value) for name, value in row.items()}


async def _write(tx: Transaction, rows: list[dict[str, Any]], *, delete: bool) -> None:
    if not rows:
        return
    for table, columns in COLUMNS.items():
        names = ", ".join(columns)
        values = ", ".join(f":{column}" for column in columns)
        # The first column names the table: that is FTS5's way to take a command instead of a row.
        command, verb = (f"{table}, ", "'delete', ") if delete else ("", "")
        insert = f"INSERT INTO {table} ({command}rowid, {names}) VALUES ({verb}:ordinal, {values})"
        await tx.execute(text(insert), [{k: row[k] for k in ("ordinal", *columns)} for row in rows])
