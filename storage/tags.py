"""A reader's tags on papers. They stay when a bookmark goes, so that a star pressed by mistake costs none of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, among, as_text
from storage.paper_rows import ordinal
from storage.records import Tag


async def named(tx: Transaction, user_id: int, names: Sequence[str], now: datetime) -> list[Tag]:
    """The reader's tags of those names, made where they are new."""
    sql = """
    INSERT INTO tags (user_id, name, made_at) VALUES (:user_id, :name, :now)
    ON CONFLICT (user_id, name) DO UPDATE SET name = excluded.name RETURNING id
    """
    values = {"user_id": user_id, "now": as_text(now)}
    return [Tag((await tx.execute(text(sql), {**values, "name": name})).scalar_one(), name) for name in names]


async def get(tx: Transaction, user_id: int, tag_id: int) -> Tag | None:
    """A reader's tag by its id."""
    sql = text("SELECT id, name FROM tags WHERE id = :id AND user_id = :user_id")
    row = (await tx.execute(sql, {"id": tag_id, "user_id": user_id})).first()
    return Tag(row.id, row.name) if row else None


async def put(tx: Transaction, user_id: int, paper_id: str, tag_id: int) -> None:
    """Give a paper a tag; it may have it already."""
    sql = "INSERT INTO tagged (user_id, paper, tag_id) VALUES (:user_id, :paper, :tag_id) ON CONFLICT DO NOTHING"
    await tx.execute(text(sql), {"user_id": user_id, "paper": ordinal(paper_id), "tag_id": tag_id})


async def take(tx: Transaction, user_id: int, paper_id: str, name: str) -> None:
    """Take a tag off a paper; it need not have it."""
    sql = """
    DELETE FROM tagged WHERE user_id = :user_id AND paper = :paper
      AND tag_id = (SELECT id FROM tags WHERE user_id = :user_id AND name = :name)
    """
    await tx.execute(text(sql), {"user_id": user_id, "paper": ordinal(paper_id), "name": name})


async def of_papers(tx: Transaction, user_id: int, ids: Sequence[str]) -> dict[str, tuple[Tag, ...]]:
    """The tags of those papers, the oldest tag first; papers without tags are left out."""
    sql = among(
        """
        SELECT p.id AS paper_id, t.id, t.name
        FROM tagged g JOIN papers p ON p.ordinal = g.paper JOIN tags t ON t.id = g.tag_id
        WHERE g.user_id = :user_id AND g.paper IN :papers ORDER BY t.id
        """,
        "papers",
    )
    found: dict[str, list[Tag]] = {}
    for row in await tx.execute(sql, {"user_id": user_id, "papers": [ordinal(each) for each in ids]}):
        found.setdefault(row.paper_id, []).append(Tag(row.id, row.name))
    return {paper_id: tuple(tags) for paper_id, tags in found.items()}


async def used(tx: Transaction, user_id: int, limit: int = 100) -> list[Tag]:
    """The tags on the papers that a reader keeps, the most used first."""
    sql = """
    SELECT t.id, t.name, COUNT(*) AS papers
    FROM tagged g
    JOIN bookmarks b ON b.user_id = g.user_id AND b.paper = g.paper
    JOIN tags t ON t.id = g.tag_id
    WHERE g.user_id = :user_id GROUP BY t.id ORDER BY papers DESC, t.id LIMIT :limit
    """
    rows = await tx.execute(text(sql), {"user_id": user_id, "limit": limit})
    return [Tag(row.id, row.name, row.papers) for row in rows]
