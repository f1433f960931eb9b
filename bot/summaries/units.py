"""Quantities, numbers with their units: those of a Chinese text that its English source has in another unit. Pure.

`50 mK` for `50 nK`, `1000天` for `1,000 hours`, `0.143‰` for `0.143%`, `三个数量级` for `two orders of magnitude`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bot.summaries import numbers

_YEAR = 365.25 * 86400
_PREFIXES = {
    **{"f": 1e-15, "p": 1e-12, "n": 1e-9, "μ": 1e-6, "u": 1e-6, "m": 1e-3, "c": 1e-2, "k": 1e3, "M": 1e6},
    **{"G": 1e9, "T": 1e12, "P": 1e15, "femto": 1e-15, "pico": 1e-12, "nano": 1e-9, "micro": 1e-6, "milli": 1e-3},
    **{"centi": 1e-2, "kilo": 1e3, "mega": 1e6, "giga": 1e9, "tera": 1e12, "皮": 1e-12, "纳": 1e-9, "微": 1e-6},
    **{"毫": 1e-3, "厘": 1e-2, "千": 1e3, "兆": 1e6, "吉": 1e9, "太": 1e12, "飞": 1e-15},
}
_SYMBOLS = ("s", "m", "g", "K", "Hz", "eV", "V", "W", "J", "Pa")
_WORDS = ("second", "metre", "gram", "kelvin", "hertz", "electronvolt", "volt", "watt", "joule", "pascal")
_CHARACTERS = ("秒", "米", "克", "开尔文", "赫兹", "电子伏特", "伏特", "瓦", "焦耳", "帕")
_BASES = {
    **{
        unit: (base, 1.0)
        for base, units in enumerate(zip(_SYMBOLS, _WORDS, _CHARACTERS, strict=True))
        for unit in units
    },
    **{"meter": (1, 1.0), "赫": (4, 1.0), "电子伏": (5, 1.0), "伏": (6, 1.0), "焦": (8, 1.0)},
}
_TIME, _LENGTH, _MASS, _RATIO, _ORDERS = 0, 1, 2, 10, 11
_WHOLE = {
    **dict.fromkeys(("minute", "min", "分钟"), (_TIME, 60.0)),
    **dict.fromkeys(("hour", "hr", "h", "小时"), (_TIME, 3600.0)),
    **dict.fromkeys(("day", "天"), (_TIME, 86400.0)),
    **dict.fromkeys(("week", "周", "星期"), (_TIME, 7 * 86400.0)),
    **dict.fromkeys(("month", "个月"), (_TIME, _YEAR / 12)),
    **dict.fromkeys(("year", "yr", "年"), (_TIME, _YEAR)),
    **dict.fromkeys(("kyr", "ka", "kya"), (_TIME, 1000.0 * _YEAR)),
    **dict.fromkeys(("Myr", "Ma", "Mya", "mya"), (_TIME, 1000000.0 * _YEAR)),
    **dict.fromkeys(("Gyr", "Ga", "Gya"), (_TIME, 1000000000.0 * _YEAR)),
    **{"decade": (_TIME, 10 * _YEAR), "century": (_TIME, 100 * _YEAR), "centurie": (_TIME, 100 * _YEAR)},
    **{"公里": (_LENGTH, 1e3), "公斤": (_MASS, 1e3), "吨": (_MASS, 1e6), "tonne": (_MASS, 1e6)},
    **dict.fromkeys(("%", "percent", "per cent", "pct", "pp", "percentage point"), (_RATIO, 0.01)),
    **dict.fromkeys(("个百分点", "百分点"), (_RATIO, 0.01)),
    **dict.fromkeys(("‰", "per mille", "个千分点"), (_RATIO, 0.001)),
    **dict.fromkeys(("倍", "time", "fold", "×", "x"), (_RATIO, 1.0)),
    **dict.fromkeys(("orders of magnitude", "order of magnitude", "个数量级", "数量级"), (_ORDERS, 1.0)),
}
_SPELLED = {
    **{"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0},
    **{"nine": 9.0, "ten": 10.0},
}
_FIGURE = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_PREFIXED = "|".join(each for each in _PREFIXES if each.isascii() and len(each) == 1)
_ENGLISH = re.compile(
    rf"""(?<![\w.^]) (?P<number> {_FIGURE} | (?: {"|".join(_SPELLED)} ) (?![a-z]) )
    (?: \s? - \s? | \s )? (?P<scale> (?:thousand|million|billion)\s )? (?P<unit>
      (?:order|orders)[\ -]of[\ -]magnitude | per\ ?cent\b | percentage\ point | per\ mille | [%‰]
      | (?: femto|pico|nano|micro|milli|centi|kilo|mega|giga|tera )?
        (?: second|met(?:re|er)|gram|kelvin|hertz|electronvolt|volt|watt|joule|pascal ) (?=s?\b)
      | (?: minute|hour|day|week|month|year|decade|time ) (?=s?\b) | centur(?:y|ie(?=s)) | tonne(?=s?\b) | fold\b
      | (?: min|hr|yr )(?=s?\b) | (?: pct|pp|h|[kMG]yr|[kMG]a|[kMm]ya )\b | [×x](?![\w\s]) | [×x](?=\s[a-z])
      | (?: {_PREFIXED} )? (?: {"|".join(_SYMBOLS)} ) (?![\w^]) )?""",
    re.VERBOSE,
)
_CHINESE = re.compile(
    rf"""(?<![A-Za-z0-9_.^第]) (?P<of> [百千]分之 )? (?P<number> {_FIGURE} | [一二两三四五六七八九十]+ )
    \s? (?P<scale> [多余]?[十百千]?[万亿] )? [多余]? \s? (?P<unit>
      个?数量级 | 个?百分点 | 个千分点 | [%‰] | 倍 | 分钟 | 小时 | 天(?![文线体然空气])
      | 周(?![期围边]) | 星期(?![一-六日天]) | 个月 | 年(?![代级龄份度轻月]) | 公里 | 公斤 | 吨
      | [皮纳微毫厘千兆吉太飞]? (?: 秒|米|克(?!隆)|开尔文|赫兹?|电子伏特?|伏特?|瓦(?!时)|焦耳?|帕(?!金) )
      | (?: [kMG]yr|[kMG]a )(?![\w]) | (?: {_PREFIXED} )? (?: {"|".join(_SYMBOLS)} ) (?![A-Za-z0-9_^]) )?""",
    re.VERBOSE,
)
_LINK = re.compile(r"[\s,±~+–—-]*(?:and|to|or)?[\s,±~+–—-]*")
_AS_FACTOR = re.compile(r"(?:factors?|times)\s+of\s+(?:about|around|up\ to|over|more\ than|nearly|roughly|~)?\s*$")
_ONE_ORDER = re.compile(r"(?i)\ban?[ -]order[ -]of[ -]magnitude|\border-of-magnitude")
_VAGUE_ORDERS = re.compile(
    r"(?i)(?<!one )(?<!two )(?<!three )(?<!four )(?<!five )(?<!six )(?<!an )(?<!\d )orders? of magnitude"
)
_CLOSE = 0.02
_FEW = 10


@dataclass(frozen=True, slots=True)
class Quantities:
    """The quantities of an English text: by the number as written, its (dimension, size), None where it has no unit."""

    found: dict[float, frozenset[tuple[int, float] | None]]
    vague_orders: bool  # `several orders of magnitude`


def english(text: str) -> Quantities:
    """Every number of an English text with its unit."""
    text = unicodedata.normalize("NFKC", text)
    found: defaultdict[float, set[tuple[int, float] | None]] = defaultdict(set)
    waiting: list[float] = []  # numbers that may have the next one's unit: `0.1 and 2 s`
    end = 0
    for match in _ENGLISH.finditer(text):
        if not _LINK.fullmatch(text, end, match.start()):
            _put(waiting, None, found)
            waiting = []
        written = match["number"]
        waiting.append(_SPELLED.get(written) or float(written.replace(",", "")))
        end, unit = match.end(), _unit(match["unit"])
        if unit is None and _AS_FACTOR.search(text[max(0, match.start() - 24) : match.start()]):
            unit = _RATIO, 1.0
        if unit and not match["scale"]:
            _put(waiting, unit, found)
            waiting = []
    _put(waiting, None, found)
    if _ONE_ORDER.search(text):
        found[1.0].add((_ORDERS, 1.0))
    return Quantities({value: frozenset(units) for value, units in found.items()}, bool(_VAGUE_ORDERS.search(text)))


def _put(
    values: list[float], unit: tuple[int, float] | None, found: dict[float, set[tuple[int, float] | None]]
) -> None:
    for value in values:
        found[value].add(unit and (unit[0], unit[1] * value))


def foreign(chinese: str, source: Quantities) -> list[str]:
    """The quantities of a Chinese text whose number the source has in other units of the dimension only."""
    text = unicodedata.normalize("NFKC", chinese)
    return [match[0].strip() for match in _CHINESE.finditer(text) if match["unit"] and not _stands_in(match, source)]


def _stands_in(match: re.Match[str], source: Quantities) -> bool:
    written, unit = match["number"], _unit(match["unit"])
    if match["of"]:
        unit = _RATIO, 0.01 if match["of"].startswith("百") else 0.001
    if unit is None or match["scale"]:
        return True
    value = float(written.replace(",", "")) if written[0].isascii() else numbers.numeral(written)
    if written in {"一", "1"} or (match["unit"] == "倍" and value <= _FEW and value.is_integer()):
        return True  # `一年`, `翻一倍`, `两倍`: from `annual`, `doubles`, `twice`
    dimension, size = unit[0], unit[1] * value
    if dimension == _ORDERS:
        orders = {number for number, units in source.found.items() if (_ORDERS, number) in units}
        return not orders or source.vague_orders or value in orders
    told = source.found.get(value, frozenset())
    rivals = [each for each in told if each is not None and each[0] == dimension]
    return None in told or not rivals or any(_near(each, size) for each in _sizes(dimension, source))


def _sizes(dimension: int, source: Quantities) -> Iterator[float]:
    for units in source.found.values():
        yield from (each[1] for each in units if each is not None and each[0] == dimension)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _CLOSE * max(one, other)


def _unit(written: str | None) -> tuple[int, float] | None:
    """A unit's dimension and size in the dimension's own."""
    written = (written or "").replace("metre", "meter").replace("order-of-magnitude", "order of magnitude")
    if written in _WHOLE:
        return _WHOLE[written]
    for length in range(len(written)):
        base, prefix = written[length:], written[:length]
        if base in _BASES and (not prefix or prefix in _PREFIXES):
            dimension, size = _BASES[base]
            return dimension, size * (_PREFIXES[prefix] if prefix else 1.0)
    return None
