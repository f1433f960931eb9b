"""Reads queries with what the bot knows of arXiv: the taxonomy, and every spelling of an id. Pure."""

from bot.papers import arxiv_id, taxonomy
from storage import query
from storage.query import Query


def parse(text: str) -> Query:
    """Read a query; any text is one."""
    return query.parse(text, taxonomy.resolve, _identify)


def _identify(text: str) -> str | None:
    found = arxiv_id.parse(text)
    return found.id if found else None
