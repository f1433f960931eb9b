"""Which of some papers meet a query."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam

from storage.database import Transaction
from storage.filters import statement
from storage.matching import matching
from storage.paper_rows import ordinal
from storage.query import All


async def holding(tx: Transaction, ids: Sequence[str], tree: All, today: date) -> list[str]:
    """Those of the papers that storage.matching finds for a query's tree, in their order."""
    where = matching(tree, today)
    sql = f"SELECT p.id FROM papers p WHERE p.ordinal IN :among AND {where.sql}"
    asked = statement(sql, where).bindparams(bindparam("among", expanding=True))
    found = set((await tx.execute(asked, {**where.values, "among": [ordinal(each) for each in ids]})).scalars())
    return [each for each in ids if each in found]
