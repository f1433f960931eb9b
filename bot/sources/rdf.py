"""An entry of arXiv's feeds of before 2024: fields of today stood at the title's end, texts in escaped HTML. Pure."""

import html
import re

from lxml import etree

from bot.sources import authors, metadata, xml
from bot.sources.publisher import Refused
from storage.records import Paper

_RSS_1 = "{http://purl.org/rss/1.0/}"
# `New Perspective on Hybrid Mesons. (arXiv:1805.06430v2 [nucl-th] UPDATED)`; the full stop is the feed's too.
_SUFFIX = re.compile(
    r"""\.? \s* \( \s* arxiv: \s* (?P<id> [\w./-]+ ) \s* \[ (?P<category> [\w.-]+ ) \] \s*
        (?P<status> updated | cross\ listed )? \s* \) $""",
    re.IGNORECASE | re.VERBOSE,
)
_TYPES = {"": "new", "updated": "replace", "cross listed": "cross"}
_INLINE_TAG = re.compile(r"</?(?:a|i|b|em|strong|sub|sup|span)(?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:p|br|div)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")


def is_one(item: etree._Element, title: str) -> bool:
    """Whether an entry is of that kind; some of the RSS 2.0 of the time was too."""
    return str(item.tag).startswith(_RSS_1) or (title.endswith(")") and _SUFFIX.search(xml.line(title)) is not None)


def read(item: etree._Element) -> tuple[Paper, str]:
    """The paper, and how it is announced in today's words, empty if that is not told. Raises Refused."""
    title = _plain(xml.child(item, "title"))
    suffix = _SUFFIX.search(title)
    about = next((str(value) for key, value in item.attrib.items() if str(key).endswith("}about")), "")
    named = metadata.identifier(
        xml.text(xml.child(item, "link")), about, xml.text(xml.child(item, "guid")), suffix["id"] if suffix else ""
    )
    title = title[: suffix.start()] if suffix else title
    if not title:
        raise Refused("It has no title.")
    people = authors.split(_plain(xml.child(item, "creator", "author")))
    paper = Paper(
        id=named.id,
        version=named.version,
        title=title,
        abstract=_plain(xml.child(item, "description")),
        authors=people.names,
        categories=metadata.categories([suffix["category"]] if suffix else []),
        affiliations=people.affiliations,
    )
    return paper, _TYPES[(suffix["status"] or "").lower()] if suffix else ""


def _plain(element: etree._Element | None) -> str:
    """The text of escaped HTML: it is escaped once more than XML asks for."""
    text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", xml.text(element)))
    return " ".join(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text).split())
