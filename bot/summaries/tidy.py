"""Harmless mending of a summary, so that the gate need not ask again for it: marks, width, openings. Pure."""

import re
from dataclasses import replace

from bot.summaries import names
from bot.summaries.source import source
from storage.records import Paper, Summary

_HANGING = "，、；：,;:的和及或从将把被于且"
END = "。！？!?…."
_CLOSING = "”’\"'）)》」』】]"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_FULL = str.maketrans(",;:?!", "，；：？！")
_NARROW = re.compile(rf"(?<=[{_HAN}”）》])\s?([,;:?!])\s?(?=[{_HAN}“（《])|(?<=[{_HAN}”）》])([;:?!,])\s?$")
_STOP = re.compile(rf"(?<=[{_HAN}”）》])\s?\.(?=\s?[{_HAN}“（《]|\s*$)")
_PARENTHESES = re.compile(rf"\(([^()]*[{_HAN}][^()]*)\)")
_SPACES = re.compile(rf"(?<=[{_HAN}，。；：！？、])[ \t\u3000]+(?=[{_HAN}，。；：！？、])")
_QUOTED = re.compile(r"^([“\"「『])(.*)([”\"」』])([。.]?)$", re.DOTALL)
_QUOTES = {"“": "”", '"': '"', "「": "」", "『": "』"}
_PAPER = (
    "本文|本研究|本论文|本工作|该文|该论文|该研究|该工作|这篇论文|这篇文章|这项研究|这项工作|此研究|此论文|论文|文章|研究者|研究人员"
    "|研究团队|作者们?|我们"
)
_MANNER = "首次|系统地?|全面|深入|创新性地|进一步|还|通过|针对|基于|利用|采用|结合|从|将|在|旨在|主要|重点|成功"
_ACT = (
    "提出|介绍|研究|探讨|探索|分析|设计|开发|构建|证明|展示|揭示|发现|表明|引入|评估|比较|综述|回顾|提供|建立|描述|考察|调查|讨论|给出"
    "|总结|解决|改进|扩展|验证|指出|呈现|实现|推导|定义|论证|阐述|报告|发布|创建|推出|建模|量化|使用|通过|针对|基于|利用|采用|结合|旨在|对"
)
_OPENING = re.compile(
    f"^(?:在(?:本文|本研究|本工作|这项工作|这篇论文|该论文|该工作)中?[，,]?|(?:{_PAPER})中?[，,]?)(?=(?:{_MANNER}){{0,2}}(?:{_ACT}))"
)
_JOINABLE = re.compile(r"(?<![A-Za-z])[。．](?=\s*[^\s」”』）)])")
_MOST_JOINED = 4
LONGEST_SENTENCE = 120  # characters
# Where a sentence may end without its rest: not before what the clause needs to be true.
_CLAUSE_END = re.compile(
    "；|，(?!但|而非|却|不过|然而|尽管|虽然|除非|仅|只|如果|若|包括|如|例如|即|其中|以及|和|或|与)"
)
_WAITING = re.compile(  # a clause that says nothing before the next one
    "相比|相较|与.*相比$|(?:实验|结果|分析|研究|评估)(?:结果)?(?:表明|显示|发现|证明)?$|虽然|尽管|由于|随着|当|不仅|无论|在.*[中上时下后]$"
)
_SUBORDINATE = re.compile("通过|基于|针对|为|虽然|尽管|由于|利用|随着|在|当|对于|面向|从|将|不仅|无论")


def finished(summary: Summary, paper: Paper) -> Summary:
    """A model's summary with all that is harmless mended: as the gate is to judge it, and as it is stored."""
    return shortened(named(tidied(summary), paper))


def tidied(summary: Summary) -> Summary:
    """A summary in one line each, with Chinese marks, sentences that end, a title that does not, no idle opening."""
    tldr_zh = _sentence(_chinese(summary.tldr_zh))
    return replace(
        summary,
        title_zh=_unquoted(_chinese(summary.title_zh)).rstrip("。. "),
        tldr_zh=tldr_zh,
        abstract_zh=_chinese(summary.abstract_zh),
        tldr_en=_ended(_unquoted(_line(summary.tldr_en)), "."),
    )


def named(summary: Summary, paper: Paper) -> Summary:
    """A summary whose title and sentence have the name that the paper's title gives: `FairWire：…`."""
    name = names.coined(source(paper))
    if not name:
        return summary
    title, tldr = (
        text if not text or names.keeps(text, name) else f"{name}：{text}"
        for text in (summary.title_zh, summary.tldr_zh)
    )
    return replace(summary, title_zh=title, tldr_zh=tldr)


def shortened(summary: Summary) -> Summary:
    """A summary whose sentence leaves out its last clauses where it is too long to be read at a glance."""
    text = summary.tldr_zh
    if len(text) <= LONGEST_SENTENCE:
        return summary
    ends = [match.start() for match in _CLAUSE_END.finditer(text, 0, LONGEST_SENTENCE) if _may_end(text, match.start())]
    return replace(summary, tldr_zh=f"{text[: ends[-1]]}。") if ends else summary


def _may_end(text: str, end: int) -> bool:
    kept = text[:end]
    is_whole = kept.count("，") + kept.count("；") > 0 or not _SUBORDINATE.match(kept)
    last = re.split("[，；]", kept)[-1]
    closed = all(kept.count(left) == kept.count(right) for left, right in ("（）", "“”", "()", "《》"))
    return end >= LONGEST_SENTENCE // 2 and is_whole and closed and not _WAITING.match(last) and not kept.count("$") % 2


def _line(text: str) -> str:
    return re.sub(r"[ \t\n\r\f\v\u2028\u2029\x85]+", " ", text).strip()


def _chinese(text: str) -> str:
    text = _SPACES.sub("", _line(text))
    text = _NARROW.sub(lambda match: match[0].strip().translate(_FULL), text)
    return _PARENTHESES.sub(r"（\1）", _STOP.sub("。", text))


def _sentence(text: str) -> str:
    text = _OPENING.sub("", _unquoted(text), count=1)
    if len(_JOINABLE.findall(text)) < _MOST_JOINED:
        text = _JOINABLE.sub("；", text)
    return _ended(text, "。")


def _ended(text: str, mark: str) -> str:
    """With an end mark, unless what is there shows that the sentence was not finished."""
    last = text.rstrip(_CLOSING)[-1:]
    if not last or last in END or last in _HANGING or not (last.isalnum() or last in "%％℃°$×+²³" or last != text[-1]):
        return text
    return text + mark


def _unquoted(text: str) -> str:
    match = _QUOTED.match(text)
    if match and _QUOTES[match[1]] == match[3] and match[1] not in match[2] and match[3] not in match[2]:
        return (match[2].strip() + match[4]).strip()
    return text
