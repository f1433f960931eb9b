"""The terms that lead in some papers: those that stand in more of them than in papers at large. Pure.

A term is up to three words side by side; of terms that hold one another, the more telling one is kept.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

Cut = Callable[[str], Sequence[str]]  # cuts Chinese into words

LONGEST = 3  # words
SHARED = 0.6  # a term of which so much stands within one and the same longer term is a part of that

_PIECE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W\d_][\w'’-]*|\s+|.", re.DOTALL)
_HAN = re.compile(r"[\u3400-\u9fff]")
_EACH = re.compile(r"\S+")
# Between these no term goes on: what holds titles together, and what half of them say of their paper.
_BETWEEN = frozenset(
    _EACH.findall(
        """
        a an the of for in on to with and or by from via is are be as at into over under than that this its it we our
        toward towards through without within between beyond across can not no do does how what when why which using
        based use new novel efficient effective improving improved robust enhancing enhanced leveraging study more
        的 了 在 中 对 将 于 从 到 其 上 下 等 并 或 与 和 及 为 以 是 不 有 时 后 前 该 这 由 向 让 使 被 用 如
        内 外 来 一 基于 通过 利用 使用 进行 实现 用于 结合 采用 能够 可以 有效 高效 提升 提高 改进 优化 改善 新型
        新颖 设计 开发 构建 及其 以及 面向 针对 关于 研究 一种 一个 一项 不同 之间 支持 增强 探索 分析 理解 从而
        具有 无需 超越 相关 作为 影响 关键 处理 扩展 领域 驱动 重新 思考 自我
        """
    )
)
# So many papers have these that they say something only beside another word.
_COMMON = frozenset(
    _EACH.findall(
        """
        approach method model framework paper analysis learning data dataset task result performance system problem
        language large deep network training generation neural survey
        方法 模型 学习 训练 任务 数据 数据集 性能 系统 问题 框架 应用 过程 策略 技术 算法 机制 网络 评估 生成 预测 能力
        效率 信息 特征 语言 大型 深度 控制 理论 结构 空间 综述 文本 识别 检测 图像 视觉 神经 自动 环境 人工 时间
        """
    )
)


@dataclass(frozen=True, slots=True)
class Term:
    """A term as it is written most often, and the number of papers that it stands in."""

    text: str
    papers: int


def leading(texts: Sequence[str], others: Iterable[str], number: int, cut: Cut) -> list[Term]:
    """The terms that lead in `texts`, the first of them first; `others` are texts of papers at large."""
    spelled: dict[str, Counter[str]] = {}
    counts = Counter(term for each in texts for term in _terms(each, cut, spelled))
    least = 1 if len(texts) < 4 else max(2, len(texts) // 40)
    counts = Counter({term: count for term, count in counts.items() if count >= least})
    usual, size = Counter[str](), 1
    for each in others:
        usual.update(counts.keys() & _terms(each, cut, {}))
        size += 1
    weight = {term: _weight(term, count, (1 + usual[term]) / size) for term, count in counts.items()}
    kept: list[str] = []
    for term in sorted(_whole(counts), key=lambda term: (-weight[term], term)):
        if len(kept) < number and not any(_holds(term, each) or _holds(each, term) for each in kept):
            kept.append(term)
    return [Term(spelled[term].most_common(1)[0][0], counts[term]) for term in kept]


def _weight(term: str, count: int, usual: float) -> float:
    """How telling a term is; `usual` is the part of all papers that it stands in."""
    # Two words say more than one, and are counted less often.
    return float(count * math.log(1 + 1 / usual) ** 1.5 * (1 + 0.3 * term.count(" ")))


def _whole(counts: Counter[str]) -> list[str]:
    """The terms that say something alone and are more than a part of a longer one."""
    within: dict[str, int] = {}
    for term, count in counts.items():
        for part in _parts(term):
            within[part] = max(within.get(part, 0), count)
    return [term for term, count in counts.items() if _says(term) and within.get(term, 0) < SHARED * count]


def _says(term: str) -> bool:
    written = _written(term.split(" "))
    return written not in _COMMON | _BETWEEN and not (len(term) == 1 and _HAN.match(term))


def _parts(term: str) -> Iterator[str]:
    words = term.split(" ")
    for length in range(1, len(words)):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _holds(longer: str, shorter: str) -> bool:
    return f" {shorter} " in f" {longer} "


def _terms(text: str, cut: Cut, spelled: dict[str, Counter[str]]) -> set[str]:
    """A text's terms, each as its folded words with spaces; `spelled` learns how they are written."""
    found: set[str] = set()
    for run in _runs(text, cut):
        for start in range(len(run)):
            for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
                term = " ".join(map(_folded, run[start:end]))
                if term not in found:
                    found.add(term)
                    spelled.setdefault(term, Counter())[_written(run[start:end])] += 1
    return found


def _folded(word: str) -> str:
    """A word as it is counted: without case, one and several of a thing the same."""
    folded = word.casefold()
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") and not folded.endswith("ss") else folded


def _runs(text: str, cut: Cut) -> Iterator[list[str]]:
    """The words that stand side by side in a text, without what stands between terms."""
    run: list[str] = []
    for word in _words(unicodedata.normalize("NFKC", text), cut):
        if word.isspace():
            continue
        if word.casefold() in _BETWEEN or not word[0].isalpha() or (len(word) < 2 and not _HAN.match(word)):
            yield run
            run = []
        else:
            run.append(word)
    yield run


def _words(text: str, cut: Cut) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        yield from cut(piece) if _HAN.match(piece) else (piece,)


def _written(words: Sequence[str]) -> str:
    """Words as one writes them: with a space, but beside Chinese."""
    text = words[0]
    for word in words[1:]:
        text += word if _HAN.match(word) or _HAN.match(text[-1]) else f" {word}"
    return text
