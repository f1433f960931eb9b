"""export.arxiv.org/api/query: the layout since November 2025, errors as entries with status 400."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha1
from urllib.parse import urlencode

from lxml import etree

from bot.sandbox.arxiv import names, query
from bot.sandbox.arxiv.catalogue import Catalogue, Version
from bot.sandbox.arxiv.rss import ARXIV, ATOM

SEARCH = "http://a9.com/-/spec/opensearch/1.1/"
SLICE, DEPTH = 2000, 30_000
_ID = re.compile(r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>\d+))?")


@dataclass(frozen=True, slots=True)
class Query:
    """A request's parameters as they came."""

    search_query: str = ""
    id_list: str = ""
    start: str = "0"
    max_results: str = "10"
    sortBy: str = "relevance"  # noqa: N815  # arXiv's name
    sortOrder: str = "descending"  # noqa: N815

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Query":
        """The parameters that the API knows."""
        return cls(**{name: parameters[name] for name in cls.__dataclass_fields__ if name in parameters})


class BadRequest(Exception):
    """What is answered with status 400: the reason."""


def answer(catalogue: Catalogue, asked: Query, *, empty: bool = False) -> tuple[int, bytes]:
    """Status and body; `empty` makes it one of the sporadic pages without entries."""
    now = datetime.combine(catalogue.day, time(22, 59, 6), UTC)
    try:
        start, size = _slice(asked)
        found = _found(catalogue, asked)
    except (BadRequest, query.BadQuery) as error:
        return 400, _written(_error(str(error), now))
    root = _feed(asked, now, len(found), start, size)
    for version in [] if empty else found[start : start + size]:
        root.append(_entry(version, catalogue.works[version.paper.id].versions[0].submitted))
    return 200, _written(root)


def _slice(asked: Query) -> tuple[int, int]:
    start, size = _number(asked.start, "start"), _number(asked.max_results, "max_results")
    if size > SLICE:
        raise BadRequest(f"max_results must be at most {SLICE}")
    if start + size > DEPTH:
        raise BadRequest(f"start + max_results must be at most {DEPTH}")
    return start, size


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise BadRequest(f"{name} must be an integer")
    return int(text)


def _found(catalogue: Catalogue, asked: Query) -> list[Version]:
    matches = query.parse(asked.search_query) if asked.search_query.strip() else None
    ids = [each.strip() for each in asked.id_list.split(",") if each.strip()]
    if not ids and not matches:
        return []
    found = _by_ids(catalogue, ids) if ids else [work.current for work in catalogue.works.values()]
    found = [each for each in found if matches is None or matches(each)]
    if not ids or asked.sortBy != "relevance":
        found.sort(key=lambda each: (_sorting_date(catalogue, each, asked.sortBy), each.paper.id))
        if asked.sortOrder != "ascending":
            found.reverse()
    return found


def _by_ids(catalogue: Catalogue, ids: list[str]) -> list[Version]:
    """Those that are there; an unknown one is missing without a word, a malformed one spoils the request."""
    found = []
    for each in ids:
        named = _ID.fullmatch(each)
        if not named:
            raise BadRequest(f"incorrect id format for {each}")
        work = catalogue.works.get(re.sub(r"\.[A-Z]{2}/", "/", named["id"]))
        version = work.version(int(named["version"]) if named["version"] else None) if work else None
        if version:
            found.append(version)
    return found


def _sorting_date(catalogue: Catalogue, version: Version, order: str) -> date:
    first = catalogue.works[version.paper.id].versions[0]
    return version.submitted if order == "lastUpdatedDate" else first.submitted


def _feed(asked: Query, now: datetime, total: int, start: int, size: int) -> etree._Element:
    root = _root()
    echo = {"search_query": asked.search_query, "start": str(start), "max_results": str(size), "id_list": asked.id_list}
    key = b64encode(sha1(repr(echo).encode(), usedforsecurity=False).digest()).decode().rstrip("=")
    _add(root, "id", f"https://arxiv.org/api/{key}")
    plain = f"search_query={asked.search_query}&id_list={asked.id_list}&start={start}&max_results={size}"
    _add(root, "title", f"arXiv Query: {plain}")
    _add(root, "updated", _z(now))
    _add_link(root, href=f"https://arxiv.org/api/query?{urlencode(echo)}", type="application/atom+xml")
    _add_counts(root, size, total, start)
    return root


def _error(reason: str, now: datetime) -> etree._Element:
    root = _root()
    address = f"https://arxiv.org/api/errors#{re.sub(r'[^A-Za-z0-9.]+', '_', reason)}"
    _add(root, "id", "https://arxiv.org/")
    _add(root, "title", "arXiv Search Results")
    _add(root, "updated", _z(now))
    _add_counts(root, 1, 1, 0)
    entry = etree.SubElement(root, f"{{{ATOM}}}entry")
    _add(entry, "id", address)
    _add(entry, "title", "Error")
    _add(entry, "updated", _z(now))
    _add_link(entry, href=address, rel="alternate", type="text/html")
    _add(entry, "summary", reason)
    _add(etree.SubElement(entry, f"{{{ATOM}}}author"), "name", "arXiv api core")
    return root


def _entry(version: Version, first_submitted: datetime) -> etree._Element:
    paper = version.paper
    entry = etree.Element(f"{{{ATOM}}}entry", nsmap={None: ATOM})
    named = f"{paper.id}v{paper.version}"
    _add(entry, "id", f"http://arxiv.org/abs/{named}")
    _add(entry, "title", paper.title)
    _add(entry, "updated", _z(version.submitted))
    _add_link(entry, href=f"https://arxiv.org/abs/{named}", rel="alternate", type="text/html")
    _add_link(entry, href=f"https://arxiv.org/pdf/{named}", rel="related", type="application/pdf", title="pdf")
    if paper.doi:
        _add_link(entry, href=f"https://doi.org/{paper.doi}", rel="related", title="doi")
    _add(entry, "summary", paper.abstract)
    for category in paper.categories:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=category, scheme=ARXIV)
    _add(entry, "published", _z(first_submitted))
    _add_own(entry, "comment", paper.comments)
    etree.SubElement(entry, f"{{{ARXIV}}}primary_category", term=paper.categories[0])
    _add_own(entry, "journal_ref", paper.journal_ref)
    _add_own(entry, "doi", paper.doi)
    for name, affiliations in names.with_affiliations(paper):
        author = etree.SubElement(entry, f"{{{ATOM}}}author")
        _add(author, "name", name)
        for affiliation in affiliations:
            _add_own(author, "affiliation", affiliation)
    return entry


def _root() -> etree._Element:
    return etree.Element(f"{{{ATOM}}}feed", nsmap={"opensearch": SEARCH, "arxiv": ARXIV, None: ATOM})


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{tag}").text = text


def _add_link(parent: etree._Element, **attributes: str) -> None:
    link = etree.SubElement(parent, f"{{{ATOM}}}link")
    for name, value in attributes.items():
        link.set(name, value)


def _add_own(parent: etree._Element, tag: str, text: str) -> None:
    if text:
        etree.SubElement(parent, f"{{{ARXIV}}}{tag}").text = text


def _add_counts(root: etree._Element, size: int, total: int, start: int) -> None:
    for tag, number in (("itemsPerPage", size), ("totalResults", total), ("startIndex", start)):
        etree.SubElement(root, f"{{{SEARCH}}}{tag}").text = str(number)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _z(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
