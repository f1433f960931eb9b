"""What came of a chat's papers: how many were posted, read and kept, for /stats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from storage.database import Transaction, among, as_moment, as_text
from storage.paper_rows import ordinal
from storage.records import ChatKind, Counts


@dataclass(frozen=True, slots=True)
class Title:
    """A paper by its titles; `chinese` is empty if it has none."""

    english: str
    chinese: str


async def read(tx: Transaction, chat_id: int, paper_id: str, day: date) -> None:
    """Remember that a paper was opened in a chat, once a day, whoever opened it. `day` is the chat's own."""
    sql = """
    INSERT INTO reads (chat_id, day, paper)
    SELECT :chat_id, :day, ordinal FROM papers WHERE ordinal = :paper ON CONFLICT DO NOTHING
    """
    await tx.execute(text(sql), {"chat_id": chat_id, "day": day.isoformat(), "paper": ordinal(paper_id)})


async def counts(tx: Transaction, chat_id: int, kind: ChatKind, since: datetime, day: date) -> Counts:
    """What a chat was posted and did since a moment; `day` is the first day of that, in its time zone."""
    # What a reader keeps is kept wherever the star was pressed; what a group keeps, its readers keep there.
    kept = "SELECT COUNT(*) FROM bookmarks WHERE user_id = :chat_id AND made_at >= :since"
    if kind != ChatKind.PRIVATE:
        kept = "SELECT COUNT(*) FROM votes WHERE chat_id = :chat_id AND kept = 1 AND changed_at >= :since"
    sql = f"""
    SELECT (SELECT COUNT(*) {_POSTED}) AS posted,
           (SELECT COUNT(DISTINCT paper) FROM reads WHERE chat_id = :chat_id AND day >= :day) AS read,
           ({kept}) AS kept,
           (SELECT COUNT(*) FROM votes WHERE chat_id = :chat_id AND vote = 1 AND changed_at >= :since) AS liked
    """
    values = {"chat_id": chat_id, "since": as_text(since), "day": day.isoformat()}
    row = (await tx.execute(text(sql), values)).one()
    return Counts(row.posted, row.read, row.kept, row.liked)


async def posted(tx: Transaction, chat_id: int, since: datetime) -> list[tuple[datetime, int]]:
    """When each paper's digest was made that was posted to a chat since a moment, and the paper's ordinal."""
    rows = await tx.execute(
        text(f"SELECT g.prepared_at, o.paper {_POSTED}"), {"chat_id": chat_id, "since": as_text(since)}
    )
    return [(as_moment(row.prepared_at), row.paper) for row in rows]


# Not when a message was sent last: a summary that came late is put in by an edit, days after.
_POSTED = """
FROM posts o JOIN deliveries d ON d.id = o.delivery_id JOIN digests g ON g.id = d.digest_id
WHERE o.chat_id = :chat_id AND d.message_id IS NOT NULL AND g.prepared_at >= :since
"""

_TITLES = """
SELECT p.title, COALESCE((SELECT s.title_zh FROM summaries s WHERE s.paper = p.ordinal ORDER BY s.version DESC LIMIT 1),
                         '') AS title_zh
FROM papers p
"""


async def titles(tx: Transaction, ordinals: Sequence[int]) -> list[Title]:
    """The titles of some papers."""
    rows = await tx.execute(among(f"{_TITLES} WHERE p.ordinal IN :ordinals", "ordinals"), {"ordinals": list(ordinals)})
    return [Title(row.title, row.title_zh) for row in rows]


async def newest_titles(tx: Transaction, number: int) -> list[Title]:
    """The titles of the newest papers that are stored."""
    rows = await tx.execute(text(f"{_TITLES} ORDER BY p.ordinal DESC LIMIT :number"), {"number": number})
    return [Title(row.title, row.title_zh) for row in rows]
