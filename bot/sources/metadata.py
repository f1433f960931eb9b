"""How arXiv's interfaces write what a paper has beside its texts: identifiers, days, categories, DOIs. Pure."""

import datetime
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.papers import arxiv_id
from bot.papers.arxiv_id import ArxivId
from bot.sources.publisher import Refused

_EASTERN = ZoneInfo("America/New_York")
# What nearly every entry says, read four times faster than by arxiv_id, which knows the rest.
_PLAIN_ID = re.compile(r"oai:arXiv\.org:((?:1[5-9]|[2-8][0-9])(?:0[1-9]|1[0-2])\.(?!00000)[0-9]{5})v([1-9][0-9]?)")
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]+(?:-[a-z]+)?)?")  # new ones are no mistake
_DOI_PREFIX = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_OWN_DOI = "10.48550/"  # arXiv's own, which every paper has


def identifier(*texts: str) -> ArxivId:
    """The paper that the first text names which names any, with the first version told of it. Raises Refused."""
    first = None
    for text in texts:
        plain = _PLAIN_ID.fullmatch(text)
        found = ArxivId(plain[1], int(plain[2])) if plain else arxiv_id.parse(text)
        first = first or found
        if found and first and found.id == first.id and found.version:
            return found
    if not first:
        raise Refused("Nothing in it names an arXiv paper.")
    return first


def categories(terms: Iterable[str], primary: str = "") -> tuple[str, ...]:
    """The arXiv categories among the terms, each once, the primary one first; not MSC and ACM classes."""
    return tuple(dict.fromkeys(each for each in (primary, *terms) if _is_category(each)))


@lru_cache(maxsize=1024)
def _is_category(term: str) -> bool:
    return _CATEGORY.fullmatch(term) is not None


def doi(text: str) -> str:
    """The journal's DOI without a resolver's address; empty for arXiv's own."""
    bare = _DOI_PREFIX.sub("", text)
    return "" if bare.lower().startswith(_OWN_DOI) else bare


@lru_cache(maxsize=64)
def moment(text: str) -> datetime.datetime | None:
    """A time as ISO 8601 or RFC 2822 writes it, in UTC where no zone is told; None if it is neither."""
    for read in (datetime.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    return None


@lru_cache(maxsize=64)
def eastern_day(text: str) -> datetime.date | None:
    """The day in arXiv's zone, US Eastern, of a time so written; a day alone is itself."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        found = moment(text)
        return found.astimezone(_EASTERN).date() if found else None
