"""What the publisher keeps becomes a paper and its summary: arXiv's words in their fields, the model's slips gone."""

import datetime
import re
from collections import Counter
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from bot.sources.archive import Found, Refusal, read_paths
from bot.sources.publisher import NOWHERE, Origin, Refused, Texts, is_cut, origin, record, tidy
from storage.records import Announcement, AnnounceType, Arrival, Summary

LINK = "http://arxiv.org/abs/2401.09949"
ID = "2401.09949"


def arrival(**texts: str) -> Arrival:
    return Texts(**{"title": "Nets", "link": LINK, **texts}).arrival()


def summary(**texts: str) -> Summary:
    found = arrival(**{"tldr": "要点。", **texts}).summary
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("title", "abstract", "version", "type_", "categories"),
    [
        ("Nets. (arXiv:2401.09949v1 [cs.LG])", "We", 1, AnnounceType.NEW, ("cs.LG",)),
        ("Nets. (arXiv:2401.09949v12 [cs.LG] UPDATED)", "We", 12, AnnounceType.REPLACE, ("cs.LG",)),
        ("Nets. (arXiv:2401.09949v2 [CS.lg] CROSS LISTED)", "We", 2, AnnounceType.CROSS, ("cs.LG",)),
        ("Nets. (arXiv:2401.09949v1 [q-fin.EC])", "We", 1, AnnounceType.NEW, ("q-fin.EC",)),
        ("Nets. (arXiv:2401.09949v1 [cs.XX])", "We", 1, AnnounceType.NEW, ()),
        ("Nets. (arXiv:2401.09949)", "We", None, None, ()),
        ("Nets.", "arXiv:2401.09949v3 Announce Type: new  Abstract: We", 3, AnnounceType.NEW, ()),
        ("Nets.", "arXiv:2401.09949v1 Announce Type: replace-cross Abstract: We", 1, AnnounceType.REPLACE_CROSS, ()),
        ("Nets.", "arXiv:2401.09949v1 Announce Type: withdrawn  Abstract: We", 1, None, ()),
        ("Nets.", "We", None, None, ()),
    ],
)
def test_suffix_and_header_give_version_type_and_category_and_leave_the_texts(
    title: str, abstract: str, version: int | None, type_: AnnounceType | None, categories: tuple[str, ...]
) -> None:
    found = arrival(title=title, abstract=abstract)
    assert found.paper.title == "Nets."
    assert found.paper.abstract == "We"
    assert (found.paper.id, found.paper.version, found.paper.categories) == (ID, version, categories)
    assert found.announcement == Announcement(ID, type=type_)


@pytest.mark.parametrize(
    ("link", "paper_id", "version"),
    [
        ("https://arxiv.org/abs/2401.09949v2", "2401.09949", 2),
        ("https://rss.arxiv.org/abs/2401.09949", "2401.09949", None),
        ("http://www.arxiv.org/abs/hep-th/9901001", "hep-th/9901001", None),
        ("https://export.arxiv.org/abs/hep-th/9901001v3", "hep-th/9901001", 3),
    ],
)
def test_the_link_names_the_paper(link: str, paper_id: str, version: int | None) -> None:
    paper = arrival(link=link).paper
    assert (paper.id, paper.version) == (paper_id, version)


def test_a_text_that_names_another_paper_tells_nothing_of_this_one() -> None:
    found = arrival(
        title="Nets. (arXiv:2401.00001v7 [cs.LG] UPDATED)",
        abstract="arXiv:2401.00002v8 Announce Type: new  Abstract: We",
    )
    assert found.paper.title == "Nets."
    assert found.paper.abstract == "We"
    assert (found.paper.id, found.paper.version, found.paper.categories) == (ID, None, ())
    assert found.announcement == Announcement(ID)


def test_without_a_link_the_texts_name_the_paper() -> None:
    assert arrival(link="", title="Nets. (arXiv:hep-th/9901001v2 [hep-th])").paper.id == "hep-th/9901001"
    assert arrival(link="https://doi.org/10.1/x", abstract="arXiv:2401.00002v8 Announce Type: new").paper.version == 8


@pytest.mark.parametrize("title", ["0", "A comment on Smith (arXiv:2301.00001)", "On (x)", "Über $\\alpha$ [MASK]"])
def test_a_title_stays_as_it_is(title: str) -> None:
    assert arrival(title=title).paper.title == title


@pytest.mark.parametrize(
    "texts",
    [
        Texts(link=LINK),
        Texts(title=" \x00\n", link=LINK),
        Texts(title="(arXiv:2401.09949v1 [cs.LG])", link=LINK),
        Texts(title="A title"),
        Texts(title="A title", link="https://example.org/2401.09949"),
        Texts(title="A title", link="https://arxiv.org/abs/2413.09949"),
    ],
)
def test_what_names_no_paper_or_no_title_is_refused_in_one_sentence(texts: Texts) -> None:
    with pytest.raises(Refused, match=r"^[A-Z][^.]*\.$"):
        texts.arrival()


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {"title": 0}, {"link": {}}, {"title": "x", "tldr": float("nan")}, {"en_tldr": True}]
)
def test_what_is_no_object_of_texts_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(Refused, match=r"^I[^.]*\.$"):
        record(value)


def test_a_record_is_read_in_both_spellings_of_the_english_summary() -> None:
    texts = {"title": "T", "link": LINK, "abstract": "A", "translated_title": "题", "translated_abstract": None, "x": 1}
    assert record(texts | {"tldr": "点", "en_tdlr": "E"}) == Texts("T", LINK, "题", "点", "E", "", "A")
    assert record(texts | {"en_tldr": "E", "en_tdlr": ""}).tldr_en == "E"


@pytest.mark.parametrize(
    "header",
    [
        "arXiv:2401.09949v1 公告类型：新公告  摘要：",
        "arXiv:2401.09949v1 公告类型：替换-交叉 摘要：",
        "摘要：arXiv:2401.09949v1 公告类型：新 摘要：",
        "谷歌学术：2401.09949v1 公告类型：跨界  摘要：",
        "《arXiv：2401.09949v1》公告类型：新的摘要：",
        "《arXiv:2401.09949v1 公告类型: 交叉》 摘要：",
        "纸：arXiv:2401.09949v1   类型：交叉   摘要：",
        "arXiv:2401.09949v1 类型公告：新摘要：",
        "arXiv:2401.09949v1宣布类型：替换-跨文档摘要：",
        "arXiv:2401.09949v1 公告類型：新  摘要：",
        "arXiv:2401.09949v1 语种：交叉  摘要：",
        "arXiv:2401.09949v1 公告类型：交叉 公告摘要：",
        "arXiv:2401.09949v1 发表类型：新 Abstract: ",
        "arXiv:2401.09949v1 Announce Type: new  Abstract: ",
        "arXiv:2401.09949v1 公告类型: 跨 当前摘要: ",
        "arXiv:2401.09949v1 公告类型：跨文摘：",
        "arXiv:2401.09949v1 公告类型:新 提要: ",
        "arXiv:2401.09949v1 公告类型：交叉摘要。",
        "arXiv:2401.09949v1 公告类型：替换。",
        "arXiv:2401.09949v1 公告类型:跨领域. ",
        "arXiv:2401.09949v1 公告类型：跨语言。",
        "arXiv:2401.09949v1 公告类型: 新内容 ",
        "arXiv:2401.09949v1 公告类型：新",
        "arXiv:2401.09949v1 公告类型：交叉",
        "arXiv:2401.99999v1 公告类型：新 摘要：",
        "通过arXiv:2401.09949v1公开的交叉类型的文摘可以得知，",
        "摘要：",
        "摘要。",
        "抽象: ",
        "论文翻译: ",
        "这里是翻译过的论文摘要：",
        "",
    ],
)
def test_a_translated_header_or_label_is_no_abstract(header: str) -> None:
    assert (
        summary(abstract_zh=f"{header}问答（QA）任务的摘要：我们研究。").abstract_zh
        == "问答（QA）任务的摘要：我们研究。"
    )


@pytest.mark.parametrize(
    "text",
    [
        "背景：饮食紊乱日益普遍。",
        "在arXiv：2212.08630中，对介于$\\mathbb{R}^{n}$之间的网络。",
        "我们考虑了两种类型的抽象：甲和乙。",
        "摘要文本自动概括中的事实不一致问题。",
        "翻译质量评估（QE）是一个任务。",
        "新类型：我们研究。",
    ],
)
def test_real_text_stays_as_it_is(text: str) -> None:
    assert summary(abstract_zh=text).abstract_zh == text
    assert summary(tldr=text).tldr_zh == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("深度网络（arXiv：2209.14827v2 [cs.LG] UPDATED）", "深度网络"),
        ("深度网络 (arXiv: 2303.16343v1[cs.CV])", "深度网络"),
        ("深度网络（翻译自arXiv:2212.14319v3 [stat.ML] 更新）", "深度网络"),
        ("深度网络，(arXiv:2302.07736v2 [cs.CL]已更新)", "深度网络"),
        ("“网络？（arXiv:2211.09224v3 [cs.LG] UPDATED）”", "“网络？”"),
        ("Nets. (arXiv:2311.01568v1 [cs.LG]) （深度网络）", "深度网络"),
        ("Nets. (arXiv:2310.13005v1 [cs.OH])的翻译标题: 深度网络。", "深度网络。"),
        ("论文标题：标题：深度网络", "深度网络"),
        ("这是翻译后的论文标题：深度网络", "深度网络"),
        ("该文标题已翻译为：深度网络", "深度网络"),
        ("深度网络（更新版）", "深度网络"),
        ("《深度网络》的论文翻译", "深度网络"),
        ("深度网络（标题翻译）", "深度网络"),
        ("深度网络机器翻译", "深度网络机器翻译"),
        ("这里是翻译过的论文标题", ""),
        ("2305.07288v1 [cs.CL]）", ""),
        ("Beta Diffusion", ""),
        ("arXiv4TGC：用于图聚类的数据集", "arXiv4TGC：用于图聚类的数据集"),
        ("一个不断更新的网络", "一个不断更新的网络"),
    ],
)
def test_a_chinese_title_is_only_the_title(text: str, expected: str) -> None:
    assert summary(title_zh=text).title_zh == expected


def test_a_title_about_translation_keeps_the_word() -> None:
    assert summary(title="Image Translation", title_zh="图像翻译").title_zh == "图像翻译"
    assert summary(title="Image Diffusion", title_zh="图像扩散翻译").title_zh == "图像扩散"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("这里是中文总结出的一句话要点：本文。", "本文。"),
        ("张海洋这里是中文总结出的一句话要点 本文。", "本文。"),
        ("中文总结: 本文。", "本文。"),
        ("本文。en_tdlr: This paper.", "本文。"),
        ("本文。英文总结: This paper.", "本文。"),
        ("本文。 (translated_abstract)", "本文。"),
        ("本文。 (arXiv:2310.05549v1 [stat.ML])", "本文。"),
        ("摘要：本文。", "本文。"),
    ],
)
def test_the_prompt_and_the_next_field_are_no_summary(text: str, expected: str) -> None:
    assert summary(tldr=text).tldr_zh == expected


def test_a_summary_without_any_chinese_is_none() -> None:
    assert (
        arrival(title_zh="Nets", tldr="这里是中文总结出的一句话要点", tldr_en="English.", abstract_zh="-").summary
        is None
    )
    assert arrival(tldr="要点。", tldr_en="这里是英文总结出的一句话要点：It.").summary == Summary(
        ID, None, tldr_zh="要点。", tldr_en="It.", model="cn-chat-arxiv"
    )


@pytest.mark.parametrize(
    ("length", "ending", "cut"),
    [(1000, "x", True), (1000, ".", True), (998, "x", True), (998, '."', False), (999, "x", False), (1001, "x", False)],
)
def test_a_thousand_characters_with_the_header_are_a_cut_abstract(length: int, ending: str, cut: bool) -> None:
    header = "arXiv:2401.09949v1 Announce Type: new  Abstract: "
    text = header + "w" * (length - len(header) - len(ending)) + ending
    assert is_cut(text) is cut
    assert arrival(abstract=text).paper.abstract_cut is cut


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("cs.LG-2024-03-20.md", Origin(datetime.date(2024, 3, 20), "cs.LG")),
        ("x/q-fin-2024-03-20.md", Origin(datetime.date(2024, 3, 20), "q-fin")),
        ("cs.LG/2024-03-20.md", Origin(datetime.date(2024, 3, 20), "cs.LG")),
        ("days/2024-03-20.jsonl.zst", Origin(datetime.date(2024, 3, 20), "")),
        ("nonsense-2024-03-20.md", Origin(datetime.date(2024, 3, 20), "")),
        ("cs.LG-2024-13-20.md", NOWHERE),
        ("papers/23/04/2304.07880.json", NOWHERE),
    ],
)
def test_a_file_is_named_after_its_day_and_listing(path: str, expected: Origin) -> None:
    assert origin(PurePath(path)) == expected


def test_the_announcement_is_of_the_place_that_the_text_came_from() -> None:
    place = Origin(datetime.date(2024, 3, 20), "cs.AI")
    found = Texts(title="T (arXiv:2401.09949v1 [cs.LG] CROSS LISTED)", link=LINK).arrival(place)
    assert found.announcement == Announcement(ID, datetime.date(2024, 3, 20), "cs.AI", AnnounceType.CROSS)


@given(st.text(st.characters(exclude_categories=())))
def test_a_tidy_text_is_one_line_that_can_be_stored(text: str) -> None:
    result = tidy(text)
    assert tidy(result) == result
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", result)
    result.encode()


def test_a_tidy_text_keeps_what_is_no_mistake() -> None:
    assert tidy("a\n \n\tb\x00c  d \ud800") == "a bc  d \ufffd"
    assert tidy("\u200fعربي $x_{1}$ e\u0301 😀\ufe0f") == "\u200fعربي $x_{1}$ e\u0301 😀\ufe0f"


@pytest.fixture(scope="module")
def corpus() -> list[Found]:
    path = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpus-50k.jsonl.zst"
    if not path.is_file():
        pytest.skip("the recorded data (../shared/data) is not on this machine")
    return list(read_paths([path]))


@pytest.mark.recorded
def test_nothing_of_the_corpus_is_refused_and_its_counts_are_as_measured(corpus: list[Found]) -> None:
    arrivals = [found.outcome for found in corpus if isinstance(found.outcome, Arrival)]
    assert len(arrivals) == len(corpus) == 50_000
    assert all(found.read <= found.total for found in corpus)
    assert corpus[-1].read == corpus[-1].total
    types = Counter(found.announcement.type for found in arrivals if found.announcement)
    assert types == {"new": 28_441, "replace": 11_437, "cross": 5_884, "replace-cross": 1_404, None: 2_834}
    assert sum(found.paper.version is None for found in arrivals) == 2_834
    assert sum(found.paper.abstract_cut for found in arrivals) == 38_164 + 184
    assert sum(bool(found.paper.categories) for found in arrivals) == 34_239
    assert sum(found.summary is None for found in arrivals) < 10


@pytest.mark.recorded
def test_no_english_text_of_the_corpus_keeps_a_header_or_suffix(corpus: list[Found]) -> None:
    for found in corpus:
        assert not isinstance(found.outcome, Refusal)
        paper = found.outcome.paper
        assert paper.title == tidy(paper.title) != ""
        assert "(arXiv:" not in paper.title
        assert not re.match(r"arXiv:|Abstract:", paper.abstract)
        assert "Announce Type" not in paper.abstract
        assert all(taxonomy.canonical(category) for category in paper.categories)


@pytest.mark.recorded
def test_no_chinese_text_of_the_corpus_keeps_a_header_a_label_or_the_prompt(corpus: list[Found]) -> None:
    leaked = re.compile(
        r"类型\s*[:：]\s*(?:新|交叉|替换|跨)|一句话要点|翻译过的论文|en_tdlr|\[[a-z-]+\.[A-Z]{2}\]|announce type"
        r"|^(?:摘要|抽象|论文摘要|论文标题|标题|题目)\s*[:：]|^arxiv\s*[:：]",
        re.IGNORECASE,
    )
    for found in corpus:
        assert not isinstance(found.outcome, Refusal)
        summary = found.outcome.summary
        if summary:
            for text in (summary.title_zh, summary.tldr_zh, summary.abstract_zh[:100]):
                assert not leaked.search(text)
                assert found.outcome.paper.id not in text
                assert not text or re.search("[\u3400-\u9fff]", text)
