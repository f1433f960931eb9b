"""Keeps the full-text index in step with papers and summaries, in the same transaction as they change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from storage import segment, state
from storage.database import Database, Transaction
from storage.direct import rows
from storage.paper_rows import BEST_SUMMARY

BATCH = 500
MERGED = 500  # pages of 4 KB in one step of tidying

# The text that is indexed for a paper: its own, and that of the summary that is shown.
SOURCES = f"""
SELECT p.ordinal, p.title AS title_en, COALESCE(s.title_zh, '') AS title_zh,
       COALESCE(s.tldr_zh, '') AS summary_zh, p.abstract AS abstract_en, COALESCE(s.abstract_zh, '') AS abstract_zh
FROM papers p
LEFT JOIN summaries s ON s.paper = p.ordinal
     AND s.version = ({BEST_SUMMARY})
"""
NAMES = ("ordinal", "title_en", "title_zh", "summary_zh", "abstract_en", "abstract_zh")
# Which of these texts a column holds. The short table ranks, so that it knows places and lengths; the full one only
# tells which papers have a word, which makes it half as large: the abstracts are most of the text.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "search_short": {"title_en": ("title_en",), "title_zh": ("title_zh",), "summary_zh": ("summary_zh",)},
    "search_full": {"title": ("title_en", "title_zh"), "body": ("summary_zh", "abstract_en", "abstract_zh")},
}

Texts = dict[int, dict[str, Any]]


async def texts(tx: Transaction, ordinals: Sequence[int]) -> Texts:
    """The texts to index of those papers, by ordinal, as they stand now."""
    found = await rows(tx, f"{SOURCES} WHERE p.ordinal IN :ordinals ORDER BY p.ordinal", {"ordinals": list(ordinals)})
    return {row[0]: dict(zip(NAMES, row, strict=True)) for row in found}


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
    page = f"{SOURCES} WHERE p.ordinal > :last ORDER BY p.ordinal LIMIT {BATCH}"
    while found := await rows(tx, page, {"last": last}):
        await _write(tx, [_segmented(dict(zip(NAMES, row, strict=True))) for row in found], delete=False)
        last = found[-1][0]
    await state.put(tx, "segmenter", segment.revision())
    return last >= 0


async def tidy(database: Database) -> None:
    """Merge what many small changes left in pieces, a piece at a time: searching takes half as long afterwards.

    For once a day, and after an import. A writer waits at most 0.1 s for it.
    """
    for table in COLUMNS:
        # https://www.sqlite.org/fts5.html#the_merge_command: negative to begin, until it changes nothing more.
        pages, is_more = -MERGED, True
        while is_more:
            async with database.transaction() as tx:
                before = await tx.scalar(text("SELECT total_changes()"))
                await tx.exec_driver_sql(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
                is_more = (await tx.scalar(text("SELECT total_changes()")) or 0) - (before or 0) >= 2
            pages = MERGED


def columns(table: str, row: dict[str, Any]) -> list[str]:
    """What the columns of a table are given of a paper's texts, in the order of COLUMNS."""
    return _columns(table, _segmented(row))


def _columns(table: str, segmented: dict[str, Any]) -> list[str]:
    return [_joined(segmented, sources) for sources in COLUMNS[table].values()]


def _segmented(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "ordinal" else segment.indexed(value) for name, value in row.items()}


async def _write(tx: Transaction, segmented: list[dict[str, Any]], *, delete: bool) -> None:
    if not segmented:
        return
    for table, names in COLUMNS.items():
        # The first column names the table: that is FTS5's way to take a command instead of a row.
        command, verb = (f"{table}, ", "'delete', ") if delete else ("", "")
        values = ", ".join("?" * len(names))
        insert = f"INSERT INTO {table} ({command}rowid, {', '.join(names)}) VALUES ({verb}?, {values})"
        filled = [(row["ordinal"], *_columns(table, row)) for row in segmented]
        # Not through SQLAlchemy's parameters: they cost as much as the index.
        await tx.exec_driver_sql(insert, filled)


def _joined(row: dict[str, Any], sources: tuple[str, ...]) -> str:
    if len(sources) == 1:
        return str(row[sources[0]])
    # The full table knows no places: a word once is enough, and half the work.
    return " ".join(dict.fromkeys(" ".join([row[source] for source in sources]).split()))
