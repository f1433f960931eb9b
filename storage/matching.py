"""The tree of a query as a condition on papers: the full-text index finds, what it does not know is tested.

Whatever words a part asks for are one expression of FTS5, so that the index joins them and not SQL. All of a reader's
text is quoted or bound: none of it can become an operator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any as Value

from storage import author_names, ranking, segment
from storage.filters import Filter
from storage.paper_rows import month_floor
from storage.query import (
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Node,
    Not,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
    terms,
)
from storage.search_index import COLUMNS

FEW = 4  # categories that are looked up paper by paper
_TITLE = "t.title || ' ' || COALESCE(s.title_zh, '')"
_ABSTRACT = "t.abstract || ' ' || COALESCE(s.tldr_zh, '') || ' ' || COALESCE(s.abstract_zh, '')"
# Chinese words are cut differently in documents and queries, and the index knows stems: compare the text.
TEXTS = {
    Field.ANYWHERE: """folded(t.title || ' ' || t.abstract || ' ' || COALESCE(s.title_zh, '')
        || ' ' || COALESCE(s.tldr_zh, '') || ' ' || COALESCE(s.abstract_zh, ''))""",
    Field.TITLE: f"folded({_TITLE})",
    Field.ABSTRACT: f"folded({_ABSTRACT})",
}
"""The text of `papers t` and `summaries s` that a phrase of a field is looked for in, as phrases are compared."""

_NOTHING = '""'  # an expression of FTS5 that no row meets
_DATED = "EXISTS (SELECT 1 FROM announcements a WHERE a.paper = p.ordinal AND a.date > '')"


def matching(tree: All, today: date | None = None) -> Filter:
    """The papers that hold all that a query asks, as a condition for any statement over `papers p`.

    `last:7d` counts from `today`, which is UTC's if it is not told. Its parameters begin with `q`.
    """
    return _filter(tree, today, phrases=True)


def indexed(tree: All, today: date | None = None, *, floor: int = 0) -> Filter:
    """What the indexes tell of `matching`: all but the order of words in the phrases that every paper is to hold.

    Phrases that are not `is_sure` are looked for in every text only from the ordinal `floor` on.
    """
    return _filter(tree, today, phrases=False, floor=floor)


def is_sure(node: Node) -> bool:
    """Whether the index names some papers for each phrase: it does not for function words and single characters."""
    match node:
        case All(parts) | Any(parts):
            return all(map(is_sure, parts))
        case Not(part):
            return is_sure(part)
        case Phrase(text):
            return bool(ranking.sure(segment.terms(text)))
    return True


def phrases(tree: All) -> dict[str, Phrase]:
    """Those phrases, as they are compared, by the names of their parameters: TEXTS[field] is to hold them."""
    found = [part for part in tree.parts if isinstance(part, Phrase)]
    return {f"qphrase{number}": Phrase(_folded(each), each.field) for number, each in enumerate(found)}


def _filter(tree: All, today: date | None, *, phrases: bool, floor: int = 0) -> Filter:
    statement = _Statement(today or datetime.now(UTC).date(), floor)
    sql = " AND ".join(statement.all(tree.parts, found=False, phrases=phrases))
    return Filter(sql or "TRUE", statement.values)


@dataclass(frozen=True, slots=True)
class _Match:
    """An expression of FTS5 over search_full that finds every paper of a part of the tree."""

    text: str
    exact: bool = True  # it finds no other papers

    @classmethod
    def of(cls, node: Node) -> "_Match | None":
        """The expression for a node; None if its papers can have any words."""
        match node:
            case Word(text, where):
                return cls._all(segment.terms(text), where)
            case Phrase(text, where):
                found = cls._all(ranking.sure(segment.terms(text)), where)
                return replace(found, exact=False) if found else None
            case All(parts):
                return cls.of_all(parts)
            case Any(parts):
                either = [each for part in parts if (each := cls.of(part))]
                return cls._joined(" OR ", either) if len(either) == len(parts) else None
        return None

    @classmethod
    def of_all(cls, parts: Iterable[Node]) -> "_Match | None":
        """The expression for parts that must all hold; the words of a field count together."""
        parts = list(parts)
        found = [each for where in Field if (each := cls._all(terms(parts, where), where))]
        others = [part for part in parts if not isinstance(part, Word)]
        wanted = [cls.of(part) for part in others]
        found += [each for each in wanted if each]
        if not found:
            return None
        joined = cls._joined(" AND ", found)
        excluded = [cls.of(part.part) if isinstance(part, Not) else None for part in others]
        unwanted = [f" NOT ({each.text})" for each in excluded if each and each.exact]
        text = f"({joined.text}){''.join(unwanted)}" if unwanted else joined.text
        exact = all((one or other or _UNKNOWN).exact for one, other in zip(wanted, excluded, strict=True))
        return cls(text, exact)

    @classmethod
    def _joined(cls, operator: str, found: Sequence["_Match"]) -> "_Match":
        if len(found) == 1:
            return found[0]
        return cls(operator.join(f"({each.text})" for each in found), all(each.exact for each in found))

    @classmethod
    def _all(cls, words: Sequence[str], where: Field) -> "_Match | None":
        together = ranking.all_of(words)
        return cls(f"{columns(where)}({together})" if where else together) if words else None


_UNKNOWN = _Match("", exact=False)


@dataclass(slots=True)
class _Statement:
    today: date
    floor: int = 0
    values: dict[str, Value] = field(default_factory=dict)

    def all(self, parts: Sequence[Node], *, found: bool, phrases: bool = True) -> list[str]:
        """The conditions for parts that must all hold. `found`: something else finds the papers, these only test."""
        match_ = _Match.of_all(parts)
        conditions = [self._in(self._rows(match_))] if match_ else []
        finder = None if found or match_ else next(filter(self._finds, sorted(parts, key=self._finds)), None)
        for part in parts:
            if isinstance(part, Phrase):
                conditions += [*self._perhaps(part), *([self._test(part)] if phrases else ())]
            elif not isinstance(part, Word) and not (match_ and self._is_told(part)):
                tested = found or match_ is not None or (finder is not None and part is not finder)
                conditions.append(self.one(part, found=tested))
        return conditions

    @staticmethod
    def _finds(part: Node) -> int:
        """Whether an index names the papers of a part: 1 if they are few, 2 if they may be many, 0 if it does not."""
        return 1 if isinstance(part, Author | PaperId) else 2 if isinstance(part, Category) else 0

    @staticmethod
    def _is_told(part: Node) -> bool:
        """Whether the expression of its `All` says all of a part."""
        told = _Match.of(part.part if isinstance(part, Not) else part)
        return told is not None and told.exact

    def one(self, node: Node, *, found: bool) -> str:
        """The condition for a node."""
        match node:
            case All(parts):
                condition = f"({' AND '.join(self.all(parts, found=found)) or 'TRUE'})"
            case Any(parts):
                condition = self._any(parts, found=found)
            case Not(part):
                condition = f"NOT {self.one(part, found=found)}"
            case Word() | Phrase():
                condition = self._texts(node)
            case _ if found or isinstance(node, Until):
                condition = self._tested(node)
            case _:
                condition = self._in(self._select(node))
        return condition

    def _texts(self, node: Word | Phrase) -> str:
        match_ = _Match.of(node)
        conditions = [self._in(self._rows(match_))] if match_ else []
        if isinstance(node, Phrase):
            conditions += [*self._perhaps(node), self._test(node)]
        return f"({' AND '.join(conditions) or 'TRUE'})"

    def _any(self, parts: Sequence[Node], *, found: bool) -> str:
        match_ = _Match.of(Any(tuple(parts)))
        if match_ and match_.exact:
            return self._in(self._rows(match_))
        if not found and all(self._is_set(part) for part in parts):
            return self._in(" UNION ALL ".join(self._select(part) for part in parts))
        either = f"({' OR '.join(self.one(part, found=found or match_ is not None) for part in parts)})"
        return f"({self._in(self._rows(match_))} AND {either})" if match_ else either

    @staticmethod
    def _is_set(node: Node) -> bool:
        match_ = _Match.of(node)
        return (
            match_.exact if match_ else isinstance(node, Author | Category | PaperId | Type | Since | LastDays | Votes)
        )

    @staticmethod
    def _in(select: str) -> str:
        return f"p.ordinal IN ({select})"

    def _bind(self, value: Value) -> str:
        name = f"q{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _rows(self, match_: _Match) -> str:
        return f"SELECT rowid FROM search_full WHERE search_full MATCH {self._bind(match_.text)}"

    def _test(self, phrase: Phrase) -> str:
        return f"""EXISTS (SELECT 1 FROM papers t LEFT JOIN summaries s ON s.paper = t.ordinal
            WHERE t.ordinal = p.ordinal AND INSTR({TEXTS[phrase.field]}, {self._bind(_folded(phrase))}) > 0)"""

    def _perhaps(self, phrase: Phrase) -> list[str]:
        """Where a phrase is looked for that the index names no papers for: all that is new, and where it is likely."""
        if not self.floor or is_sure(phrase):
            return []
        likely = self._in(self._rows(_Match(ranking.all_of(segment.terms(phrase.text)) or _NOTHING)))
        return [f"(p.ordinal >= {self._bind(self.floor)} OR {likely})"]

    def _select(self, node: Node) -> str:
        """The ordinals of a leaf's papers."""
        match node:
            case Author(name):
                asked = " AND ".join(f"({' OR '.join(_quoted(group))})" for group in author_names.groups(name))
                asked = self._bind(asked or _NOTHING)
                rows = f"SELECT rowid FROM search_authors WHERE search_authors MATCH {asked}"
            case Category(names):
                rows = f"SELECT paper FROM paper_categories WHERE category IN {self._bind(sorted(names))}"
            case PaperId(id_):
                rows = f"SELECT ordinal FROM papers WHERE id = {self._bind(id_)}"
            case Votes(at_least):
                rows = f"SELECT paper FROM upvotes WHERE votes >= {self._bind(at_least)}"
            case Type():
                rows = f"SELECT a.paper FROM announcements a WHERE {self._type(node)}"
            case Since() | LastDays():
                rows = self._since(self._day(node))
            case _:
                match_ = _Match.of(node)
                assert match_ is not None
                rows = self._rows(match_)
        return rows

    def _since(self, day: date) -> str:
        floor = self._bind(month_floor(day.year, day.month))
        return f"""SELECT paper FROM announcements WHERE date >= {self._bind(day.isoformat())}
            UNION ALL SELECT p.ordinal FROM papers p WHERE p.ordinal >= {floor} AND NOT {_DATED}"""

    def _tested(self, node: Node) -> str:
        """The condition for a leaf that many papers meet, where few are to be tested."""
        match node:
            case Category(names) if len(names) <= FEW:
                return f"""EXISTS (SELECT 1 FROM paper_categories c
                    WHERE c.category IN {self._bind(sorted(names))} AND c.paper = p.ordinal)"""
            case Type():
                return f"EXISTS (SELECT 1 FROM announcements a WHERE a.paper = p.ordinal AND {self._type(node)})"
            case Since() | LastDays():
                day = self._day(node)
                floor = self._bind(month_floor(day.year, day.month))
                return f"({self._announced('>=', day)} OR (p.ordinal >= {floor} AND NOT {_DATED}))"
            case Until(day):
                ceiling = self._bind(month_floor(day.year, day.month + 1))
                return f"(NOT {self._announced('>', day)} AND (p.ordinal < {ceiling} OR {_DATED}))"
        return self._in(self._select(node))

    def _announced(self, comparison: str, day: date) -> str:
        date_ = self._bind(day.isoformat())
        return f"EXISTS (SELECT 1 FROM announcements a WHERE a.paper = p.ordinal AND a.date {comparison} {date_})"

    def _day(self, node: Since | LastDays) -> date:
        return node.day if isinstance(node, Since) else self.today - timedelta(days=node.count)

    def _type(self, node: Type) -> str:
        kinds = f"a.type IN {self._bind(sorted(node.kinds))}"
        # Where a source does not tell in which category it was, any may be meant.
        return f"{kinds} AND a.category IN {self._bind(['', *sorted(node.within)])}" if node.within else kinds


def _folded(phrase: Phrase) -> str:
    return segment.folded(segment.simplified(phrase.text))


def columns(where: Field) -> str:
    """What stands before an expression over search_full that is of a field."""
    is_title = where == Field.TITLE
    columns = [each for each in COLUMNS["search_full"] if each.startswith("title") == is_title]
    return f"{{{' '.join(columns)}}} : "


def _quoted(words: Iterable[str]) -> Iterable[str]:
    # Quoted, a word is a word: no input of a reader becomes an operator of FTS5.
    return (f'"{word}"' for word in words)
