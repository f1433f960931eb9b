import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from bot.papers import latex, taxonomy
from bot.papers.asked import parse
from bot.sandbox.arxiv.server import Arxiv, create_app, make
from bot.sandbox.server import serve_app
from bot.sources import api, digest_markdown, feed, huggingface, oai, publisher_rss
from bot.sources.feed import FeedError
from bot.sources.polite import Pace, Polite, user_agent
from bot.sources.reading import Malformed
from storage.records import AnnounceType, Paper, Upvotes

MONDAY = date(2026, 9, 28)
HEADERS = {"User-Agent": "test/1", "Accept": "application/xml"}
SAMPLE = Path(__file__).resolve().parents[1] / "bot" / "sample" / "digest.md"


def paper(number: int, categories: str = "cs.LG stat.ML", **more: Any) -> Paper:
    texts = {
        "title": f"Paper {number}: $O(n^2)$ & <more>",
        "abstract": f"We study $t_0<t_1$ with {number} \\% of CO$_2$ \\textbf{{data}} & more. "
        + "It works well. " * 12
        + "So.",
        "authors": ("Nikola Pižurica", "Deepti", "Anders Søgaard Jr", "Belle II Collaboration"),
    }
    return Paper(f"2609.{number:05}", None, categories=tuple(categories.split()), **{**texts, **more})


RICH = paper(
    7,
    "math.NA cs.NA",
    affiliations=("Univ of X (Y), City", "CERN"),
    authors=("Jan Jakubův", "Ana Núñez"),
    comments="5 pages, accepted",
    doi="10.1000/182",
    journal_ref="J. Phys. A (2026) 1",
    licence="http://creativecommons.org/licenses/by/4.0/",
)


class Site:
    """A running fake, and a client that sends what arXiv wants to see."""

    def __init__(self, arxiv: Arxiv, http: httpx.AsyncClient) -> None:
        self.arxiv, self.http, self.catalogue = arxiv, http, arxiv.catalogue

    async def get(self, path: str, **params: str) -> bytes:
        answer = await self.http.get(path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def refused(self, path: str, **params: str) -> bytes:
        answer = await self.http.get(path, params=params or None)
        assert answer.status_code == 400, answer.text
        return answer.content

    async def feed(self, names: str) -> list[tuple[str, AnnounceType | None]]:
        """Id with version, and type, in the feed's order; RSS and Atom must agree."""
        rss, atom = [feed.read(await self.get(f"/{kind}/{names}")) for kind in ("rss", "atom")]
        assert rss == atom
        assert not rss.refused
        return [
            (f"{each.paper.id}v{each.paper.version}", each.announcement.type)
            for each in rss.arrivals
            if each.announcement
        ]

    async def search(self, query: str, **more: str) -> list[str]:
        answer = api.read(await self.get("/api/query", search_query=query, **more))
        return sorted(each.paper.id[-1] for each in answer.arrivals)

    async def fault(self, **body: Any) -> None:
        answer = await self.http.post("/faults", json=body)
        assert answer.is_success, answer.text


@contextlib.asynccontextmanager
async def running(**more: Any) -> AsyncIterator[Site]:
    """A fake in the test's own process."""
    arxiv = make(MONDAY, **more)
    wire = httpx.ASGITransport(create_app(arxiv))
    async with httpx.AsyncClient(transport=wire, base_url="http://arxiv.test", headers=HEADERS) as http:
        yield Site(arxiv, http)


@contextlib.asynccontextmanager
async def serving(**more: Any) -> AsyncIterator[Site]:
    """A fake over real HTTP."""
    arxiv = make(MONDAY, **more)
    async with (
        serve_app(create_app(arxiv), "127.0.0.1", 0) as url,
        httpx.AsyncClient(base_url=url, headers=HEADERS) as http,
    ):
        yield Site(arxiv, http)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with running() as found:
        yield found


@pytest.fixture
async def served() -> AsyncIterator[Site]:
    async with serving() as found:
        yield found


NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType


@pytest.mark.parametrize("kind", ["rss", "atom"])
async def test_a_feed_is_read_back_field_by_field(site: Site, kind: str) -> None:
    plain, rich = site.catalogue.announce(paper(1)), site.catalogue.announce(RICH)
    found = feed.read(await site.get(f"/{kind}/cs.LG+math.NA"))
    assert (found.category, found.date) == ("cs.LG, math.NA", MONDAY)
    assert [each.paper for each in found.arrivals] == [replace(each, comments="") for each in (plain, rich)]
    assert [each.announcement and each.announcement.date for each in found.arrivals] == [MONDAY, MONDAY]


async def test_authors_are_one_element_in_tex_and_a_single_word_follows_two_spaces(site: Site) -> None:
    site.catalogue.announce(paper(1))
    body = (await site.get("/rss/cs.LG")).decode()
    line = r"Nikola Pi\v{z}urica,  Deepti, Anders S{\o}gaard Jr,  Belle II Collaboration"
    assert f"<dc:creator>{line}</dc:creator>" in body
    assert "arXiv:2609.00001v1 Announce Type: new \nAbstract: We study" in body


async def test_what_an_announcement_is_depends_on_what_was_asked(site: Site) -> None:
    announce = site.catalogue.announce
    announce(paper(1))
    announce(paper(2, "stat.ML cs.LG"))
    announce(paper(3), date(2026, 9, 25))
    announce(paper(3), action=REPLACE)
    announce(paper(4, "cs.CV cs.LG"), date(2026, 9, 25))
    announce(paper(4, "cs.CV cs.LG"), action=REPLACE)
    announce(paper(5, "cs.CV"), date(2026, 9, 25))
    announce(paper(5, "cs.CV cs.LG"), action=CROSS)
    assert await site.feed("cs.LG") == [
        *(("2609.00001v1", NEW), ("2609.00002v1", CROSS), ("2609.00005v1", CROSS)),
        *(("2609.00003v2", REPLACE), ("2609.00004v2", REPLACE_CROSS)),
    ]
    assert await site.feed("cs.CV") == [("2609.00004v2", REPLACE)]
    assert [kind for _, kind in await site.feed("stat")] == [NEW, CROSS, REPLACE_CROSS]
    assert [kind for _, kind in await site.feed("cs.LG+stat.ML")] == [NEW, NEW, CROSS, REPLACE, REPLACE_CROSS]


async def test_a_paper_new_and_replaced_on_one_day_is_one_item(site: Site) -> None:
    site.catalogue.announce(paper(1))
    site.catalogue.announce(paper(1), action=REPLACE)
    assert await site.feed("cs.LG") == [("2609.00001v1", NEW)]


async def test_aliases_give_the_same_papers_and_case_does_not_matter(site: Site) -> None:
    site.catalogue.announce(paper(1, "math.NA"))
    for name in ("math.NA", "cs.NA", "CS.na", "math", "Math.NA"):
        assert await site.feed(name) == [("2609.00001v1", NEW)], name


async def test_the_sixth_version_is_not_listed(site: Site) -> None:
    site.catalogue.announce(paper(1), date(2026, 9, 25))
    site.catalogue.announce(replace(paper(1), version=5), action=REPLACE)
    site.catalogue.announce(replace(paper(2), version=6), action=REPLACE)
    assert await site.feed("cs.LG") == [("2609.00001v5", REPLACE)]


async def test_a_weekend_and_a_holiday_are_empty_feeds(site: Site) -> None:
    saturday = date(2026, 9, 26)
    site.catalogue.announce(paper(1), saturday)
    site.catalogue.announce(paper(2), date(2026, 9, 25))
    for day in (saturday, date(2026, 9, 27), MONDAY):
        site.catalogue.day = day
        found = feed.read(await site.get("/rss/cs.LG"))
        assert (found.date, found.arrivals) == (day, ())


async def test_the_cap_of_two_thousand_eats_the_new_ones(site: Site) -> None:
    for number in range(1, 2011):
        site.catalogue.announce(paper(number, abstract="A."), action=NEW if number < 101 else REPLACE)
    found = await site.feed("cs.LG")
    assert len(found) == 2000
    assert [each for each, kind in found if kind is NEW] == [f"2609.{number:05}v1" for number in range(11, 101)]


@pytest.mark.parametrize("names", ["cs.QQ", "cs.LG+xx", "cs.LG+", "cs.LG.AI", "cs.LG+cs.cl+cs.LGG"])
async def test_one_bad_name_spoils_the_whole_request(site: Site, names: str) -> None:
    site.catalogue.announce(paper(1))
    for kind in ("rss", "atom"):
        body = await site.refused(f"/{kind}/{names}")
        with pytest.raises(FeedError, match=r"^(Bad|Invalid) .*\.$"):
            feed.read(body)


async def test_the_api_gives_ids_and_versions_and_leaves_out_the_unknown(site: Site) -> None:
    site.catalogue.announce(RICH, date(2026, 9, 24), submitted=datetime(2026, 9, 22, 17, 0, tzinfo=UTC))
    second = site.catalogue.announce(replace(RICH, title="Changed"), action=REPLACE)
    old = site.catalogue.announce(paper(1, "math.GT", affiliations=("A", "B")))
    old = site.catalogue.announce(replace(old, id="math/0309136"))
    ids = "2609.00007,2609.00007v1,2609.00007v9,2609.99999,math.GT/0309136"
    answer = api.read(await site.get("/api/query", id_list=ids, max_results="100"))
    assert [each.paper for each in answer.arrivals] == [
        replace(each, licence="") for each in (second, replace(RICH, version=1), old)
    ]
    assert answer.total == 3
    assert all(each.announcement is None for each in answer.arrivals)


async def test_one_malformed_id_fails_the_list_with_400(site: Site) -> None:
    body = await site.refused("/api/query", id_list="2609.00001,abc")
    assert b"https://arxiv.org/api/errors#incorrect_id_format_for_abc" in body
    with pytest.raises(api.ApiError, match="incorrect id format for abc"):
        api.read(body)


QUERIES = {
    "ti:alpha": "13",
    "ti:alpha AND ti:beta": "3",
    "ti:alpha ANDNOT ti:beta": "1",
    "ti:alpha AND NOT ti:beta": "1",
    "ti:alpha NOT ti:beta": "1",
    "ti:alpha beta": "123",  # no operator is OR, no prefix is all
    "ti:(alpha OR gamma)": "134",
    'ti:"alpha beta"': "3",
    'ti:"beta alpha"': "",
    "cat:cs.CL": "24",
    "cat:cs.*": "1234",
    "cat:cs": "",
    "cat:cs.cl": "",
    # To the right: (cs.LG OR (cs.CL AND beta)), then (alpha AND (beta OR gamma)).
    "cat:cs.LG OR cat:cs.CL AND ti:beta": "123",
    "(cat:cs.LG OR cat:cs.CL) AND ti:beta": "23",
    "ti:alpha AND ti:beta OR ti:gamma": "3",
    "(ti:alpha AND ti:beta) OR ti:gamma": "34",
    "ti:alpha ANDNOT ti:beta OR ti:alpha": "",
    "alpha and beta": "123",
    'au:"Ana Núñez"': "1234",
    "abs:study AND ti:delta": "",
    "submittedDate:[202609270000 TO 202609271300]": "123",
    "submittedDate:[2026 TO 2026] AND ti:gamma": "4",
    "lastUpdatedDate:[20260920 TO 20260921]": "4",
}


@pytest.mark.parametrize(("query", "found"), QUERIES.items())
async def test_the_query_language_has_no_precedence_and_groups_to_the_right(site: Site, query: str, found: str) -> None:
    for number, title, categories in ((1, "Alpha", "cs.LG"), (2, "Beta", "cs.CL"), (3, "Alpha beta", "cs.LG")):
        site.catalogue.announce(paper(number, categories, title=title, authors=("Ana Núñez",)))
    when = datetime(2026, 9, 21, 23, 59, tzinfo=UTC)
    site.catalogue.announce(paper(4, "cs.CL", title="Gamma", authors=("Ana Núñez",)), submitted=when)
    assert "".join(await site.search(query)) == found


@pytest.mark.parametrize(
    "query",
    ["(ti:a", "ti:a)", "ti:a AND", "ti:AND", "OR a", "a AND OR b", 'ti:"a', "zz:a", "submittedDate:[* TO 2026]", "()"],
)
async def test_a_broken_query_is_a_400(site: Site, query: str) -> None:
    with pytest.raises(api.ApiError):
        api.read(await site.refused("/api/query", search_query=query))


@pytest.mark.parametrize("more", [{"max_results": "2001"}, {"start": "29999"}, {"start": "-1"}, {"max_results": "x"}])
async def test_a_slice_that_is_too_large_or_no_number_is_a_400(site: Site, more: dict[str, str]) -> None:
    await site.refused("/api/query", search_query="all:a", **more)


async def test_what_the_bot_asks_is_understood_and_paged_and_may_be_posted(site: Site) -> None:
    for number in range(1, 6):
        site.catalogue.announce(paper(number, "cs.CL" if number < 3 else "cs.LG"))
    params = api.search_params(parse('paper (study "AND" t_0 cat:cs)').tree, MONDAY, start=1, size=2)
    one = api.read((await site.http.post("/api/query", data=params)).content)
    assert (one.total, [each.paper.id[-1] for each in one.arrivals]) == (5, ["4", "3"])
    oldest = await site.get("/api/query", search_query="all:paper", sortBy="submittedDate", sortOrder="ascending")
    assert [each.paper.id[-1] for each in api.read(oldest).arrivals] == list("12345")
    assert await site.search("cat:cs.CL", id_list="2609.00002,2609.00003") == ["2"]


@pytest.mark.parametrize("prefix", ["arXivRaw", "arXiv", "oai_dc"])
async def test_oai_records_are_read_back_page_by_page(prefix: str) -> None:
    async with running(page=2) as site:
        papers = [site.catalogue.announce(paper(number), date(2026, 9, 20 + number)) for number in range(1, 6)]
        site.catalogue.announce(paper(9, "hep-th"))
        asked = {"verb": "ListRecords", "metadataPrefix": prefix, "set": "cs:cs:LG", "from": "2026-09-22"}
        pages: list[oai.Page] = []
        while True:
            page = oai.read(await site.get("/oai", **asked))
            assert not page.refused
            pages.append(page)
            if not page.token:
                break
            asked = {"verb": "ListRecords", "resumptionToken": page.token}
        found = [record for page in pages for record in page.records]
        assert [len(page.records) for page in pages] == [2, 2]
        assert [each.datestamp for each in found] == [date(2026, 9, day) for day in range(22, 26)]
        read = [each.arrival.paper for each in found]
        version = 1 if prefix == "arXivRaw" else None
        names = {"oai_dc": ()}.get(prefix, papers[0].categories)
        for each, announced in zip(read, papers[1:], strict=True):
            assert replace(each, categories=names) == replace(announced, version=version, categories=names)


async def test_oai_raw_tells_versions_and_everything_else(site: Site) -> None:
    first, second = (datetime(2026, 9, day, 17, 1, 2, tzinfo=UTC) for day in (20, 26))
    site.catalogue.announce(RICH, date(2026, 9, 22), submitted=first)
    changed = site.catalogue.announce(RICH, action=REPLACE, submitted=second)
    params = oai.params(oai.set_of("math.NA"), MONDAY)
    (record,) = oai.read(await site.get("/oai", **params)).records
    assert record.arrival.paper == changed
    assert (record.datestamp, record.first, record.last, record.versions) == (MONDAY, first, second, 2)


@pytest.mark.parametrize("category", ["cs.LG", "cs", "stat.ML", "math", "cs.NA", "math.NA", "astro-ph.GA", "hep-th"])
async def test_every_set_that_the_bot_asks_for_holds_its_papers(site: Site, category: str) -> None:
    for number, names in enumerate(("cs.LG stat.ML", "math.NA cs.NA", "astro-ph.GA", "hep-th", "econ.EM"), start=1):
        site.catalogue.announce(paper(number, names))
    page = oai.read(await site.get("/oai", **oai.params(oai.set_of(category))))
    assert len(page.records) == {"cs": 2}.get(category, 1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"verb": "ListRecords"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "x"}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "set": "cs:LG"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "from": "2005-09-15"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "from": "yesterday"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "until": "2026-09-30"}, "badArgument"),
        (
            {"verb": "ListRecords", "metadataPrefix": "arXiv", "from": "2026-09-28", "until": "2026-09-27"},
            "badArgument",
        ),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "sets": "cs"}, "badArgument"),
        ({"verb": "ListRecords", "resumptionToken": "6460044|1001"}, "badResumptionToken"),
        ({"verb": "ListRecords", "resumptionToken": "skip%3D1", "set": "cs"}, "badArgument"),
        ({"verb": "GetRecord", "metadataPrefix": "arXiv", "identifier": "oai:arXiv.org:1"}, "idDoesNotExist"),
        ({"verb": "Dance"}, "badVerb"),
    ],
)
async def test_a_wrong_oai_request_is_named_by_its_code(site: Site, asked: dict[str, str], code: str) -> None:
    site.catalogue.announce(paper(1))
    with pytest.raises(oai.OaiError) as failure:
        oai.read(await site.get("/oai", **asked))
    assert failure.value.code == code


async def test_no_oai_records_is_an_empty_page_and_one_record_can_be_asked_for(site: Site) -> None:
    assert oai.read(await site.get("/oai", verb="ListRecords", metadataPrefix="arXiv", set="cs")) == oai.Page()
    site.catalogue.announce(paper(1))
    asked = {"verb": "GetRecord", "metadataPrefix": "arXivRaw", "identifier": "oai:arXiv.org:2609.00001"}
    (record,) = oai.read(await site.get("/oai", **asked)).records
    assert record.arrival.paper.id == "2609.00001"


async def test_hugging_face_counts_votes_and_knows_code(site: Site) -> None:
    for number in (1, 2):
        site.catalogue.announce(paper(number))
    site.catalogue.vote("2609.00001", 3)
    site.catalogue.vote("2609.00002", 20, "https://github.com/a/b")
    site.catalogue.vote("2609.00001", 4)
    found = huggingface.read(await site.get("/hf/api/daily_papers", date="2026-09-28"))
    assert [each.upvotes for each in found.arrivals] == [
        Upvotes("2609.00002", 20, "https://github.com/a/b"),
        Upvotes("2609.00001", 4),
    ]
    assert await site.get("/hf/api/daily_papers", date="2026-09-27") == b"[]"
    await site.refused("/hf/api/daily_papers", date="today")


async def test_a_publishers_digest_comes_once_and_then_304_until_it_changes(served: Site) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    served.catalogue.digest = digest_markdown.read(text)
    for name in ("digest.md", "digest.xml"):
        answer = await served.http.get(f"/{name}")
        assert answer.status_code == 200
        known = {"If-None-Match": answer.headers["ETag"]}
        assert (await served.http.get(f"/{name}", headers=known)).status_code == 304
    assert (await served.get("/digest.md")).decode() == text
    found = publisher_rss.read(await served.get("/digest.xml"))
    assert [each.paper.id for each in found.arrivals] == [
        each.arrival().paper.id for each in served.catalogue.digest.entries
    ]
    served.catalogue.digest = digest_markdown.Day(served.catalogue.digest.entries[:1])
    assert (await served.http.get("/digest.xml", headers=known)).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("refuse_429", 429, "Rate exceeded."),
        ("refuse_406", 406, ""),
        ("refuse_403", 403, "Access denied"),
        ("refuse_503", 503, "Service Unavailable"),
        ("rate_exceeded_200", 200, "Rate exceeded."),
        ("html_200", 200, "<!DOCTYPE html>"),
    ],
)
async def test_a_scripted_refusal_strikes_its_path_as_often_as_asked(
    site: Site, kind: str, status: int, text: str
) -> None:
    site.catalogue.announce(paper(1))
    await site.fault(kind=kind, path="/rss/cs", times=2, seconds=60)
    assert await site.feed("stat.ML")
    for _ in range(2):
        answer = await site.http.get("/rss/cs.LG")
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "60")
        assert answer.text.startswith(text)
    assert await site.feed("cs.LG")
    assert (await site.http.get("/faults")).json() == []


async def test_the_other_faults_spoil_an_answer_in_their_own_way(served: Site) -> None:
    served.catalogue.announce(paper(1), date(2026, 9, 25))
    served.catalogue.announce(paper(2))
    await served.fault(kind="truncated")
    with pytest.raises(Malformed):
        feed.read(await served.get("/rss/cs.LG"))
    await served.fault(kind="stale")
    stale = feed.read(await served.get("/atom/cs.LG"))
    assert (stale.date, [each.paper.id for each in stale.arrivals]) == (date(2026, 9, 25), ["2609.00001"])
    for path in ("/rss/cs.LG", "/api/query?search_query=all:paper"):
        await served.fault(kind="empty")
        assert b"2609." not in await served.get(path)
    await served.fault(kind="empty")
    assert b"noRecordsMatch" in await served.get("/oai", **oai.params("cs"))
    await served.fault(kind="redirect_302")
    answer = await served.http.get("/api/query?search_query=a%20b")
    assert (answer.status_code, answer.headers["Location"]) == (302, str(answer.url))
    await served.fault(kind="drop")
    with pytest.raises(httpx.RemoteProtocolError):
        await served.http.get("/rss/cs.LG")
    await served.fault(kind="slow", seconds=0.05)
    before = asyncio.get_running_loop().time()
    assert await served.feed("cs.LG") == [("2609.00002v1", NEW)]
    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_faults_at_random_are_the_same_for_a_seed_and_go_when_cleared() -> None:
    outcomes = []
    for seed in (1, 1, 2):
        async with running(seed=seed) as site:
            await site.fault(kind="refuse_429", times=None, probability=0.3)
            outcomes.append([(await site.http.get("/rss/cs.LG")).status_code for _ in range(40)])
            await site.http.delete("/faults")
            await site.get("/rss/cs.LG")
    assert outcomes[0] == outcomes[1] != outcomes[2]
    assert 5 <= outcomes[0].count(429) <= 20


@pytest.mark.parametrize("body", [{}, {"kind": "x"}, {"kind": "slow", "tims": 1}, {"kind": "slow", "seconds": "1"}])
async def test_a_fault_that_cannot_be_is_refused_in_one_sentence(site: Site, body: dict[str, Any]) -> None:
    answer = await site.http.post("/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("missing", ["Accept", "User-Agent"])
async def test_a_request_that_does_not_say_who_asks_and_for_what_is_refused(site: Site, missing: str) -> None:
    del site.http.headers[missing]
    assert (await site.http.get("/rss/cs.LG")).status_code == 406


async def test_the_log_shows_every_request_and_how_many_were_open_at_once(served: Site) -> None:
    served.catalogue.announce(paper(1))
    await served.fault(kind="slow", seconds=0.05, path="/rss")
    await asyncio.gather(served.get("/rss/cs.LG"), served.get("/api/query", id_list="2609.00001"))
    log = (await served.http.get("/log")).json()
    assert {each["path"] for each in log} == {"/rss/cs.LG", "/api/query?id_list=2609.00001"}
    assert max(each["open"] for each in log) == 2
    assert all((each["status"], each["user_agent"], each["accept"]) == (200, *HEADERS.values()) for each in log)
    assert sorted(each["fault"] for each in log) == ["", "slow"]
    assert min(served.arxiv.log.gaps()) < 0
    await served.http.delete("/log")
    assert (await served.http.get("/log")).json() == []


async def test_the_day_can_be_set_over_http(site: Site) -> None:
    site.catalogue.announce(paper(1), date(2026, 9, 29))
    assert await site.feed("cs.LG") == []
    assert (await site.http.post("/day", json={"day": "2026-09-29"})).json() == {"day": "2026-09-29"}
    assert await site.feed("cs.LG") == [("2609.00001v1", NEW)]
    assert (await site.http.post("/day", json={"day": "tomorrow"})).status_code == 400


async def test_a_client_that_leaves_closes_its_request(served: Site) -> None:
    await served.fault(kind="slow", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        await served.http.get("/rss/cs.LG", timeout=0.05)
    await served.get("/rss/cs.LG")
    async with asyncio.timeout(2):
        while served.arxiv.log.visits[0].ended is None:  # the server tells nobody
            await asyncio.sleep(0.01)


async def test_the_polite_gate_gets_every_feed_through_a_storm_over_real_http() -> None:
    async with serving(seed=3) as site:
        for number, category in enumerate(("cs.LG", "cs.CL", "cs.CV", "stat.ML"), start=1):
            site.catalogue.announce(paper(number, category))
        for kind in ("refuse_429", "rate_exceeded_200", "truncated", "drop", "redirect_302", "html_200"):
            await site.fault(kind=kind, times=None, probability=0.08)
        pace = Pace(interval=0.02, pauses=(0.02, 0.03, 0.04, 0.05, 0.06), limit=5)
        polite = Polite(site.http, user_agent("https://papergram.test"), pace=pace)
        calls = [polite.get(f"{site.http.base_url}/rss/{name}", read=feed.read) for name in ("cs", "stat", "cs.CL")]
        found = await asyncio.gather(*calls)
        assert [len(each.arrivals) for each in found] == [3, 1, 1]
        assert min(site.arxiv.log.gaps()) >= 0.02
        assert max(each.open for each in site.arxiv.log.visits) == 1


@pytest.mark.recorded
async def test_real_papers_come_back_whole_from_every_interface(site: Site, recorded: Path) -> None:
    papers = [site.catalogue.announce(each) for each in real_papers(recorded, 300)]
    wanted = {each.id: each for each in papers}
    by_feed = {each.paper.id: each.paper for each in feed.read(await site.get("/rss/cs")).arrivals}
    by_api = {
        each.paper.id: each.paper
        for params in api.by_ids(wanted)
        for each in api.read(await site.get("/api/query", **params)).arrivals
    }
    by_oai = {each.paper.id: each.paper for each in oai.read(await site.get("/oai", **oai.params("cs"))).arrivals}
    assert by_api == by_oai == wanted
    assert by_feed == {key: replace(each, comments="") for key, each in wanted.items()}


def real_papers(recorded: Path, count: int) -> Iterator[Paper]:
    with (recorded / "summaries-3k.jsonl.zst").open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        rows = {row["id"]: row for row in map(json.loads, lines) if row["categories"][0].startswith("cs.")}
    for each in list(rows.values())[:count]:
        title, abstract, comments = (" ".join((each[name] or "").split()) for name in ("title", "abstract", "comment"))
        people = tuple(map(latex.to_unicode, each["authors"]))
        categories = tuple(name for name in each["categories"] if taxonomy.resolve(name))  # no ACM and MSC classes
        yield Paper(each["id"], 1, title, abstract, authors=people, categories=categories, comments=comments)
