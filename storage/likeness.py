"""Finds papers like one of the store: those that share the words of its title that few papers have.

What a word tells is counted in the index itself. A summary's words only help to sort what the title found, and only if
titles use them too: 包括, 提出 and 先进 stand in many summaries and in no title.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from storage import ranking, segment
from storage.database import Transaction
from storage.direct import rows
from storage.stages import HEADS, ids, merged

# A title's word that so few papers have is enough, of others two are to be shared: a share of the papers, and papers.
RARE, RARE_AT_LEAST, RARE_AT_MOST = 0.005, 3, 50
COMMON, AT_LEAST, AT_MOST = 0.1, 20, 5_000  # of the papers, in papers: words that more of them have tell nothing
# A word of the summary alone tells something if so few papers have it, and so many of those in their title.
SELDOM, OF_TITLES = 0.01, 0.15
PAIRED = 6  # words of a title in one language, the rarest, of which two are to be shared
COMPARED = 5_000  # papers with such words, the newest
_TITLE = "{title_en title_zh} : "
# In titles these say how and not what.
_HOW = """
via using use towards toward based approach method new novel study case through between under over beyond without more
than how what why when do does can not are you all need efficient effective improving improve framework general simple
better application applications
基于 面向 用于 使用 利用 研究 方法 一项 案例 应用 走向 迈向 改进 高效 有效 新 如何 提高 提升 实现 框架 及其 不同 下 中的
"""
_PLAIN = frozenset(_HOW.split())


@dataclass(frozen=True, slots=True)
class _Told:
    """A word of a paper: how many papers have it, in their titles and in all; counted up to a bound."""

    word: str
    in_titles: int
    count: int
    is_of_title: bool
    is_rare: bool


async def similar(tx: Transaction, paper_id: str, limit: int = 10) -> list[str]:
    """The papers of the store that are nearest to one of it."""
    texts = HEADS.replace("p.ordinal IN :ordinals", "p.id = :id").replace(" || ' ' || ", ", ")
    found = await rows(tx, texts, {"id": paper_id})
    if not found:
        return []
    itself, title_en, title_zh, summary = found[0]
    titles = [segment.terms(title_en), segment.terms(title_zh)]
    told = await _told(tx, _joined(*titles), segment.terms(summary))
    if not told:
        return []
    near = await _nearest(tx, _shared(told), told, limit + 1)
    if len(near) <= limit:
        of_title = [ranking.quoted(each.word) for each in told if each.is_of_title]
        near = merged(near, await _nearest(tx, " OR ".join(of_title), told, limit + 1)) if of_title else near
    return list(await ids(tx, [each for each in near if each != itself][:limit]))


def _joined(*found: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for words in found for word in words))


async def _told(tx: Transaction, title: Sequence[str], summary: Sequence[str]) -> list[_Told]:
    """The words that tell what a paper is about, the rarest first."""
    words = [word for word in _joined(title, summary) if word not in _PLAIN and word not in segment.STOP]
    papers = (await rows(tx, f"SELECT COUNT(*) FROM (SELECT 1 FROM papers LIMIT {round(AT_MOST / COMMON)})", {}))[0][0]
    most = max(AT_LEAST, round(COMMON * papers))
    rare = min(RARE_AT_MOST, max(RARE_AT_LEAST, round(RARE * papers)))
    sql = f"""
    SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM search_short WHERE search_short MATCH :title || value LIMIT {most})),
           (SELECT COUNT(*) FROM (SELECT 1 FROM search_short WHERE search_short MATCH value LIMIT {most}))
    FROM json_each(:words) ORDER BY key
    """
    counts = await rows(tx, sql, {"title": _TITLE, "words": json.dumps([*map(ranking.quoted, words)])})
    found = [
        _Told(word, of_titles, count, word in title, count <= rare)
        for word, (of_titles, count) in zip(words, counts, strict=True)
        if 0 < count < most
    ]
    told = [
        each
        for each in found
        if each.is_of_title or (each.count <= max(rare, SELDOM * papers) and each.in_titles >= OF_TITLES * each.count)
    ]
    return sorted(told, key=lambda each: each.count)


def _shared(told: Sequence[_Told]) -> str:
    """The expression for papers that share enough: a rare word of the title, or two of its others."""
    title = [each for each in told if each.is_of_title] or list(told)
    rare = [ranking.quoted(each.word) for each in title if each.is_rare]
    others = [each.word for each in title if not each.is_rare]
    for chinese in (False, True):
        paired = [ranking.quoted(word) for word in others if segment.is_chinese(word) == chinese][:PAIRED]
        if paired:
            rare.append(f"({ranking.at_least(min(2, len(paired)), paired)})")
    return " OR ".join(rare)


async def _nearest(tx: Transaction, shared: str, told: Sequence[_Told], limit: int) -> list[int]:
    """Of the newest papers that meet an expression those that hold most of what tells something."""
    sql = f"""
    SELECT f.rowid, -bm25(search_short, 2, 2, 1) AS score FROM search_short f
    WHERE search_short MATCH :words AND +f.rowid IN (
        SELECT rowid FROM search_short WHERE search_short MATCH :shared ORDER BY rowid DESC LIMIT {COMPARED}
    ) ORDER BY score DESC, f.rowid DESC LIMIT {limit}
    """
    words = " OR ".join(ranking.quoted(each.word) for each in told)
    return [row[0] for row in await rows(tx, sql, {"words": words, "shared": shared})]
