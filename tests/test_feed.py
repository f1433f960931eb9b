"""A feed is read whole or not at all, every field of every entry; no refusal is ever an empty day."""

import codecs
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.papers import taxonomy
from bot.sources import feed, xml
from bot.sources.feed import Feed, FeedError, read
from bot.sources.reading import Malformed, Refusal
from storage.records import Announcement, AnnounceType, Arrival, Paper

RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>
<title>{title}</title><link>http://rss.arxiv.org/rss/cs.LG</link>
<atom:link href="http://rss.arxiv.org/rss/cs.LG" rel="self" type="application/rss+xml"/>
<description>{title}</description><lastBuildDate>Mon, 28 Sep 2026 04:00:01 +0000</lastBuildDate>
<pubDate>Mon, 28 Sep 2026 00:00:00 -0400</pubDate>
<skipDays><day>Sunday</day><day>Saturday</day></skipDays>{items}</channel></rss>"""
ITEM = r"""<item><title>On $t_0&lt;t_1$ &amp; Pi\v{z}urica's bound</title>
<link>https://arxiv.org/abs/2609.00001</link>
<description>arXiv:2609.00001v2 Announce Type: replace-cross{space}
Abstract: We show $t_0=0&lt;t_1&lt;...&lt;t_{N-1}&lt;1$ &amp; a &lt;b&gt; tag, arXiv:1511.01130 and 5\% more.
It ends here.</description>
<guid isPermaLink="false">oai:arXiv.org:2609.00001v2</guid>
<category>stat.ML</category><category>cs.LG</category><category>math.NA</category>
<pubDate>Mon, 28 Sep 2026 00:00:00 -0400</pubDate>
<arxiv:announce_type>replace-cross</arxiv:announce_type>
<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
<arxiv:DOI>10.1000/182</arxiv:DOI><arxiv:journal_reference>J. X 1 (2026) 1-2</arxiv:journal_reference>
<dc:creator>Nikola Pi\v{z}urica (Univ X (Y), City),  Deepti, Belle II Collaboration</dc:creator></item>""".replace(
    "{space}", " "
)
PAPER = Paper(
    id="2609.00001",
    version=2,
    title=r"On $t_0<t_1$ & Pi\v{z}urica's bound",
    abstract=r"We show $t_0=0<t_1<...<t_{N-1}<1$ & a <b> tag, arXiv:1511.01130 and 5\% more. It ends here.",
    authors=("Nikola Pižurica", "Deepti", "Belle II Collaboration"),
    categories=("stat.ML", "cs.LG", "math.NA"),
    affiliations=("Univ X (Y), City",),
    doi="10.1000/182",
    journal_ref="J. X 1 (2026) 1-2",
    licence="http://creativecommons.org/licenses/by/4.0/",
)
MONDAY = date(2026, 9, 28)
ARRIVAL = Arrival(PAPER, Announcement("2609.00001", MONDAY, "cs.LG", AnnounceType.REPLACE_CROSS))
ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us"><id>http://rss.arxiv.org/atom/cs.LG</id>
<title>cs.LG updates on arXiv.org</title><updated>2026-09-28T05:15:19.866337+00:00</updated>
<link href="http://rss.arxiv.org/atom/cs.LG" rel="self"/><subtitle>cs.LG updates</subtitle>{items}</feed>"""


def rss(*items: str, title: str = "cs.LG updates on arXiv.org") -> bytes:
    return RSS.format(title=title, items="".join(items)).encode()


def one(data: bytes) -> Arrival:
    found = read(data)
    assert not found.refused
    (arrival,) = found.arrivals
    return arrival


def atom_entry() -> str:
    """The same paper as Atom has it."""
    entry = ITEM.replace("item>", "entry>").replace("description>", "summary>").replace("pubDate>", "published>")
    entry = entry.replace('guid isPermaLink="false">', "id>").replace("guid>", "id>")
    entry = entry.replace("Mon, 28 Sep 2026 00:00:00 -0400", "2026-09-28T00:00:00-04:00")
    entry = entry.replace(
        "<link>https://arxiv.org/abs/2609.00001</link>", '<link href="https://arxiv.org/abs/2609.00001"/>'
    )
    for name in PAPER.categories:
        entry = entry.replace(f"<category>{name}</category>", f'<category term="{name}"/>')
    return entry


@pytest.mark.parametrize("data", [rss(ITEM), ATOM.format(items=atom_entry()).encode()], ids=["rss", "atom"])
def test_every_field_is_read_in_both_layouts(data: bytes) -> None:
    assert read(data) == Feed("cs.LG", MONDAY, (ARRIVAL,))


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + rss(ITEM),
        b"\n\n" + rss(ITEM),
        rss(ITEM).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        rss(ITEM)
        .replace(b"arxiv:", b"ax:")
        .replace(b":arxiv=", b":ax=")
        .replace(b"dc:", b"d:")
        .replace(b":dc=", b":d="),
        rss(ITEM.replace("We show", "<!-- a comment -->We <?php x?>show")),
        rss(ITEM.replace("&lt;", "<![CDATA[<]]>")),
        rss(ITEM.replace("5\\%", "5\x08\\%\x1f")),
        rss(ITEM.replace("5\\%", "5&#8;&#x1F;\\%")),
    ],
    ids=["mark", "blank", "utf-16", "prefixes", "comments", "cdata", "control", "references"],
)
def test_how_the_xml_is_written_changes_nothing(data: bytes) -> None:
    assert one(data) == ARRIVAL


@pytest.mark.parametrize(
    ("before", "after", "id_", "version"),
    [
        ("2609.00001v2</guid>", "2609.00001</guid>", "2609.00001", 2),
        ('<guid isPermaLink="false">oai:arXiv.org:2609.00001v2</guid>', "", "2609.00001", 2),
        ("oai:arXiv.org:2609.00001v2", "oai:arXiv.org:math/0309136v2", "math/0309136", 2),
        ("oai:arXiv.org:2609.00001v2", "oai:arXiv.org:math.GT/0309136v12", "math/0309136", 12),
        ("oai:arXiv.org:2609.00001v2", "https://arxiv.org/abs/1412.0001v3", "1412.0001", 3),
        ("oai:arXiv.org:2609.00001v2", "oai:arXiv.org:2609.00010", "2609.00010", None),
        ("oai:arXiv.org:2609.00001v2", "something else", "2609.00001", 2),
    ],
)
def test_the_paper_and_its_version_are_found_wherever_they_are_told(
    before: str, after: str, id_: str, version: int | None
) -> None:
    paper = one(rss(ITEM.replace(before, after))).paper
    assert (paper.id, paper.version) == (id_, version)
    assert paper.abstract == PAPER.abstract


@pytest.mark.parametrize(
    ("told", "header", "kind"),
    [
        ("new", "new", AnnounceType.NEW),
        ("cross", "cross", AnnounceType.CROSS),
        ("Replace", "replace", AnnounceType.REPLACE),
        ("", "cross", AnnounceType.CROSS),
        ("resurrected", "new", None),
    ],
)
def test_the_announcement_is_recorded_as_it_was(told: str, header: str, kind: AnnounceType | None) -> None:
    item = ITEM.replace(">replace-cross<", f">{told}<").replace("Type: replace-cross", f"Type: {header}")
    arrival = one(rss(item))
    assert arrival.announcement == Announcement("2609.00001", MONDAY, "cs.LG", kind)
    assert arrival.paper.abstract == PAPER.abstract


def test_a_mere_change_of_the_record_is_no_announcement() -> None:
    assert one(rss(ITEM.replace("replace-cross", "absonly"))) == Arrival(PAPER)


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("cs.LG updates on arXiv.org", "cs.LG"),
        ("cs.CL, cs.LG updates on arXiv.org", "cs.LG"),
        ("cs, stat updates on arXiv.org", "stat"),
        ("cs.CL, cs.NA updates on arXiv.org", "cs.NA"),  # another name of math.NA
        ("cs.CL, cs.CV updates on arXiv.org", ""),
        ("My own feed", ""),
    ],
)
def test_a_paper_of_a_combined_feed_is_filed_where_it_is_listed(title: str, category: str) -> None:
    announcement = one(rss(ITEM, title=title)).announcement
    assert announcement
    assert announcement.category == category


def test_every_category_of_arxiv_is_kept() -> None:
    names = (*taxonomy.categories(), "astro-ph", "cond-mat", "acc-phys", "cs.SY", "q-fin.EC", "cs.NEW")
    listed = "".join(f"<category>{name}</category>" for name in names)
    item = ITEM.replace("<category>stat.ML</category><category>cs.LG</category><category>math.NA</category>", listed)
    assert one(rss(item)).paper.categories == names


def test_an_empty_feed_is_a_day_without_papers() -> None:
    assert read(rss()) == Feed("cs.LG", MONDAY)
    assert read(ATOM.format(items="").encode()) == Feed("cs.LG", MONDAY)


def test_days_are_eastern() -> None:
    late = rss(ITEM).replace(b"Mon, 28 Sep 2026 00:00:00 -0400", b"Tue, 29 Sep 2026 03:59:00 +0000")
    assert read(late).date == MONDAY
    undated = rss(ITEM).replace(b"pubDate", b"unknown").replace(b"Mon, 28", b"yesterday")
    assert read(undated) == Feed(
        "cs.LG", None, (Arrival(PAPER, Announcement("2609.00001", None, "cs.LG", AnnounceType.REPLACE_CROSS)),)
    )


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("<dc:creator>", "<dc:creator>A. Smith, B. Jones</dc:creator><dc:creator>", ("A. Smith", "B. Jones")),
        ("dc:creator>", "unknown>", ()),
    ],
)
def test_authors_are_read_from_every_element_there_is(before: str, after: str, names: tuple[str, ...]) -> None:
    found = one(rss(ITEM.replace(before, after))).paper.authors
    assert found == (names + PAPER.authors if names else ())


def test_atom_authors_count_where_no_creator_is() -> None:
    entry = atom_entry().replace("dc:creator>", "unknown>")
    people = "<author><name>A. Smith</name><uri>x</uri></author><author>\n<name>Jan Jakub\\r{u}v</name>\n</author>"
    data = ATOM.format(items=entry.replace("</entry>", f"{people}</entry>")).encode()
    assert one(data).paper.authors == ("A. Smith", "Jan Jakubův")


def test_an_entry_that_cannot_be_used_is_told_and_the_rest_is_read() -> None:
    found = read(
        rss("<item><title>News</title></item>", ITEM, ITEM.replace(PAPER.title[:2], "").replace("title>", "x>"))
    )
    assert found.arrivals == (ARRIVAL,)
    assert found.refused == (
        Refusal("entry 1", "Nothing in it names an arXiv paper."),
        Refusal("entry 3", "It has no title."),
    )


def test_a_failed_query_is_an_error_with_its_reason() -> None:
    data = rss(title="Feed error for query: http://rss.arxiv.org/rss/cs.XX").decode()
    data = data.replace("<description>Feed error", "<description>Bad subject class 'XX'. Feed error")
    with pytest.raises(FeedError, match="Bad subject class 'XX'"):
        read(data.encode())
    atom = ATOM.replace("cs.LG updates on arXiv.org", "Feed error for query: x").replace("cs.LG updates", "Bad archive")
    with pytest.raises(FeedError, match="Bad archive"):
        read(atom.format(items="").encode())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "It is empty."),
        (b" \n", "It is empty."),
        (b"Rate exceeded.\n", "It says that the rate is exceeded."),
        (b"<!DOCTYPE html>\n<html><body>busy</body></html>", "It is an HTML page."),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "It is an HTML page."),
        (b"Access denied", "It is no XML."),
        (b"<rss/>", "It is no feed."),
        (b"<opml><channel/></opml>", "It is no feed."),
        (b"<rss><channel><title>a & b</title></channel></rss>", "It is broken XML at line 1."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><rss>&b;</rss>', "It declares entities of its own."),
        (
            b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd"><rss>&nbsp;</rss>',
            "It uses entities that it does not hold.",
        ),
        (rss(ITEM) * 2, "It is broken XML at line "),
    ],
)
def test_what_is_no_whole_feed_is_never_an_empty_day(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as failure:
        read(data)
    assert str(failure.value).startswith(reason[:20])


def test_an_answer_of_the_query_api_is_no_announcement() -> None:
    with pytest.raises(Malformed, match="query API"):
        read(
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2401.00001v1</id></entry></feed>'
        )


WHOLE = rss(ITEM, ITEM)


@given(st.integers(1, len(WHOLE) - 1))
def test_a_feed_cut_off_anywhere_is_refused_whole(length: int) -> None:
    with pytest.raises(Malformed):
        read(WHOLE[:length])


@given(st.binary() | st.binary().map(lambda data: b"<rss><channel><item>" + data + b"</item></channel></rss>"))
def test_no_bytes_defeat_it(data: bytes) -> None:
    with suppress(Malformed, FeedError):
        read(data)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
)


@given(TEXTS)
def test_no_text_is_lost_between_xml_and_paper(text: str) -> None:
    root = etree.Element("a")
    root.text = text = f"x{text}"
    assert xml.text(xml.parse(etree.tostring(root))) == " ".join(text.split())


RDF = r"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://arxiv.org/">
<title>cs.LG updates on arXiv.org</title><dc:date>2018-05-23T20:30:00-05:00</dc:date></channel>
<item rdf:about="http://arxiv.org/abs/1805.09166">
<title>{title}</title><link>http://arxiv.org/abs/1805.09166</link>
<description rdf:parseType="Literal">&lt;p&gt;With $2.6&amp;lt;\eta&amp;lt;4$ as in
&lt;a href=&quot;http://arxiv.org/abs/1511.01130&quot;&gt;arXiv:1511.01130&lt;/a&gt;.
&lt;/p&gt;
</description>
<dc:creator> &lt;a href=&quot;http://arxiv.org/find/cs/1/au:+X&quot;&gt;Andr&amp;#xe9; M&amp;uuml;ller&lt;/a&gt;
 (Univ X, City), &lt;a href=&quot;http://arxiv.org/find/cs/1/au:+Y&quot;&gt;Deepti&lt;/a&gt;</dc:creator></item></rdf:RDF>"""


@pytest.mark.parametrize(
    ("title", "plain", "version", "kind"),
    [
        ("Why? (arXiv:1805.09166v1 [hep-ex])", "Why?", 1, AnnounceType.NEW),
        ("Quarks. (arXiv:1805.09166v12 [hep-ex] CROSS LISTED)", "Quarks", 12, AnnounceType.CROSS),
        ("A &amp;lt; B. (arXiv:1805.09166v2 [hep-ex] UPDATED)", "A < B", 2, AnnounceType.REPLACE),
    ],
)
def test_the_format_of_before_2024_is_read(title: str, plain: str, version: int, kind: AnnounceType) -> None:
    paper = Paper(
        id="1805.09166",
        version=version,
        title=plain,
        abstract=r"With $2.6<\eta<4$ as in arXiv:1511.01130.",
        authors=("André Müller", "Deepti"),
        categories=("hep-ex",),
        affiliations=("Univ X, City",),
    )
    day = date(2018, 5, 23)
    expected = Arrival(paper, Announcement("1805.09166", day, "cs.LG", kind))
    assert read(RDF.replace("{title}", title).encode()) == Feed("cs.LG", day, (expected,))


@pytest.mark.recorded
def test_the_recorded_feeds_are_read_whole(recorded: Path) -> None:
    found = {path.name: read(path.read_bytes()) for path in (recorded / "feeds" / "rss").glob("[aj]*.xml")}
    assert {(each.category, each.date, len(each.arrivals)) for each in found.values()} == {
        ("cs.LG", date(2026, 9, 27), 0),
        ("cs.AI", date(2026, 4, 27), 3),
        ("cs.CL", date(2026, 4, 27), 3),
        ("cs.LG", date(2026, 4, 27), 3),
    }
    arrivals = [arrival for each in found.values() for arrival in each.arrivals]
    assert not any(each.refused for each in found.values())
    assert {len(each.paper.authors) for each in arrivals} == {2, 18, 17, 5, 8, 3, 6}
    assert all(each.paper.version == 1 and each.paper.licence for each in arrivals)
    assert not any("Announce Type" in each.paper.abstract for each in arrivals)


@pytest.mark.recorded
def test_the_recorded_feed_that_was_cut_off_is_refused_whole(recorded: Path) -> None:
    (path,) = (recorded / "feeds" / "rss").glob("zotero*")
    with pytest.raises(Malformed, match="cut off"):
        read(path.read_bytes())
    mended = path.read_bytes()[: path.read_bytes().rindex(b"<entry>")] + b"</feed>"
    found = feed.read(mended)
    assert (found.category, found.date, len(found.arrivals)) == ("cs.AI", date(2025, 8, 20), 4)
    assert found.arrivals[2].paper.authors == ("Paulo André Lima de Castro",)
    assert [each.paper.categories[0] for each in found.arrivals] == ["cs.CL", "cs.CV", "q-fin.CP", "cs.LG"]


@pytest.mark.recorded
def test_the_recorded_rdf_is_read(recorded: Path) -> None:
    found = read((recorded / "feeds" / "rss_old" / "physBiblio_hep-ex_1.rdf").read_bytes())
    assert [(each.paper.id, each.paper.version, each.paper.categories) for each in found.arrivals] == [
        ("1805.08875", 1, ("hep-ex",)),
        ("1805.09166", 1, ("hep-ex",)),
        ("1805.06430", 2, ("nucl-th",)),
    ]
    assert found.arrivals[0].paper.affiliations == ("STAR Collaboration",)
    assert r"$2.6<\eta<4$" in found.arrivals[0].paper.abstract
    assert len(found.arrivals[2].paper.authors) == 6
