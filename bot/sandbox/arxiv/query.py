"""The query API's language, with its lack of precedence: operators group to the right (arXiv/arxiv-search 764d7eb).

A missing operator is OR, an unprefixed word is `all:`, operators are upper case only.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from bot.sandbox.arxiv.catalogue import Version

Match = Callable[[Version], bool]

_TOKEN = re.compile(r'\s*(?:([a-zA-Z]+):(?=[\S])|(\[[^\]]*\])|("[^"]*"?)|([()])|([^\s()"]+))')
_WORDS = re.compile(r"[^\W_]+")
_OPERATORS = {"AND", "OR", "ANDNOT", "NOT"}
_DATES = {"submittedDate", "lastUpdatedDate"}  # the second is only an alias of the first
_RANGE = re.compile(r"\[\s*(\d+)\s+TO\s+(\d+)\s*\]")
_SHAPES = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class BadQuery(Exception):
    """A query that is answered with HTTP 400. Its text is the reason."""


def parse(query: str) -> Match:
    """What a query asks of a paper. Raises BadQuery for brackets that do not pair and operators without a term."""
    reader = _Reader(_tokens(query))
    match = reader.expression("all")
    if reader.tokens:
        raise BadQuery("unbalanced brackets in the query")
    return match


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def expression(self, field: str) -> Match:
        left = self._term(field)
        kind, text = self.tokens[0] if self.tokens else ("", "")
        if not kind or (kind, text) == ("bracket", ")"):
            return left
        operator = self._operator()
        right = self.expression(field)
        if operator == "AND":
            return lambda version: left(version) and right(version)
        if operator == "ANDNOT":
            return lambda version: left(version) and not right(version)
        return lambda version: left(version) or right(version)

    def _operator(self) -> str:
        words = []
        while self.tokens and self.tokens[0][0] == "word" and self.tokens[0][1] in _OPERATORS:
            words.append(self.tokens.pop(0)[1])
        if words in (["NOT"], ["AND", "NOT"]):
            return "ANDNOT"
        if len(words) > 1:
            raise BadQuery(f"{words[-1]} stands where a term should")
        return words[0] if words else "OR"

    def _term(self, field: str) -> Match:
        if not self.tokens:
            raise BadQuery("the query ends where a term should stand")
        kind, text = self.tokens.pop(0)
        if kind == "field":
            return self._term(text)
        if (kind, text) == ("bracket", "("):
            inner = self.expression(field)
            if not self.tokens or self.tokens.pop(0) != ("bracket", ")"):
                raise BadQuery("unbalanced brackets in the query")
            return inner
        if kind == "bracket" or (kind == "word" and text in _OPERATORS):
            raise BadQuery(f"{text} stands where a term should")
        return _matching(field, text)


def _tokens(query: str) -> list[tuple[str, str]]:
    found = []
    for match in _TOKEN.finditer(query):
        field, dates, phrase, bracket, word = match.groups()
        if phrase is not None and (len(phrase) < 2 or not phrase.endswith('"')):
            raise BadQuery("a quotation mark without its fellow")
        kinds = (("field", field), ("range", dates), ("phrase", phrase), ("bracket", bracket), ("word", word))
        found.append(next((kind, text) for kind, text in kinds if text is not None))
    return found


def _matching(field: str, text: str) -> Match:
    if field in _DATES:
        return _submitted(text)
    wanted = text.strip('"')
    if field == "cat":
        return lambda version: any(fnmatchcase(each, wanted) for each in version.paper.categories)
    if field not in {"ti", "abs", "au", "co", "jr", "doi", "id", "rn", "all"}:
        raise BadQuery(f"unknown field {field}")
    words = _words(wanted)
    return lambda version: _contains(_words(_text(version, field)), words)


def _text(version: Version, field: str) -> str:
    paper = version.paper
    texts = {
        "ti": paper.title,
        "abs": paper.abstract,
        "au": " ; ".join(paper.authors),
        "co": paper.comments,
        "jr": paper.journal_ref,
        "doi": paper.doi,
        "id": paper.id,
    }
    return " ; ".join([*texts.values(), *paper.categories]) if field == "all" else texts.get(field, "")


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _contains(text: list[str], words: list[str]) -> bool:
    if not words:
        return False
    return any(text[at : at + len(words)] == words for at in range(len(text) - len(words) + 1))


def _submitted(text: str) -> Match:
    limits = _RANGE.fullmatch(text)
    if not limits or any(len(each) not in _SHAPES for each in limits.groups()):
        raise BadQuery(f"a date range is [YYYYMMDDhhmm TO YYYYMMDDhhmm], not {text}")
    first, last = (_moment(each, end) for each, end in zip(limits.groups(), ("0", "9"), strict=True))
    return lambda version: first <= f"{version.submitted:%Y%m%d%H%M%S}" <= last


def _moment(digits: str, end: str) -> str:
    """The digits, checked and filled up, so that they compare as text."""
    try:
        datetime.strptime(digits, _SHAPES[len(digits)]).replace(tzinfo=UTC)
    except ValueError:
        raise BadQuery(f"{digits} is no date") from None
    return digits.ljust(14, end)
