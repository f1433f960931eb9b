"""arXiv's query API (export.arxiv.org/api/query): its answers of both layouts, and what to ask. Pure.

The old layout (before November 2025) breaks lines within texts and repeats xmlns on each element; the new one does not.
Results are matched by id: what is not known is silently missing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lxml import etree

from bot.papers import arxiv_id
from bot.sources import api_query, authors, metadata, xml
from bot.sources.publisher import Refused
from bot.sources.reading import Declined, Malformed, Refusal
from storage.query import All
from storage.records import Arrival, Paper

_MOST_IDS = 100  # in one request
_MOST_RESULTS = 2_000  # in one answer, by the manual
_ERRORS = re.compile(r"https?://(?:export\.)?arxiv\.org/api/errors\b")


class ApiError(Declined):
    """The answer holds an error instead of papers; its HTTP status may be 200."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Papers that were found, not announced; `total` is how many there are in all, of which this is a slice."""

    arrivals: tuple[Arrival, ...] = ()
    total: int = 0
    refused: tuple[Refusal, ...] = ()


def read(data: bytes) -> Answer:
    """Every whole entry. Raises Malformed and ApiError."""
    root = xml.parse(data)
    if not is_answer(root):
        raise Malformed("It is no answer of the query API.")
    arrivals, refused = [], []
    for number, entry in enumerate(xml.children(root, "entry"), start=1):
        if _ERRORS.match(xml.text(xml.child(entry, "id"))):
            raise ApiError(xml.text(xml.child(entry, "summary")) or "It names no reason.")
        try:
            arrivals.append(Arrival(_paper(entry)))
        except Refused as error:
            refused.append(Refusal(f"entry {number}", str(error)))
    total = xml.text(xml.child(root, "totalResults"))
    return Answer(tuple(arrivals), int(total) if total.isdecimal() else len(arrivals), tuple(refused))


def is_answer(root: etree._Element) -> bool:
    """Whether it is this API's Atom, not a daily feed's: mirrors leave some of it out."""
    if xml.name(root) != "feed":
        return False
    if xml.child(root, "totalResults") is not None:
        return True
    entry = xml.child(root, "entry")
    if entry is None:
        return "arxiv.org/api/" in xml.text(xml.child(root, "id"))
    own_id = xml.text(xml.child(entry, "id"))
    return xml.child(entry, "announce_type") is None and ("arxiv.org/abs/" in own_id or bool(_ERRORS.match(own_id)))


def by_ids(ids: Iterable[str]) -> list[dict[str, str]]:
    """Parameters that ask for these papers, 100 a request; `2401.00001v2` asks for that version.

    What is no arXiv id is left out: it would fail its whole request.
    """
    parsed = (arxiv_id.parse(each) for each in ids)
    names = [f"{each.id}v{each.version}" if each.version else each.id for each in parsed if each]
    names = list(dict.fromkeys(names))
    batches = [names[start : start + _MOST_IDS] for start in range(0, len(names), _MOST_IDS)]
    return [{"id_list": ",".join(batch), "start": "0", "max_results": str(len(batch))} for batch in batches]


def search_params(tree: All, today: date, *, start: int = 0, size: int = 10) -> dict[str, str]:
    """Parameters that ask for the papers of a query in English, best first; empty if nothing of it can be asked."""
    if named := api_query.ids(tree)[:_MOST_IDS]:
        asked = {"id_list": ",".join(named)}
    elif text := api_query.search_query(tree, today):
        asked = {"search_query": text}
    else:
        return {}
    return {
        **asked,
        "start": str(max(start, 0)),
        "max_results": str(min(max(size, 1), _MOST_RESULTS)),
        "sortBy": "relevance",
        "sortOrder": "descending",
    }


def _paper(entry: etree._Element) -> Paper:
    fields = {xml.name(element): xml.text(element) for element in reversed(entry) if not len(element)}
    named = metadata.identifier(fields.get("id", ""))
    if not fields.get("title"):
        raise Refused("It has no title.")
    primary = xml.child(entry, "primary_category")
    people = list(xml.children(entry, "author"))
    places = (authors.one(xml.text(each)) for person in people for each in xml.children(person, "affiliation"))
    return Paper(
        id=named.id,
        version=named.version,
        title=fields["title"],
        abstract=fields.get("summary", ""),
        authors=tuple(filter(None, (authors.one(xml.text(xml.child(each, "name"))) for each in people))),
        categories=metadata.categories(
            (each.get("term") or "" for each in xml.children(entry, "category")),
            primary.get("term") or "" if primary is not None else "",
        ),
        affiliations=tuple(dict.fromkeys(filter(None, places))),
        comments=fields.get("comment", ""),
        doi=metadata.doi(fields.get("doi", "")),
        journal_ref=fields.get("journal_ref", ""),
        licence=fields.get("rights", ""),
    )
