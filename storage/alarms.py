"""Faults that the operator was told of and that are not over."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from storage.database import Transaction, as_text


async def current(tx: Transaction) -> dict[str, str]:
    """The alarms that are on: name -> what the operator was told."""
    return {row.name: row.text for row in await tx.execute(text("SELECT name, text FROM alarms ORDER BY since, name"))}


async def replace(tx: Transaction, now_on: Mapping[str, str], now: datetime) -> None:
    """Remember which alarms are on; one that was on keeps its time."""
    for name in set(await current(tx)) - set(now_on):
        await tx.execute(text("DELETE FROM alarms WHERE name = :name"), {"name": name})
    sql = "INSERT INTO alarms (name, text, since) VALUES (:name, :text, :now) ON CONFLICT (name) DO NOTHING"
    for name, told in now_on.items():
        await tx.execute(text(sql), {"name": name, "text": told, "now": as_text(now)})
