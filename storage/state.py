"""Single facts that outlive a run, by name."""

from sqlalchemy import text

from storage.database import Transaction


async def put(tx: Transaction, name: str, value: str) -> None:
    """Remember a fact in place of what it was before."""
    sql = """
    INSERT INTO state (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
    """
    await tx.execute(text(sql), {"name": name, "value": value})


async def get(tx: Transaction, name: str) -> str:
    """The fact of that name, or an empty text."""
    value: str | None = await tx.scalar(text("SELECT value FROM state WHERE name = :name"), {"name": name})
    return value or ""


async def starting(tx: Transaction, prefix: str) -> dict[str, str]:
    """The facts whose names begin so."""
    sql = text("SELECT name, value FROM state WHERE SUBSTR(name, 1, :length) = :prefix ORDER BY name")
    return {row.name: row.value for row in await tx.execute(sql, {"prefix": prefix, "length": len(prefix)})}


async def remove(tx: Transaction, name: str) -> None:
    """Forget a fact."""
    await tx.execute(text("DELETE FROM state WHERE name = :name"), {"name": name})
