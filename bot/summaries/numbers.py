"""The numbers of a Chinese text that its English source does not have: digits, numerals, 万, 亿, percent. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_FLAGS = re.IGNORECASE | re.VERBOSE
_WORDS = {
    **{"zero": 0, "no": 0, "one": 1, "single": 1, "once": 1, "two": 2, "both": 2, "pair": 2, "dual": 2, "twice": 2},
    **{"double": 2, "doubl": 2, "doubles": 2, "doubled": 2, "doubling": 2, "twofold": 2, "binary": 2, "second": 2},
    **{"three": 3, "triple": 3, "triples": 3, "tripled": 3, "threefold": 3, "third": 3, "four": 4, "fourth": 4},
    **{"quadruple": 4, "quarter": 4, "quarters": 4, "fourfold": 4, "five": 5, "fifth": 5, "fivefold": 5, "six": 6},
    **{"sixth": 6, "seven": 7, "seventh": 7, "eight": 8, "eighth": 8, "nine": 9, "ninth": 9, "ten": 10, "tenth": 10},
    **{"tenfold": 10, "eleven": 11, "twelve": 12, "dozen": 12, "dozens": 12, "thirteen": 13, "fourteen": 14},
    **{"fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "thirds": 3, "first": 1},
    **{"thirds": 3, "fifths": 5, "tenths": 10, "dual-": 2, "bi": 2, "tri": 3, "quad": 4, "mono": 1, "half": 50},
    **{"halves": 50, "halved": 50, "halving": 50, "ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8},
    **{"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8},
    **{"september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4},
    **{"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70},
    **{"eighties": 80, "nineties": 90},
    **{"jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12},
}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {
    **{"hundred": 1e2, "hundreds": 1e2, "k": 1e3, "thousand": 1e3, "thousands": 1e3, "m": 1e6, "mn": 1e6, "mm": 1e6},
    **{"million": 1e6, "millions": 1e6, "b": 1e9, "bn": 1e9, "g": 1e9, "billion": 1e9, "billions": 1e9, "t": 1e12},
    **{
        "trillion": 1e12,
        "trillions": 1e12,
        "lakh": 1e5,
        "crore": 1e7,
        "decade": 10,
        "decades": 10,
        "century": 100,
        "centuries": 100,
    },
    **{"ka": 1e3, "kya": 1e3, "kyr": 1e3, "ma": 1e6, "mya": 1e6, "myr": 1e6, "ga": 1e9, "gya": 1e9, "gyr": 1e9},
}
_SCALED_WORD = re.compile(r"hundreds?|thousands?|millions?|billions?|trillions?|lakh|crore")
_FIGURE = r"\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+"
_ENGLISH = re.compile(
    rf"""(?P<figure> {_FIGURE} )
        (?: \s?[×x*]\s?10 \s? \^? \s? (?P<times> [-−–]?\d+ ) | (?: e (?P<e> [-−+]?\d+ ) \b ) )?
        (?: \s? \^ \s? [{{(]? (?P<power> [-−]?\d+ ) )?
        (?: [\s-]? (?P<scale> hundreds? | thousands? | millions? | billions? | trillions? | lakh | crore
            | bn | mn | mm | [kmbgt] | (?-i: [kMG]yr | [km]ya | [kMG]a ) ) (?![a-z]) )?
        (?P<percent> \+? [\s-]? (?: % | ‰ | percent | per\ cent | percentage | pct | points? | pp\b | p\.p\. ) )?
      | (?P<word> [a-z]+ )""",
    _FLAGS,
)
_LINK = re.compile(
    r"[\s,;/()\[\]±~+−–—-]*(?:and|to|or|vs\.?|versus|from|than|out\ of|by|→)?[\s,;/()\[\]±~+−–—-]*", _FLAGS
)
_HALF_A = re.compile(r"\bhalf[ -]an?[ -](?=(?:hundred|thousand|million|billion|trillion)\b)", re.IGNORECASE)
_RANGE_SCALE = re.compile(r"\s?[-–—~～至到]\s?[\d.,]+\s?([十百千]?[万亿]{1,2})")
_DECIMAL_COMMA = re.compile(r"(\d),(\d{1,2}(?=\s?%))")
_SUPERSCRIPT = re.compile("(?<=[\\d)])[⁺⁻⁰¹²³⁴-⁹]+")
_LONGEST_LINK = 14

_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_DIGITS = {each: number for number, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE = re.compile(
    rf"""(?P<hundredths> 百分之 \s? )? (?P<figure> {_FIGURE} )
        (?: \s?[×x*]\s?10 \s? \^? \s? (?P<times> [-−–]?\d+ ) | (?: e (?P<e> [-−+]?\d+ ) \b ) )?
        (?: \s? \^ \s? [{{(]? (?P<power> [-−]?\d+ ) )?
        \s? (?: [多余来] (?=[十百千万亿]) )? (?P<scale> [十百千]?[万亿]{{1,2}} | [百千] | [kmbt](?![a-z]) )?
        (?: \s? (?P<percent> % | ％ | ‰ | 个?百分点 | 个?点(?=[，。；、]) ) )?
      | (?P<of> 百分之 )? (?P<numeral> [零〇一二两三四五六七八九十百千万亿]+ (?: 点 [零〇一二三四五六七八九]+ )? )
        (?P<after> 分之 | 倍 )?""",
    _FLAGS,
)
_LIST_MARK = re.compile(
    r"[（(]\s?\d{1,2}\s?[)）] | (?:^|(?<=[\s；;。：:，,])) \d{1,2} (?: [)）、] | [.．](?!\d) ) | 第\d{1,2}[，,、]",
    re.VERBOSE,
)
_MYRIADS = re.compile("[万亿]")
_LETTER = re.compile("[A-Za-z]")
_ABOUT = re.compile("[约近超逾余多过达]|以上|左右|至少|接近")
_VAGUE = re.compile("[数几上成好近余多]")
_LEAST_NUMERAL = 11  # `三个` may be counted from a list, and `一` is hardly a number
_PLAIN_SHARE = re.compile("[十百千万亿]+")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of an English text, each in every scale that it may stand in; those of them that are percentages."""

    values: frozenset[float]
    percents: frozenset[float]

    def has(self, value: float, step: float = 0.0, *, percent: bool = False) -> bool:
        """Whether a number stands there, exactly or rounded to `step`."""
        pool = self.percents if percent else self.values
        if _key(value) in pool:
            return True
        return step > 0 and any(abs(each - value) <= step * 0.5000001 or 0 <= each - value < step for each in pool)


def english(text: str) -> Numbers:
    """Every number of an English text, spelled out or in figures."""
    values: set[float] = set()
    percents: set[float] = set()
    waiting: list[float] = []  # numbers that the next percent sign may belong to: `12, 15 and 17 %`
    text = unicodedata.normalize("NFKC", _superscripts(text)).replace("{,}", ",")
    text = _HALF_A.sub("0.5 ", _DECIMAL_COMMA.sub(r"\1.\2", text))
    end = 0
    spelled = 0.0
    for match in _ENGLISH.finditer(text):
        word = (match["word"] or "").lower()
        if word:
            spelled = _spelled(word, spelled, values)
            if spelled and word not in _SCALES:
                waiting.append(spelled)
            elif word in {"percent", "cent", "percentage", "points", "point"}:
                percents.update(waiting[-1:])
            continue
        between = text[end : match.start()]
        if len(between) > _LONGEST_LINK or not _LINK.fullmatch(between):
            waiting = []
        read = list(_values(match))
        values.update(read, (each * _scale(match["scale"]) for each in waiting))  # `2 to 3 million`
        waiting += read
        spelled, end = 0.0, match.end()
        if match["percent"]:
            percents.update(waiting)
            waiting = []
    return Numbers(frozenset(map(_key, values)), frozenset(map(_key, percents)))


def foreign(chinese: str, source: Numbers) -> list[str]:
    """The numbers of a Chinese text that the source does not have, as they are written."""
    text = _superscripts(unicodedata.normalize("NFKC", _SUPERSCRIPT.sub(_power, chinese)))
    marks = {place for mark in _LIST_MARK.finditer(text) for place in range(*mark.span())}
    return [
        match[0].strip()
        for match in _CHINESE.finditer(text)
        if match.start() not in marks and not _stands_in(match, source)
    ]


def _stands_in(match: re.Match[str], source: Numbers) -> bool:
    if match["numeral"]:
        return _numeral_stands_in(match, source)
    written = match["figure"]
    values, scale = list(_values(match)), _scale(match["scale"])
    decimals = len(written.partition(".")[2])
    step = 10.0**-decimals if len(written.replace(".", "").lstrip("0")) > 1 or scale > 1 else 0.0
    if match["percent"] or match["hundredths"]:
        return _percent_stands_in(values[0], step if decimals or values[0] > 9 else 0.0, source, decimals > 0)
    if scale >= _UNITS["万"] and _MYRIADS.search(match["scale"]):  # `105万` is not 105
        about = _roundness(written) if _ABOUT.search(_around(match)) else step
        return source.has(values[-1], scale * max(step, about))
    return (
        any(source.has(each) for each in values)
        or (scale > 1 and source.has(values[-1], scale * step))
        or (decimals > 0 and source.has(values[0], step))
        or (bool(_ABOUT.search(_around(match))) and source.has(values[0], _roundness(written)))
        or _is_part(match, source)
    )


def _percent_stands_in(value: float, step: float, source: Numbers, decimals: bool) -> bool:
    """A percentage: as one, as the bare decimals of a table, as a fraction, or as `half` and `fully`."""
    return (
        source.has(value, step, percent=True)
        or (decimals and source.has(value))
        or source.has(value / 100)
        or (value in {50.0, 100.0} and source.has(value))
    )


def _roundness(written: str) -> float:
    """What `约1600` may stand for at most: 1,550 to 1,699."""
    return 10.0 ** (len(written) - len(written.rstrip("0")) if written.isdigit() else 0)


def _around(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 3) : match.start()] + " " + match.string[match.end() : match.end() + 3]


def _is_part(match: re.Match[str], source: Numbers) -> bool:
    """Whether a figure is no number of its own: `90年代`, `20世纪`, `1/30`, `Acc_0`, `(256,239)`, `3D`."""
    written, text, start, end = match["figure"], match.string, match.start("figure"), match.end()
    parts = re.split("[, ]", written)
    return (
        (text[end : end + 2] == "年代" and any(each % 100 == float(parts[-1]) % 100 for each in source.values))
        or text[end : end + 2] == "世纪"
        or _in_range(match, source)
        or (written == "1" and text[end : end + 1] == "/")
        or text[start - 1 : start] == "_"
        or (len(parts) > 1 and all(source.has(float(each)) for each in parts if each))
        or (written in {"2", "3", "4"} and bool(_LETTER.search(text[max(start - 1, 0) : start] + text[end : end + 1])))
    )


def _in_range(match: re.Match[str], source: Numbers) -> bool:
    """Whether the scale stands at the range's end: the first of `200至300万`."""
    found = _RANGE_SCALE.match(match.string, match.end("figure"))
    return bool(found) and source.has(next(_values(match)) * _scale(found[1] if found else None))


def _numeral_stands_in(match: re.Match[str], source: Numbers) -> bool:
    written, text = match["numeral"], match.string
    value = numeral(written)
    if match["of"]:
        return source.has(value, percent=True) or source.has(value / 100) or (value in {50, 100} and source.has(value))
    vague = _VAGUE.match(text[match.start() - 1 : match.start()]) or _VAGUE.match(text[match.end() : match.end() + 1])
    if (
        vague
        or value < _LEAST_NUMERAL
        or _PLAIN_SHARE.fullmatch(written)
        or not re.search("[一二两三四五六七八九]", written)
    ):
        return True
    if not re.search("[十百千万亿]", written):  # `一二三`, digits in a row: no number but in a year
        return len(written) < 3 or source.has(float("".join(str(_DIGITS[each]) for each in written if each in _DIGITS)))
    unit = max(_UNITS[each] for each in written if each in _UNITS)
    return source.has(value) or (value >= 1000 and source.has(value, unit))


def _values(match: re.Match[str]) -> Iterator[float]:
    """What a figure may mean: `1.5M` is 1.5 and 1,500,000."""
    value = float(re.sub(r"[^\d.]", "", match["figure"]))
    yield value
    for exponent in (match["times"], match["e"]):
        if exponent:
            power = _exponent(exponent)
            yield value * 10.0**power
            yield float(power)
            return
    if match["power"]:
        power = _exponent(match["power"])
        yield float(abs(power))
        if 0 < value <= 1000 and abs(power) <= 30:
            yield value**power
        return
    scale = _scale(match["scale"])
    if scale > 1:
        yield value * scale


def _exponent(written: str) -> int:
    sign = -1 if written[0] in "-−–" else 1
    return max(-300, min(300, sign * int(written.lstrip("-−–+")[:4] or 0)))


def _scale(written: str | None) -> float:
    if not written:
        return 1.0
    if written.lower() in _SCALES:
        return _SCALES[written.lower()]
    product = 1.0
    for each in written.lower():
        product *= _UNITS[each]
    return product


def _spelled(word: str, before: float, values: set[float]) -> float:
    """The number that spelled words have come to; puts it and its parts among the values."""
    word = word.removesuffix("fold") if len(word) > 4 else word
    if word in _TENS:
        now: float = _TENS[word]
    elif word in _WORDS:
        now = before + _WORDS[word] if before in _TENS.values() and _WORDS[word] < 10 else _WORDS[word]
    elif word in _SCALES and len(word) > 2:
        now = max(before, 1.0) * _SCALES[word]
    else:
        return before if word == "and" else 0.0
    values.add(now)
    return now


def numeral(written: str) -> float:
    """A Chinese numeral's value: `三千五百万`, `三点五`."""
    whole, _, fraction = written.partition("点")
    total = section = digit = 0.0
    for each in whole:
        if each in _DIGITS:
            digit = _DIGITS[each]
        elif _UNITS[each] < 10_000:
            section += (digit or 1.0) * _UNITS[each]
            digit = 0.0
        else:
            total = (total + section + digit or 1.0) * _UNITS[each]
            section = digit = 0.0
    decimals = "".join(str(_DIGITS[each]) for each in fraction)
    return total + section + digit + (float(f"0.{decimals}") if decimals else 0.0)


def _superscripts(text: str) -> str:
    return _SUPERSCRIPT.sub(_power, text)


def _power(match: re.Match[str]) -> str:
    return "^" + unicodedata.normalize("NFKC", match[0])


def _key(value: float) -> float:
    return float(f"{value:.9g}")


def foreign_english(text: str, source: Numbers) -> list[str]:
    """The figures of an English text that its source does not have. Spelled words are not looked at."""
    return [
        match[0].strip()
        for match in _ENGLISH.finditer(_superscripts(text))
        if match["figure"] and not any(source.has(each, _step(match["figure"])) for each in _values(match))
    ]


def _step(figure: str) -> float:
    decimals = len(figure.partition(".")[2])
    return 10.0**-decimals if decimals else 0.0
