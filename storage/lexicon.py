"""What words mean in the other language and how common they are: shipped with the program, learned from its papers."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import zstandard
from sqlalchemy import text

from storage import state
from storage.database import Database, Transaction
from storage.direct import rows
from storage.word_pairs import Entry, Lexicon, Titles, key, learned

NEWEST = 20_000  # papers to learn from: 5 s of a thread, 150 MB
_STATE, _SHIPPED = "lexicon", "shipped 1"
_TITLES = """
SELECT s.title_zh, p.title FROM papers p JOIN summaries s ON s.paper = p.ordinal
WHERE s.title_zh <> '' AND s.state = 'good' ORDER BY p.ordinal DESC LIMIT :newest
"""


async def entries(tx: Transaction, words: Iterable[str]) -> dict[str, Entry]:
    """What is known of those terms, by the term."""
    keys = {word: key(word) for word in words}
    sql = "SELECT word, share, translations FROM lexicon WHERE word IN (SELECT value FROM json_each(:keys))"
    found = {row[0]: _entry(row[1], row[2]) for row in await rows(tx, sql, {"keys": json.dumps([*keys.values()])})}
    return {word: found[keys[word]] for word in keys if keys[word] in found}


async def keep_current(tx: Transaction) -> None:
    """Put in the shipped lexicon if there is none: 0.1 s."""
    if not await state.get(tx, _STATE):
        await put(tx, shipped())
        await state.put(tx, _STATE, _SHIPPED)


async def learn(database: Database, before: Lexicon | None = None) -> int:
    """Learn from the newest papers beside what was known `before`, by default what is shipped; how many words it is.

    Once a day is enough. The loop goes on meanwhile.
    """
    async with database.reading() as tx:
        titles: list[Titles] = [(row[0], row[1]) for row in await rows(tx, _TITLES, {"newest": NEWEST})]
    lexicon = await asyncio.to_thread(_learned, titles, before)
    async with database.transaction() as tx:
        await put(tx, lexicon)
        await state.put(tx, _STATE, f"learned from {len(titles)}")
    return len(lexicon)


async def put(tx: Transaction, lexicon: Lexicon) -> None:
    """Take this lexicon instead of the stored one."""
    await tx.execute(text("DELETE FROM lexicon"))
    if lexicon:
        filled = [(word, entry.share, _told(entry)) for word, entry in lexicon.items()]
        await tx.exec_driver_sql("INSERT INTO lexicon (word, share, translations) VALUES (?, ?, ?)", filled)


def shipped() -> dict[str, Entry]:
    """The lexicon that the program brings along, made by bench/learn_lexicon.py."""
    file = resources.files("storage") / "lexicon.tsv.zst"
    return dict(read(zstandard.decompress(file.read_bytes()).decode()))


def read(table: str) -> Iterator[tuple[str, Entry]]:
    """The entries of a table of lines `word, share, translations`, tabs between."""
    for line in table.splitlines():
        word, share, translations = line.split("\t")
        yield word, _entry(float(share), translations)


def write(lexicon: Lexicon) -> str:
    """Such a table."""
    return "".join(f"{word}\t{entry.share:.2g}\t{_told(entry)}\n" for word, entry in sorted(lexicon.items()))


def _learned(titles: Sequence[Titles], before: Lexicon | None) -> dict[str, Entry]:
    return learned(titles, shipped() if before is None else before)


def _entry(share: float, translations: str) -> Entry:
    told = (each.rpartition(":") for each in translations.split())
    return Entry(share, tuple((word, int(percent) / 100) for word, _, percent in told))


def _told(entry: Entry) -> str:
    return " ".join(f"{word}:{100 * likely:.0f}" for word, likely in entry.translations)
