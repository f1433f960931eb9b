"""The steps of a search, each one or two statements to the full-text index."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from storage import matching, meanings, ranking, segment
from storage.database import Transaction
from storage.direct import rows
from storage.filters import EVERYTHING, Filter
from storage.paper_rows import BEST_SUMMARY
from storage.query import Node, Phrase, Query, Word, asked_for
from storage.ranking import Term

FEW = 10  # with fewer papers at hand, others are worth looking for
OTHERS = 20  # of those at most
LONG = 6  # words; more are a whole title, and its paper is what is looked for
COUNTED = 100_000  # beyond, papers are not counted: 0.04 us each
# bm25 costs 1.7 us a paper. MANY are ranked by what their titles say, the newest; of others the newest by bm25.
MANY, NEWEST = 10_000, 500
COMPARED = 30  # papers whose texts are looked at
UNSURE = 2_000  # texts, the newest, in which a phrase is looked for that the index names no papers for
TESTED = 3_000  # texts in which a phrase is looked for, the newest that hold its words: 0.1 ms each

_OF_PAPERS = f"""
FROM papers p LEFT JOIN summaries s ON s.paper = p.ordinal AND s.version = ({BEST_SUMMARY})
WHERE p.ordinal IN :ordinals
"""
HEADS = f"SELECT p.ordinal, p.title || ' ' || COALESCE(s.title_zh, '') || ' ' || COALESCE(s.tldr_zh, '') {_OF_PAPERS}"
ABSTRACTS = f"SELECT p.ordinal, p.abstract || ' ' || COALESCE(s.abstract_zh, '') {_OF_PAPERS}"


@dataclass(frozen=True, slots=True)
class Stages:
    """A query as it is asked of the index: words, and a condition for the rest."""

    tx: Transaction
    words: tuple[str, ...]
    rest: Filter = EVERYTHING
    more: bool = False  # not every text was looked at

    @classmethod
    async def of(cls, tx: Transaction, query: Query) -> "Stages":
        """The stages of a query; its phrases are looked for at once."""
        if not query.rest.tree.parts:
            return cls(tx, query.words)
        floor = 0 if matching.is_sure(query.tree) else await _floor(tx)
        if not matching.phrases(query.tree):
            return cls(tx, query.words, matching.indexed(query.rest.tree, floor=floor), more=floor > 0)
        held, is_all = await _holding_phrases(tx, query, floor)
        if query.words and len(held) < FEW:
            held += (await _holding_phrases(tx, query.rest, floor))[0]  # of which some may hold a part of the words
        return cls(tx, query.words, Filter("p.ordinal IN :held", {"held": held}), more=floor > 0 or not is_all)

    async def newest(self, limit: int) -> tuple[list[int], int]:
        """The newest papers that hold all that is asked, and how many there are, counted up to COUNTED."""
        if self.words:
            row, source = "f.rowid", self._from("search_full", ranking.all_of(self.words))
        else:
            row, source = "p.ordinal", Filter(f"FROM papers p WHERE {self.rest.sql}", self.rest.values)
        found = await self._numbers(f"SELECT {row} {source.sql} ORDER BY {row} DESC LIMIT {limit + 1}", source.values)
        if len(found) <= limit:
            return found, len(found)
        counted = f"SELECT COUNT(*) FROM (SELECT 1 {source.sql} LIMIT {COUNTED})"
        return found[:limit], (await self._numbers(counted, source.values))[0]

    async def ranked(self, terms: list[Term], total: int, limit: int) -> list[int]:
        """The papers whose title or summary holds every word that tells something, by relevance."""
        words = ranking.telling(terms)
        if total >= MANY:
            scores = dict.fromkeys(await self._short(ranking.all_of(self.words), NEWEST), 0.0)
        else:
            # What almost every paper has weighs nothing and costs most: it is only asked to be there.
            among = ranking.all_of(self.words) if len(words) < len(self.words) else ""
            scores = await self.scored(ranking.all_of(words), limit, among=among)
        return await self._compared(HEADS, scores, ranking.evidence(self.words))

    async def spoken(self, tree: Node, newest: list[int], total: int, limit: int) -> list[int]:
        """Of the papers that hold a query without words of its own, those whose titles speak for it, by relevance."""
        expression = ranking.any_of(tree)
        if not expression:
            return []
        if total >= MANY:
            scores = dict.fromkeys(await self.newest_scored(expression, NEWEST), 0.0)
        else:
            scores = await self.scored(expression, limit, floor=newest[-1] if total <= limit else 0)
        asked = [each for each in asked_for(tree) if isinstance(each, Word | Phrase)]
        words = dict.fromkeys(word for each in asked for word in segment.terms(each.text))
        phrases = [segment.folded(segment.simplified(each.text)) for each in asked if isinstance(each, Phrase)]
        return await self._compared(HEADS, scores, ranking.evidence([*words], phrases))

    async def translated(self, terms: list[Term], total: int) -> list[int]:
        """Papers whose title or summary holds every word or what it means in the other language."""
        together = " AND ".join(term.any for term in ranking.rarest(terms, meanings.MOST))
        newest = await self._short(together, OTHERS)
        return newest if len(newest) <= (FEW if total else 1) else await self.newest_scored(together, NEWEST)

    async def holding(self, some: list[int], newest: list[int], total: int) -> set[int]:
        """Those of some papers that hold all that is asked; `newest` of `total` do."""
        beyond = [each for each in some if each < newest[-1]] if total > len(newest) else []
        known = {*some}.intersection(newest)
        if not beyond:
            return known
        source = self._from("search_full", ranking.all_of(self.words))
        sql = f"SELECT f.rowid {source.sql} AND f.rowid IN :some"
        return known.union(await self._numbers(sql, {**source.values, "some": beyond}))

    async def said(self, ordinals: list[int]) -> list[int]:
        """Those papers, the first of them in the order in which their abstracts speak for them."""
        return await self._compared(ABSTRACTS, dict.fromkeys(ordinals, 0.0), ranking.evidence(self.words))

    async def part(self, terms: list[Term], *, found: int) -> list[int]:
        """Papers that hold the rarest words but one, or what they mean."""
        few = sorted(ranking.rarest(terms, 3), key=lambda term: term.share)
        if len(few) == 2 and few[1].share >= ranking.COMMON:
            few = few[:1]
        either = [term.any for term in few]
        all_but_one = ranking.at_least(max(1, len(few) - 1), either)
        if found:
            # Who found something is shown the newest of these: to rank them would cost more than all the rest.
            return await self._short(all_but_one, OTHERS) if 1 < len(terms) <= LONG else []
        best = await self.newest_scored(all_but_one, NEWEST)
        if len(few) > 2 and len(best) < FEW:
            best = merged(best, await self.newest_scored(ranking.at_least(1, either), NEWEST))
        inside = await self._all_but_one_inside(terms)
        either_way = [each for pair in zip_longest(best, inside) for each in pair if each is not None]
        return merged(await self._begun_inside(terms), either_way)

    async def _begun_inside(self, terms: list[Term]) -> list[int]:
        """The newest papers that hold every word, anywhere, where what no title has may be the beginning of a word."""
        if all(term.share for term in terms):
            return []
        words = [ranking.quoted(term.word) if term.share else ranking.beginning(term.word) for term in terms]
        return await self._first("search_full", " AND ".join(words), OTHERS)

    async def _all_but_one_inside(self, terms: list[Term]) -> list[int]:
        """The newest papers that hold the rarest words but one, anywhere."""
        words = [ranking.quoted(term.word) for term in ranking.rarest(terms, 4)]
        return await self._first("search_full", ranking.at_least(len(words) - 1, words), OTHERS) if words[2:] else []

    async def newest_scored(self, expression: str, newest: int) -> list[int]:
        """The best of the newest papers whose title or summary meets an expression."""
        floor = await self._first("search_short", expression, 1, after=newest)
        return list(await self.scored(expression, OTHERS, floor=floor[0] if floor else 0))

    async def scored(self, expression: str, limit: int, *, floor: int = 0, among: str = "") -> dict[int, float]:
        """The best papers whose title or summary meets an expression, with their scores."""
        source = self._from("search_short", expression)
        within = "AND +f.rowid IN (SELECT rowid FROM search_full WHERE search_full MATCH :among)" if among else ""
        sql = f"""
        SELECT f.rowid, -bm25(search_short, 1, 1, 1) AS score {source.sql} AND f.rowid >= :floor {within}
        ORDER BY score DESC, f.rowid DESC LIMIT {limit}
        """
        return dict(await rows(self.tx, sql, {**source.values, "floor": floor, "among": among}))

    async def _short(self, expression: str, limit: int) -> list[int]:
        return await self._first("search_short", expression, limit)

    async def _first(self, table: str, expression: str, limit: int, *, after: int = 0) -> list[int]:
        source = self._from(table, expression)
        sql = f"SELECT f.rowid {source.sql} ORDER BY f.rowid DESC LIMIT {limit} OFFSET {after}"
        return await self._numbers(sql, source.values)

    async def _compared(self, texts: str, scores: dict[int, float], evidence: Callable[[str], float]) -> list[int]:
        """The papers of those scores, the best of them put in order by what their texts say."""
        first, rest = list(scores)[:COMPARED], list(scores)[COMPARED:]
        if len(first) < 2:
            return first
        told = {each: evidence(text) for each, text in await rows(self.tx, texts, {"ordinals": first})}
        return [*sorted(first, key=lambda each: -scores[each] - told.get(each, 0)), *rest]

    def _from(self, table: str, expression: str) -> Filter:
        # CROSS JOIN: the index leads, and gives its rows in their order; papers are only looked up.
        is_all = self.rest is EVERYTHING
        papers, condition = (
            ("", "") if is_all else ("CROSS JOIN papers p ON p.ordinal = f.rowid", f"AND {self.rest.sql}")
        )
        sql = f"FROM {table} f {papers} WHERE {table} MATCH :match {condition}"
        return Filter(sql, {**self.rest.values, "match": expression})

    async def _numbers(self, sql: str, values: dict[str, Any]) -> list[int]:
        return [row[0] for row in await rows(self.tx, sql, values)]


def merged(*found: list[int]) -> list[int]:
    """Papers in that order, each once."""
    return list(dict.fromkeys(chain.from_iterable(found)))


async def ids(tx: Transaction, ordinals: list[int]) -> tuple[str, ...]:
    """The ids of papers, in that order."""
    found = await rows(tx, "SELECT ordinal, id FROM papers WHERE ordinal IN :ordinals", {"ordinals": ordinals})
    named: dict[int, str] = dict(found)
    return tuple(named[each] for each in ordinals if each in named)


async def _floor(tx: Transaction) -> int:
    """The first of the newest papers of which every text is looked at; 0 if there are no others."""
    sql = f"SELECT p.ordinal FROM papers p ORDER BY p.ordinal DESC LIMIT 1 OFFSET {UNSURE}"
    return next((row[0] + 1 for row in await rows(tx, sql, {})), 0)


async def _holding_phrases(tx: Transaction, query: Query, floor: int) -> tuple[list[int], bool]:
    """The newest papers that hold the query's phrases; whether all that might were looked at."""
    where = matching.indexed(query.tree, floor=floor)
    phrases = matching.phrases(query.tree)
    names = {field: f"text{number}" for number, field in enumerate({phrase.field for phrase in phrases.values()})}
    columns = ", ".join(f"{matching.TEXTS[field]} AS {name}" for field, name in names.items())
    holds = " AND ".join(f"INSTR({names[phrase.field]}, :{name}) > 0" for name, phrase in phrases.items())
    # MATERIALIZED: each text is folded once, however many phrases are looked for in it.
    sql = f"""
    WITH newest AS MATERIALIZED (
        SELECT p.ordinal FROM papers p WHERE {where.sql} ORDER BY p.ordinal DESC LIMIT {TESTED}
    ), texts AS MATERIALIZED (
        SELECT t.ordinal, {columns}
        FROM newest JOIN papers t ON t.ordinal = newest.ordinal LEFT JOIN summaries s ON s.paper = t.ordinal
    )
    SELECT ordinal, MAX({holds}) FROM texts GROUP BY ordinal
    """
    found = await rows(tx, sql, {**where.values, **{name: phrase.text for name, phrase in phrases.items()}})
    return [row[0] for row in found if row[1]], len(found) < TESTED
