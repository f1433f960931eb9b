"""What the query API answers is read in both layouts; what is asked of it cannot be broken by what users type."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.api import Answer, ApiError, by_ids, read, search_params
from bot.sources.reading import Malformed, Refusal
from storage.records import Arrival, Paper

NEW = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query: search_query=&amp;id_list=</title>
<opensearch:totalResults>214881</opensearch:totalResults>{}</feed>"""
ENTRY = r"""<entry><id>http://arxiv.org/abs/2604.26951v2</id><title>On $x&lt;y$</title>
<updated>2026-04-29T17:59:01Z</updated><link href="https://arxiv.org/abs/2604.26951v2" rel="alternate"/>
<summary>  We show $0 &lt; x$ &amp; more.</summary><category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
<category term="cs.CL"/><category term="68T05 (Primary) 62J02"/><category term="I.2.6; H.3"/>
<published>2026-04-01T00:00:00Z</published><arxiv:comment>15 pages. Code: https://a.b/c</arxiv:comment>
<arxiv:primary_category term="cs.CL"/><arxiv:journal_ref>J. X 1 (2026)</arxiv:journal_ref>
<arxiv:doi>10.1000/x&lt;1&gt;</arxiv:doi>
<author><name>Dirk Wübben</name><arxiv:affiliation>Univ X, City</arxiv:affiliation></author>
<author><name>Deepti</name><arxiv:affiliation>Univ X, City</arxiv:affiliation>
<arxiv:affiliation>CERN</arxiv:affiliation></author></entry>"""
OLD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">ArXiv Query: search_query=</title>
<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
<entry><id>http://arxiv.org/abs/math.GT/0309136v3</id><title>A title
  in two lines</title><summary>  We prove
that.
</summary><author><name>P. Li</name></author>
<arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">7 pages,
  2 figures</arxiv:comment>
<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="math.GT" scheme="x"/>
<category term="math.GT" scheme="x"/></entry></feed>"""


def test_the_present_layout_is_read_with_every_field() -> None:
    paper = Paper(
        id="2604.26951",
        version=2,
        title="On $x<y$",
        abstract="We show $0 < x$ & more.",
        authors=("Dirk Wübben", "Deepti"),
        categories=("cs.CL", "cs.LG"),
        affiliations=("Univ X, City", "CERN"),
        comments="15 pages. Code: https://a.b/c",
        doi="10.1000/x<1>",
        journal_ref="J. X 1 (2026)",
    )
    assert read(NEW.format(ENTRY).encode()) == Answer((Arrival(paper),), 214881)


def test_the_old_layout_is_read_with_its_broken_lines_joined() -> None:
    answer = read(OLD.encode())
    paper = Paper(
        id="math/0309136",
        version=3,
        title="A title in two lines",
        abstract="We prove that.",
        authors=("P. Li",),
        categories=("math.GT",),
        comments="7 pages, 2 figures",
    )
    assert answer == Answer((Arrival(paper),), 1)


@pytest.mark.parametrize("address", ["http://arxiv.org/api/errors#x", "https://arxiv.org/api/errors#incorrect_id"])
def test_an_error_entry_is_an_error_whatever_the_status(address: str) -> None:
    entry = f"<entry><id>{address}</id><title>Error</title><summary>incorrect id format for abc</summary></entry>"
    with pytest.raises(ApiError, match="incorrect id format for abc"):
        read(NEW.format(entry).encode())


def test_an_entry_that_names_no_paper_is_told_and_the_rest_is_read() -> None:
    broken = ENTRY.replace("2604.26951v2", "2613.00000v1")
    answer = read(NEW.format(broken + ENTRY).encode())
    assert [each.paper.id for each in answer.arrivals] == ["2604.26951"]
    assert answer.refused == (Refusal("entry 1", "Nothing in it names an arXiv paper."),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Rate exceeded.",
        b"<!DOCTYPE html><html><body>503</body></html>",
        b"<feed/>",
        NEW.format(ENTRY).encode()[:-9],
    ],
)
def test_what_is_no_whole_answer_is_never_no_papers(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


def test_ids_are_asked_for_a_hundred_at_a_time_each_once() -> None:
    ids = [f"2401.{number:05}" for number in range(1, 251)]
    asked = by_ids([*ids, "2401.00001", "arXiv:2401.00001v2", "math.GT/0309136", "abc", "", "2401.0001,abc"])
    assert [each["max_results"] for each in asked] == ["100", "100", "52"]
    assert ",".join(each["id_list"] for each in asked).split(",") == [*ids, "2401.00001v2", "math/0309136"]
    assert by_ids(["abc"]) == []


@pytest.mark.parametrize(
    ("words", "category", "query"),
    [
        (["diffusion"], "", '(all:"diffusion")'),
        (["flow matching", "GAN"], "cs.LG", '(all:"flow matching" AND all:"gan") AND (cat:cs.LG)'),
        ([], "math.NA", "(cat:cs.NA OR cat:math.NA)"),
        (["x"], "astro-ph", '(all:"x") AND (cat:astro-ph OR cat:astro-ph.*)'),
        (["x"], "hep-th", '(all:"x") AND (cat:hep-th)'),
        (['a" OR ti:"b', "(c", "AND", "*", "\ud800", ""], "", '(all:"a or ti b" AND all:"c")'),
        (
            ["C++", "GPT-4o", "O'Neil", "扩散模型"],
            "",
            '(all:"c++" AND all:"gpt-4o" AND all:"o\'neil" AND all:"扩散模型")',
        ),
    ],
)
def test_brackets_and_quotes_are_always_written(words: list[str], category: str, query: str) -> None:
    assert search_params(words, category)["search_query"] == query


def test_a_slice_stays_within_what_the_api_gives() -> None:
    params = search_params(["x"], start=-5, size=100_000)
    assert (params["start"], params["max_results"]) == ("0", "2000")


def test_nothing_to_ask_is_not_asked_and_an_unknown_category_neither() -> None:
    assert search_params(["", "((", "AND"]) == {}
    with pytest.raises(ValueError, match=re.escape("There is no category cs.XX.")):
        search_params(["x"], "cs.XX")


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text('"()\\ ANDORT:*?[]', max_size=12)))
def test_no_words_break_the_query(words: list[str]) -> None:
    query = search_params([*words, "x"])["search_query"]
    query.encode()
    assert re.fullmatch(r'\(all:"[^"()\\*?:\[\]]+"( AND all:"[^"()\\*?:\[\]]+")*\)', query)
    assert not re.search(r"\b(AND|OR|NOT)\b", re.sub(r'" AND all:"', "", query))


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("name", "entries", "total"),
    [
        ("arxivpy_id_0000.0000_", 0, 0),
        ("arxivpy_id_0808.05394_s0", 0, 0),
        ("arxivpy_id_0808.05394_1707", 1, 1),
        ("arxivpy_id_1605", 1, 1),
        ("arxivpy_id_1707", 1, 1),
        ("arxivpy_id_2104", 1, 1),
        ("arxivpy_id_astro", 1, 1),
        ("arxivpy_id_quant", 1, 1),
        ("arxivpy_q_testing_s20", 10, 214881),
        ("arxivpy_q_testing_s5", 10, 214881),
        ("brevio", 20, 364218),
    ],
)
def test_the_recorded_answers_are_read_whole(recorded: Path, name: str, entries: int, total: int) -> None:
    (path,) = (recorded / "feeds" / "api").glob(f"{name}*")
    answer = read(path.read_bytes())
    assert (len(answer.arrivals), answer.total, answer.refused) == (entries, total, ())
    for each in answer.arrivals:
        assert all((each.paper.version, each.paper.title, each.paper.authors, each.paper.categories))
        assert "\n" not in each.paper.abstract
        assert not each.announcement


@pytest.mark.recorded
def test_the_recorded_answers_keep_what_is_odd_in_them(recorded: Path) -> None:
    papers = {
        each.paper.id: each.paper
        for path in (recorded / "feeds" / "api").glob("arxivpy_id_[0-9aq]*_[sv0-9]*")
        if "abc" not in path.name
        for each in read(path.read_bytes()).arrivals
    }
    assert papers["2104.12255"].title == "0"
    assert papers["astro-ph/0601001"].affiliations == ("Ohio State", "CfA", "Warsaw University Observatory")
    assert "V_max<17.5." in papers["astro-ph/0601001"].abstract
    assert papers["astro-ph/0601001"].journal_ref == "ActaAstron.56:1-50,2006"
    assert len(papers["1707.08567"].authors) == 34
    assert "Dirk Wübben" in papers["1707.08567"].authors


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["api_error_legacy_user_manual", "arxivpy_id_abc"])
def test_the_recorded_errors_are_errors(recorded: Path, name: str) -> None:
    (path,) = (recorded / "feeds" / "api").glob(f"{name}*")
    with pytest.raises(ApiError, match="incorrect id format for"):
        read(path.read_bytes())
