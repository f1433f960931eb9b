"""Text to words, for the index and for queries: rjieba cuts Chinese, FTS5's tokenizer does the rest.

The choices and their measurements: rjieba finds what single characters, bigrams and trigrams miss or drown
(R@1 .89 against .80, .73 and .50), five times faster than jieba. Documents are cut finely, so that the parts of
a long word are found too; queries are not. Function words are left out of both: a fifth of the index.
"""

import re
import unicodedata
from functools import cache
from importlib.metadata import version
from typing import Protocol

MAX_TERMS = 16
_HAN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)")
# FTS5's unicode61 knows the letters of Unicode 6.1; of those that NFKC leaves, these 21 are none to it.
_WORD = re.compile(r"[^\W_\u19b0-\u19c9\u1cf2\u1cf3]+")
# The accents that it takes off letters; of most letters NFKC has made one character with its accent.
_ACCENT = re.compile(r"[\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331]")
# What NFKC may make another word of; Chinese punctuation parts words as it is. NFKC costs as much as the cutting.
_ODD = re.compile(r"[^\x00-\x7f\u4e00-\u9fff，。、：；？！（）《》“”‘’—…]")

_STOP = """
a an and are as at be by can for from has have however in into is it its of on or our s such that the their these this
to we which while with
的 了 和 在 中 我们 是 一个 一种 并 对 来 将 与 上 为 以 到 其 于 或 地 而 从 被 但 该 这 这些 它 然而 本文
通过 可以 进行
"""
STOP = frozenset(_STOP.split())
"""The function words that most papers have, folded: not indexed, and no query asks for them beside other words."""

# Traditional words that OpenCC takes for Taiwan's and that papers of the mainland use in their own sense, more often
# than, or at least a quarter as often as, what OpenCC makes of them: 序列 would become 串行, 向量 矢量.
_SHARED = re.compile(
    "(序列|建立|執行|指標|查詢|核心|向量|程序|離線|複製|堆疊|陣列|過載|存檔|微控制器|自閉症|截圖|整合|高階|文件|批次"
    "|遮蔽|程序員|儲存|列舉|專著|停用|搜尋器|通道)"
)


class _Simplifier(Protocol):
    def convert(self, text: str) -> str: ...


def revision() -> str:
    """Names this way of cutting. An index made by another one is rebuilt (storage/search_index.py)."""
    return f"3 rjieba {version('rjieba')}"


def for_index(text: str) -> str:
    """A document's text with a space at every word border, parts of long Chinese words included."""
    return _HAN.sub(_fine, unicodedata.normalize("NFKC", text))


def pieces(text: str) -> list[str]:
    """What the index is given of a document's text: as `for_index`, case folded and without function words."""
    plain = (unicodedata.normalize("NFKC", text) if _ODD.search(text) else text).casefold()
    if plain.isascii():
        return [word for word in plain.split() if word not in STOP]
    parts: list[str] = []
    cut = _jieba().cut_for_search
    for number, run in enumerate(_HAN.split(plain)):
        parts += cut(run) if number % 2 else run.split()
    return [part for part in parts if part not in STOP]


def terms(text: str) -> tuple[str, ...]:
    """A query's words, each once: full-width folded, Traditional Chinese simplified, Chinese cut.

    Without function words, unless there are no others. Each is one token of FTS5.
    """
    words = _WORD.findall(_ACCENT.sub("", _HAN.sub(_coarse, simplified(text)).casefold()))
    told = [word for word in words if word not in STOP]
    return tuple(dict.fromkeys(told or words))[:MAX_TERMS]


def is_chinese(word: str) -> bool:
    """Whether a term is of Chinese characters."""
    return _HAN.fullmatch(word) is not None


def simplified(text: str) -> str:
    """A query with full-width characters folded and Traditional Chinese simplified, Taiwan's words included."""
    plain = unicodedata.normalize("NFKC", text).replace("\0", " ")
    if plain.isascii() or _simplifier("t2s").convert(plain) == plain:
        return plain  # what is simplified already, Taiwan's words are not looked for in
    return "".join(
        _simplifier("t2s" if number % 2 else "tw2sp").convert(part) for number, part in enumerate(_SHARED.split(plain))
    )


def folded(text: str) -> str:
    """A text as phrases are compared in it: width and case folded, all white space one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _fine(match: re.Match[str]) -> str:
    return f" {' '.join(_jieba().cut_for_search(match[0]))} "


def _coarse(match: re.Match[str]) -> str:
    return f" {' '.join(_jieba().cut(match[0]))} "


class _Jieba(Protocol):
    def cut(self, text: str) -> list[str]: ...
    def cut_for_search(self, text: str) -> list[str]: ...


@cache
def _jieba() -> _Jieba:
    import rjieba  # noqa: PLC0415  # its dictionary is 5 MB: only who searches or indexes pays for it

    jieba: _Jieba = rjieba
    return jieba


@cache
def _simplifier(conversion: str) -> _Simplifier:
    from opencc import OpenCC  # noqa: PLC0415  # as above

    simplifier: _Simplifier = OpenCC(conversion)
    return simplifier
