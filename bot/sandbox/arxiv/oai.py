"""oaipmh.arxiv.org/oai: ListRecords and GetRecord, as the service since March 2025 writes them."""

import textwrap
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, quote, unquote, urlencode

from lxml import etree

from bot.papers import taxonomy
from bot.sandbox.arxiv import names, sets
from bot.sandbox.arxiv.catalogue import Catalogue, Work
from storage.records import Paper

OAI = "http://www.openarchives.org/OAI/2.0/"
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
FORMATS = ("arXiv", "arXivRaw", "oai_dc")
EARLIEST = date(2005, 9, 16)
_LIST = {"verb", "metadataPrefix", "set", "from", "until"}


class Refused(Exception):
    """An answer that is an error: OAI-PMH's code and a description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


def answer(catalogue: Catalogue, asked: Mapping[str, str], size: int, *, empty: bool = False) -> bytes:
    """The body, always with status 200. `size` is the records of a page; `empty` finds nothing."""
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI})
    now = datetime.combine(catalogue.day, time(13, 0, 41), UTC)
    _add(root, "responseDate", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    request = _add(root, "request", "https://oaipmh.arxiv.org/oai")
    try:
        records = _answered(catalogue, asked, size, empty)
    except Refused as error:
        _add(root, "error", error.description).set("code", error.code)
    else:
        for name, value in asked.items():
            request.set(name, value)
        root.append(records)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _answered(catalogue: Catalogue, asked: Mapping[str, str], size: int, empty: bool) -> etree._Element:
    match asked.get("verb"):
        case "GetRecord":
            return _record(catalogue, asked)
        case "ListRecords":
            return _records(catalogue, asked, size, empty)
    raise Refused("badVerb", "Invalid verb provided in request")


def _records(catalogue: Catalogue, asked: Mapping[str, str], size: int, empty: bool) -> etree._Element:
    asked, skip = _resumed(asked) if "resumptionToken" in asked else (asked, 0)
    if unknown := set(asked) - _LIST:
        raise Refused("badArgument", f"Unexpected parameter {sorted(unknown)[0]}")
    prefix = _format(asked)
    first, last = _limits(catalogue, asked)
    if "set" in asked and asked["set"] not in sets.known():
        raise Refused("badArgument", "Set does not exist")
    changed = [work for work in catalogue.works.values() if first <= work.modified <= last]
    found = [work for work in changed if "set" not in asked or sets.is_in(work.current.paper.categories, asked["set"])]
    found.sort(key=lambda work: (work.modified, work.id))
    if empty or not found[skip:]:
        raise Refused("noRecordsMatch", "No records match the request")
    records = etree.Element(f"{{{OAI}}}ListRecords", nsmap={None: OAI})
    for work in found[skip : skip + size]:
        records.append(_written(work, prefix))
    if len(found) > skip + size:
        token = quote(urlencode({**asked, "skip": skip + size}))
        expires = datetime.combine(catalogue.day + timedelta(days=1), time(0), UTC)
        _add(records, "resumptionToken", token).set("expires", f"{expires:%Y-%m-%dT%H:%M:%SZ}")
    elif skip:
        _add(records, "resumptionToken", "")
    return records


def _record(catalogue: Catalogue, asked: Mapping[str, str]) -> etree._Element:
    work = catalogue.works.get(asked.get("identifier", "").removeprefix("oai:arXiv.org:"))
    prefix = _format(asked)
    if not work:
        raise Refused("idDoesNotExist", "The value of the identifier argument is unknown")
    record = etree.Element(f"{{{OAI}}}GetRecord", nsmap={None: OAI})
    record.append(_written(work, prefix))
    return record


def _resumed(asked: Mapping[str, str]) -> tuple[Mapping[str, str], int]:
    if set(asked) != {"verb", "resumptionToken"}:
        raise Refused("badArgument", "resumptionToken is an exclusive parameter")
    given = {name: values[0] for name, values in parse_qs(unquote(asked["resumptionToken"])).items()}
    skip = given.pop("skip", "")
    if not skip.isdecimal() or given.get("verb") != asked["verb"]:
        raise Refused("badResumptionToken", "Token decoding failed or format is invalid.")
    return given, int(skip)


def _format(asked: Mapping[str, str]) -> str:
    prefix = asked.get("metadataPrefix")
    if not prefix:
        raise Refused("badArgument", "metadataPrefix required")
    if prefix not in FORMATS:
        raise Refused("cannotDisseminateFormat", "Invalid metadataPrefix provided in request")
    return prefix


def _limits(catalogue: Catalogue, asked: Mapping[str, str]) -> tuple[date, date]:
    latest = catalogue.day + timedelta(days=1)
    first, last = _day(asked.get("from"), EARLIEST), _day(asked.get("until"), latest)
    if first < EARLIEST:
        raise Refused("badArgument", f"from date too early, start of archive is {EARLIEST}")
    if last > latest:
        raise Refused("badArgument", "until date too late")
    if first > last:
        raise Refused("badArgument", "until date must be after from date")
    return first, last


def _day(text: str | None, default: date) -> date:
    if text is None:
        return default
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Refused("badArgument", "date format must be YYYY-MM-DD") from None


def _written(work: Work, prefix: str) -> etree._Element:
    record = etree.Element(f"{{{OAI}}}record", nsmap={None: OAI})
    header = _add(record, "header")
    _add(header, "identifier", f"oai:arXiv.org:{work.id}")
    _add(header, "datestamp", work.modified.isoformat())
    for spec in sets.specs(work.current.paper.categories):
        _add(header, "setSpec", spec)
    metadata = _add(record, "metadata")
    metadata.append({"arXiv": _arxiv, "arXivRaw": _raw, "oai_dc": _dublin_core}[prefix](work))
    return record


def _arxiv(work: Work) -> etree._Element:
    paper = work.current.paper
    root = _root("arXiv")
    _add(root, "id", paper.id)
    # The service writes the current version's date, not the first one's (oaipmh record_formats.xml).
    _add(root, "created", f"{work.current.submitted:%Y-%m-%d}")
    if len(work.versions) > 1:
        _add(root, "updated", f"{work.current.submitted:%Y-%m-%d}")
    authors = _add(root, "authors")
    for name in paper.authors:
        author = _add(authors, "author")
        for tag, text in zip(("keyname", "forenames", "suffix"), names.split(name), strict=True):
            if text:
                _add(author, tag, names.tex(text))
    _add(root, "title", _wrapped(paper.title))
    _add_rest(root, paper)
    return root


def _raw(work: Work) -> etree._Element:
    paper = work.current.paper
    root = _root("arXivRaw")
    _add(root, "id", paper.id)
    _add(root, "submitter", next(iter(paper.authors), "None"))
    for each in work.versions:
        version = _add(root, "version")
        version.set("version", f"v{each.paper.version}")
        _add(version, "date", f"{each.submitted:%a, %d %b %Y %H:%M:%S GMT}")
        _add(version, "size", "1204kb")
        _add(version, "source_type", "D")
    _add(root, "title", _wrapped(paper.title))
    _add(root, "authors", names.typed(paper))
    _add_rest(root, paper)
    return root


def _dublin_core(work: Work) -> etree._Element:
    paper = work.current.paper
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC})
    people = [names.split(name) for name in paper.authors]
    creators = [
        f"{family}{' ' * bool(suffix)}{suffix}, {others}".removesuffix(", ") for family, others, suffix in people
    ]
    days = dict.fromkeys(f"{each.submitted:%Y-%m-%d}" for each in (work.versions[0], work.current))
    for tag, texts in {
        "title": [paper.title],
        "creator": [names.tex(each) for each in creators],
        "subject": [taxonomy.name(each, "en") for each in paper.categories],
        "description": [f"{_indented(paper.abstract)} ", *([paper.comments] if paper.comments else [])],
        "date": list(days),
        "type": ["text"],
        "identifier": [
            f"http://arxiv.org/abs/{paper.id}",
            *filter(None, [paper.journal_ref, paper.doi and f"doi:{paper.doi}"]),
        ],
    }.items():
        for text in texts:
            etree.SubElement(root, f"{{{DC}}}{tag}").text = text
    return root


def _add_rest(root: etree._Element, paper: Paper) -> None:
    for tag, text in (
        ("categories", " ".join(paper.categories)),
        ("comments", paper.comments),
        ("journal-ref", paper.journal_ref),
        ("doi", paper.doi),
        ("license", paper.licence),
        ("abstract", _indented(paper.abstract)),
    ):
        if text:
            _add(root, tag, text)


def _root(name: str) -> etree._Element:
    space = f"http://arxiv.org/OAI/{name}/"
    return etree.Element(f"{{{space}}}{name}", nsmap={None: space})


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    """A child in its parent's own namespace."""
    space = etree.QName(parent).namespace
    child = etree.SubElement(parent, f"{{{space}}}{tag}")
    child.text = text
    return child


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 78, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.fill(text, 78, initial_indent="  ", break_long_words=False, break_on_hyphens=False) + "\n"
