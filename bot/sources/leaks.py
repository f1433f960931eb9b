"""What the publisher's model left in its texts besides the translation: headers, labels, the prompt. Pure.

Counted in 50,000 records: 2,347 Chinese abstracts begin with arXiv's header, in 242 wordings, and 255 with a label;
281 Chinese titles keep arXiv's suffix, 64 have a label; 41 summaries hold the prompt, the next field or a suffix.
"""

import re
from collections.abc import Callable

_ROUNDS = 9  # labels within labels: two in the corpus, and a hostile text costs no more than this
_HAN = re.compile("[\u3400-\u9fff]")
_FLAGS = re.IGNORECASE | re.VERBOSE

# `《arXiv：2608.13558v1》公告类型：新公告。摘要：`, `纸：arXiv:2606.26875v1 类型：交叉 原文摘要：`
_BEFORE_ID = re.compile(r"[《\[「（(]? (?: [^，。；：:]{0,14} [:：]\s* )? (?: arxiv \s*[:：]?\s* )?", _FLAGS)
_OTHER_ID = re.compile(r"arxiv \s*[:：]\s* [\w.-]{7,16}? (?= (?:v\d+)? [》\s]* \w{0,4}[类類]型 )", _FLAGS)
_NAME = r"(?: 原文? | 当前 | 公告 | 论文 | 中文 )? (?: 摘要 | 文摘 | 抽象 | 提要 | abstract ) (?: \s*[:：。] | \s ) \s*"
_AFTER_ID = re.compile(
    rf"""(?: v\d+ )? [》\s.。,，]*
    (?: (?: \w{{0,4}} [类類]型 \w{{0,2}} | 语种 | announce\ type ) \s*[:：]\s*
        (?: (?: replace-cross | [\w-]{{1,8}}? ) [\s。.》]* {_NAME}
          | [^\s，。.：:；]{{1,6}} [\s。.》]+
          | 替换-?交叉 | 交叉替换 | 替换 | 交叉 | 跨领域 | 跨 | 新 )  # with no gap: `公告类型：新问答（QA）和机器阅读`
      | {_NAME} )?""",
    _FLAGS,
)
# `发表于arXiv:2403.14813v1，其中提出了`, `通过arXiv:2403.06289v1公开的交叉类型的文摘可以得知，`
_RETOLD = re.compile("[\u3400-\u9fff]{1,6} arxiv \\s*[:：]\\s*", _FLAGS)
_REST_OF_CLAUSE = re.compile("v\\d+ [^，。]{0,30} ， (?:其中)?", _FLAGS)
_ABSTRACT_LABEL = re.compile(
    r"""(?:这里是)? (?: 翻译(?:过|后)?的? )? (?: 论文 | 中文 | 原文 )?
        (?: 摘要 | 文摘 | 抽象 | abstract | 翻译 ) \s*[:：]\s*
      | 摘要。 | 这里是翻译过的论文摘要""",
    _FLAGS,
)

# `（arXiv：2209.14827v2 [cs.LG] 已更新）`, `（翻译自arXiv:2205.12452v2 [cs.CL] UPDATED）`, `（更新版）`
_SUFFIX = re.compile(
    r"""[（(] \s* (?: 翻译自 | 论文编号[:：] )? arxiv \s*[:：]\s* [\w./-]{7,24}
        \s* \[ [\w.-]+ \] [^（）()]{0,14} [）)]
      | [（(] \s* (?: 已?更新版? | updated | cross\ listed ) \s* [）)] $
      | (?: 已更新 | \bupdated ) $""",
    _FLAGS,
)
_TITLE_LABEL = re.compile(
    r"""(?: 这里是 | 这是 | 文中的 | [该本]文 | 该 | 的 )? (?: 翻译(?:过|后)?的? )? (?: 论文 )?
        (?: 标题 | 题目 ) (?: 已翻译为? )? \s*[:：]\s*
      | 这里是翻译过的论文标题""",
    _FLAGS,
)
_CALLED_TRANSLATION = re.compile(
    "的? [（(]? (?: (?:论文|标题)? (?<! 机器 ) 翻译 (?:论文|标题|题目)? | 论文标题 | 中文标题 ) [）)]? $", _FLAGS
)
_ABOUT_TRANSLATION = re.compile("translat|interpret|caption|headline|title", re.IGNORECASE)

_PROMPT = re.compile(r"(?: .{0,6}? 这里是 )? [中英][文国]总结 (?: 出的一句话要点 \s*[:：]? | \s*[:：] ) \s*", _FLAGS)
_NEXT_FIELD = re.compile(
    r"""[（(]? (?: (?: en_tdlr | en_tldr | translated_(?:title|abstract) | 英文总结 | 翻译过的论文标题 ) \s*[:：] .*
      | translated_(?:title|abstract) [）)] ) $""",
    _FLAGS,
)


def has_chinese(text: str) -> bool:
    """Whether any Chinese character is in it."""
    return _HAN.search(text) is not None


def title(text: str, english: str) -> str:
    """A Chinese title without arXiv's suffix, labels and what calls itself a translation."""
    return _repeatedly(lambda each: _title(each, english), text)


def abstract(text: str, paper_id: str) -> str:
    """A Chinese abstract without arXiv's header, which names the paper, and labels."""
    return _repeatedly(lambda each: _after(_ABSTRACT_LABEL, _without_header(each, paper_id)), text)


def sentence(text: str) -> str:
    """A one-sentence summary, in either language, without the prompt and the answer's next field."""
    return _repeatedly(_sentence, text)


def _repeatedly(step: Callable[[str], str], text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, step(text).strip()
        if text == before:
            break
    return text


def _after(label: re.Pattern[str], text: str) -> str:
    match = label.match(text)
    return text[match.end() :] if match else text


def _without_header(text: str, paper_id: str) -> str:
    start = text.find(paper_id, 0, 40)
    if start < 0:
        other = _OTHER_ID.match(text)
        return _after_id(text, other.end()) if other else text
    stop = start + len(paper_id)
    if _RETOLD.fullmatch(text, 0, start):
        clause = _REST_OF_CLAUSE.match(text, stop)
        return text[clause.end() :] if clause else text
    return _after_id(text, stop) if _BEFORE_ID.fullmatch(text, 0, start) else text


def _after_id(text: str, stop: int) -> str:
    header = _AFTER_ID.match(text, stop)
    return text[header.end() :] if header else text[stop:]


def _sentence(text: str) -> str:
    text = _after(_ABSTRACT_LABEL, _after(_PROMPT, text))
    suffix = _SUFFIX.search(text)
    if suffix and suffix.end() == len(text):
        text = text[: suffix.start()]
    return _NEXT_FIELD.sub("", text)


def _title(text: str, english: str) -> str:
    suffix = _SUFFIX.search(text)
    if suffix:
        before, after = text[: suffix.start()], text[suffix.end() :]
        text = before.rstrip(" ,，、") + after
        after = after.strip()
        if has_chinese(after) and not has_chinese(before) and after[0] != "-":  # the English title, then the Chinese
            text = after[1:-1] if after[0] in "（(" and after[-1] in "）)" else after.lstrip("的")
    text = _after(_TITLE_LABEL, text)
    if _ABOUT_TRANSLATION.search(english):
        return text
    text = text.removeprefix("翻译：")
    called = _CALLED_TRANSLATION.search(text)
    if not called:
        return text
    text = text[: called.start()]
    return text[1:-1] if text.startswith("《") and text.endswith("》") else text
