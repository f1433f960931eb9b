"""Finds papers by a query: those that hold every word, the best first, and others when they are too few."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from storage import lexicon, ranking, segment
from storage import matching as conditions_of
from storage.database import Transaction
from storage.direct import rows
from storage.filters import Filter
from storage.query import Query
from storage.ranking import Term
from storage.stages import COUNTED, FEW, HEADS, Stages, merged

ENOUGH = 3  # with fewer papers that hold every word, others that hold a part are added
# Words that nearest papers share: together at most this share of the titles has them, 7 ms at 65,000 papers.
ALIKE, AT_LEAST, AT_MOST = 0.02, 3, 12
RECENT = 5_000  # papers with such a word that are compared, the newest


class Order(StrEnum):
    """How what was found is sorted."""

    RELEVANCE = "relevance"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the best papers for a query, and how many were found in all; `partial` of them hold not every word.

    What a word means in the other language counts for it. `more`: not every text was looked at, or not every paper
    counted, so that there may be more than `total`.
    """

    ids: tuple[str, ...]
    total: int
    partial: int = 0
    more: bool = False

    @property
    def exact(self) -> int:
        """How many hold every word."""
        return self.total - self.partial


async def find(tx: Transaction, query: Query, limit: int = 100, order: Order = Order.RELEVANCE) -> Found:
    """The best `limit` papers for a query, or the newest; those that hold only a part of the words come last."""
    stages = await Stages.of(tx, query)
    newest, total = await stages.newest(limit)
    more = stages.more or total >= COUNTED
    if not query.words:
        return Found(await _ids(tx, newest), total, more=more)
    terms = await _terms(tx, query.words)
    best = await stages.ranked(terms, total, limit) if total > 1 and order is Order.RELEVANCE else []
    translated = await stages.translated(terms, total) if len(best) < FEW else []
    # What only says it somewhere in its abstract stands behind a title that says it in the other language.
    if total >= FEW:
        known = merged(best, translated)
        rest = [each for each in newest if each not in known]
        exact = merged(known, await stages.said(rest) if len(known) < FEW else rest)
    else:
        exact = merged(best, newest, translated)
        total = len(exact)
    found = merged(exact, await stages.part(terms, found=total)) if total < ENOUGH else exact
    partial = len(found) - len(exact)
    if order is Order.DATE:
        found = sorted(exact, reverse=True) + sorted(found[len(exact) :], reverse=True)
    return Found(await _ids(tx, found[:limit]), total + partial, partial, more)


async def similar(tx: Transaction, paper_id: str, limit: int = 10) -> list[str]:
    """The papers of the store that are nearest to one of it, by the rarest words of its titles and summary."""
    texts = HEADS.replace("p.ordinal IN :ordinals", "p.id = :id").replace(" || ' ' || ", ", ")
    found = await rows(tx, texts, {"id": paper_id})
    if not found:
        return []
    itself, *heads = found[0]
    words = tuple(dict.fromkeys(word for head in heads for word in segment.terms(head)))
    terms = sorted(await _terms(tx, words), key=lambda term: term.share)
    share, chosen = 0.0, list[str]()
    for term in terms[:AT_MOST]:
        share += term.share
        if len(chosen) < AT_LEAST or share <= ALIKE:
            chosen.append(ranking.quoted(term.word))
    if not chosen:
        return []
    near = await Stages(tx, ()).newest_scored(" OR ".join(chosen), RECENT)
    return list(await _ids(tx, [each for each in near if each != itself][:limit]))


def matching(query: Query, today: date | None = None) -> Filter:
    """The papers that hold all that a query asks, as a condition for any statement over `papers p`."""
    return conditions_of.matching(query.tree, today)


async def _terms(tx: Transaction, words: tuple[str, ...]) -> list[Term]:
    known = await lexicon.entries(tx, words)
    return [
        Term(word, tuple(w for w, _ in known[word].translations), known[word].share) if word in known else Term(word)
        for word in words
    ]


async def _ids(tx: Transaction, ordinals: list[int]) -> tuple[str, ...]:
    found = await rows(tx, "SELECT ordinal, id FROM papers WHERE ordinal IN :ordinals", {"ordinals": ordinals})
    ids: dict[int, str] = dict(found)
    return tuple(ids[each] for each in ordinals if each in ids)
