"""Papers, announcements and summaries as rows of the database, and back."""

import hashlib
import json
import re
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from storage.records import Announcement, AnnounceType, Card, Paper, Summary, SummaryState, Upvotes

# Which of the summaries of `papers p` is shown: a good one rather than a draft, then the newest version's.
BEST_SUMMARY = """
SELECT n.version FROM summaries n WHERE n.paper = p.ordinal
ORDER BY CASE n.state WHEN 'good' THEN 0 ELSE 1 END, n.version DESC LIMIT 1
"""

_ID = re.compile(r"(?:([a-z-]+)/)?(\d\d)(\d\d)\.?(\d+)")
_FIRST_YEAR = 91  # arXiv began in August 1991
_LETTERS = 27**7  # an old archive's name without its hyphen has at most seven letters


@lru_cache(10_000)  # a batch asks for each several times
def ordinal(paper_id: str) -> int:
    """The row number of an arXiv id: months since 1991, archive, number, so that its order is the papers' age.

    Search and "newest first" read rows in this order without a sort. Raises ValueError for what is no id.
    """
    match = _ID.fullmatch(paper_id)
    if match is None:
        raise ValueError(f"{paper_id!r} is not an arXiv id")
    archive, year, month, number = match.groups()
    months = (int(year) - _FIRST_YEAR) % 100 * 12 + int(month)
    letters = 0
    for letter in (archive or "").replace("-", ""):
        letters = letters * 27 + ord(letter) - ord("a") + 1
    return (months * _LETTERS + letters) * 100_000 + int(number)


def month_floor(year: int, month: int) -> int:
    """A number that no paper of that month is below, and none of an earlier one above; month 13 is the next January."""
    return max(0, (year - 1900 - _FIRST_YEAR) * 12 + month) * _LETTERS * 100_000


def as_card(row: Row[Any]) -> Card:
    """A row of CARDS as a record."""
    summary = None if row.summary_version is None else as_summary(row, row.summary_version)
    upvotes = None if row.votes is None else Upvotes(row.id, row.votes, row.code_url)
    return Card(as_paper(row), summary, as_day(row.announced or ""), as_type(row.announce_type), upvotes)


def paper_row(paper: Paper, now: str) -> dict[str, Any]:
    """A paper as parameters of its INSERT."""
    return {
        "ordinal": ordinal(paper.id),
        "id": paper.id,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "abstract_cut": int(paper.abstract_cut),
        "authors": json.dumps(paper.authors, ensure_ascii=False),
        "categories": json.dumps(paper.categories),
        "affiliations": json.dumps(paper.affiliations, ensure_ascii=False),
        "comments": paper.comments,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "licence": paper.licence,
        "now": now,
    }


def summary_row(summary: Summary, now: str) -> dict[str, Any]:
    """A summary as parameters of its INSERT."""
    names = ("title_zh", "tldr_zh", "abstract_zh", "tldr_en", "model", "prompt", "state")
    texts = {name: getattr(summary, name) for name in names}
    return {"paper": ordinal(summary.paper_id), "version": summary.version or 0, **texts, "now": now}


def announcement_key(announcement: Announcement) -> tuple[str, str, str, str]:
    """What makes an announcement itself: paper, day, category, type, as they are stored."""
    day = announcement.date.isoformat() if announcement.date else ""
    return (announcement.paper_id, day, announcement.category, announcement.type or "")


def announcement_row(announcement: Announcement, version: int | None, now: str) -> dict[str, Any]:
    """The announcement of a version as parameters of its INSERT."""
    paper_id, day, category, type_ = announcement_key(announcement)
    key = {"paper": ordinal(paper_id), "date": day, "category": category, "type": type_}
    return {**key, "version": version or 0, "news": int(announcement.news), "now": now}


def text_hash(paper: Paper) -> str:
    """Names the text that a summary is made from: a new version often changes neither title nor abstract."""
    return hashlib.sha256(f"{paper.title}\n{paper.abstract}".encode(errors="replace")).hexdigest()


def as_paper(row: Row[Any]) -> Paper:
    """A row of `papers` as a record."""
    return Paper(
        id=row.id,
        version=row.version,
        title=row.title,
        abstract=row.abstract,
        abstract_cut=bool(row.abstract_cut),
        authors=tuple(json.loads(row.authors)),
        categories=tuple(json.loads(row.categories)),
        affiliations=tuple(json.loads(row.affiliations)),
        comments=row.comments,
        doi=row.doi,
        journal_ref=row.journal_ref,
        licence=row.licence,
    )


def as_summary(row: Row[Any], version: int) -> Summary:
    """A row's summary, of that version; 0 is one that no source told."""
    return Summary(
        row.id,
        version or None,
        row.title_zh,
        row.tldr_zh,
        row.abstract_zh,
        row.tldr_en,
        row.model,
        row.prompt,
        SummaryState(row.state),
    )


def as_day(stored: str) -> date | None:
    """A stored day; empty is none."""
    return date.fromisoformat(stored) if stored else None


def as_type(stored: str | None) -> AnnounceType | None:
    """A stored announce type; empty is none."""
    return AnnounceType(stored) if stored else None
