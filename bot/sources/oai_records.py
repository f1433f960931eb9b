"""A record of arXiv in the formats in which OAI-PMH gives it: arXivRaw, arXiv, arXivOld, oai_dc. Pure.

Only arXivRaw tells of versions. `created` in the format arXiv was the first version's day, and is the newest one's
since the server of 2025 (github.com/arXiv/oaipmh, serializers/create_records.py).
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from lxml import etree

from bot.papers import taxonomy
from bot.sources import authors, metadata, xml
from bot.sources.authors import Authors
from bot.sources.publisher import Refused
from storage.records import Arrival, Paper

_VERSION = re.compile(r"v(\d{1,3})")
_COMMENT = "Comment: "  # until 2025 the only mark of a description that is none
_CLASS_SET = re.compile(r"[a-z-]+:([a-z-]+):([A-Za-z-]+)")
_FORMER_NAMES = {"Computer Science - Learning": "cs.LG"}


@dataclass(frozen=True, slots=True)
class Record:
    """A paper, and when it changed. Times are in UTC, at midnight where only the day is told; None is untold."""

    arrival: Arrival
    datestamp: datetime.date | None = None  # of the record's last change, be it a DOI
    first: datetime.datetime | None = None  # the first version's submission
    last: datetime.datetime | None = None  # the newest version's
    versions: int | None = None


def read(element: etree._Element) -> Record:
    """A `record` element. Raises Refused."""
    header, outer = xml.child(element, "header"), xml.child(element, "metadata")
    body = outer[0] if outer is not None and len(outer) else None
    if header is None or body is None:
        raise Refused("It holds no metadata.")
    named = xml.text(xml.child(header, "identifier"))
    if xml.name(body) == "dc":
        record = _dublin_core(body, named, [xml.text(each) for each in xml.children(header, "setSpec")])
    else:
        record = _own(body, named)
    if not record.arrival.paper.title:
        raise Refused("It has no title.")
    stamp = metadata.moment(xml.text(xml.child(header, "datestamp")))
    return replace(record, datestamp=stamp.date() if stamp else None)


def _own(body: etree._Element, named: str) -> Record:
    fields = {xml.name(each): each for each in reversed(body)}
    values = {name: xml.text(each) for name, each in fields.items()}
    versions = dict(map(_version, xml.children(body, "version")))
    people = _authors(fields.get("authors"))
    paper = Paper(
        id=metadata.identifier(values.get("id", ""), named).id,
        version=max(versions, default=None),
        title=values.get("title", ""),
        abstract=values.get("abstract", ""),
        authors=people.names,
        categories=metadata.categories(values.get("categories", "").split()),
        affiliations=people.affiliations,
        comments=values.get("comments", ""),
        doi=metadata.doi(values.get("doi", "")),
        journal_ref=values.get("journal-ref", ""),
        licence=values.get("license", ""),
    )
    if paper.version:
        return Record(Arrival(paper), None, versions.get(1), versions[paper.version], paper.version)
    created, updated = (metadata.moment(values.get(name, "")) for name in ("created", "updated"))
    first = created if created and created < _after_month(paper.id) else None
    return Record(Arrival(paper), None, first, max(filter(None, (created, updated)), default=None))


def _version(element: etree._Element) -> tuple[int, datetime.datetime | None]:
    match = _VERSION.fullmatch(element.get("version") or "")
    if not match:
        raise Refused("One of its versions has no number.")
    return int(match[1]), metadata.moment(xml.text(xml.child(element, "date")))


def _authors(element: etree._Element | None) -> Authors:
    if element is None:
        return Authors()
    people = list(xml.children(element, "author"))
    if not people:
        return authors.split(xml.text(element))
    parts = ([xml.text(xml.child(each, name)) for name in ("forenames", "keyname", "suffix")] for each in people)
    places = (authors.one(xml.text(each)) for person in people for each in xml.children(person, "affiliation"))
    names = (authors.one(" ".join(each)) for each in parts)
    return Authors(tuple(filter(None, names)), tuple(dict.fromkeys(filter(None, places))))


def _dublin_core(body: etree._Element, named: str, sets: list[str]) -> Record:
    def texts(name: str) -> list[str]:
        return [text for each in xml.children(body, name) if (text := xml.text(each))]

    descriptions, identifiers = texts("description"), texts("identifier")
    has_abstract = bool(descriptions) and not descriptions[0].startswith(_COMMENT)
    comments = descriptions[1:] if has_abstract else descriptions
    paper = Paper(
        id=metadata.identifier(*identifiers, named).id,
        version=None,
        title=" ".join(texts("title")[:1]),
        abstract=descriptions[0] if has_abstract else "",
        authors=tuple(filter(None, map(authors.from_inverted, texts("creator")))),
        categories=_categories(sets, texts("subject")),
        comments=" ".join(each.removeprefix(_COMMENT) for each in comments),
        doi=next((metadata.doi(each) for each in identifiers if each.startswith("doi:")), ""),
        journal_ref=next((each for each in identifiers if not each.startswith(("doi:", "http:", "https:"))), ""),
        licence=" ".join(texts("rights")[:1]),
    )
    days = [each for each in map(metadata.moment, texts("date")) if each]
    return Record(Arrival(paper), None, min(days, default=None), max(days, default=None))


def _categories(sets: Iterable[str], subjects: Iterable[str]) -> tuple[str, ...]:
    """By the sets, which name classes since 2025; before that by the categories' English names."""
    classes = [_CLASS_SET.fullmatch(each) for each in sets]
    if any(classes):
        archives = (each.rpartition(":")[2] for each in sets)
        pairs = zip(classes, archives, strict=True)
        names = (f"{match[1]}.{match[2]}" if match else archive for match, archive in pairs)
        return metadata.categories(each for each in names if taxonomy.is_category(each))
    return metadata.categories(_by_name().get(each, "") for each in subjects)


@cache
def _by_name() -> dict[str, str]:
    return _FORMER_NAMES | dict(_named())


def _named() -> Iterator[tuple[str, str]]:
    for category in taxonomy.categories():
        archive, english = category.partition(".")[0], taxonomy.name(category, "en")
        yield english, category
        yield f"{taxonomy.name(archive, 'en')} - {english}", category


def _after_month(paper_id: str) -> datetime.datetime:
    """The first moment that is in no time zone of the month in which the identifier was given."""
    yymm = paper_id.rpartition("/")[2][:4]
    year, month = int(yymm[:2]) + (1900 if yymm >= "9107" else 2000), int(yymm[2:])
    return datetime.datetime(year + month // 12, month % 12 + 1, 2, tzinfo=datetime.UTC)
