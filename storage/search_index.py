"""Keeps the full-text index in step with papers and summaries, in the same transaction as they change."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import text

from storage import segment, state
from storage.database import Database, Transaction
from storage.direct import rows
from storage.paper_rows import BEST_SUMMARY

BATCH = 500
AT_ONCE = 100  # papers that are cut without a pause: 20 ms
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

ONCE = {"abstract_en", "abstract_zh"}
"""Texts of the full table only, which knows no places: each word once is enough, and half the work."""

Row = dict[str, Any]  # a paper's texts by NAMES
Texts = dict[int, Row]
Cut = Mapping[tuple[str, str], str]  # texts with a space at every border of a word, each by its name and itself
NOTHING: Cut = MappingProxyType({})


def cut(found: Iterable[tuple[str, str]]) -> Cut:
    """Cut some texts, with their names, that are to be indexed; another process may do it beforehand."""
    return {each: _cut(*each) for each in found}


async def texts(tx: Transaction, ordinals: Sequence[int]) -> Texts:
    """The texts to index of those papers, by ordinal, as they stand now."""
    found = await rows(tx, f"{SOURCES} WHERE p.ordinal IN :ordinals ORDER BY p.ordinal", {"ordinals": list(ordinals)})
    return {row[0]: dict(zip(NAMES, row, strict=True)) for row in found}


async def update(tx: Transaction, before: Texts, after: Texts, known: Cut = NOTHING) -> None:
    """Move the index from one state of some papers to another; an FTS5 table without content must be told both.

    `known`: texts that are cut already.
    """
    changed = {ordinal: row for ordinal, row in after.items() if before.get(ordinal) != row}
    await _write(tx, [before[o] for o in changed if o in before], known, delete=True)
    await _write(tx, list(changed.values()), known, delete=False)


async def keep_current(tx: Transaction) -> bool:
    """Rebuild the whole index if another segmenter made it; whether it was. 65,000 papers take 20 s."""
    if await state.get(tx, "segmenter") == segment.revision():
        return False
    for table in COLUMNS:
        await tx.execute(text(f"INSERT INTO {table} ({table}) VALUES ('delete-all')"))
    last = -1
    page = f"{SOURCES} WHERE p.ordinal > :last ORDER BY p.ordinal LIMIT {BATCH}"
    while found := await rows(tx, page, {"last": last}):
        await _write(tx, [dict(zip(NAMES, row, strict=True)) for row in found], NOTHING, delete=False)
        last = found[-1][0]
    await state.put(tx, "segmenter", segment.revision())
    return last >= 0


async def hurry(tx: Transaction) -> None:
    """Before an import: what it writes in pieces is merged by `tidy`, not on the way."""
    await _merge_from(tx, 16)


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
    async with database.transaction() as tx:
        await _merge_from(tx, 4)


async def _merge_from(tx: Transaction, pieces: int) -> None:
    """How many pieces of a size there are before FTS5 merges them; by default 4."""
    for table in COLUMNS:
        await tx.exec_driver_sql(f"INSERT INTO {table} ({table}, rank) VALUES ('automerge', ?)", (pieces,))


def columns(table: str, row: Row) -> list[str]:
    """What the columns of a table are given of a paper's texts, in the order of COLUMNS."""
    return _columns(table, _words(row, NOTHING))


async def _write(tx: Transaction, found: Sequence[Row], known: Cut, *, delete: bool) -> None:
    for start in range(0, len(found), AT_ONCE):
        some = [(row["ordinal"], _words(row, known)) for row in found[start : start + AT_ONCE]]
        for table, names in COLUMNS.items():
            # The first column names the table: that is FTS5's way to take a command instead of a row.
            command, verb = (f"{table}, ", "'delete', ") if delete else ("", "")
            values = ", ".join("?" * len(names))
            insert = f"INSERT INTO {table} ({command}rowid, {', '.join(names)}) VALUES ({verb}?, {values})"
            filled = [(ordinal, *_columns(table, words)) for ordinal, words in some]
            # Not through SQLAlchemy's parameters: they cost as much as the index.
            await tx.exec_driver_sql(insert, filled)


def _words(row: Row, known: Cut) -> dict[str, str]:
    named = [(name, text) for name, text in row.items() if name != "ordinal"]
    return {each[0]: known[each] if each in known else _cut(*each) for each in named}


def _cut(name: str, text: str) -> str:
    pieces = segment.pieces(text)
    return " ".join(dict.fromkeys(pieces) if name in ONCE else pieces)


def _columns(table: str, words: dict[str, str]) -> list[str]:
    return [" ".join([words[each] for each in texts]) for texts in COLUMNS[table].values()]
