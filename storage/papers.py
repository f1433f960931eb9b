"""Papers, their announcements and summaries: adding is idempotent, reading gives cards."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from storage import author_index, search_index
from storage.database import Transaction, among, as_text
from storage.filters import EVERYTHING, Filter, statement
from storage.merging import filled, newer
from storage.paper_rows import (
    BEST_SUMMARY,
    announcement_key,
    announcement_row,
    as_card,
    as_day,
    as_paper,
    as_summary,
    as_type,
    ordinal,
    paper_row,
    summary_row,
)
from storage.records import Announcement, Arrival, Card, Paper, Summary, Upvotes
from storage.search_index import NOTHING, Cut

CARDS = f"""
SELECT p.*, s.version AS summary_version, s.title_zh, s.tldr_zh, s.abstract_zh, s.tldr_en, s.model, s.prompt, s.state,
       u.votes, u.code_url,
       (SELECT MAX(a.date) FROM announcements a WHERE a.paper = p.ordinal) AS announced,
       (SELECT a.type FROM announcements a WHERE a.paper = p.ordinal ORDER BY a.date DESC LIMIT 1) AS announce_type
FROM papers p
LEFT JOIN summaries s ON s.paper = p.ordinal
     AND s.version = ({BEST_SUMMARY})
LEFT JOIN upvotes u ON u.paper = p.ordinal
"""


class Change(StrEnum):
    """What adding an arrival did to the store."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


async def add(tx: Transaction, arrivals: Iterable[Arrival], now: datetime, cut: Cut = NOTHING) -> list[Change]:
    """Store what a source brought, in one go; one answer an arrival. Adding the same again changes nothing.

    A newer version replaces the text, an older one is ignored, the same version fills in what was missing; of a
    record that tells no version, only what it tells beside the text is taken. `cut`: what search_index.cut
    gave of them.
    """
    arrivals = list(arrivals)
    ordinals = sorted({ordinal(arrival.paper.id) for arrival in arrivals})
    before = await search_index.texts(tx, ordinals)
    shelf = await _Shelf.load(tx, ordinals)
    changes = [shelf.put(arrival) for arrival in arrivals]
    await shelf.save(tx, as_text(now))
    await search_index.update(tx, before, await search_index.texts(tx, ordinals), cut)
    await author_index.update(tx, *shelf.authors())
    return changes


async def get(tx: Transaction, ids: Sequence[str]) -> list[Card]:
    """The cards of those arXiv ids, in that order; unknown ones are left out."""
    sql = among(f"{CARDS} WHERE p.id IN :ids", "ids")
    found = {row.id: as_card(row) for row in await tx.execute(sql, {"ids": list(ids)})}
    return [found[each] for each in ids if each in found]


async def stream(tx: Transaction, where: Filter = EVERYTHING) -> AsyncGenerator[Card, None]:
    """The cards of all papers under a condition, newest paper first, not held in memory; close it by `aclosing`."""
    sql = statement(f"{CARDS} WHERE {where.sql} ORDER BY p.ordinal DESC", where)
    async with tx.stream(sql, where.values) as rows:
        async for row in rows:
            yield as_card(row)


def announced_on(day: date) -> Filter:
    """The papers that arXiv announced on a day."""
    sql = "p.ordinal IN (SELECT paper FROM announcements WHERE date = :day)"
    return Filter(sql, {"day": day.isoformat()})


async def announcements(tx: Transaction, paper_id: str) -> list[Announcement]:
    """What is known of a paper's listings, the newest first."""
    sql = text("SELECT date, category, type FROM announcements WHERE paper = :paper ORDER BY date DESC, category")
    rows = await tx.execute(sql, {"paper": ordinal(paper_id)})
    return [Announcement(paper_id, as_day(row.date), row.category, as_type(row.type)) for row in rows]


async def count(tx: Transaction) -> int:
    """How many papers are stored."""
    return await tx.scalar(text("SELECT COUNT(*) FROM papers")) or 0


class _Shelf:
    """The rows that one `add` touches: loaded together, changed in memory, written together."""

    def __init__(self, papers: dict[str, Paper], summaries: dict[tuple[str, int], Summary]) -> None:
        self._papers, self._summaries = papers, summaries
        self._known_papers, self._known_summaries = dict(papers), dict(summaries)
        self._announcements: dict[Announcement, int | None] = {}  # with the version that is announced
        self._upvotes: dict[str, Upvotes] = {}
        self._known_announcements: set[tuple[str, str, str, str]] = set()

    @classmethod
    async def load(cls, tx: Transaction, ordinals: list[int]) -> "_Shelf":
        wanted = {"ordinals": ordinals}
        rows = await tx.execute(among(_PAPERS, "ordinals"), wanted)
        papers = {row.id: as_paper(row) for row in rows}
        rows = await tx.execute(among(_SUMMARIES, "ordinals"), wanted)
        summaries = {(row.id, row.version): as_summary(row, row.version) for row in rows}
        shelf = cls(papers, summaries)
        rows = await tx.execute(among(_ANNOUNCEMENTS, "ordinals"), wanted)
        shelf._known_announcements = {(row.id, row.date, row.category, row.type) for row in rows}
        return shelf

    def put(self, arrival: Arrival) -> Change:
        """Merge one arrival in memory."""
        stored = self._papers.get(arrival.paper.id)
        if stored and arrival.paper.version and arrival.paper.version < (stored.version or 0):
            if arrival.announcement:  # that it was listed is true, and the feed it stands in is not to look new again
                self._announce(replace(arrival.announcement, news=False), arrival.paper.version)
            return Change.UNCHANGED
        self._papers[arrival.paper.id] = newer(stored, arrival.paper) if stored else arrival.paper
        changed = self._papers[arrival.paper.id] != stored
        if arrival.announcement:
            changed |= self._announce(arrival.announcement, arrival.paper.version)
        if arrival.summary:
            changed |= self._summarise(arrival.summary)
        if arrival.upvotes:
            self._upvotes[arrival.paper.id] = arrival.upvotes
        if stored is None:
            return Change.NEW
        return Change.UPDATED if changed else Change.UNCHANGED

    def _announce(self, announcement: Announcement, version: int | None) -> bool:
        key = announcement_key(announcement)
        if key in self._known_announcements:
            return False
        self._known_announcements.add(key)
        self._announcements[announcement] = version
        return True

    def _summarise(self, summary: Summary) -> bool:
        key = (summary.paper_id, summary.version or 0)
        before = self._summaries.get(key)
        self._summaries[key] = filled(before, summary)
        return self._summaries[key] != before

    def authors(self) -> tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]]:
        """The authors of each paper as they were, and as they are now."""
        before, after = (
            {ordinal(each.id): each.authors for each in papers.values()}
            for papers in (self._known_papers, self._papers)
        )
        return before, after

    async def save(self, tx: Transaction, now: str) -> None:
        """Write what changed."""
        papers = [paper for id_, paper in self._papers.items() if self._known_papers.get(id_) != paper]
        summaries = [s for key, s in self._summaries.items() if self._known_summaries.get(key) != s]
        await _execute_many(tx, _SAVE_PAPER, [paper_row(paper, now) for paper in papers])
        await _execute_many(tx, SAVE_SUMMARY, [summary_row(summary, now) for summary in summaries])
        rows = [announcement_row(each, version, now) for each, version in self._announcements.items()]
        await _execute_many(tx, _SAVE_ANNOUNCEMENT, rows)
        votes = [_upvotes_row(each, now) for each in self._upvotes.values()]
        await _execute_many(tx, _SAVE_UPVOTES, votes)
        categories = {(ordinal(paper.id), category) for paper in papers for category in paper.categories}
        categories |= {(ordinal(a.paper_id), a.category) for a in self._announcements if a.category}
        await _execute_many(tx, _SAVE_CATEGORY, [{"paper": p, "category": c} for p, c in sorted(categories)])


_PAPERS = "SELECT * FROM papers WHERE ordinal IN :ordinals"
_SUMMARIES = "SELECT p.id, s.* FROM summaries s JOIN papers p ON p.ordinal = s.paper WHERE s.paper IN :ordinals"
_ANNOUNCEMENTS = """
SELECT p.id, a.date, a.category, a.type
FROM announcements a JOIN papers p ON p.ordinal = a.paper WHERE a.paper IN :ordinals
"""
_SAVE_PAPER = """
INSERT INTO papers (ordinal, id, version, title, abstract, abstract_cut, authors, categories,
    affiliations, comments, doi, journal_ref, licence, added_at)
VALUES (:ordinal, :id, :version, :title, :abstract, :abstract_cut, :authors, :categories,
    :affiliations, :comments, :doi, :journal_ref, :licence, :now)
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, title = excluded.title,
    abstract = excluded.abstract, abstract_cut = excluded.abstract_cut,
    authors = excluded.authors, categories = excluded.categories, affiliations = excluded.affiliations,
    comments = excluded.comments, doi = excluded.doi, journal_ref = excluded.journal_ref, licence = excluded.licence
"""
SAVE_SUMMARY = """
INSERT INTO summaries (paper, version, title_zh, tldr_zh, abstract_zh, tldr_en, model, prompt, state, written_at)
VALUES (:paper, :version, :title_zh, :tldr_zh, :abstract_zh, :tldr_en, :model, :prompt, :state, :now)
ON CONFLICT (paper, version) DO UPDATE SET title_zh = excluded.title_zh, tldr_zh = excluded.tldr_zh,
    abstract_zh = excluded.abstract_zh, tldr_en = excluded.tldr_en, model = excluded.model,
    prompt = excluded.prompt, state = excluded.state, written_at = excluded.written_at
"""
_SAVE_ANNOUNCEMENT = """
INSERT INTO announcements (paper, date, category, type, version, news, seen_at)
VALUES (:paper, :date, :category, :type, :version, :news, :now) ON CONFLICT DO NOTHING
"""
_SAVE_UPVOTES = """
INSERT INTO upvotes (paper, votes, code_url, seen_at) VALUES (:paper, :votes, :code_url, :now)
ON CONFLICT (paper) DO UPDATE SET votes = excluded.votes, seen_at = excluded.seen_at,
    code_url = CASE excluded.code_url WHEN '' THEN upvotes.code_url ELSE excluded.code_url END
"""
_SAVE_CATEGORY = "INSERT INTO paper_categories (paper, category) VALUES (:paper, :category) ON CONFLICT DO NOTHING"


def _upvotes_row(upvotes: Upvotes, now: str) -> dict[str, Any]:
    return {"paper": ordinal(upvotes.paper_id), "votes": upvotes.votes, "code_url": upvotes.code_url, "now": now}


async def _execute_many(tx: Transaction, sql: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        await tx.exec_driver_sql(sql, rows)  # SQLAlchemy's own parameters take as long as the rows
