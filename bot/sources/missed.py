"""Which records of OAI-PMH were announced while nobody looked, and as what. Pure.

OAI-PMH lists by the day of the last change, be it a DOI, and does not tell the announcement's type (facts: section 3):
it is guessed from the versions. Cross-lists of old papers cannot be told from such changes and are left out.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.sources.oai_records import Record
from storage.records import Announcement, AnnounceType, Arrival

HELD = timedelta(days=14)  # most held submissions are out in one to four days; older records changed otherwise
_REVISED = timedelta(days=7)  # from a new version's submission to its announcement, at most


def arrival(record: Record, category: str, since: date) -> Arrival | None:
    """The paper with its announcement in a category, if that was after `since`; None if it was none."""
    type_ = _type(record, category, datetime.combine(since, time(), tzinfo=UTC))
    if type_ is None or record.datestamp is None or record.datestamp < since:
        return None
    paper = record.arrival.paper
    return replace(record.arrival, announcement=Announcement(paper.id, record.datestamp, category, type_))


def _type(record: Record, category: str, since: datetime) -> AnnounceType | None:
    is_primary = record.arrival.paper.categories[:1] == (category,)
    first, last = record.first, record.last or record.first
    if first and first >= since - HELD and (record.versions or 1) == 1:
        return AnnounceType.NEW if is_primary else AnnounceType.CROSS
    if last and last >= since - _REVISED and (record.versions or 2) > 1:
        return AnnounceType.REPLACE if is_primary else AnnounceType.REPLACE_CROSS
    return None
