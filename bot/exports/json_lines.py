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
        "affiliations": paper.affiliations,
        "categories": paper.categories,
        "comments": paper.comments,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "licence": paper.licence,
        "announced": card.announced.isoformat() if card.announced else None,
        "announce_type": card.announce_type,
        "votes": card.upvotes.votes if card.upvotes else None,
        "code_url": card.upvotes.code_url if card.upvotes else "",
        "title_zh": summary.title_zh,
        "tldr_zh": summary.tldr_zh,
        "abstract_zh": summary.abstract_zh,
        "tldr_en": summary.tldr_en,
        "model": summary.model,
        "summary_state": summary.state if card.summary else None,
        "url": arxiv_id.abs_url(paper.id),
    }
