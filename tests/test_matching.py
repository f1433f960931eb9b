"""Which papers a query holds of, on a real database, for every kind of part and for any tree of them."""

import random
from datetime import date

import pytest
from sqlalchemy import text as sql_text

from bot.papers.asked import parse
from storage import author_index, matching, papers, segment, state
from storage.database import Database
from storage.filters import statement
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
    Query,
    Since,
    Type,
    Until,
    Votes,
    Word,
)
from storage.records import Announcement, AnnounceType, Arrival, Card, Upvotes
from tests.conftest import NOW
from tests.made import paper, summary

NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType
TODAY = date(2024, 3, 20)
DIFFUSION, SINGING, GRAPH, SURVEY, OLD = "2403.00001", "2403.00002", "2402.00003", "2401.00004", "math/0301001"

ARRIVALS = [
    Arrival(
        paper(
            DIFFUSION,
            title="Denoising Diffusion Models",
            abstract="Images from noise by graph priors.",
            categories=("cs.CV", "cs.LG"),
            authors=("Yann LeCun", "Klaus Müller", "Wei Zhang"),
        ),
        Announcement(DIFFUSION, date(2024, 3, 18), "cs.CV", NEW),
        summary(DIFFUSION, title_zh="去噪扩散模型", tldr_zh="扩散模型生成图像。", abstract_zh="用于自然语言处理。"),
        Upvotes(DIFFUSION, 12),
    ),
    Arrival(
        paper(DIFFUSION, title="Denoising Diffusion Models", categories=("cs.CV", "cs.LG")),
        Announcement(DIFFUSION, date(2024, 3, 18), "cs.LG", CROSS),
    ),
    Arrival(
        paper(SINGING, title="Prompt-Singer", abstract="Speech.", authors=("Bob Leed", "L. Erdős", "楊立昆")),
        Announcement(SINGING, date(2024, 3, 15), "cs.SD", NEW),
        summary(SINGING),
        Upvotes(SINGING, 3),
    ),
    Arrival(
        paper(
            GRAPH,
            title="Graph networks at scale",
            abstract="Nodes.",
            categories=("math.CO", "stat.TH"),
            authors=("Jun-Yan Zhu", "Łukasz Kaiser"),
        ),
        Announcement(GRAPH, date(2024, 2, 20), "math.CO", REPLACE),
    ),
    Arrival(paper(SURVEY, title="A survey of networks", abstract="On graph and diffusion.", categories=("cs.LG",))),
    Arrival(paper(OLD, title="Numerical schemes", abstract="Old.", categories=("math.NA",), authors=("Y. Lee",))),
]
EVERY = {DIFFUSION, SINGING, GRAPH, SURVEY, OLD}


@pytest.fixture
async def library(database: Database) -> Database:
    async with database.transaction() as tx:
        await papers.add(tx, ARRIVALS, NOW)
    return database


async def matched(library: Database, asked: Query) -> set[str]:
    where = matching.matching(asked.tree, TODAY)
    async with library.reading() as tx:
        found = await tx.execute(statement(f"SELECT p.id FROM papers p WHERE {where.sql}", where), where.values)
        return set(found.scalars())


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", EVERY),
        ("diffusion", {DIFFUSION, SURVEY}),
        ("扩散模型", {DIFFUSION}),
        ("擴散模型", {DIFFUSION}),
        ("graph networks", {GRAPH, SURVEY}),
        ("ti:diffusion", {DIFFUSION}),
        ("标题：扩散", {DIFFUSION}),
        ("ti:graph", {GRAPH}),
        ("ti:图像", set()),  # it stands in the sentence
        ("abs:graph", {DIFFUSION, SURVEY}),
        ("摘要：图像", {DIFFUSION}),
        ("abs:denoising", set()),
        ("ti:(graph networks)", {GRAPH}),
        ("ti:(graph OR diffusion)", {GRAPH, DIFFUSION}),
        ("ti:networks graph", {GRAPH, SURVEY}),
        ('"graph networks"', {GRAPH}),
        ('"networks graph"', set()),
        ('ti:"diffusion models"', {DIFFUSION}),
        ('abs:"diffusion models"', set()),
        ("“扩散模型生成”", {DIFFUSION}),
        ("标题：“扩散模型”", {DIFFUSION}),
        ("摘要：“去噪扩散”", set()),
        ('"graph networks" OR "numerical schemes"', {GRAPH, OLD}),
        ('("graph networks" OR speech) -speech', {GRAPH}),
        ('-"graph networks"', EVERY - {GRAPH}),
        ("diffusion OR speech", {DIFFUSION, SURVEY, SINGING}),
        ("diffusion 或 speech", {DIFFUSION, SURVEY, SINGING}),
        ("diffusion -survey", {DIFFUSION}),
        ("－survey", EVERY - {SURVEY}),
        ("-(diffusion OR speech)", {GRAPH, OLD}),
        ("-(graph networks)", EVERY - {GRAPH, SURVEY}),
        ("graph ((networks -survey) OR images)", {GRAPH, DIFFUSION}),
        ("cs.LG", {DIFFUSION, SURVEY}),
        ("cat:cs", {DIFFUSION, SINGING, SURVEY, OLD}),  # cs.NA is math.NA
        ("cat:cs.*", {DIFFUSION, SINGING, SURVEY, OLD}),
        ("-cat:cs", {GRAPH}),
        ("cat:cs.NA", {OLD}),
        ("math.ST", {GRAPH}),
        ("cat:cs.SD,math.NA", {SINGING, OLD}),
        ("cs.LG OR numerical", {DIFFUSION, SURVEY, OLD}),
        ("diffusion -cs.CV", {SURVEY}),
        ("id:arXiv:2403.00002v7", {SINGING}),
        ("id:2403.00002,math/0301001", {SINGING, OLD}),
        ("type:new", {DIFFUSION, SINGING}),
        ("type:cross", {DIFFUSION}),
        ("cs.CV type:new", {DIFFUSION}),
        ("cs.LG type:new", set()),  # there it is a cross-list
        ("cs.LG type:cross", {DIFFUSION}),
        ("cs.LG -type:cross", {SURVEY}),
        ("类型：更新", {GRAPH}),
        ("type:new diffusion", {DIFFUSION}),
        ("type:new OR numerical", {DIFFUSION, SINGING, OLD}),
        ("since:2024-03-16", {DIFFUSION}),
        ("since:2024-03", {DIFFUSION, SINGING}),
        ("since:2024-01-15", {DIFFUSION, SINGING, GRAPH, SURVEY}),  # by the month of its id
        ("until:2024-02-20", {GRAPH, SURVEY, OLD}),
        ("until:2003-01-01", {OLD}),
        ("until:2002", set()),
        ("since:2024-02 until:2024-03-15", {SINGING, GRAPH}),
        ("networks since:2024-02", {GRAPH}),
        ("last:3d", {DIFFUSION}),
        ("last:1w", {DIFFUSION, SINGING}),
        ("-last:1w", {GRAPH, SURVEY, OLD}),
        ("hf:>=10", {DIFFUSION}),
        ("hf:3", {DIFFUSION, SINGING}),
        ("au:LeCun", {DIFFUSION}),
        ("au:lecun", {DIFFUSION}),
        ("作者：Yann_LeCun", {DIFFUSION}),
        ('au:"Y. LeCun"', {DIFFUSION}),
        ("au:LeCun, Yann", {DIFFUSION}),
        ('au:"Yves LeCun"', set()),
        ("au:Muller", {DIFFUSION}),
        ("au:Mueller", {DIFFUSION}),
        ("au:ＭÜＬＬＥＲ", {DIFFUSION}),
        ('au:"Zhang Wei"', {DIFFUSION}),
        ("au:Erdos", {SINGING}),
        ("au:Lee", {OLD}),
        ("au:Leed", {SINGING}),
        ("au:杨立昆", {SINGING}),
        ('au:"Junyan Zhu"', {GRAPH}),
        ("au:Lukasz_Kaiser", {GRAPH}),
        ("-au:LeCun cs.LG", {SURVEY}),
        ("au:LeCun OR au:Lee OR numerical", {DIFFUSION, OLD}),
        ("au:LeCun diffusion", {DIFFUSION}),
        ("au:Lee diffusion", set()),
        ("online: speech", {SINGING}),
    ],
)
async def test_a_query_holds_of_the_papers_that_it_says(library: Database, text: str, ids: set[str]) -> None:
    assert await matched(library, parse(text)) == ids


HOSTILE = [
    "a'b\"c",
    'ti:a"b',
    'au:"\'); DROP TABLE papers; --"',
    'au:(")',
    "NEAR(a b)",
    "a* ^b {c} d:e",
    "ti:{title_en}",
]


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a\0b", "\ud800 x", "🙂", 'ti:"a:b" abs:"%_"', "au:🙂a", "𞤀 OR b", "ti:的 abs:the"]
)
async def test_nothing_that_is_typed_becomes_an_operator_or_a_statement(library: Database, text: str) -> None:
    await matched(library, parse(text))
    await matched(library, parse(f"-({text}) OR cs.LG {text}"))


async def test_the_largest_queries_are_within_what_the_engines_take(library: Database) -> None:
    words = [f"w{number}" for number in range(63)]
    nested = "graph"
    for number in range(12):
        nested = f"(ti:w{number} OR -(x{number} {nested}))"
    for text in ("graph -" + " -".join(words), "-" + " -".join(words), " OR ".join(["graph", *words]), nested):
        await matched(library, parse(text))
    assert await matched(library, parse("graph networks -" + " -".join(words[:60]))) == {GRAPH, SURVEY}
    names = " OR ".join(f'au:"A{number} Van B-C{number}"' for number in range(30))
    assert await matched(library, parse(f"({names}) OR au:LeCun")) == {DIFFUSION}


async def test_every_tree_holds_of_what_its_parts_say(library: Database) -> None:
    async with library.reading() as tx:
        cards = await papers.get(tx, sorted(EVERY))
    draw = random.Random(20240320)
    for _ in range(400):
        tree = All(tuple(drawn(draw, 3) for _ in range(draw.randint(0, 3))))
        expected = {card.paper.id for card in cards if holds(tree, card)}
        assert await matched(library, Query(tree)) == expected, tree


LEAVES: list[Node] = [
    *(Word(text, field) for text in ("diffusion", "graph", "networks", "扩散", "survey") for field in Field),
    *(Phrase(text, field) for text in ("graph networks", "diffusion models", "扩散模型") for field in Field),
    *(Author(name) for name in ("LeCun", "Y LeCun", "Lee")),
    *(Category(frozenset(names)) for names in ({"cs.LG"}, {"cs.SD", "math.NA"}, {"a", "b", "c", "d", "e", "cs.CV"})),
    PaperId(SURVEY),
    Votes(10),
    *(Since(date(2024, 3, day)) for day in (1, 16)),
    Until(date(2024, 2, 29)),
    LastDays(5),
    Type(frozenset({NEW})),
    Type(frozenset({CROSS, REPLACE}), frozenset({"cs.LG"})),
]


def drawn(draw: random.Random, room: int) -> Node:
    kind = draw.random()
    if room == 0 or kind < 0.4:
        return draw.choice(LEAVES)
    if kind < 0.6:
        return Not(drawn(draw, room - 1))
    parts = tuple(drawn(draw, room - 1) for _ in range(draw.randint(1, 3)))
    return All(parts) if kind < 0.8 else Any(parts)


def holds(node: Node, card: Card) -> bool:  # noqa: PLR0911, PLR0912  # a case for each kind of node
    """What the tree means, told in another way."""
    match node:
        case Not(part):
            return not holds(part, card)
        case All(parts):
            return all(holds(part, card) for part in parts)
        case Any(parts):
            return any(holds(part, card) for part in parts)
        case Word(text, field):
            return all(term in spoken(card, field) for term in segment.terms(text))
        case Phrase(text, field):
            return text in spoken(card, field)
        case Author(name):
            return card.paper.id in {"LeCun": {DIFFUSION}, "Y LeCun": {DIFFUSION}, "Lee": {OLD}}[name]
        case Category(names):
            return not names.isdisjoint({*card.paper.categories, *({"cs.LG"} if card.paper.id == DIFFUSION else ())})
        case PaperId(id_):
            return card.paper.id == id_
        case Votes(at_least):
            return card.upvotes is not None and card.upvotes.votes >= at_least
        case Since(day):
            return announced(card) >= day
        case LastDays():
            return announced(card) >= date(2024, 3, 15)
        case Until(day):
            return announced(card) <= day
        case Type(kinds, within):
            known = {
                DIFFUSION: {("cs.CV", NEW), ("cs.LG", CROSS)},
                SINGING: {("cs.SD", NEW)},
                GRAPH: {("math.CO", REPLACE)},
            }
            listed = known.get(card.paper.id, set())
            return any(type_ in kinds and (not within or category in within) for category, type_ in listed)


def announced(card: Card) -> date:
    return card.announced or (date(2003, 1, 1) if card.paper.id == OLD else date(2024, 1, 1))


def spoken(card: Card, field: Field) -> str:
    paper_, summary_ = card.paper, card.summary
    titles = [paper_.title, summary_.title_zh if summary_ else ""]
    texts = [paper_.abstract, *([summary_.tldr_zh, summary_.abstract_zh] if summary_ else ())]
    chosen = {Field.TITLE: titles, Field.ABSTRACT: texts, Field.ANYWHERE: titles + texts}[field]
    return " ".join(chosen).casefold()


async def test_what_the_index_tells_holds_of_all_that_match(library: Database) -> None:
    asked = parse('"networks graph" survey')
    where = matching.indexed(asked.tree, TODAY)
    async with library.reading() as tx:
        found = await tx.execute(statement(f"SELECT p.id FROM papers p WHERE {where.sql}", where), where.values)
        assert set(found.scalars()) == {SURVEY}
    assert await matched(library, asked) == set()
    assert matching.phrases(asked.tree) == {"qphrase0": Phrase("networks graph")}


async def test_words_and_rest_together_are_the_query(library: Database) -> None:
    asked = parse("graph networks -survey OR nodes cs.LG")
    words = await matched(library, parse(" ".join(asked.words)))
    assert words & await matched(library, asked.rest) == await matched(library, asked)


async def test_the_index_of_authors_follows_the_papers(library: Database) -> None:
    newer = paper(DIFFUSION, 2, title="Denoising Diffusion Models", authors=("Ada Lovelace", "Wei Zhang"))
    async with library.transaction() as tx:
        await papers.add(tx, [Arrival(newer)], NOW)
    assert await matched(library, parse("au:Lovelace")) == {DIFFUSION}
    assert await matched(library, parse("au:LeCun")) == set()
    assert await matched(library, parse("au:Zhang")) == {DIFFUSION}


async def test_an_index_of_authors_made_in_another_way_is_made_anew(library: Database) -> None:
    async with library.transaction() as tx:
        await tx.execute(sql_text("INSERT INTO search_authors (search_authors) VALUES ('delete-all')"))
        await state.put(tx, "author names", "an older way")
    assert await matched(library, parse("au:LeCun")) == set()
    async with library.transaction() as tx:
        assert await author_index.keep_current(tx)
        assert not await author_index.keep_current(tx)
    assert await matched(library, parse("au:LeCun")) == {DIFFUSION}
