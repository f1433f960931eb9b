"""Another publisher's digest, Markdown or RSS, as it was fetched. Pure."""

from collections.abc import Iterator

from bot.sources import digest_markdown, saved
from bot.sources.digest_markdown import NotADigest
from bot.sources.publisher import Refused
from bot.sources.reading import Malformed, Reading, Refusal
from storage.records import Arrival


def read(data: bytes) -> Reading:
    """The papers that it brings. Raises Malformed and Declined."""
    try:
        day = digest_markdown.read(data.decode())
    except (NotADigest, UnicodeDecodeError):
        if not data.lstrip().startswith(b"<"):
            raise Malformed("It is neither a Markdown digest nor RSS.") from None
        return saved.read(data)
    outcomes = list(_entries(day))
    arrivals = tuple(each for each in outcomes if isinstance(each, Arrival))
    return Reading(arrivals, tuple(each for each in outcomes if isinstance(each, Refusal)))


def _entries(day: digest_markdown.Day) -> Iterator[Arrival | Refusal]:
    for entry in day:
        try:
            yield entry.arrival()
        except Refused as error:
            yield Refusal(f"[^{entry.number}]", str(error))
