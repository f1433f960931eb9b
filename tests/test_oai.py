"""OAI-PMH is read in each of arXiv's formats, page by page, and tells what the catch-up must know of versions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy
from bot.sources import oai
from bot.sources.oai import OaiError, Page, params, read, set_of
from bot.sources.oai_records import Record
from bot.sources.reading import Malformed, Refusal
from storage.records import Arrival, Paper

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-09-28T02:30:00Z</responseDate>
<request verb="ListRecords">http://oaipmh.arxiv.org/oai</request>{}</OAI-PMH>"""
HEADER = """<header><identifier>oai:arXiv.org:2609.00001</identifier><datestamp>2026-09-28</datestamp>
<setSpec>cs:cs:LG</setSpec><setSpec>math:math:NA</setSpec><setSpec>cs:cs:NA</setSpec></header>"""
SHARED = r"""<title>A title
  in $x&lt;y$</title><categories>cs.LG math.NA cs.NA</categories><comments>5 pages,
  accepted</comments><report-no>R-1</report-no><msc-class>68T05</msc-class><journal-ref>J. X 1</journal-ref>
<doi>10.1000/182</doi><license>http://creativecommons.org/licenses/by/4.0/</license><abstract>  We show
$x &lt; y$ &amp; more.
  Another paragraph.
</abstract>"""
PAPER = Paper(
    id="2609.00001",
    version=None,
    title="A title in $x<y$",
    abstract="We show $x < y$ & more. Another paragraph.",
    authors=("Nikola Pižurica", "Deepti", "Waldyr A. Rodrigues Jr"),
    categories=("cs.LG", "math.NA", "cs.NA"),
    affiliations=("Univ X, City", "CERN"),
    comments="5 pages, accepted",
    doi="10.1000/182",
    journal_ref="J. X 1",
    licence="http://creativecommons.org/licenses/by/4.0/",
)
STAMP = date(2026, 9, 28)
RAW = rf"""<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2609.00001</id><submitter>N. P.</submitter>
<version version="v10"><date>Fri, 25 Sep 2026 13:15:28 GMT</date><size>17kb</size></version>
<version version="v1"><date>Tue, 01 Sep 2026 17:59:59 GMT</date><size>14kb</size><source_type>D</source_type></version>
<version version="v2"><date>Wed, 02 Sep 2026 08:00:00 GMT</date><size>14kb</size></version>
<authors>Nikola Pi\v{{z}}urica (1),  Deepti (1 and 2), Waldyr A. Rodrigues Jr ((1) Univ X, City, (2) CERN)</authors>
{SHARED}</arXivRaw>"""
STRUCTURED = rf"""<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2609.00001</id><created>2026-09-01</created>
<updated>2026-09-25</updated><authors><author><keyname>Pi\v{{z}}urica</keyname><forenames>Nikola</forenames>
<affiliation>Univ X, City</affiliation></author>
<author><keyname>Deepti</keyname><affiliation>CERN</affiliation></author>
<author><keyname>Rodrigues</keyname><forenames>Waldyr A.</forenames><suffix>Jr</suffix></author></authors>
{SHARED}</arXiv>"""
DUBLIN = r"""<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A title in $x&lt;y$</dc:title>
<dc:creator>Pi\v{z}urica, Nikola</dc:creator><dc:creator>Deepti</dc:creator>
<dc:creator>Rodrigues Jr, Waldyr A.</dc:creator><dc:subject>Machine Learning</dc:subject>
<dc:subject>Numerical Analysis</dc:subject><dc:subject>68T05</dc:subject>
<dc:description>We show $x &lt; y$ &amp; more. Another paragraph. </dc:description>
<dc:description>5 pages, accepted</dc:description><dc:date>2026-09-25</dc:date><dc:date>2026-09-01</dc:date>
<dc:type>text</dc:type><dc:identifier>http://arxiv.org/abs/2609.00001</dc:identifier>
<dc:identifier>J. X 1</dc:identifier><dc:identifier>doi:10.1000/182</dc:identifier></oai_dc:dc>"""


def page(*bodies: str, header: str = HEADER, token: str = "") -> bytes:
    records = "".join(f"<record>{header}<metadata>{body}</metadata></record>" for body in bodies)
    return ANSWER.format(f"<ListRecords>{records}{token}</ListRecords>").encode()


def only(data: bytes) -> Record:
    found = read(data)
    assert not found.refused
    (record,) = found.records
    return record


def day(number: int) -> datetime:
    return datetime(2026, 9, number, tzinfo=UTC)


def test_the_raw_format_tells_versions_and_their_times() -> None:
    first, last = datetime(2026, 9, 1, 17, 59, 59, tzinfo=UTC), datetime(2026, 9, 25, 13, 15, 28, tzinfo=UTC)
    assert only(page(RAW)) == Record(Arrival(replace(PAPER, version=10)), STAMP, first, last, 10)


def test_the_raw_format_without_its_first_version_tells_no_first_time() -> None:
    record = only(page(RAW.replace('"v1"', '"v3"')))
    assert (record.first, record.versions) == (None, 10)


def test_the_structured_format_tells_days() -> None:
    assert only(page(STRUCTURED)) == Record(Arrival(PAPER), STAMP, day(1), day(25))


def test_a_creation_long_after_the_identifier_is_not_the_first_versions() -> None:
    old = only(page(STRUCTURED.replace("<id>2609.00001", "<id>1601.04794")))
    assert (old.first, old.last) == (None, day(25))
    december = only(page(STRUCTURED.replace("<id>2609.00001", "<id>2512.04794").replace("2026-09-01", "2026-01-01")))
    assert december.first == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_old_format_is_read() -> None:
    body = RAW[: RAW.index("<version")] + RAW[RAW.index("<authors>") :]
    assert only(page(body.replace("arXivRaw", "arXivOld"))) == Record(Arrival(PAPER), STAMP)


def test_dublin_core_is_read_with_the_categories_of_its_sets() -> None:
    paper = replace(PAPER, affiliations=(), licence="")
    assert only(page(DUBLIN)) == Record(Arrival(paper), STAMP, day(1), day(25))


@pytest.mark.parametrize(
    ("sets", "subjects", "categories"),
    [
        (
            ["math", "physics:hep-th"],
            ["Mathematics - Geometric Topology", "57M", "Mathematical Physics"],
            ("math.GT", "math-ph"),
        ),
        (["cs"], ["Computer Science - Learning", "Statistics - Machine Learning"], ("cs.LG", "stat.ML")),
        (["physics:hep-th"], ["High Energy Physics - Theory"], ("hep-th",)),
        (
            ["physics:math-ph", "math:math:MP", "physics:astro-ph:GA"],
            ["Mathematical Physics"],
            ("math-ph", "math.MP", "astro-ph.GA"),
        ),
    ],
)
def test_dublin_core_of_the_old_server_names_categories_in_words(
    sets: list[str], subjects: list[str], categories: tuple[str, ...]
) -> None:
    header = HEADER[: HEADER.index("<setSpec>")] + "".join(f"<setSpec>{each}</setSpec>" for each in sets) + "</header>"
    body = "".join(f"<dc:subject>{each}</dc:subject>" for each in subjects)
    body = DUBLIN.replace("<dc:subject>Machine Learning</dc:subject>", body)
    body = body.replace("<dc:subject>Numerical Analysis</dc:subject>", "")
    assert only(page(body, header=header)).arrival.paper.categories == categories


def test_a_comment_without_an_abstract_is_no_abstract() -> None:
    body = DUBLIN.replace("<dc:description>We show", "<dc:x>").replace("paragraph. </dc:description>", "</dc:x>")
    paper = only(page(body.replace("5 pages", "Comment: 5 pages"))).arrival.paper
    assert (paper.abstract, paper.comments) == ("", "5 pages, accepted")


def test_a_token_leads_on_and_an_empty_one_ends_the_list() -> None:
    attributes = 'expirationDate="2026-09-29T00:00:00Z" cursor="0"'
    token = f"<resumptionToken {attributes}>verb%3DListRecords%26skip%3D2500</resumptionToken>"
    assert read(page(RAW, token=token)).token == "verb%3DListRecords%26skip%3D2500"
    assert read(page(RAW, token="<resumptionToken/>")).token == ""
    assert read(page(RAW)).token == ""


def test_deleted_records_are_left_out_and_unusable_ones_told() -> None:
    deleted = '<record><header status="deleted"><identifier>oai:arXiv.org:2609.00002</identifier></header></record>'
    bodies = (RAW, RAW.replace("title>", "t>"), "", RAW.replace('"v2"', '"two"'), RAW)
    found = read(page(*bodies).replace(b"<ListRecords>", f"<ListRecords>{deleted}".encode()))
    assert len(found.arrivals) == 2
    assert found.refused == (
        Refusal("record 2", "It has no title."),
        Refusal("record 3", "It holds no metadata."),
        Refusal("record 4", "One of its versions has no number."),
    )


def test_nothing_that_matches_is_an_empty_page_and_any_other_error_an_error() -> None:
    nothing = '<error code="noRecordsMatch">The combination of the values gives an empty list.</error>'
    assert read(ANSWER.format(nothing).encode()) == Page()
    for code in ("badResumptionToken", "badArgument", "idDoesNotExist", "cannotDisseminateFormat"):
        with pytest.raises(OaiError, match="why") as failure:
            read(ANSWER.format(f'<error code="{code}">why</error>').encode())
        assert failure.value.code == code


@pytest.mark.parametrize("data", [b"", b"Rate exceeded.", b"<html></html>", b"<rss><channel/></rss>", page(RAW)[:-5]])
def test_what_is_no_whole_answer_is_never_an_empty_page(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


def test_control_characters_in_an_abstract_lose_no_page() -> None:
    assert only(page(RAW.replace("We show", "We\x0b sh\x1bow"))).arrival.paper.abstract == PAPER.abstract


def test_what_is_asked_for() -> None:
    raw = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"}
    assert params("cs:cs:AI", STAMP) == raw | {"set": "cs:cs:AI", "from": "2026-09-28"}
    assert params() == raw
    assert params("cs", STAMP, "skip=2500") == {"verb": "ListRecords", "resumptionToken": "skip=2500"}


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.AI", "cs:cs:AI"),
        ("cs", "cs"),
        ("hep-th", "physics:hep-th"),
        ("math.GT", "math:math:GT"),
        ("math.MP", "physics:math-ph"),
        ("astro-ph.GA", "physics:astro-ph:GA"),
        ("astro-ph", "physics:astro-ph"),
        ("physics", "physics:physics"),  # `physics` alone is the whole group, astro-ph and hep-th too
        ("physics.ins-det", "physics:physics:ins-det"),
        ("cond-mat.mes-hall", "physics:cond-mat:mes-hall"),
        ("nlin.CD", "physics:nlin:CD"),
        ("q-bio.GN", "q-bio:q-bio:GN"),
        ("cmp-lg", "cs:cs:CL"),
    ],
)
def test_a_category_has_its_set(category: str, name: str) -> None:
    assert set_of(category) == name


def test_every_category_has_a_set_and_nothing_else_has() -> None:
    assert len({set_of(name) for name in taxonomy.categories()}) == len(taxonomy.categories())
    with pytest.raises(ValueError, match="There is no category"):
        set_of("cs.XX")


@given(st.sampled_from([RAW, STRUCTURED, DUBLIN]), st.integers(0, 2000), st.integers(0, 60))
def test_a_record_with_a_hole_is_read_or_told(body: str, start: int, length: int) -> None:
    try:
        found = read(page(body[:start] + body[start + length :], RAW))
    except Malformed:
        return
    assert len(found.records) + len(found.refused) == 2


@pytest.mark.recorded
def test_the_recorded_records_are_read_whole(recorded: Path) -> None:
    found = {path.stem: oai.read(path.read_bytes()) for path in (recorded / "feeds" / "oai").glob("*.xml")}
    assert {name: len(each.records) for name, each in found.items()} == {
        "ADSIngestParser_arxiv_math_0306266": 1,
        "ADSIngestParser_arxiv_multi_20230125": 3,
        "hepcrawl_arxiv-physics-hep-ex": 3,
        "hepcrawl_arxiv-physics-hep-th": 3,
        "hepcrawl_arxiv-single": 1,
    }
    assert not any(each.refused for each in found.values())
    assert found["ADSIngestParser_arxiv_multi_20230125"].token == "6460044|1001"
    (record,) = found["ADSIngestParser_arxiv_math_0306266"].records
    assert record.arrival.paper.id == "math/0306266"
    assert record.arrival.paper.authors == ("Amin Coja-Oghlan",)
    assert record.arrival.paper.categories == ("math.CO",)
    assert record.arrival.paper.doi == "10.1017/S0963548305006826"
    record = found["hepcrawl_arxiv-physics-hep-ex"].records[1]
    assert (record.first, record.last) == (datetime(2017, 6, 28, tzinfo=UTC), datetime(2017, 11, 26, tzinfo=UTC))
    assert record.arrival.paper.journal_ref == "Eur. Phys. J. C (2017) 77:856"
    assert record.arrival.paper.categories == ("hep-ph", "hep-ex")
    assert all(
        each.abstract and each.categories for page in found.values() for each in (a.paper for a in page.arrivals)
    )
