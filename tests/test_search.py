import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from storage import papers, search, search_index, segment, state
from storage.database import Database
from storage.query import Query, parse
from storage.records import Arrival, Summary
from storage.search import Found
from tests.conftest import NOW
from tests.made import paper, summary

DIFFUSION, SINGING, GRAPH = "2403.00001", "2403.00002", "2403.00003"


@pytest.fixture
async def library(database: Database) -> Database:
    """Three papers: one in two languages, one without English abstract, one not yet summarised."""
    arrivals = [
        Arrival(
            paper(DIFFUSION, title="Denoising Diffusion Models", abstract="Images.", categories=("cs.CV", "cs.LG")),
            None,
            summary(DIFFUSION, title_zh="去噪扩散模型", tldr_zh="扩散模型生成图像。", abstract_zh="用于自然语言处理。"),
        ),
        Arrival(paper(SINGING, title="Prompt-Singer", abstract=""), None, summary(SINGING)),
        Arrival(paper(GRAPH, title="Graph networks at scale", abstract="Nodes.", categories=("math.CO", "stat.TH"))),
    ]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    return database


async def found(library: Database, text: str) -> tuple[str, ...]:
    async with library.reading() as tx:
        return (await search.find(tx, parse(text, taxonomy.resolve))).ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("扩散模型", (DIFFUSION,)),
        ("扩散 模型", (DIFFUSION,)),
        ("擴散模型", (DIFFUSION,)),  # Traditional
        ("ｄｉｆｆｕｓｉｏｎ", (DIFFUSION,)),  # full-width
        ("DIFFUSION model", (DIFFUSION,)),  # case and plural
        ("语言", (DIFFUSION,)),  # a part of 自然语言处理
        ("歌声合成", (SINGING,)),
        ("network", (GRAPH,)),
        ('"Diffusion Models"', (DIFFUSION,)),
        ("“扩散模型生成”", (DIFFUSION,)),
        ('"Models Diffusion"', ()),
        ('"diffusion model"', (DIFFUSION,)),  # as far as it goes
        ('"diffusing models"', ()),  # the index knows stems only, a phrase is exact
        ('"graph" "at scale"', (GRAPH,)),
        ('"denoising  DIFFUSION"', (DIFFUSION,)),  # white space and case
        ('"擴散模型生成"', (DIFFUSION,)),  # Traditional
        ("扩散 zebra -cs.CV", ()),  # what is relaxed still excludes
        ("cs.LG", (DIFFUSION,)),
        ("cs.lg", (DIFFUSION,)),
        ("cat:cs", (SINGING, DIFFUSION)),
        ("math.ST", (GRAPH,)),  # stat.TH is an alias of it
        ("cs.CV 扩散", (DIFFUSION,)),
        ("cs.CV 歌声", ()),
        ("cat:cs -扩散", (SINGING,)),
        ("cat:cs －“扩散模型”", (SINGING,)),
        ("-cat:cs graph", (GRAPH,)),
    ],
)
async def test_a_query_finds_what_it_says(library: Database, text: str, ids: tuple[str, ...]) -> None:
    assert await found(library, text) == ids


async def test_when_too_few_hold_every_word_some_that_hold_a_part_follow(library: Database) -> None:
    async with library.reading() as tx:
        result = await search.find(tx, parse("扩散 graph", taxonomy.resolve))
        assert (result.exact, result.total) == (0, 2)
        assert set(result.ids) == {DIFFUSION, GRAPH}
        assert (await search.find(tx, parse("扩散", taxonomy.resolve))).partial == 0


async def test_how_many_hold_every_word_is_told_beside_those_that_hold_a_part(library: Database) -> None:
    async with library.reading() as tx:
        result = await search.find(tx, parse("network scale 扩散 graph", taxonomy.resolve))
        assert (result.ids[:0], result.exact, result.total) == ((), 0, 2)
        result = await search.find(tx, parse("diffusion models", taxonomy.resolve))
        assert (result.ids, result.exact, result.total) == ((DIFFUSION,), 1, 1)
        result = await search.find(tx, parse("模型 生成", taxonomy.resolve))
        assert result.ids[0] == DIFFUSION
        assert (result.exact, result.total) == (1, len(result.ids))


async def test_a_phrase_is_looked_for_in_the_newest_texts_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "TESTED", 2)
    held = [f"2403.0000{number}" for number in range(1, 6)]
    apart = "2403.00009"
    arrivals = [Arrival(paper(each, title="去噪扩散模型")) for each in held]
    arrivals += [Arrival(paper("2404.00001", title="扩散与模型")), Arrival(paper(apart, title="模型扩散去噪"))]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        assert await search.find(tx, parse('"扩散模型"', taxonomy.resolve)) == Found((), 0, more=True)
        monkeypatch.setattr(search, "TESTED", 100)
        result = await search.find(tx, parse('"扩散模型"', taxonomy.resolve))
    assert (set(result.ids), result.more) == (set(held), False)
    assert await found(database, '"去噪" "模型扩散"') == (apart,)


async def test_a_common_word_and_a_rare_category_find_papers_however_old(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MANY", 3)
    monkeypatch.setattr(search, "NEWEST", 2)
    newer = [Arrival(paper(f"2404.0000{number}", title="A model")) for number in range(1, 6)]
    older = Arrival(paper("2403.00001", title="A model", categories=("math.CO",)))
    async with database.transaction() as tx:
        await papers.add(tx, [*newer, older], NOW)
    assert await found(database, "model math.CO") == ("2403.00001",)


async def test_a_title_weighs_more_than_an_abstract(database: Database) -> None:
    in_abstract = Arrival(paper("2403.00002", title="Something else", abstract="About kernels. " * 3))
    in_title = Arrival(paper("2403.00001", title="Kernels", abstract="About something else."))
    async with database.transaction() as tx:
        await papers.add(tx, [in_abstract, in_title], NOW)
    assert await found(database, "kernels") == ("2403.00001", "2403.00002")


async def test_the_index_follows_a_new_version_and_a_late_summary(library: Database) -> None:
    async with library.transaction() as tx:
        await papers.add(tx, [Arrival(paper(GRAPH, 2, title="Hypergraphs", abstract="Edges."))], NOW)
    assert await found(library, "nodes") == ()
    assert await found(library, "hypergraphs") == (GRAPH,)
    async with library.transaction() as tx:
        await papers.add(tx, [Arrival(paper(GRAPH, 2), None, Summary(GRAPH, 2, title_zh="超图"))], NOW)
    assert await found(library, "超图") == (GRAPH,)


async def test_another_segmenter_rebuilds_the_index_with_the_same_result(library: Database) -> None:
    async with library.transaction() as tx:
        assert not await search_index.keep_current(tx)
        await state.put(tx, "segmenter", "an older one")
        assert await search_index.keep_current(tx)
    assert await found(library, "扩散模型") == (DIFFUSION,)
    async with library.transaction() as tx:
        await papers.add(tx, [Arrival(paper(DIFFUSION, 2, title="Flows"))], NOW)
    assert await found(library, "denoising") == ()


HOSTILE = ['"', '""', "*", "NEAR(", "a AND", "OR", "NOT", "foo:bar", "C++", "f(x)", "()", "it's", "%", "a\0b", "\ud800"]


@pytest.mark.parametrize("text", [*HOSTILE, "🙂", "，", "-", '-"', "^a", "{a}", "title_en:x", "a" * 5000, "模" * 5000])
async def test_nothing_that_is_typed_breaks_the_search(library: Database, text: str) -> None:
    await found(library, text)


@given(st.text())
def test_any_text_is_a_query_of_plain_words(text: str) -> None:
    query = parse(text, taxonomy.resolve)
    assert len(query.words) <= segment.MAX_TERMS
    assert all(word.isalnum() for word in query.words)


def test_a_category_is_only_what_the_taxonomy_knows() -> None:
    assert parse("cs.LG", taxonomy.resolve).categories == (taxonomy.resolve("cs.LG"),)
    assert parse("cs.XX gpt-4.o math", taxonomy.resolve).categories == ()
    assert parse("math", taxonomy.resolve).words == ("math",)
    assert parse("", taxonomy.resolve) == Query()
    assert parse("  ，。", taxonomy.resolve).is_empty
