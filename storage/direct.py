"""Statements that go straight to SQLite's driver: for search, where SQLAlchemy's way costs more than the statement."""

import json
import re
from collections.abc import Mapping
from typing import Any

from storage.database import Transaction


async def rows(tx: Transaction, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a SELECT with named parameters; a list is for `IN :name`. 0.05 ms a call, by SQLAlchemy 0.4."""
    lists = [name for name, value in values.items() if isinstance(value, list)]
    for name in lists:
        sql = re.sub(rf"\bIN :{name}\b", f"IN (SELECT value FROM json_each(:{name}))", sql)
    bound = {name: json.dumps(value) if name in lists else value for name, value in values.items()}
    connection = (await tx.get_raw_connection()).driver_connection
    assert connection is not None
    return [tuple(row) for row in await connection.execute_fetchall(sql, bound)]
