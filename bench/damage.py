"""Damaged copies of good summaries: what models are known to do, in many wordings, drawn by a seeded generator."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from opencc import OpenCC

from storage.records import Paper

OBEYED = tuple(
    line
    for line in resources.files("bench").joinpath("obeyed.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
LABELS = (
    *(
        "title_zh: ",
        "tldr_zh：",
        "标题：",
        "中文标题：",
        "摘要：",
        "【摘要】",
        "论文摘要：",
        "中文翻译：",
        "翻译：",
        "TLDR: ",
    ),
    *(
        "一句话总结：",
        "**总结**：",
        "以下是论文的中文摘要：",
        "Abstract: ",
        "中文摘要: ",
        "总结：",
        "译文：",
        "Summary: ",
    ),
    *(
        "这里是翻译后的摘要：",
        "好的，以下是翻译：",
        "Here is the summary: ",
        "英文摘要：",
        "核心要点：",
        "translated_abstract: ",
    ),
)
REFUSALS = (
    *(
        "抱歉，我无法完成这个请求。",
        "作为一个AI语言模型，我不能对此进行总结。",
        "对不起，该内容涉及敏感信息，无法提供翻译。",
    ),
    *("I'm sorry, but I can't help with that.", "I cannot assist with this request.", "很抱歉，我不能提供相关内容。"),
    *("由于内容政策限制，我无法生成该摘要。", "我无法访问外部链接，请提供论文摘要。", "请提供需要翻译的论文内容。"),
    *(
        "作为人工智能助手，我无法满足您的要求。",
        "根据相关法律法规，无法回答该问题，请换个话题。",
        "As an AI model, I am unable to translate this.",
    ),
)
PLACEHOLDERS = (
    *(
        "这里是中文总结出的一句话要点",
        "N/A",
        "（此处填写摘要）",
        "[中文标题]",
        "待补充。",
        "Summary generation failed",
        "暂无摘要",
    ),
    *(
        "{tldr_zh}",
        "<摘要>",
        "中文一句话总结",
        "TODO",
        "占位符文本",
        "……",
        "摘要生成失败。",
        "Error",
        "【待翻译】",
        "无",
        "xxx",
    ),
)
LINKS = (
    *(
        "详见https://bit.ly/3dxm5Ol。",
        "代码见github.com/abc/xyz。",
        "(www.example-site.com)",
        "访问 http://t.me/paperbot 了解更多。",
    ),
    *(
        "邮箱：foo.bar@mail-box.com。",
        "更多内容见arxiv-sanity-lite.org/p/12。",
        "t.me/joinchat/AAAA",
        "https://短链.com/x1",
    ),
)
MENTIONS = (
    "@paper_bot",
    " @OpenAI_official ",
    "感谢@zhangsan的工作。",
    "关注@论文速递。",
    "（via @ak92501）",
    "＠somebody",
)
MARKUP = (
    "<b>{}</b>",
    "{}<br>",
    "<p>{}</p>",
    "**{}**",
    "## {}",
    "{}&nbsp;&lt;",
    "<a href='x'>{}</a>",
    "`{}`",
    "- {}",
    "[{}](x)",
)
TAGS = (
    "<think>先看摘要。</think>{}",
    "{}<|im_end|>",
    "</think>{}",
    "<|endoftext|>{}",
    "[INST]{}[/INST]",
    "{}</s>",
    "<answer>{}</answer>",
)
JSON = (
    '{{"tldr_zh": "{}"}}',
    '{}"}}',
    '", "abstract_zh": "{}',
    "```json\n{}\n```",
    "{}\\n\\n",
    'tldr_zh": "{}',
    '{{"title": "{}",',
)
NUMBERS = (
    *(
        "，准确率提升{:.1f}%",
        "，在{:,}个样本上验证",
        "，速度提高{:.1f}倍",
        "，使用了{}万条数据",
        "，误差降低百分之{}",
        "，涵盖{}种语言",
    ),
    *("，参数量仅{:.1f}亿", "，训练耗时{}小时"),
)
NUMERALS = ("三十七", "六十三", "四十一", "八十九", "十七")
_CHARACTER = re.compile("[\u4e00-\u9fff]")
Damage = Callable[["Case", random.Random], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A good Chinese sentence, its paper, and the sentences of two other papers."""

    paper: Paper
    text: str
    random_other: str
    same_category: str
    name: str  # the coined one, or ""


def _within(wordings: tuple[str, ...]) -> Damage:
    return lambda case, draw: draw.choice(wordings).format(case.text)


def _before(wordings: tuple[str, ...]) -> Damage:
    return lambda case, draw: draw.choice(wordings) + case.text


def _after(wordings: tuple[str, ...]) -> Damage:
    return lambda case, draw: case.text + draw.choice(wordings)


def _instead(wordings: tuple[str, ...]) -> Damage:
    return lambda case, draw: draw.choice(wordings)


def _english(case: Case, draw: random.Random) -> str:
    sentences = re.split(r"(?<=[.!?]) ", case.paper.abstract)
    return " ".join(sentences[: draw.randint(1, 3)])


def _half(case: Case, draw: random.Random) -> str:
    words = case.paper.abstract.split()
    start = draw.randrange(max(1, len(words) - 30))
    half = case.text[: len(case.text) // 2], " ".join(words[start : start + draw.randint(12, 30)]) + "."
    return " ".join(half if draw.random() < 0.5 else half[::-1])


def _header(case: Case, draw: random.Random) -> str:
    header = draw.choice(
        (
            "arXiv:{0}v1 公告类型：新 摘要：",
            "arXiv:{0}v1 Announce Type: new Abstract: ",
            "《arXiv：{0}v1》公告类型：交叉。",
            "论文编号：arXiv:{0}v2 [cs.LG] ",
            "公告类型：替换 摘要：",
        )
    )
    return header.format(case.paper.id) + case.text


def _loop(case: Case, draw: random.Random) -> str:
    clauses = [each for each in re.split("[，。；]", case.text) if len(each) > 5] or [case.text]
    match draw.randrange(3):
        case 0:
            return case.text + (draw.choice(clauses) + "，") * draw.randint(3, 8)
        case 1:
            start = draw.randrange(max(1, len(case.text) - 4))
            return case.text[:start] + case.text[start : start + draw.randint(2, 4)] * draw.randint(6, 20)
        case _:
            return case.text * 3


def _traditional(case: Case, draw: random.Random) -> str:
    return str(OpenCC(draw.choice(("s2t", "s2tw", "s2hk"))).convert(case.text))


def _json(case: Case, draw: random.Random) -> str:
    if draw.random() < 0.3:
        places = [match.start() for match in _CHARACTER.finditer(case.text)] or [0]
        place = draw.choice(places)
        escaped = json.dumps(case.text[place])[1:-1]
        return case.text[:place] + (escaped if draw.random() < 0.5 else escaped[1:]) + case.text[place + 1 :]
    return _within(JSON)(case, draw)


def _number(case: Case, draw: random.Random) -> str:
    body = case.text.rstrip("。")
    if draw.random() < 0.15:
        return f"{body}，效率提高百分之{draw.choice(NUMERALS)}。"
    wording = draw.choice(NUMBERS)
    value = (
        draw.uniform(11, 98)
        if ".1f" in wording
        else draw.randint(1100, 99000)
        if ":," in wording
        else draw.randint(13, 97)
    )
    return body + wording.format(value) + "。"


def _obeyed(case: Case, draw: random.Random) -> str:
    wording = draw.choice(OBEYED[HALF::2] if HALF is not None else OBEYED)
    match draw.randrange(4):
        case 0:
            return case.text + wording
        case 1:
            return wording + case.text
        case 2:
            return case.text.rstrip("。") + "，" + wording
        case _:
            return wording


HALF: int | None = None  # of the obeyed wordings: 0 for tuning, 1 held out, None for all
KINDS: dict[str, Damage] = {
    "English": _english,
    "half-translated": _half,
    "field labels": _before(LABELS),
    "arXiv header": _header,
    "loops": _loop,
    "links": _after(LINKS),
    "mentions": _after(MENTIONS),
    "HTML and Markdown": _within(MARKUP),
    "think tags": _within(TAGS),
    "refusals": _instead(REFUSALS),
    "placeholders": _instead(PLACEHOLDERS),
    "Traditional": _traditional,
    "JSON residue": _json,
    "invented numbers": _number,
    "obeyed instruction": _obeyed,
    "another paper": lambda case, draw: case.random_other,
    "another of the category": lambda case, draw: case.same_category,
    "coined name lost": lambda case, draw: case.text.replace(case.name, "该方法") if case.name else "",
}
"""Each kind makes a damaged copy, "" where the case gives none."""
