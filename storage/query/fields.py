"""The fields of a query and what stands in them: `cat:cs.LG`, `since:2024-03`, `作者：LeCun`."""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from storage.query.tree import (
    Author,
    Category,
    Field,
    LastDays,
    Leaf,
    Node,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
    any_of,
)
from storage.records import AnnounceType

Spellings = Callable[[str], frozenset[str]]
Identify = Callable[[str], str | None]

MOST_DAYS = 36_500
ONLINE = "online"
_WORDED = frozenset(Field)  # fields of words and phrases, and none

_NAMES = {
    "ti": ("ti", "title", "标题", "標題", "题目", "題目", "题名", "題名"),
    "abs": ("abs", "abstract", "summary", "摘要"),
    "au": ("au", "author", "authors", "作者"),
    "cat": ("cat", "category", "categories", "分类", "分類", "类别", "類別", "领域", "領域"),
    "id": ("id", "编号", "編號"),
    "type": ("type", "类型", "類型"),
    "since": ("since", "from", "after", "自", "从", "從", "起始"),
    "until": ("until", "to", "before", "至", "到", "截至", "截止"),
    "last": ("last", "最近", "近"),
    "hf": ("hf", "votes", "票数", "票數", "点赞", "點讚"),
    ONLINE: (ONLINE, "联网", "聯網", "在线", "線上"),
}
FIELDS = {name: key for key, names in _NAMES.items() for name in names}

_NEW, _CROSS, _REPLACE, _REPLACE_CROSS = ({kind} for kind in AnnounceType)
_TYPES = {
    **{kind.value: {kind} for kind in AnnounceType},
    **dict.fromkeys(("新", "新论文", "新論文", "新增", "首发", "首發"), _NEW),
    **dict.fromkeys(("交叉", "交叉列表", "cross-list", "crosslist", "cross-listed"), _CROSS),
    **dict.fromkeys(("更新", "替换", "替換", "修订", "修訂"), _REPLACE | _REPLACE_CROSS),
    **dict.fromkeys(("replaced", "replacement"), _REPLACE),
    **dict.fromkeys(("交叉更新", "交叉替换", "交叉替換"), _REPLACE_CROSS),
}
_DAYS = {
    **dict.fromkeys(("d", "day", "days", "天", "日"), 1),
    **dict.fromkeys(("w", "week", "weeks", "周", "週", "星期"), 7),
    **dict.fromkeys(("m", "month", "months", "月", "个月", "個月"), 30),
    **dict.fromkeys(("y", "year", "years", "年"), 365),
}
_AGO = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1}
_CATEGORY = re.compile(r"(?P<name>[a-z]+(?:-[a-z]+)?(?:\.[a-z]+(?:-[a-z]+)?)?)(?:\.\*)?", re.IGNORECASE | re.ASCII)
_PLAIN_ID = re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?", re.IGNORECASE | re.ASCII)
_HOLDS_ID = re.compile(r"\d{4}\.\d{4}|/\d{7}", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:[-./年]?(\d\d?)(?:[-./月]?(\d\d?))?)?[年月日]?", re.ASCII)
_SPAN = re.compile(rf"(\d{{1,5}}) ?({'|'.join(_DAYS)})?", re.IGNORECASE | re.ASCII)
_VOTES = re.compile(r"(>=|≥|=>|>)? ?(\d{1,5})\+?", re.ASCII)
AFTER = ".:!?…"  # what may end a sentence, and no category


def plain_id(text: str) -> str | None:
    """The arXiv id that a text is, without its version; of its bare forms only."""
    match = _PLAIN_ID.fullmatch(text)
    return match[1].lower() if match else None


@dataclass(frozen=True, slots=True)
class Values:
    """Reads what stands in fields; `spellings` and `identify` know arXiv's categories and ids."""

    spellings: Spellings
    identify: Identify = plain_id

    def bare(self, text: str) -> Leaf:
        """What one run of characters without a field is: a category or an id written out, or a word."""
        if "." in text or "-" in text or "/" in text:
            if category := self._category(text.rstrip(AFTER), written_out=True):
                return category
            if _HOLDS_ID.search(text) and (found := self.identify(text)):
                return PaperId(found)
        return Word(text)

    def quoted(self, key: str, text: str) -> Node | None:
        """What a text in quotes is in a field, or in none; None if that field takes no such text."""
        if key in _WORDED:
            return Phrase(text, Field(key))
        return self.read(key, [text])

    def read(self, key: str, values: Sequence[str]) -> Node | None:
        """What these values of a field ask for; None if the first is none of its values."""
        text = values[0]
        found: Node | None
        match key:
            case Field.TITLE | Field.ABSTRACT:
                found = Word(text, Field(key))
            case "au":
                found = author(text)
            case "cat":
                found = any_of(self._category(each) for each in values)
            case "id":
                found = any_of(PaperId(named) for each in values if (named := self.identify(each)))
            case "type":
                found = _type(values)
            case "since" | "until":
                found = _day(key, text)
            case "last":
                found = _span(text)
            case _:
                found = _votes(text)
        return found

    def takes(self, key: str, value: str, *, apart: bool = False) -> bool:
        """Whether a value can stand in a field's list; `apart`: after white space, where it could be a word too."""
        match key:
            case "cat":
                return self._category(value, written_out=apart) is not None
            case "id":
                return self.identify(value) is not None
            case "type":
                return value.lower() in _TYPES
        return False

    def _category(self, text: str, *, written_out: bool = False) -> Category | None:
        match = _CATEGORY.fullmatch(text)
        # A bare archive name is an English word more often than not (math, physics): it needs `cat:`.
        if match is None or (written_out and not ("." in text or "-" in text)):
            return None
        name = match["name"]
        names = self.spellings(name)
        spelled = next((each for each in names if each.lower() == name.lower()), name)
        return Category(names, spelled) if names else None


def author(text: str) -> Author | None:
    """The author that a text names; an underscore is a space."""
    name = " ".join(text.replace("_", " ").split())
    return Author(name) if any(char.isalpha() for char in name) else None


def _type(values: Sequence[str]) -> Type | None:
    kinds = [_TYPES.get(each.lower(), set()) for each in values]
    return Type(frozenset[AnnounceType]().union(*kinds)) if kinds[0] else None


def _day(key: str, text: str) -> Leaf | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return _span(text) if key == "since" and not text.isdecimal() else None
    year, month, day = (int(each or 0) for each in match.groups())
    try:
        if key == "since":
            return Since(date(year, month or 1, day or 1))
        month = month or 12
        return Until(date(year, month, day or monthrange(year, month)[1]))
    except ValueError:  # there is no such day; calendar's own error for a month is one too
        return None


def _span(text: str) -> LastDays | None:
    match = _SPAN.fullmatch(text)
    if match is None:
        return LastDays(_AGO[text.lower()]) if text.lower() in _AGO else None
    days = int(match[1]) * _DAYS[(match[2] or "d").lower()]
    return LastDays(min(days, MOST_DAYS))


def _votes(text: str) -> Votes | None:
    match = _VOTES.fullmatch(text)
    if match is None:
        return None
    return Votes(int(match[2]) + (match[1] == ">"))
