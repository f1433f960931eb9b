import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import zstandard

from bot.papers.asked import parse
from storage import chats, digests, lexicon, news, papers, query, subscriptions
from storage.database import Database
from storage.news import News
from storage.news_facts import bits, places
from storage.query import (
    All,
    Any,
    Author,
    Category,
    Field,
    LastDays,
    Node,
    Not,
    PaperId,
    Phrase,
    Since,
    Type,
    Until,
    Votes,
    Word,
)
from storage.records import Announcement, AnnounceType, Arrival, Digest, Message, Paper, Part, Posted, Summary, Upvotes
from tests.conftest import NOW
from tests.made import CHANNEL, GROUP, PRIVATE, arrival, paper, subscription, summary

WEEK = NOW - timedelta(days=7)
TODAY = date(2025, 9, 1)
KINDS = tuple(AnnounceType)
CATEGORIES = ("cs.CV", "cs.CL", "cs.LG", "cs.AI", "cs.RO", "math.NA", "")


def read(recorded: Path, number: int) -> Iterator[dict[str, object]]:
    with (recorded / "summaries-3k.jsonl.zst").open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        for _, line in zip(range(number), lines, strict=False):
            yield json.loads(line)


def arrivals(recorded: Path, number: int, dice: random.Random) -> list[Arrival]:
    """Real papers, announced here and there; some are known for search only, some have two summaries."""
    made = []
    for record in read(recorded, number):
        id_ = str(record["id"])
        authors, carried = tuple(map(str, record["authors"])), tuple(map(str, record["categories"]))  # type: ignore[call-overload]
        title, abstract = " ".join(str(record["title"]).split()), " ".join(str(record["abstract"]).split())
        work = Paper(id_, 2, title, abstract, authors=authors, categories=carried)
        told = Summary(id_, 2, tldr_zh=str(record["tldr"]), abstract_zh=str(record["motivation"]))
        older = replace(told, version=1, tldr_zh=str(record["method"]))
        summaries: list[Summary | None] = [told, older]
        votes = Upvotes(id_, dice.randrange(40)) if dice.random() < 0.3 else None
        for written in summaries[: dice.randint(0, 2)] or [None]:
            day = TODAY - timedelta(days=dice.randrange(40)) if dice.random() < 0.7 else None
            type_ = dice.choice([*KINDS, None])
            listed = Announcement(id_, day, dice.choice(CATEGORIES), type_, news=dice.random() < 0.8)
            made.append(Arrival(work, listed if dice.random() < 0.9 else None, written, votes))
    return made


class Trees:
    """Trees of queries about some papers, of every kind of node."""

    def __init__(self, made: list[Arrival], dice: random.Random) -> None:
        self._made, self._dice = made, dice

    def tree(self) -> All:
        return All(tuple(self._node(2) for _ in range(self._dice.randint(0, 3))))

    def _node(self, depth: int) -> Node:
        dice = self._dice
        match dice.randrange(10) if depth else 9:
            case 0:
                return Not(self._node(depth - 1))
            case 1 | 2:
                return Any(tuple(self._node(depth - 1) for _ in range(dice.randint(2, 4))))
            case 3:
                return All(tuple(self._node(depth - 1) for _ in range(dice.randint(1, 3))))
        return self._leaf()

    def _leaf(self) -> Node:
        dice, one = self._dice, self._dice.choice(self._made)
        where = dice.choice([Field.ANYWHERE, Field.ANYWHERE, Field.TITLE, Field.ABSTRACT])
        day = TODAY - timedelta(days=dice.randrange(60))
        leaves: list[Node] = [
            Author(dice.choice(one.paper.authors)),
            Author(dice.choice(one.paper.authors).split()[-1]),
            Category(frozenset(dice.sample(CATEGORIES, 2))),
            PaperId(one.paper.id),
            Type(frozenset(dice.sample(KINDS, 2)), frozenset(dice.sample(CATEGORIES, dice.randint(0, 2)))),
            Since(day),
            Until(day),
            LastDays(dice.randrange(60)),
            Votes(dice.randrange(40)),
        ]
        text = self._text(one)
        leaves += [Word(text, where), Phrase(text, where)] * 5
        return dice.choice(leaves)

    def _text(self, one: Arrival) -> str:
        """Some words of a paper."""
        dice, summary = self._dice, one.summary
        texts = [one.paper.title, one.paper.abstract, summary.tldr_zh if summary else "", "no such words"]
        text = dice.choice(texts)
        if text.isascii():
            words = text.split() or [text]
            start = dice.randrange(len(words))
            return " ".join(words[start : start + dice.randint(1, 3)])
        start = dice.randrange(len(text))
        return text[start : start + dice.randint(1, 6)]


@pytest.mark.recorded
@pytest.mark.parametrize("seed", range(3))
async def test_in_memory_queries_find_what_the_store_finds(
    database: Database, recorded: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    made = arrivals(recorded, 150, dice)
    async with database.transaction() as tx:
        await papers.add(tx, made, NOW)
        await papers.add(tx, [arrival("2403.00001", title="Known for long")], NOW - timedelta(days=8))
    trees = Trees(made, dice)
    async with database.reading() as tx:
        stored, indexed = await News.load(tx, WEEK, TODAY), await News.load(tx, WEEK, TODAY)
        await indexed.find(tx, All())
        found = 0
        for _ in range(300):
            tree = trees.tree()
            monkeypatch.setattr(news, "PAPERS_A_QUERY", 0)
            expected = await stored.find(tx, tree)
            monkeypatch.setattr(news, "PAPERS_A_QUERY", 10**6)
            assert await indexed.find(tx, tree) == expected, tree
            found += expected.bit_count()
    assert found


@pytest.mark.recorded
async def test_typed_queries_find_in_memory_what_the_store_finds(
    database: Database, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = arrivals(recorded, 150, random.Random(9))
    async with database.transaction() as tx:
        await papers.add(tx, made, NOW)
    typed = [
        "",
        "model",
        "模型 -视频",
        'cat:cs.CV (推理 OR reasoning) -survey "language models"',
        "ti:learning abs:数据",
        "資料 OR 機器人",
        "type:new since:2025-08-01 until:2025-08-25",
        "last:20d cat:cs",
        "hf:>=10",
        f"au:{made[0].paper.authors[0]}",
        f"id:{made[3].paper.id} OR 3D",
        " ".join(f"word{number}" for number in range(20)),
        "-(a OR b)",
        "更快 OR 更好",
        "ti:更快 -abs:更好",
        '"of a"',
        "“更”",
        '-"的" 模型',
    ]
    async with database.reading() as tx:
        known = await News.load(tx, WEEK, TODAY)
        monkeypatch.setattr(news, "PAPERS_A_QUERY", 0)
        trees = [query.parse(each, lambda name: frozenset({name})).tree for each in typed]
        expected = [await known.find(tx, tree) for tree in trees]
        monkeypatch.setattr(news, "PAPERS_A_QUERY", 10**6)
        assert [await known.find(tx, tree) for tree in trees] == expected
    assert sum(each > 0 for each in expected) > len(typed) / 2


async def test_news_are_what_became_known_in_time_by_the_ways_of_announcement(database: Database) -> None:
    async def store(paper_id: str, type_: AnnounceType | None, **more: bool) -> None:
        made = replace(arrival(paper_id), announcement=Announcement(paper_id, TODAY, "cs.SD", type_, **more))
        async with database.transaction() as tx:
            await papers.add(tx, [made], NOW)

    await store("2403.00001", None)
    await store("2403.00002", AnnounceType.CROSS)
    await store("2403.00003", AnnounceType.REPLACE, news=False)
    await store("2403.00004", AnnounceType.NEW, news=False)
    async with database.reading() as tx:
        known = await News.load(tx, WEEK, TODAY)
        everything = await known.find(tx, All())
    assert known.newest(everything, 10) == ["2403.00003", "2403.00002", "2403.00001"]
    new, cross, replaced = (known.announced([each]) for each in KINDS[:3])
    assert known.newest(new, 10) == ["2403.00001"]
    assert known.newest(cross | new, 1) == ["2403.00002"]
    assert known.newest(replaced, 10) == ["2403.00003"]
    assert known.announced([]) == 0


async def test_types_count_in_the_categories_that_are_asked_for(database: Database) -> None:
    async def store(paper_id: str, category: str, type_: AnnounceType | None, **more: bool) -> None:
        made = replace(arrival(paper_id), announcement=Announcement(paper_id, TODAY, category, type_, **more))
        async with database.transaction() as tx:
            await papers.add(tx, [made], NOW)

    await store("2403.00001", "cs.LG", AnnounceType.NEW)
    await store("2403.00001", "cs.CL", AnnounceType.CROSS)
    await store("2403.00001", "hf", None)
    await store("2403.00002", "cs.CL", AnnounceType.NEW)
    await store("2403.00003", "cs.LG", AnnounceType.NEW)  # what cs.CL has not listed yet
    await store("2403.00004", "hf", None)
    await store("2403.00005", "cs.LG", AnnounceType.REPLACE, news=False)
    async with database.reading() as tx:
        known = await News.load(tx, WEEK, TODAY)

    def found(kinds: set[AnnounceType], *within: str) -> list[str]:
        return [each[-1] for each in known.newest(known.announced(kinds, within), 10)]

    assert found({AnnounceType.NEW}, "cs.CL") == ["4", "2"]
    assert found({AnnounceType.CROSS}, "cs.CL") == ["3", "1"]
    assert found({AnnounceType.REPLACE}, "cs.CL") == []
    assert found({AnnounceType.REPLACE_CROSS}, "cs.CL") == ["5"]
    assert found({AnnounceType.NEW}, "cs.LG") == ["4", "3", "1"]
    assert found({AnnounceType.NEW}) == ["4", "3", "2", "1"]
    assert found({AnnounceType.NEW, AnnounceType.CROSS}, "cs.LG", "cs.CL") == ["4", "3", "2", "1"]


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("扩散模型", "431"),
        ("擴散模型", "431"),
        ("神经网络", "5"),
        ("扩散模型 -综述", "41"),
        ("ti:扩散", "41"),
        ('"扩散模型"', "431"),
        ("神经网络 OR 扩散", "5431"),
        ("diffusion", "4321"),
        ("彳亍", ""),
    ],
)
async def test_chinese_words_find_english_papers_until_a_summary_tells(
    database: Database, asked: str, found: str, is_indexed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "PAPERS_A_QUERY", 100 if is_indexed else 0)
    texts = [
        ("Diffusion models", "We show.", None),
        ("Diffusion models told otherwise", "We show.", summary("2403.00002", title_zh="别的", tldr_zh="别的。")),
        ("A survey", "Of diffusion models.", None),
        ("Diffusion", "A model.", summary("2403.00004", title_zh="扩散模型")),
        ("Networks that are neural", "We show.", None),
        ("Social networks", "We show.", None),
    ]
    made = [
        replace(
            arrival(f"2403.0000{number}", title=title),
            paper=paper(f"2403.0000{number}", title=title, abstract=abstract),
            summary=told,
        )
        for number, (title, abstract, told) in enumerate(texts, start=1)
    ]
    async with database.transaction() as tx:
        await lexicon.keep_current(tx)
        await papers.add(tx, made, NOW)
    async with database.reading() as tx:
        known = await News.load(tx, WEEK, TODAY)
        for _ in range(2):  # the first statement makes an index worth while
            ids = known.newest(await known.meant(tx, parse(asked).tree), 10)
    assert "".join(each[-1] for each in ids) == found


def test_sets_of_places_are_what_was_put_in() -> None:
    dice = random.Random(1)
    for size in (0, 1, 7, 8, 9, 600):
        chosen = sorted(dice.sample(range(1000), size))
        assert list(places(bits(chosen))) == chosen
        assert bits(chosen) == sum(1 << each for each in chosen)


async def test_what_a_chat_was_sent_is_known_however_old_the_paper(database: Database) -> None:
    old = [f"23{month:02}.00001" for month in range(1, 13)]
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each) for each in [*old, "2403.00001", "2403.00002"]], NOW)
        for chat, sent in ((PRIVATE, ["2403.00001", old[3]]), (GROUP, ["2403.00001", old[3]]), (CHANNEL, [])):
            await chats.remember(tx, chat, NOW)
            stored, _ = await subscriptions.add(tx, subscription(chat, next_due=NOW), NOW)
            await digests.save(tx, Digest(stored, NOW, (), 0), [part(each) for each in sent], NOW)
    async with database.reading() as tx:
        known = await News.load(tx, WEEK, TODAY)
        wanted = known.called([*old[1:], "2403.00001", "2403.00002"])
        found = await news.posted(tx, [each.id for each in (PRIVATE, GROUP, CHANNEL)], known, wanted)
        assert await news.posted(tx, [PRIVATE.id], known, 0) == {}
    assert {chat: known.newest(sent, 10) for chat, sent in found.items()} == {
        chat.id: ["2403.00001", old[3]] for chat in (PRIVATE, GROUP)
    }


def part(paper_id: str) -> Part:
    return Part(Message(paper_id), (Posted(paper_id),))
