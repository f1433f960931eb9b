"""The papers that readers kept and liked most of late, counted over all of them: never who."""

import json
from datetime import datetime

from sqlalchemy import text

from storage import votes
from storage.database import Transaction, as_text
from storage.filters import Filter, statement
from storage.records import Favourite


async def since(tx: Transaction, moment: datetime, where: Filter, limit: int, *, posted_in: int = 0) -> list[Favourite]:
    """The papers under a condition that were kept and liked most since a moment, best first.

    `posted_in`: a chat that they were posted to, whoever liked them where.
    """
    sql = "SELECT paper, COUNT(*) AS readers FROM bookmarks WHERE made_at >= :since GROUP BY paper"
    rows = await tx.execute(text(sql), {"since": as_text(moment)})
    kept: dict[int, int] = {row.paper: row.readers for row in rows}
    liked = await votes.liked(tx, moment)
    papers = f"""
    SELECT p.ordinal, p.id FROM papers p WHERE p.ordinal IN (SELECT value FROM json_each(:marked)) AND {where.sql}
      AND (:chat_id = 0 OR EXISTS (SELECT 1 FROM posts o WHERE o.chat_id = :chat_id AND o.paper = p.ordinal))
    """
    values = {**where.values, "chat_id": posted_in, "marked": json.dumps([*{*kept, *liked}])}
    found = [
        (row.ordinal, Favourite(row.id, kept.get(row.ordinal, 0), liked.get(row.ordinal, 0)))
        for row in await tx.execute(statement(papers, where), values)
    ]
    found.sort(key=lambda each: (each[1].kept + each[1].liked, each[1].kept, each[0]), reverse=True)
    return [favourite for _, favourite in found[:limit]]
