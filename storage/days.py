"""A day that adds up: what was announced, and what became of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, text

from storage.database import Transaction
from storage.records import Day

# In several feeds a paper is one paper: of its types the most telling counts. What became of it is asked of what was
# announced on that day: a new version is no news, and does not undo the summary of the one before.
_COUNTS = """
WITH listed AS (
    SELECT paper, MIN(CASE type WHEN 'new' THEN 0 WHEN 'cross' THEN 1 WHEN '' THEN 3 ELSE 2 END) AS kind,
           MAX(news) AS news, MAX(version) AS version
    FROM announcements WHERE date = :day {where} GROUP BY paper
), told AS (
    SELECT l.kind, CASE l.news WHEN 1 THEN w.paper END AS wanted, COALESCE(w.failed, 0) AS failed,
           CASE WHEN EXISTS (SELECT 1 FROM summaries g WHERE g.paper = l.paper AND g.state = 'good'
                             AND (g.version = 0 OR g.version >= l.version)) THEN 1 ELSE 0 END AS good,
           CASE WHEN l.news = 1 AND EXISTS (
               SELECT 1 FROM text_papers t JOIN deliveries d ON d.text_id = t.text_id
               WHERE t.paper = l.paper AND d.state NOT IN ('gone', 'cancelled')) THEN 1 ELSE 0 END AS posted
    FROM listed l LEFT JOIN wanted w ON w.paper = l.paper
)
SELECT COUNT(*) AS announced,
       COALESCE(SUM(CASE kind WHEN 0 THEN 1 ELSE 0 END), 0) AS new,
       COALESCE(SUM(CASE kind WHEN 1 THEN 1 ELSE 0 END), 0) AS "cross",
       COALESCE(SUM(CASE kind WHEN 2 THEN 1 ELSE 0 END), 0) AS replaced,
       COUNT(wanted) AS wanted,
       COALESCE(SUM(CASE WHEN wanted IS NOT NULL THEN good ELSE 0 END), 0) AS summarised,
       COALESCE(SUM(CASE WHEN wanted IS NOT NULL AND good = 0 AND failed > 0 THEN 1 ELSE 0 END), 0) AS failed,
       COALESCE(SUM(CASE WHEN wanted IS NOT NULL AND good = 0 AND failed = 0 THEN 1 ELSE 0 END), 0) AS waiting,
       COALESCE(SUM(posted), 0) AS posted
FROM told
"""


async def counts(tx: Transaction, day: date, categories: Sequence[str] = ()) -> Day:
    """What became of the papers that were announced on a day (US Eastern), in some categories or in all."""
    where = "AND category IN :categories" if categories else ""
    sql = text(_COUNTS.format(where=where))
    values: dict[str, Any] = {"day": day.isoformat()}
    if categories:
        sql = sql.bindparams(bindparam("categories", expanding=True))
        values["categories"] = list(categories)
    row = (await tx.execute(sql, values)).one()
    return Day(day, tuple(categories), **row._mapping)


async def announced(tx: Transaction, day: date, categories: Sequence[str] = ()) -> Day:
    """The same of what was announced alone: what became of it is not counted, which with many posts takes long."""
    where = "AND category IN :categories" if categories else ""
    sql = text(f"""
    SELECT COUNT(*) AS announced, COUNT(CASE kind WHEN 0 THEN 1 END) AS new,
           COUNT(CASE kind WHEN 1 THEN 1 END) AS "cross", COUNT(CASE kind WHEN 2 THEN 1 END) AS replaced
    FROM (SELECT MIN(CASE type WHEN 'new' THEN 0 WHEN 'cross' THEN 1 WHEN '' THEN 3 ELSE 2 END) AS kind
          FROM announcements WHERE date = :day {where} GROUP BY paper) AS listed
    """)
    values: dict[str, Any] = {"day": day.isoformat()}
    if categories:
        sql = sql.bindparams(bindparam("categories", expanding=True))
        values["categories"] = list(categories)
    return Day(day, tuple(categories), **(await tx.execute(sql, values)).one()._mapping)


async def sizes(tx: Transaction, since: date) -> dict[str, dict[date, int]]:
    """How many papers each category listed on each day since then."""
    sql = """
    SELECT category, date, COUNT(DISTINCT paper) AS number FROM announcements
    WHERE date >= :since AND category <> '' GROUP BY category, date ORDER BY category, date
    """
    found: dict[str, dict[date, int]] = {}
    for row in await tx.execute(text(sql), {"since": since.isoformat()}):
        found.setdefault(row.category, {})[date.fromisoformat(row.date)] = row.number
    return found


async def last(tx: Transaction, categories: Sequence[str] = ()) -> date | None:
    """The last announcement day that a source told, in some categories or in all."""
    sql = text("SELECT MAX(date) FROM announcements WHERE date <> ''")
    values: dict[str, Any] = {}
    if categories:
        sql = text("SELECT MAX(date) FROM announcements WHERE date <> '' AND category IN :categories")
        sql = sql.bindparams(bindparam("categories", expanding=True))
        values["categories"] = list(categories)
    found: str | None = await tx.scalar(sql, values)
    return date.fromisoformat(found) if found else None


async def listed(tx: Transaction, day: date, limit: int) -> tuple[str, ...]:
    """The ids of the papers that were announced on a day, those with a Chinese summary first, then the newest first."""
    sql = """
    SELECT p.id FROM papers p
    WHERE p.ordinal IN (SELECT paper FROM announcements WHERE date = :day AND news = 1)
    ORDER BY EXISTS (SELECT 1 FROM summaries s WHERE s.paper = p.ordinal AND s.state = 'good') DESC, p.ordinal DESC
    LIMIT :limit
    """
    return tuple((await tx.execute(text(sql), {"day": day.isoformat(), "limit": limit})).scalars())


async def lately(tx: Transaction, number: int) -> list[date]:
    """The last announcement days that a source told, the newest first."""
    sql = text("SELECT DISTINCT date FROM announcements WHERE date <> '' ORDER BY date DESC LIMIT :number")
    return [date.fromisoformat(each) for each in (await tx.execute(sql, {"number": number})).scalars()]
