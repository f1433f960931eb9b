"""Finds papers by a query: SQLite's FTS5, the best matches first, relaxed when too few hold every word."""

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from storage import segment
from storage.database import Transaction, among
from storage.filters import Filter, statement
from storage.query import Query

WEIGHTS = {"search_short": "1.0, 1.0, 1.0", "search_full": "8.0, 8.0, 8.0, 1.0, 1.0"}
ENOUGH = 3  # with fewer papers that hold every word, others that hold a part are added
RAREST = 4  # words of a long query that the relaxed search uses
# bm25 costs 1.7 us a matching row: of a word that half the papers hold, only the newest are ranked.
MANY, NEWEST = 20_000, 2_000
TESTED = 3_000  # texts in which a phrase is looked for, the newest that hold its words: 0.1 ms each


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the best papers for a query, and how many were found in all; `partial` of them hold not every word.

    `more`: not every text was looked at, so that there may be more than `total`.
    """

    ids: tuple[str, ...]
    total: int
    partial: int = 0
    more: bool = False

    @property
    def exact(self) -> int:
        """How many hold every word."""
        return self.total - self.partial


async def find(tx: Transaction, query: Query, limit: int = 100) -> Found:
    """The best `limit` papers for a query; without words, the newest."""
    where, more = await _tested(tx, query, _indexed(query))
    total = await _count(tx, where)
    if not query.words and not query.phrases:
        return Found(await _ids(tx, await _newest(tx, where, limit)), total)
    short = await _ranked(tx, "search_short", where, limit)
    ordinals = short if len(short) >= limit else _merge(short, await _ranked(tx, "search_full", where, limit))
    if total >= ENOUGH or len(query.words) < 2:
        return Found(await _ids(tx, ordinals[:limit]), total, more=more)
    part = _merge(ordinals, await _part(tx, query, limit))
    partial = max(0, len(part) - total)
    return Found(await _ids(tx, part[:limit]), total + partial, partial, more)


def matching(query: Query) -> Filter:
    """The papers that hold all that a query asks, as a condition for any statement over `papers p`."""
    where = _indexed(query)
    phrases = _phrases(query)
    conditions = [_PHRASE.format(name=name) for name in phrases]
    return Filter(" AND ".join([where.sql, *conditions]), {**where.values, **phrases})


def _indexed(query: Query) -> Filter:
    """What the indexes tell of `matching`: all but the order of a phrase's words."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if match := _match(query):
        conditions.append("p.ordinal IN (SELECT rowid FROM search_full WHERE search_full MATCH :match)")
        values["match"] = match
    for number, excluded in enumerate(query.excluded):
        conditions.append(f"p.ordinal NOT IN (SELECT rowid FROM search_full WHERE search_full MATCH :not{number})")
        values[f"not{number}"] = _all(segment.terms(excluded))
    for sign, groups in (("IN", query.categories), ("NOT IN", query.excluded_categories)):
        for names in groups:
            key = f"category{len(values)}"
            conditions.append(f"p.ordinal {sign} (SELECT paper FROM paper_categories WHERE category IN :{key})")
            values[key] = sorted(names)
    if query.min_votes:
        conditions.append("p.ordinal IN (SELECT paper FROM upvotes WHERE votes >= :votes)")
        values["votes"] = query.min_votes
    return Filter(" AND ".join(conditions) or "TRUE", values)


# Chinese words are cut differently in documents and queries, and the index knows stems: compare the text.
_TEXT = """folded(t.title || ' ' || t.abstract || ' ' || COALESCE(s.title_zh, '') || ' ' || COALESCE(s.tldr_zh, '')
    || ' ' || COALESCE(s.abstract_zh, ''))"""
_PHRASE = f"""EXISTS (
    SELECT 1 FROM papers t LEFT JOIN summaries s ON s.paper = t.ordinal
    WHERE t.ordinal = p.ordinal AND INSTR({_TEXT}, :{{name}}) > 0)"""


def _phrases(query: Query) -> dict[str, str]:
    """The parameters that hold a query's phrases."""
    folded = dict.fromkeys(segment.folded(segment.simplified(phrase)) for phrase in query.phrases)
    return {f"phrase{number}": phrase for number, phrase in enumerate(folded)}


async def _tested(tx: Transaction, query: Query, where: Filter) -> tuple[Filter, bool]:
    """The newest papers that a condition names and that hold the query's phrases; whether there were too many."""
    phrases = _phrases(query)
    if not phrases:
        return where, False
    # MATERIALIZED: each text is folded once, however many phrases are looked for in it.
    sql = f"""
    WITH newest AS MATERIALIZED (
        SELECT p.ordinal FROM papers p WHERE {where.sql} ORDER BY p.ordinal DESC LIMIT :tested
    ), texts AS MATERIALIZED (
        SELECT t.ordinal, {_TEXT} AS text
        FROM newest JOIN papers t ON t.ordinal = newest.ordinal LEFT JOIN summaries s ON s.paper = t.ordinal
    )
    SELECT ordinal, MAX({" AND ".join(f"INSTR(text, :{name}) > 0" for name in phrases)}) AS holds
    FROM texts GROUP BY ordinal
    """
    rows = (await tx.execute(statement(sql, where), {**where.values, **phrases, "tested": TESTED})).all()
    held = [row.ordinal for row in rows if row.holds]
    holding = "p.ordinal IN (SELECT value FROM json_each(:holding))"
    narrowed = Filter(holding, {"match": where.values["match"], "holding": json.dumps(held)})
    return narrowed, len(rows) >= TESTED


def _match(query: Query) -> str:
    return " ".join([_all(query.words), *map(_index_phrase, query.phrases)]).strip()


def _index_phrase(phrase: str) -> str:
    # Latin words are the same in documents and queries, so that the index knows their order.
    plain = segment.simplified(phrase)
    return f'"{plain}"' if plain.isascii() else _all(segment.terms(phrase))


def _all(words: Any) -> str:
    # Quoted, a word is a word: no input of a reader becomes an operator of FTS5.
    return " ".join(f'"{word}"' for word in words)


async def _count(tx: Transaction, where: Filter) -> int:
    count = await tx.execute(statement(f"SELECT COUNT(*) FROM papers p WHERE {where.sql}", where), where.values)
    return int(count.scalar_one())


async def _newest(tx: Transaction, where: Filter, limit: int) -> list[int]:
    sql = f"SELECT p.ordinal FROM papers p WHERE {where.sql} ORDER BY p.ordinal DESC LIMIT :limit"
    return list((await tx.execute(statement(sql, where), {**where.values, "limit": limit})).scalars())


async def _ranked(tx: Transaction, table: str, where: Filter, limit: int) -> list[int]:
    floor = await _floor(tx, table, where)
    sql = f"""
    SELECT f.rowid FROM {table} f JOIN papers p ON p.ordinal = f.rowid
    WHERE {table} MATCH :match AND f.rowid >= :floor AND {where.sql}
    ORDER BY bm25({table}, {WEIGHTS[table]}), f.rowid DESC LIMIT :limit
    """
    values = {**where.values, "floor": floor, "limit": limit}
    return list((await tx.execute(statement(sql, where), values)).scalars())


async def _floor(tx: Transaction, table: str, where: Filter) -> int:
    """The oldest row worth ranking: 0 unless MANY rows hold the words."""
    values = {**where.values, "many": MANY, "newest": NEWEST}
    counted = f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH :match LIMIT :many)"
    if (await tx.scalar(text(counted), values) or 0) < MANY:
        return 0
    # The newest that match the whole query: the newest that hold the words may all be of another category.
    newest = f"""
    SELECT f.rowid FROM {table} f JOIN papers p ON p.ordinal = f.rowid
    WHERE {table} MATCH :match AND {where.sql} ORDER BY f.rowid DESC LIMIT :newest
    """
    return await tx.scalar(statement(f"SELECT MIN(rowid) FROM ({newest})", where), values) or 0


async def _part(tx: Transaction, query: Query, limit: int) -> list[int]:
    """Papers that hold some of the query's rarest words in title or summary."""
    counted = text("SELECT COUNT(*) FROM (SELECT 1 FROM search_short WHERE search_short MATCH :word LIMIT :many)")
    counts = {w: await tx.scalar(counted, {"word": f'"{w}"', "many": MANY}) or 0 for w in query.words}
    known = sorted((word for word in query.words if counts[word]), key=lambda word: counts[word])[:RAREST]
    if not known:
        return []
    rest = _indexed(replace(query, words=()))
    holding = "p.ordinal IN (SELECT rowid FROM search_short WHERE search_short MATCH :any)"
    any_ = {"any": " OR ".join(f'"{word}"' for word in known)}
    rest, _ = await _tested(tx, query, Filter(f"{rest.sql} AND {holding}", {**rest.values, **any_}))
    values = {**rest.values, **any_, "limit": limit}
    sql = f"""
    SELECT f.rowid FROM search_short f JOIN papers p ON p.ordinal = f.rowid
    WHERE search_short MATCH :any AND {rest.sql}
    ORDER BY bm25(search_short, {WEIGHTS["search_short"]}), f.rowid DESC LIMIT :limit
    """
    return list((await tx.execute(statement(sql, rest), values)).scalars())


async def _ids(tx: Transaction, ordinals: list[int]) -> tuple[str, ...]:
    sql = among("SELECT ordinal, id FROM papers WHERE ordinal IN :ordinals", "ordinals")
    ids = {row.ordinal: row.id for row in await tx.execute(sql, {"ordinals": ordinals})}
    return tuple(ids[each] for each in ordinals if each in ids)


def _merge(first: list[int], second: list[int]) -> list[int]:
    return list(dict.fromkeys(first + second))
