"""arXiv's OAI-PMH (oaipmh.arxiv.org/oai): what was changed since a day, page by page. Pure."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from bot.papers import taxonomy
from bot.sources import oai_records, xml
from bot.sources.oai_records import Record
from bot.sources.publisher import Refused
from bot.sources.reading import Declined, Malformed, Refusal
from storage.records import Arrival

_FORMAT = "arXivRaw"  # the one with the versions and their times
_LISTS = ("ListRecords", "GetRecord")
_OWN_GROUP = {"cs", "econ", "eess", "math", "q-bio", "q-fin", "stat"}  # the other archives are in the group physics
_NOTHING = "noRecordsMatch"


class OaiError(Declined):
    """The answer is an error of the protocol: openarchives.org/OAI/openarchivesprotocol.html#ErrorConditions."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; deleted records are left out. An empty token ends the list."""

    records: tuple[Record, ...] = ()
    token: str = ""
    refused: tuple[Refusal, ...] = ()

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """The papers alone, none of them announced."""
        return tuple(record.arrival for record in self.records)


def read(data: bytes) -> Page:
    """Every whole record; a list in which nothing matched is an empty page. Raises Malformed and OaiError."""
    root = xml.parse(data)
    if not is_answer(root):
        raise Malformed("It is no OAI-PMH answer.")
    for error in xml.children(root, "error"):
        if error.get("code") != _NOTHING:
            raise OaiError(error.get("code") or "unknown", xml.text(error))
    records, refused = [], []
    for number, element in enumerate(_elements(root), start=1):
        try:
            records.append(oai_records.read(element))
        except Refused as error:
            refused.append(Refusal(f"record {number}", str(error)))
    tokens = (xml.text(token) for each in _lists(root) for token in xml.children(each, "resumptionToken"))
    return Page(tuple(records), next(tokens, ""), tuple(refused))


def is_answer(root: etree._Element) -> bool:
    """Whether it is one, or the part of one that somebody saved."""
    return xml.name(root) in {"OAI-PMH", "record", *_LISTS}


def params(oai_set: str = "", since: datetime.date | None = None, token: str = "") -> dict[str, str]:
    """What to ask for: a set's records changed since a day, or the page that a token stands for."""
    if token:
        return {"verb": "ListRecords", "resumptionToken": token}
    optional = {"set": oai_set, "from": since.isoformat() if since else ""}
    return {"verb": "ListRecords", "metadataPrefix": _FORMAT} | {key: value for key, value in optional.items() if value}


def set_of(category: str) -> str:
    """The set of a category or archive: `cs:cs:AI`, `physics:hep-th`, `cs`. Raises ValueError for an unknown name."""
    found = taxonomy.canonical(category)
    if not found:
        raise ValueError(f"There is no category {category}.")
    archive, _, subject = found.partition(".")
    if archive in _OWN_GROUP and not subject:
        return archive
    group = archive if archive in _OWN_GROUP else "physics"
    return ":".join(filter(None, (group, archive, subject)))


def _lists(root: etree._Element) -> Iterator[etree._Element]:
    return iter([root]) if xml.name(root) in _LISTS else xml.children(root, *_LISTS)


def _elements(root: etree._Element) -> Iterator[etree._Element]:
    lists = _lists(root)
    found = (
        [root] if xml.name(root) == "record" else [each for outer in lists for each in xml.children(outer, "record")]
    )
    for record in found:
        header = xml.child(record, "header")
        if header is None or header.get("status") != "deleted":
            yield record
