import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from storage import lexicon, likeness, papers, ranking, search, search_index, segment, stages, state
from storage.database import Database
from storage.filters import statement
from storage.query import Query, parse
from storage.records import Arrival, Summary
from storage.search import Found, Order
from storage.word_pairs import Entry
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
        assert (result.exact, result.total, result.ids[0]) == (0, 2, GRAPH)  # which holds three of the four
        result = await search.find(tx, parse("diffusion models", taxonomy.resolve))
        assert (result.ids, result.exact, result.total) == ((DIFFUSION,), 1, 1)
        result = await search.find(tx, parse("模型 生成", taxonomy.resolve))
        assert result.ids[0] == DIFFUSION
        assert (result.exact, result.total) == (1, len(result.ids))


async def test_a_phrase_is_looked_for_in_the_newest_texts_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "TESTED", 2)
    held = [f"2403.0000{number}" for number in range(1, 6)]
    apart = "2403.00009"
    arrivals = [Arrival(paper(each, title="去噪扩散模型")) for each in held]
    arrivals += [Arrival(paper("2404.00001", title="扩散与模型")), Arrival(paper(apart, title="模型扩散去噪"))]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        assert await search.find(tx, parse('"扩散模型"', taxonomy.resolve)) == Found((), 0, more=True)
        monkeypatch.setattr(stages, "TESTED", 100)
        result = await search.find(tx, parse('"扩散模型"', taxonomy.resolve))
    assert (set(result.ids), result.more) == (set(held), False)
    assert await found(database, '"去噪" "模型扩散"') == (apart,)


async def test_a_common_word_and_a_rare_category_find_papers_however_old(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "MANY", 3)
    monkeypatch.setattr(stages, "NEWEST", 2)
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


@pytest.mark.parametrize("text", ["資料探勘", "數據挖掘", "ＤＡＴＡ　ｍｉｎｉｎｇ", "Data-Mining", "data miner"])
async def test_what_is_typed_in_another_way_finds_the_same(database: Database, text: str) -> None:
    arrival = Arrival(paper(GRAPH, title="Data mining"), None, summary(GRAPH, title_zh="数据挖掘"))
    async with database.transaction() as tx:
        await papers.add(tx, [arrival], NOW)
    assert await found(database, text) == (GRAPH,)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("資料探勘", "数据挖掘"),
        ("線上學習", "在线学习"),
        ("時間序列", "时间序列"),  # not 串行
        ("支持向量機", "支持向量机"),  # not 矢量
        ("離線強化學習", "离线强化学习"),  # not 脱机
        ("程序綜合", "程序综合"),  # not 进程
        ("向量 程序", "向量 程序"),
        ("", ""),
    ],
)
def test_traditional_words_of_taiwan_and_of_the_mainland_are_simplified(traditional: str, simplified: str) -> None:
    assert segment.simplified(traditional) == simplified


@given(st.text())
def test_every_term_is_one_token_of_the_index(text: str) -> None:
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(word, detail='column', tokenize='porter unicode61')")
    for word in segment.terms(text):
        index.execute("SELECT 1 FROM words WHERE words MATCH ?", (ranking.quoted(word),)).fetchall()
    index.close()


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_a_document_is_found_by_its_own_words(text: str) -> None:
    asked = [word for word in segment.terms(text) if word not in segment.STOP]
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(word, detail='column', tokenize='porter unicode61')")
    index.execute("INSERT INTO words VALUES (?)", (" ".join(segment.pieces(text)),))
    for word in asked:
        assert index.execute("SELECT 1 FROM words WHERE words MATCH ?", (ranking.quoted(word),)).fetchall(), word
    index.close()


async def test_function_words_are_no_condition_unless_they_are_all(database: Database) -> None:
    async with database.transaction() as tx:
        await papers.add(tx, [Arrival(paper(GRAPH, title="Attention is all you need"))], NOW)
    assert await found(database, "the attention of all") == (GRAPH,)
    assert await found(database, '"attention is all"') == (GRAPH,)
    assert await found(database, "the of") == ()


async def test_by_date_the_newest_come_first(database: Database) -> None:
    arrivals = [
        Arrival(paper("2403.00001", title="Kernels kernels kernels", abstract="")),
        Arrival(paper("2403.00002", title="Something else about kernels", abstract="")),
        Arrival(paper("2403.00003", title="Else", abstract="Kernels.")),
    ]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        by_date = await search.find(tx, parse("kernels", taxonomy.resolve), order=Order.DATE)
        assert by_date.ids == ("2403.00003", "2403.00002", "2403.00001")
        by_relevance = await search.find(tx, parse("kernels", taxonomy.resolve))
        assert by_relevance.ids == ("2403.00001", "2403.00002", "2403.00003")


async def test_words_side_by_side_and_as_typed_weigh_more(database: Database) -> None:
    titles = {
        "2403.00003": "Graph learning networks",
        "2403.00002": "Networking of graphs",
        "2403.00001": "Graph networks",
    }
    async with database.transaction() as tx:
        await papers.add(tx, [Arrival(paper(id_, title=title)) for id_, title in titles.items()], NOW)
    assert (await found(database, "graph networks"))[0] == "2403.00001"


async def test_half_a_word_finds_papers_that_hold_it_whole(database: Database) -> None:
    async with database.transaction() as tx:
        await papers.add(tx, [Arrival(paper(GRAPH, title="Quantum thermodynamics", abstract="Maxwell's demon."))], NOW)
    assert await found(database, "thermodyn demon") == (GRAPH,)


async def test_the_nearest_papers_are_those_with_the_same_rare_words(database: Database) -> None:
    titles = [
        "Graph networks for molecules",
        "Molecules as graphs",
        "Speech and singing",
        "Singing molecules in choirs",
    ]
    arrivals = [Arrival(paper(f"2403.0000{number}", title=title)) for number, title in enumerate(titles, start=1)]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        near = await likeness.similar(tx, "2403.00001", 2)
        assert near == ["2403.00002", "2403.00004"]
        assert await likeness.similar(tx, "2403.99999") == []


async def test_tidying_changes_nothing_that_is_found(library: Database) -> None:
    await search_index.tidy(library)
    assert await found(library, "扩散模型") == (DIFFUSION,)
    async with library.transaction() as tx:
        await papers.add(tx, [Arrival(paper(GRAPH, 2, title="Hypergraphs"))], NOW)
    await search_index.tidy(library)
    assert await found(library, "hypergraphs") == (GRAPH,)


async def test_characters_that_a_document_has_as_one_word_are_found(database: Database) -> None:
    assert segment.terms("小麦 较少") == ("小麦", "较", "少")
    arrival = Arrival(paper(GRAPH), None, summary(GRAPH, title_zh="较少的小麦", tldr_zh=""))
    async with database.transaction() as tx:
        await papers.add(tx, [arrival], NOW)
    assert await found(database, "小麦 较少") == (GRAPH,)


async def test_what_is_relaxed_still_holds_the_phrase(library: Database) -> None:
    async with library.reading() as tx:
        result = await search.find(tx, parse('"diffusion models" 扩散 zebra', taxonomy.resolve))
        assert (result.ids, result.exact) == ((DIFFUSION,), 0)
        result = await search.find(tx, parse('"graph networks" 扩散 zebra', taxonomy.resolve))
        assert (result.ids, result.exact) == ((), 0)


async def test_a_title_in_the_other_language_stands_before_an_abstract_that_has_the_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW", 2)
    in_english = Arrival(paper("2403.00001", title="Diffusion for speech"))
    in_abstracts = [
        Arrival(paper(each), None, summary(each, title_zh="别的", tldr_zh="", abstract_zh="扩散，语音。"))
        for each in ("2403.00002", "2403.00003")
    ]
    async with database.transaction() as tx:
        await papers.add(tx, [in_english, *in_abstracts], NOW)
        await lexicon.put(tx, {"扩散": Entry(0.02, (("diffusion", 0.9),)), "语音": Entry(0.01, (("speech", 0.9),))})
    assert await found(database, "扩散 语音") == ("2403.00001", "2403.00003", "2403.00002")


async def test_words_that_most_papers_have_are_asked_for_and_not_weighed(database: Database) -> None:
    titles = {"2403.00001": "A model of kernels", "2403.00002": "Kernels", "2403.00003": "Kernels kernels model"}
    async with database.transaction() as tx:
        await papers.add(tx, [Arrival(paper(id_, title=title)) for id_, title in titles.items()], NOW)
        await lexicon.put(tx, {"model": Entry(0.2)})
    async with database.reading() as tx:
        result = await search.find(tx, parse("kernels model", taxonomy.resolve))
    assert (result.ids[:2], result.exact) == (("2403.00003", "2403.00001"), 2)


def titled(number: int, title: str, title_zh: str = "", tldr_zh: str = "") -> Arrival:
    id_ = f"2403.{number:05}"
    told = summary(id_, title_zh=title_zh, tldr_zh=tldr_zh, abstract_zh="") if title_zh else None
    return Arrival(paper(id_, title=title, abstract=""), None, told)


@pytest.mark.parametrize("number_of_titles", [0, 9])  # with few titles the lexicon alone has to tell
async def test_words_that_only_together_mean_one_are_all_to_be_there(database: Database, number_of_titles: int) -> None:
    arrivals = [titled(1, "Data mining"), titled(2, "Mining of gold"), titled(3, "Data"), titled(4, "别的", "数据挖掘")]
    arrivals += [titled(10 + each, "Mining data") for each in range(number_of_titles)]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
        await lexicon.put(tx, {"数据挖掘": Entry(0.001, (("data", 0.5), ("mining", 0.5)))})
    async with database.reading() as tx:
        found = await search.find(tx, parse("資料探勘", taxonomy.resolve))
    assert {"2403.00001", "2403.00004"} <= {*found.ids}
    assert not {"2403.00002", "2403.00003"} & {*found.ids}
    assert (found.total, found.exact, found.translated) == (
        2 + number_of_titles,
        2 + number_of_titles,
        1 + number_of_titles,
    )


async def test_words_that_mean_the_same_stand_for_one_another(database: Database) -> None:
    known = {
        "综述": Entry(0.01, (("survey", 0.46), ("review", 0.4), ("reviews", 0.1))),
        "survey": Entry(0.01, (("综述", 0.4),)),
        "review": Entry(0.01, (("综述", 0.5),)),
        "决策树": Entry(0.001, (("decision", 0.48), ("trees", 0.3), ("tree", 0.22))),
    }
    async with database.transaction() as tx:
        await papers.add(tx, [titled(1, "A survey"), titled(2, "A review"), titled(3, "A tree")], NOW)
        await lexicon.put(tx, known)
    assert {*await found(database, "综述")} == {"2403.00001", "2403.00002"}
    assert await found(database, "决策树") == ()


CHARACTERS = {1: "小波变换", 2: "一种小波", 3: "小的波", 4: "更快的推理", 5: "小麦"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("小波", {1, 2, 3}), ("更快", {4}), ("“小波”", {1, 2}), ("ti:小波", {1, 2, 3}), ('"from a"', {6})],
)
async def test_a_word_cut_into_characters_is_found_by_a_search_as_by_a_subscription(
    database: Database, text: str, numbers: set[int]
) -> None:
    arrivals = [titled(number, "Else", title) for number, title in CHARACTERS.items()]
    ids = {f"2403.{number:05}" for number in numbers}
    async with database.transaction() as tx:
        await papers.add(tx, [*arrivals, titled(6, "Words from a text")], NOW)
    asked = parse(text, taxonomy.resolve)
    async with database.reading() as tx:
        assert {*(await search.find(tx, asked)).ids} == ids
        where = search.matching(asked)
        matched = await tx.execute(statement(f"SELECT p.id FROM papers p WHERE {where.sql}", where), where.values)
        assert {*matched.scalars()} == ids


async def test_what_is_found_and_counted_is_the_same_by_relevance_and_by_date(database: Database) -> None:
    held = [titled(number, "Else", "别的", "代码很多。") for number in range(1, 16)]
    translated = [titled(number, "Code") for number in range(20, 23)]
    async with database.transaction() as tx:
        await papers.add(tx, [*held[:8], *translated, *held[8:]], NOW)
        await lexicon.put(tx, {"代码": Entry(0.01, (("code", 0.9),)), "很多": Entry(0.001), "稀少": Entry(0.001)})
    async with database.reading() as tx:
        for text in ("代码", "代码 很多", "代码 稀少", "code"):
            by_relevance, by_date = [await search.find(tx, parse(text, taxonomy.resolve), order=each) for each in Order]
            assert {*by_relevance.ids} == {*by_date.ids}
            assert by_relevance.total == len(by_relevance.ids) == by_date.total
            assert (by_relevance.exact, by_relevance.translated) == (by_date.exact, by_date.translated)


async def test_papers_found_by_translation_are_counted_beside_those_that_hold_the_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_abstracts = [
        Arrival(paper(each), None, summary(each, title_zh="别的", tldr_zh="", abstract_zh="代码。"))
        for each in (f"2403.{number:05}" for number in range(1, 13))
    ]
    async with database.transaction() as tx:
        await papers.add(tx, [*in_abstracts, *(titled(number, "Code") for number in range(20, 23))], NOW)
        await lexicon.put(tx, {"代码": Entry(0.01, (("code", 0.9),))})
    async with database.reading() as tx:
        found = await search.find(tx, parse("代码", taxonomy.resolve))
        assert (found.total, found.translated, len(found.ids), found.more) == (15, 3, 15, False)
        monkeypatch.setattr(search, "OTHERS", 3)
        assert (await search.find(tx, parse("代码", taxonomy.resolve))).more


@pytest.mark.parametrize("text", ["kernels OR zebra", '"kernels for"', "ti:kernels", "(kernels OR a) (words OR for)"])
async def test_alternatives_phrases_and_fields_are_sorted_by_relevance_too(database: Database, text: str) -> None:
    arrivals = [
        Arrival(paper("2403.00001", title="Kernels for kernels", abstract="Words.")),
        Arrival(paper("2403.00002", title="Something long and else about kernels for all", abstract="Words.")),
        Arrival(paper("2403.00003", title="Else", abstract="Kernels for words.")),
    ]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        asked = parse(text, taxonomy.resolve)
        best = (await search.find(tx, asked)).ids
        newest = (await search.find(tx, asked, order=Order.DATE)).ids
    assert best == tuple(sorted(newest))
    assert newest == tuple(sorted(newest, reverse=True))


async def test_the_nearest_papers_share_words_of_the_title_and_not_what_summaries_say(database: Database) -> None:
    said = "本文总结并加速先进的采样，包括以及不同。"
    arrivals = [titled(1, "A survey on generative diffusion models", "生成扩散模型综述", said)]
    arrivals += [titled(2, "Birds", "鸟", said), titled(3, "Surveys of diffusion", "扩散综述", "别的。")]
    arrivals += [titled(number, "Else", "别的", "还有别的。") for number in range(10, 60)]
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)
    async with database.reading() as tx:
        assert await likeness.similar(tx, "2403.00001", 1) == ["2403.00003"]
        assert "2403.00002" not in await likeness.similar(tx, "2403.00001")
