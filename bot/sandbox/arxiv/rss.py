"""rss.arxiv.org: a day's announcement as RSS 2.0 and as Atom, laid out as in the recorded feeds of 2025 and 2026."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from lxml import etree

from bot.sandbox.arxiv import names
from storage.records import AnnounceType, Paper

EASTERN = ZoneInfo("America/New_York")
ARXIV = "http://arxiv.org/schemas/atom"
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
HELP = "rss-help@arxiv.org"


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself, and what it holds."""

    query: str
    title: str
    about: str
    day: date
    items: Sequence[tuple[Paper, AnnounceType]] = ()


Writer = Callable[[Channel], bytes]


def listing(topics: Sequence[str], day: date, items: Sequence[tuple[Paper, AnnounceType]]) -> Channel:
    """A day's announcement in some categories."""
    named = ", ".join(topics)
    about = f"{named} updates on the arXiv.org e-print archive."
    return Channel("+".join(topics), f"{named} updates on arXiv.org", about, day, items)


def error(query: str, reason: str, day: date) -> Channel:
    """What a request with a bad name gets, with status 400."""
    return Channel(query, f"Feed error for query: http://rss.arxiv.org/rss/{query}", reason, day)


def rss(channel: Channel) -> bytes:
    """RSS 2.0."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"arxiv": ARXIV, "atom": ATOM, "dc": DC})
    top = etree.SubElement(root, "channel")
    midnight = _midnight(channel.day)
    address = f"http://rss.arxiv.org/rss/{channel.query}"
    _add(top, "title", channel.title)
    _add(top, "link", address)
    _add(top, "description", channel.about)
    etree.SubElement(top, f"{{{ATOM}}}link", {"href": address, "rel": "self", "type": "application/rss+xml"})
    _add(top, "docs", "http://www.rssboard.org/rss-specification")
    _add(top, "language", "en-us")
    _add(top, "lastBuildDate", format_datetime(midnight.astimezone(UTC)))
    _add(top, "managingEditor", HELP)
    _add(top, "pubDate", format_datetime(midnight))
    days = etree.SubElement(top, "skipDays")
    _add(days, "day", "Saturday")
    _add(days, "day", "Sunday")
    for paper, kind in channel.items:
        item = etree.SubElement(top, "item")
        _add(item, "title", paper.title)
        _add(item, "link", f"https://arxiv.org/abs/{paper.id}")
        _add(item, "description", _about(paper, kind))
        _add(item, "guid", f"oai:arXiv.org:{paper.id}v{paper.version}", isPermaLink="false")
        for category in paper.categories:
            _add(item, "category", category)
        _add(item, "pubDate", format_datetime(midnight))
        _add_extensions(item, paper, kind)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def atom(channel: Channel) -> bytes:
    """Atom 1.0."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={"arxiv": ARXIV, "dc": DC, None: ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en-us")
    midnight = _midnight(channel.day)
    built = midnight.astimezone(UTC).replace(second=19, microsecond=866337).isoformat()
    address = f"http://rss.arxiv.org/atom/{channel.query}"
    _add(root, f"{{{ATOM}}}id", address)
    _add(root, f"{{{ATOM}}}title", channel.title)
    _add(root, f"{{{ATOM}}}updated", built)
    etree.SubElement(root, f"{{{ATOM}}}link", {"href": address, "rel": "self", "type": "application/atom+xml"})
    _add(root, f"{{{ATOM}}}subtitle", channel.about)
    for paper, kind in channel.items:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        link = {"href": f"https://arxiv.org/abs/{paper.id}", "rel": "alternate", "type": "text/html"}
        _add(entry, f"{{{ATOM}}}id", f"oai:arXiv.org:{paper.id}v{paper.version}")
        _add(entry, f"{{{ATOM}}}title", paper.title)
        _add(entry, f"{{{ATOM}}}updated", built)
        etree.SubElement(entry, f"{{{ATOM}}}link", link)
        _add(entry, f"{{{ATOM}}}summary", _about(paper, kind))
        for category in paper.categories:
            etree.SubElement(entry, f"{{{ATOM}}}category", {"term": category})
        _add(entry, f"{{{ATOM}}}published", midnight.isoformat())
        _add_extensions(entry, paper, kind)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _about(paper: Paper, kind: AnnounceType) -> str:
    return f"arXiv:{paper.id}v{paper.version} Announce Type: {kind} \nAbstract: {paper.abstract}"


def _add_extensions(item: etree._Element, paper: Paper, kind: AnnounceType) -> None:
    _add(item, f"{{{ARXIV}}}announce_type", kind)
    for name, text in (
        (f"{{{DC}}}rights", paper.licence),
        (f"{{{ARXIV}}}DOI", paper.doi),
        (f"{{{ARXIV}}}journal_reference", paper.journal_ref),
    ):
        if text:
            _add(item, name, text)
    _add(item, f"{{{DC}}}creator", names.creators(paper))


def _add(parent: etree._Element, tag: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, tag, attributes).text = text


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), EASTERN)
