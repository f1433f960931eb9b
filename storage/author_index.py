"""Keeps the index of authors' names in step with the papers, in the same transaction as they change."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from storage import author_names, state
from storage.database import Transaction

BATCH = 2_000

Authors = Mapping[int, tuple[str, ...]]  # by the paper's ordinal


async def update(tx: Transaction, before: Authors, after: Authors) -> None:
    """Move the index from one state of some papers to another; an FTS5 table without content must be told both."""
    changed = [ordinal for ordinal, names in after.items() if before.get(ordinal, ()) != names]
    await _write(tx, {ordinal: before.get(ordinal, ()) for ordinal in changed}, delete=True)
    await _write(tx, {ordinal: after[ordinal] for ordinal in changed}, delete=False)


async def keep_current(tx: Transaction) -> bool:
    """Rebuild the whole index if names were compared in another way; whether it was."""
    if await state.get(tx, "author names") == author_names.revision():
        return False
    await tx.execute(text("INSERT INTO search_authors (search_authors) VALUES ('delete-all')"))
    page = text("SELECT ordinal, authors FROM papers WHERE ordinal > :last ORDER BY ordinal LIMIT :batch")
    last = -1
    while rows := (await tx.execute(page, {"last": last, "batch": BATCH})).all():
        await _write(tx, {row.ordinal: tuple(json.loads(row.authors)) for row in rows}, delete=False)
        last = rows[-1].ordinal
    await state.put(tx, "author names", author_names.revision())
    return last >= 0


async def _write(tx: Transaction, authors: Authors, *, delete: bool) -> None:
    rows = [{"ordinal": ordinal, "names": _text(names)} for ordinal, names in authors.items() if names]
    # The first column names the table: that is FTS5's way to take a command instead of a row.
    command, verb = ("search_authors, ", "'delete', ") if delete else ("", "")
    if rows:
        insert = f"INSERT INTO search_authors ({command}rowid, names) VALUES ({verb}:ordinal, :names)"
        await tx.execute(text(insert), rows)


def _text(names: tuple[str, ...]) -> Any:
    return " ".join(sorted(author_names.words(names)))
