"""Stored papers as JSON, one object a line. Pure."""

import json
from typing import Any

from bot.papers import arxiv_id
from storage.records import Card, Summary


def line(card: Card) -> str:
    """One paper, with the newline."""
    return json.dumps(record(card), ensure_ascii=False) + "\n"


def record(card: Card) -> dict[str, Any]:
    """One paper as JSON has it. The keys are always all there, in this order."""
    paper, summary = card.paper, card.summary or Summary(card.paper.id, None)
    return {
        "id": paper.id,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "abstract_cut": paper.abstract_cut,
        "authors": paper.authors,
        "categories": paper.categories,
        "announced": card.announced.isoformat() if card.announced else None,
        "title_zh": summary.title_zh,
        "tldr_zh": summary.tldr_zh,
        "abstract_zh": summary.abstract_zh,
        "tldr_en": summary.tldr_en,
        "url": arxiv_id.abs_url(paper.id),
    }
