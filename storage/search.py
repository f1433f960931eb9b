"""Finds papers by a query: those that hold every word, the best first, and others when they are too few."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from storage import lexicon, meanings
from storage import matching as conditions_of
from storage.database import Transaction
from storage.filters import Filter
from storage.query import Query
from storage.stages import COUNTED, FEW, LONG, OTHERS, Stages, ids, merged

ENOUGH = 3  # with fewer papers that hold every word, others that hold a part are added


class Order(StrEnum):
    """How what was found is sorted."""

    RELEVANCE = "relevance"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the best papers for a query, and how many were found in all.

    `translated` of them hold, for a word, what it means in the other language, `partial` not every word. `more`: not
    every text was looked at, or not every paper counted, so that there may be more than `total`.
    """

    ids: tuple[str, ...]
    total: int
    partial: int = 0
    more: bool = False
    translated: int = 0

    @property
    def exact(self) -> int:
        """How many hold every word or what it means."""
        return self.total - self.partial


async def find(tx: Transaction, query: Query, limit: int = 100, order: Order = Order.RELEVANCE) -> Found:
    """The best `limit` papers for a query, or the newest; those that hold only a part of the words come last."""
    stages = await Stages.of(tx, query)
    newest, total = await stages.newest(limit)
    more = stages.more or total >= COUNTED
    if not query.words:
        told = await stages.spoken(query.tree, newest, total, limit) if total > 1 and order is Order.RELEVANCE else []
        return Found(await ids(tx, merged(told, newest)[:limit]), total, more=more)
    known = await lexicon.entries(tx, query.words)
    terms = meanings.terms(query.words, known)
    best = await stages.ranked(terms, total, limit) if total > 1 else []
    translated = list[int]()
    if len(best) < FEW and not (total and len(terms) > LONG):
        terms = await meanings.told(tx, terms, known)
        translated = await stages.translated(terms, total)
        more |= len(translated) >= OTHERS
    others = len(translated) - len(await stages.holding(translated, newest, total))
    # What only says it somewhere in its abstract stands behind a title that says it in the other language.
    if total >= FEW:
        told = merged(best, translated)
        rest = [each for each in newest if each not in told]
        exact = merged(told, await stages.said(rest) if len(told) < FEW else rest)
    else:
        exact = merged(best, newest, translated)
    total += others
    found = merged(exact, await stages.part(terms, found=total)) if total < ENOUGH else exact
    partial = len(found) - len(exact)
    if order is Order.DATE:
        found = sorted(exact, reverse=True) + sorted(found[len(exact) :], reverse=True)
    return Found(await ids(tx, found[:limit]), total + partial, partial, more, others)


def matching(query: Query, today: date | None = None) -> Filter:
    """The papers that hold all that a query asks, as a condition for any statement over `papers p`."""
    return conditions_of.matching(query.tree, today)
