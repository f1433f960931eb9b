"""arXiv's daily feeds: RSS 2.0 and Atom of rss.arxiv.org, and the RDF of before 2024. Pure.

What stands where: info.arxiv.org/help/rss_specifications and github.com/arXiv/arxiv-feed, feed/serializers.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from lxml import etree

from bot.papers import taxonomy
from bot.sources import api, authors, metadata, rdf, xml
from bot.sources.authors import Authors
from bot.sources.publisher import Refused
from bot.sources.reading import Declined, Malformed, Refusal
from storage.records import Announcement, AnnounceType, Arrival, Paper

_TITLE = re.compile(r"(?P<category>.+?) updates on arXiv\.org", re.IGNORECASE)
_ERROR = "feed error for query"
_HEADER = re.compile(
    r"arxiv: \s* (?P<id> [\w./-]+ ) \s+ announce\ type: \s* (?P<type> [\w-]+ ) \s* (?: abstract: \s* )?",
    re.VERBOSE | re.IGNORECASE,
)
_TYPES = {each.value: each for each in AnnounceType}
_IN_ATTRIBUTES = {"category": "term", "link": "href"}  # Atom's
_NOT_ANNOUNCED = "absonly"  # only the record changed: arXiv's own listings leave it out


class FeedError(Declined):
    """The feed says that its query failed: a category is misspelt, and nothing was read for the others either."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One day's listing. Without arrivals it is a weekend's or a holiday's."""

    category: str = ""  # as the channel names it: `cs.LG`, `cs.LG, cs.CL`; empty if it names none
    date: datetime.date | None = None  # US Eastern
    arrivals: tuple[Arrival, ...] = ()
    refused: tuple[Refusal, ...] = ()


def read(data: bytes) -> Feed:
    """The feed with every whole entry. Raises Malformed, for one cut off too, and FeedError."""
    root = xml.parse(data)
    head, items = _parts(root)
    title = xml.text(xml.child(head, "title"))
    if _ERROR in title.lower():
        raise FeedError(xml.text(xml.child(head, "description", "subtitle")) or title)
    match = _TITLE.fullmatch(title)
    feed = Feed(match["category"] if match else "", _date(head, items))
    asked = _asked(feed.category)
    arrivals, refused = [], []
    for number, item in enumerate(items, start=1):
        try:
            arrivals.append(_arrival(item, feed, asked))
        except Refused as error:
            refused.append(Refusal(f"entry {number}", str(error)))
    return replace(feed, arrivals=tuple(arrivals), refused=tuple(refused))


def _parts(root: etree._Element) -> tuple[etree._Element, list[etree._Element]]:
    """What describes the feed, and its entries."""
    head = root if xml.name(root) == "feed" else xml.child(root, "channel")
    if xml.name(root) not in {"rss", "feed", "RDF"} or head is None:
        raise Malformed("It is no feed.")
    if api.is_answer(root):
        raise Malformed("It is an answer of the query API, no feed.")
    return head, list(xml.children(root if xml.name(root) == "RDF" else head, "item", "entry"))


def _date(head: etree._Element, items: list[etree._Element]) -> datetime.date | None:
    # An Atom feed's own `updated` is when it was built; its entries' `published` is the announcement.
    places = [(head, "pubDate"), *((item, "published") for item in items[:1])]
    places += [(head, name) for name in ("lastBuildDate", "updated", "date")]
    days = (metadata.eastern_day(xml.text(xml.child(element, name))) for element, name in places)
    return next(filter(None, days), None)


def _asked(category: str) -> list[tuple[str, frozenset[str]]]:
    """What was asked for, each with the categories that it covers: a feed may be of several."""
    return [(name, taxonomy.resolve(name) | {name}) for name in filter(None, re.split(r"[,+\s]+", category))]


def _listed_under(paper: Paper, asked: list[tuple[str, frozenset[str]]]) -> str:
    """For which of what was asked a paper is in the feed; empty if that cannot be told."""
    if len(asked) == 1:
        return asked[0][0]
    return next((name for category in paper.categories for name, covered in asked if category in covered), "")


def _arrival(item: etree._Element, feed: Feed, asked: list[tuple[str, frozenset[str]]]) -> Arrival:
    fields = _Fields(item)
    paper, kind = rdf.read(item) if rdf.is_one(item, fields.first("title")) else _read(fields)
    if kind == _NOT_ANNOUNCED:
        return Arrival(paper)
    day = metadata.eastern_day(fields.first("pubDate", "published")) or feed.date
    return Arrival(paper, Announcement(paper.id, day, _listed_under(paper, asked), _TYPES.get(kind)))


def _read(fields: "_Fields") -> tuple[Paper, str]:
    """The paper, and how it is announced in the feed's own word."""
    summary = fields.first("description", "summary")
    header = _HEADER.match(summary)
    named = metadata.identifier(*fields.all("guid", "id", "link"), header["id"] if header else "")
    title = xml.line(fields.first("title"))
    if not title:
        raise Refused("It has no title.")
    people = fields.authors()
    paper = Paper(
        id=named.id,
        version=named.version,
        title=title,
        abstract=xml.line(summary[header.end() :] if header else summary),
        authors=people.names,
        categories=metadata.categories(fields.all("category")),
        affiliations=people.affiliations,
        doi=metadata.doi(xml.line(fields.first("DOI", "doi"))),
        journal_ref=xml.line(fields.first("journal_reference", "journal_ref")),
        licence=xml.line(fields.first("rights")),
    )
    return paper, (fields.first("announce_type") or (header["type"] if header else "")).lower()


class _Fields:
    """An entry's values by their names: RSS and Atom differ in those, and in where a value stands."""

    def __init__(self, item: etree._Element) -> None:
        self._values: dict[str, list[str]] = {}
        for element in item:
            name = xml.local(str(element.tag))
            value = (xml.raw(xml.child(element, "name")) or xml.raw(element)) if len(element) else element.text
            if name in _IN_ATTRIBUTES:
                value = element.get(_IN_ATTRIBUTES[name]) or value
            if value and (stripped := value.strip()):
                self._values.setdefault(name, []).append(stripped)

    def all(self, *names: str) -> Iterator[str]:
        return chain.from_iterable(self._values.get(name, ()) for name in names)

    def first(self, *names: str) -> str:
        for name in names:
            if name in self._values:
                return self._values[name][0]
        return ""

    def authors(self) -> Authors:
        """Of the lists in `dc:creator`, of which there is one; else of Atom's `author`, which is one person."""
        read = [authors.split(line) for line in self._values.get("creator") or self._values.get("author") or ()]
        if len(read) == 1:
            return read[0]
        names = tuple(name for each in read for name in each.names)
        return Authors(names, tuple(dict.fromkeys(place for each in read for place in each.affiliations)))
