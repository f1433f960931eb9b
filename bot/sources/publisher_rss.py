"""The publisher's digest as RSS: an item's description is seven paragraphs of HTML, which escape nothing. Pure."""

from lxml import etree

from bot.sources import metadata, xml
from bot.sources.publisher import NOWHERE, Origin, Refused, Texts
from bot.sources.reading import Malformed, Reading, Refusal
from storage.records import Arrival

_PARAGRAPHS = ("title_zh", "title", "link", "tldr", "tldr_en", "abstract_zh", "abstract")
_BEGIN, _BETWEEN, _END = "<p>\n", "\n</p>\n<p>\n", "\n</p>"
_CHANNEL = "Chat Arxiv "  # and the listing's category or archive


def read(data: bytes, origin: Origin = NOWHERE) -> Reading:
    """Every item as a paper with its summary; `origin` is what the file's name or address tells. Raises Malformed."""
    root = xml.parse(data)
    channel = xml.child(root, "channel")
    if channel is None or not is_one(root):
        raise Malformed("It is no digest as RSS.")
    title = xml.text(xml.child(channel, "title"))
    listing = title.removeprefix(_CHANNEL) if title.startswith(_CHANNEL) else ""
    day = metadata.eastern_day(xml.text(xml.child(channel, "pubDate")))
    origin = Origin(origin.date or day, origin.category or listing)
    arrivals, refused = [], []
    for number, item in enumerate(xml.children(channel, "item"), start=1):
        try:
            arrivals.append(_arrival(item, origin))
        except Refused as error:
            refused.append(Refusal(f"entry {number}", str(error)))
    return Reading(tuple(arrivals), tuple(refused))


def is_one(root: etree._Element) -> bool:
    """Whether a feed is in this form, by its title or its first item."""
    channel = xml.child(root, "channel")
    titled = xml.text(xml.child(channel, "title")).startswith(_CHANNEL)
    return xml.name(root) == "rss" and (titled or len(_paragraphs(xml.child(channel, "item"))) == len(_PARAGRAPHS))


def _arrival(item: etree._Element, origin: Origin) -> Arrival:
    paragraphs = _paragraphs(item)
    if len(paragraphs) != len(_PARAGRAPHS):
        raise Refused("Its description is not of seven paragraphs.")
    return Texts(**dict(zip(_PARAGRAPHS, paragraphs, strict=True))).arrival(origin)


def _paragraphs(item: etree._Element | None) -> list[str]:
    description = xml.child(item, "description")
    typed = ("" if description is None else description.text or "").strip()
    return typed.removeprefix(_BEGIN).removesuffix(_END).split(_BETWEEN)
