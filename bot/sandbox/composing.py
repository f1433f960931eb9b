"""Composes the fake model's Chinese: a paper's own terms, numbers and names in its own order, word by word.

It reads like a machine's draft, but says nothing that the paper does not: names and numbers stay as they are.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources

from bot.papers.latex import to_unicode

_LONGEST_TLDR = 100  # characters
_TOKEN = re.compile(r"\$[^$]*\$ | [A-Za-z](?:[\w'’-]|\.(?=\d))* | \d(?:[\w,.-]*\w)? | \S", re.VERBOSE)
_URL = re.compile(r"\(?(?:https?://|www\.)\S+", re.IGNORECASE)
_SENTENCE_END = re.compile(
    r"(?<![ .][A-Z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bal\.)(?<!\bvs\.)(?<=[.!?])\s+(?=[A-Z$\\(])"
)
_PROPOSES = re.compile(
    r"\b(?:we|this (?:paper|work|study)|here)\b.{0,30}\b(?:propos|present|introduc|develop|stud|show|prove|find)", re.I
)
_NAME = re.compile(r"([A-Z][\w+-]*[A-Z\d][\w+-]*|[A-Z][\w+-]{1,20})\s*:")
_SMALL = {
    "of": "的", "and": "与", "or": "或", "in": "中", "on": "在", "for": "用于", "with": "结合", "by": "通过",
    "to": "以", "from": "来自", "than": "比", "not": "不", "no": "无", "is": "是", "are": "是", "we": "我们",
    "our": "我们的", "into": "进入", "via": "通过", "between": "之间", "both": "两者", "each": "每个", "all": "所有",
    "as": "作为", "at": "在", "more": "更", "most": "最", "can": "可", "new": "新", "using": "使用", "based": "基于",
    "which": "其", "this": "该", "these": "这些", "that": "而", "it": "它", "their": "其", "how": "如何", "but": "但",
    "such": "如此", "also": "也", "one": "一种", "two": "两种", "three": "三种", "while": "同时", "up": "达",
}  # fmt: skip
_MARKS = {",": "，", ";": "；", ":": "：", "(": "（", ")": "）", "–": "–", "—": "，"}


def compose(title: str, abstract: str) -> dict[str, str]:
    """The four fields for one paper; formulas become Unicode."""
    title, abstract = to_unicode(title), re.sub(r"[*`_#]{2,}", "", to_unicode(abstract))
    whole = sentences(abstract)
    gist = next((each for each in whole if _PROPOSES.search(each)), whole[0] if whole else title)
    named = _NAME.match(title)
    name = named[1] if named else ""
    return {
        "title_zh": _title(title, name),
        "tldr_zh": _tldr(title, name, [gist, *whole]),
        "abstract_zh": _without_third_mentions("".join(f"{chinese(each)}。" for each in whole)),
        "tldr_en": _english(gist),
    }


def sentences(text: str) -> list[str]:
    """The sentences of an English text."""
    return [each.strip() for each in _SENTENCE_END.split(" ".join(text.split())) if each.strip()]


def chinese(text: str, *, title: bool = False) -> str:
    """An English sentence word by word; what the lexicon does not have is left out, unless it looks like a name."""
    text = _URL.sub("", " ".join(text.split())).rstrip(".!? ")
    said = last = ""
    for number, word in enumerate(_TOKEN.findall(text)):
        for piece in _pieces(word, beginning=number == 0, title=title):
            if piece != last:
                said += _between(said, piece) + piece
            last = piece
    said = re.sub(r"（\s*）|[，；：](?=[，；：）])|(?<=（)[，；：]", "", said)
    return said.strip("，；： -–")


def _pieces(word: str, *, beginning: bool, title: bool) -> Iterator[str]:
    if word in _MARKS:
        yield _MARKS[word]
    elif not word[0].isalpha():
        if word == "%" or word[0].isdigit() or (word[0] == "$" and len(word) > 2):
            yield word
    elif _has_inner_capital(word):
        yield word
    else:
        for part in word.split("-"):
            known = _SMALL.get(part.lower()) or lexicon().get(part.lower())
            if known or not (beginning or title or part.islower() or len(part) < 2):
                yield known or part


def _has_inner_capital(word: str) -> bool:
    return any(each.isupper() or each.isdigit() for part in word.split("-") for each in part[1:])


def _between(before: str, piece: str) -> str:
    if not before or not before[-1].isascii() or not piece[0].isascii() or piece[0] == "%":
        return ""
    return "、" if before[-1].isdigit() and piece[0].isdigit() else " "


def _title(title: str, name: str) -> str:
    rest = chinese(title.partition(":")[2] if name else title, title=True)
    if sum(each > "\u3400" for each in rest) < 4:
        rest += "的方法与分析"
    return f"{name}：{rest}" if name else rest


def _tldr(title: str, name: str, order: list[str]) -> str:
    """One sentence that begins with the name or the title's subject, of whole clauses, long enough."""
    said = name or chinese(title, title=True)
    for clause in dict.fromkeys(part for each in order for part in _clauses(each)):
        if len(said) >= 50:
            break
        said += f"{'' if said == name else '，'}{clause.removeprefix(name).lstrip('，')}"
    return f"{said[:_LONGEST_TLDR].rstrip('，；：（')}。"


def _clauses(sentence: str) -> list[str]:
    without = re.sub(r"（[^）]*）?", "", chinese(sentence))
    return [part for part in re.split("[，；：。]", without.replace("我们的", "").replace("我们", "")) if len(part) > 3]


def _without_third_mentions(text: str) -> str:
    """The text with each long name twice at most: more of them reads like a loop."""
    seen: Counter[str] = Counter()

    def once_more(name: re.Match[str]) -> str:
        seen[name[0].lower()] += 1
        return name[0] if seen[name[0].lower()] < 3 else ""

    return re.sub(r"(?<![\w$\\])[A-Za-z][\w.'’-]{7,}", once_more, text)


def _english(sentence: str) -> str:
    words = sentence.split()[:40]
    return f"{' '.join(words).rstrip('.,;: ')}."


@cache
def lexicon() -> dict[str, str]:
    """English words, in lower case, and their Chinese."""
    text = resources.files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8")
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {english: found for english, _, found in lines}
