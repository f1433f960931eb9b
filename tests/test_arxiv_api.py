"""What the query API answers is read in both layouts; what is asked of it cannot be broken by what users type."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers.asked import parse
from bot.sandbox.arxiv import query as arxivs
from bot.sources import api_query
from bot.sources.api import Answer, ApiError, by_ids, read, search_params
from bot.sources.reading import Malformed, Refusal
from storage.query import Query
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


TODAY = date(2026, 11, 24)


def asked(query: str) -> str:
    """What arXiv is asked for a query in English."""
    return search_params(parse(query).tree, TODAY).get("search_query", "")


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("diffusion", 'all:"diffusion"'),
        ('"flow matching" GAN cs.LG', '(all:"flow matching" AND all:"gan" AND cat:cs.LG)'),
        ("cat:math.NA", "(cat:cs.NA OR cat:math.NA)"),
        ("x cat:astro-ph", '(all:"x" AND (cat:astro-ph OR cat:astro-ph.*))'),
        ("x hep-th", '(all:"x" AND cat:hep-th)'),
        ("reasoning OR diffusion", '(all:"reasoning" OR all:"diffusion")'),
        (
            "(reasoning OR diffusion) -survey -ti:review",
            '(all:"reasoning" OR all:"diffusion") ANDNOT (all:"survey" OR ti:"review")',
        ),
        ("a OR (b -c)", '(all:"a" OR (all:"b" ANDNOT (all:"c")))'),
        ("x -(b type:new)", 'all:"x"'),  # what cannot be told is not excluded
        ("-survey", ""),
        ("type:new", ""),
        ("type:new hf:>=3 x", 'all:"x"'),
        ("ti:diffusion abs:noise", '(ti:"diffusion" AND abs:"noise")'),
        ('au:LeCun au:"Y. LeCun" au:"del Maestro"', '(au:"lecun" AND au:"lecun" AND (au:"del" AND au:"maestro"))'),
        ("au:何恺明 x 扩散", 'all:"x"'),
        ("cat:cs.LG OR cat:stat.ML", "(cat:cs.LG OR cat:stat.ML)"),
        ("x since:2026-11-01", '(all:"x" AND submittedDate:[202611010000 TO 202611252359])'),
        ("x until:2026-10", '(all:"x" AND submittedDate:[199107010000 TO 202610312359])'),
        ("x last:7d", '(all:"x" AND submittedDate:[202611170000 TO 202611252359])'),
        ("models", '(all:"models" OR all:"model")'),
        ("id:2611.00001 OR graph", '(id:"2611.00001" OR all:"graph")'),
        ("C++ GPT-4o O'Neil", '(all:"c++" AND all:"gpt-4o" AND all:"o\'neil")'),
    ],
)
def test_a_query_is_told_in_arxivs_language_with_all_its_brackets_and_quotes(query: str, sent: str) -> None:
    assert asked(query) == sent


@pytest.mark.parametrize(
    ("query", "tested"),
    [
        ("diffusion", ""),
        ("diffusion -survey", "-survey"),
        ('ti:diffusion "flow matching" au:LeCun cs.LG', "ti:diffusion au:LeCun cs.LG"),
        ("type:new hf:>=3 x -type:cross", ""),
        ("au:何恺明 x", ""),  # arXiv was not asked for it
        ("x since:2026-11-01", "since:2026-11-01"),
        ("x OR ti:y", ""),
    ],
)
def test_an_answer_is_tested_for_what_arxiv_may_take_otherwise(query: str, tested: str) -> None:
    assert Query(api_query.left_out(parse(query).tree)).reading == tested


def test_papers_that_are_named_are_looked_up() -> None:
    for query in ("id:2611.00001,2611.00002", "id:2611.00001 OR id:2611.00002"):
        params = search_params(parse(query).tree, TODAY)
        assert (params["id_list"], "search_query" in params) == ("2611.00001,2611.00002", False)


def test_a_slice_stays_within_what_the_api_gives() -> None:
    params = search_params(parse("x").tree, TODAY, start=-5, size=100_000)
    assert (params["start"], params["max_results"]) == ("0", "2000")


@given(st.text(st.characters(exclude_categories=())) | st.text('"()\\ ANDORT:*?[]-x', max_size=40))
def test_no_words_break_the_query(text: str) -> None:
    found = asked(text)
    found.encode()
    if found:
        arxivs.parse(found)  # raises for what arXiv would refuse


@given(st.lists(st.sampled_from(["a", "OR", "(", ")", "-b", "cat:cs", "since:2024", '"c d"', "type:new"]), max_size=30))
def test_no_structure_breaks_the_query(parts: list[str]) -> None:
    if found := asked(" ".join(parts)):
        arxivs.parse(found)


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
