"""Whatever people paste is read, nothing else is, and ids sort by age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from bot.papers.arxiv_id import (
    ARCHIVES_WITH_OLD_IDS,
    ArxivId,
    abs_url,
    find,
    find_links,
    parse,
    pdf_url,
)

IDS = {
    "2403.11780": ArxivId("2403.11780", None),
    "2403.11780v2": ArxivId("2403.11780", 2),
    "0704.0001": ArxivId("0704.0001", None),
    "1412.9999": ArxivId("1412.9999", None),
    "1501.00001": ArxivId("1501.00001", None),
    "hep-th/9901001": ArxivId("hep-th/9901001", None),
    "HEP-TH/9901001V3": ArxivId("hep-th/9901001", 3),
    "math.GT/0309136": ArxivId("math/0309136", None),
    "cond-mat.mtrl-sci/0703001v1": ArxivId("cond-mat/0703001", 1),
    "math-ph/9609001": ArxivId("math-ph/9609001", None),
}
LINKS = [
    "arXiv:{}",
    "ARXIV: {}",
    "arXiv：{}",
    "arXiv {}",
    "oai:arXiv.org:{}",
    "http://arxiv.org/abs/{}",
    "https://www.arxiv.org/pdf/{}",
    "https://arxiv.org/pdf/{}.pdf",
    "arxiv.org/html/{}#S3.F1",
    "https://export.arxiv.org/format/{}",
    "https://rss.arxiv.org/abs/{}",
    "https://browse.arxiv.org/html/{}",
    "http://cn.arxiv.org/ps/{}",
    "https://arxiv.org/src/{}",
    "https://arxiv.org/e-print/{}",
    "https://arxiv.org/tb/{}",
    "https://arxiv.org/bibtex/{}",
    "HTTPS://ARXIV.ORG/ABS/{}?context=cs.LG",
    "ｈｔｔｐｓ：／／ａｒｘｉｖ．ｏｒｇ／ａｂｓ／{}",
    "https://www.alphaxiv.org/abs/{}",
    "https://alphaxiv.org/overview/{}",
    "https://alphaxiv.org/zh/overview/{}",
    "https://ar5iv.org/abs/{}",
    "https://ar5iv.org/html/{}",
    "https://ar5iv.labs.arxiv.org/html/{}",
    "https://huggingface.co/papers/{}?utm_source=x",
    "https://hf.co/papers/{}",
    "https://doi.org/10.48550/arXiv.{}",
    "https://dx.doi.org/10.48550/ARXIV.{}",
    "doi:10.48550/arXiv.{}",
    "10.48550/arxiv.{}",
    "https://scirate.com/arxiv/{}",
    "https://papers.cool/arxiv/{}",
    "https://tldr.takara.ai/p/{}",
]
NO_IDS = [
    "",
    "attention is all you need",
    "2413.11780",
    "2400.11780",
    "2403.1178",
    "1411.12345",
    "0703.0001",
    "9912.12345",
    "2403.00000",
    "2403.117801",
    "12403.11780",
    "2403.11780v0",
    "2403.11780 2403.11781",
    "２٤03.11780",
    "hep-th/9106001",
    "hep-th/0704001",
    "hep-th/9913001",
    "hep-th/9901000",
    "stat/0601001",
    "test/0601001",
    "unknown/0601001",
    "https://example.com/abs/2403.11780",
    "https://arxiv.org/list/cs.LG/2403",
    "https://arxiv.org/a/smith_j_1",
    "10.1038/2403.11780",
]


@pytest.mark.parametrize(("text", "expected"), IDS.items())
def test_an_id_is_read_in_canonical_form(text: str, expected: ArxivId) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("text", IDS)
def test_every_form_of_link_is_read_alone_and_in_a_sentence(link: str, text: str) -> None:
    url = link.format(text)
    assert parse(url) == IDS[text]
    assert find_links(f"请看（{url}），很好") == (IDS[text],)


@pytest.mark.parametrize("text", NO_IDS)
def test_what_is_no_id_is_not_read(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        "  {}\n",
        "<{}>",
        "[{}]",
        "（{}）",
        "《{}》",
        "{}.",
        "{}。",
        "`{}`",
        "\ufeff{}\u200b",
        "{}.pdf",
        "{} [cs.LG]",
        "{}/",
    ],
)
def test_what_surrounds_an_id_is_tolerated(wrapped: str) -> None:
    assert parse(wrapped.format("2403.11780v1")) == ArxivId("2403.11780", 1)


def test_full_width_ids_are_read() -> None:
    assert parse("２４０３．１１７８０ｖ２") == ArxivId("2403.11780", 2)


def test_papers_are_found_in_order_without_repeats() -> None:
    text = "比较2403.11780、arXiv:2403.11780 与 https://arxiv.org/abs/math.GT/0309136v2，还有2101.00001,0704.0001。"
    assert [paper.id for paper in find(text)] == ["2403.11780", "math/0309136", "2101.00001", "0704.0001"]
    assert [paper.id for paper in find_links(text)] == ["2403.11780", "math/0309136"]


@pytest.mark.parametrize(
    "text",
    [
        "12403.11780",
        "3.2403.11780",
        "2403.11780.5",
        "2403.11780ms",
        "x2403.11780",
        "-1203.4567",
        "2403.1178",
        "1234567",
    ],
)
def test_numbers_that_only_look_like_ids_are_not_found(text: str) -> None:
    assert find(text) == ()


def test_a_bare_number_is_found_only_where_ids_are_expected() -> None:
    assert find("花了 1203.4567 元") == (ArxivId("1203.4567"),)
    assert find_links("花了 1203.4567 元") == ()


def test_a_look_alike_host_is_no_link() -> None:
    assert find_links("https://notarxiv.org/abs/2403.11780 https://not-arxiv.org/abs/2403.11780") == ()


def test_urls() -> None:
    assert abs_url("2403.11780") == "https://arxiv.org/abs/2403.11780"
    assert abs_url("math/0309136", 2) == "https://arxiv.org/abs/math/0309136v2"
    assert pdf_url("2403.11780") == "https://arxiv.org/pdf/2403.11780"


@given(st.text() | st.from_regex(r"(arxiv:|https://arxiv.org/abs/)?\d{4}\.\d{3,6}(v\d*)?", fullmatch=True))
def test_no_text_raises_and_what_is_found_is_canonical(text: str) -> None:
    found = find(text)
    assert set(find_links(text)) <= set(found)
    for paper in (*found, *filter(None, [parse(text)])):
        assert parse(paper.id) == ArxivId(paper.id)


@pytest.mark.parametrize("text", ["\ud800", "\0", "\ud800 2403.11780 \0", "２" * 3_000])
def test_surrogates_nul_and_length_do_not_raise(text: str) -> None:
    parse(text)
    find(text)


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "http://",
        "arxiv.org/abs/",
        "2403.",
        "a\u0301\u0323",
        "math.a-",
        "arxiv ",
        "\u0301\u0323",
        "０",
        "1",
    ],
)
def test_hostile_texts_are_read_without_backtracking_for_ever(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    parse(text)
    parse(text[:2_000])
    find(text)


def new_ids() -> st.SearchStrategy[str]:
    old_form = st.tuples(st.integers(7, 14), st.integers(1, 12), st.integers(1, 9_999))
    new_form = st.tuples(st.integers(15, 90), st.integers(1, 12), st.integers(1, 99_999))
    return old_form.filter(lambda parts: parts >= (7, 4, 0)).map(
        lambda parts: f"{parts[0]:02}{parts[1]:02}.{parts[2]:04}"
    ) | new_form.map(lambda parts: f"{parts[0]}{parts[1]:02}.{parts[2]:05}")


def old_ids() -> st.SearchStrategy[str]:
    years = st.integers(92, 99) | st.integers(0, 6)
    parts = st.tuples(st.sampled_from(ARCHIVES_WITH_OLD_IDS), years, st.integers(1, 12), st.integers(1, 999))
    return parts.map(lambda part: f"{part[0]}/{part[1]:02}{part[2]:02}{part[3]:03}")


@given(new_ids() | old_ids())
def test_every_valid_id_survives_the_way_through_its_url(arxiv_id: str) -> None:
    assert parse(arxiv_id) == ArxivId(arxiv_id)
    assert parse(abs_url(arxiv_id, 3)) == ArxivId(arxiv_id, 3)
    assert parse(pdf_url(arxiv_id)) == ArxivId(arxiv_id)


def test_the_archives_of_old_ids_are_the_taxonomys() -> None:
    assert all(taxonomy.canonical(archive) for archive in ARCHIVES_WITH_OLD_IDS)
    assert set(taxonomy.archives()) - set(ARCHIVES_WITH_OLD_IDS) == {"stat", "q-fin", "eess", "econ"}
