"""Conditions on papers, to be put together with other statements."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import TextClause, bindparam, text


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on `papers p` as SQL, with its parameters; a list is for `IN`."""

    sql: str
    values: dict[str, Any] = field(default_factory=dict)


EVERYTHING = Filter("TRUE")


def statement(sql: str, where: Filter) -> TextClause:
    """A statement that holds `where.sql`, ready for its list parameters."""
    lists = [name for name, value in where.values.items() if isinstance(value, list)]
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))
