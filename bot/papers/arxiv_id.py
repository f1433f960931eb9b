"""arXiv identifiers: read from what a user pastes (info.arxiv.org/help/arxiv_identifier)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Archives opened after March 2007 (stat, q-fin, eess, econ) have no old identifiers.
ARCHIVES_WITH_OLD_IDS = (
    *("acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an"),
    *("chao-dyn", "chem-ph", "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga"),
    *("funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math"),
    *("math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics"),
    *("plasm-ph", "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con"),
)

_FIRST_OLD, _LAST_OLD, _FIRST_NEW, _FIRST_FIVE_DIGITS = 199107, 200703, 200704, 201501  # yyyymm
_LONGEST_LINK, _LONGEST_TEXT = 2_000, 100_000

_EDGES = " \t\r\n\f\v\0<>()[]{}'\"`*_~|,.;:!?…“”‘’「」『』《》〈〉【】〔〕。、\u00a0\u200b\u200e\u2060\ufeff"
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]+")

_ID = rf"""
    (?: (?P<new> \d{{4}}\.\d{{4,5}} )
      | (?P<archive> {"|".join(ARCHIVES_WITH_OLD_IDS)} ) (?: \.[a-z-]{{2,9}} )? / (?P<old> \d{{7}} ) )
    (?: v(?P<version> [1-9]\d{{0,2}} ) )?
    (?! [a-z0-9] | \.\d )
"""
_LINK = r"""
    (?P<link> (?: https?:// )?
        (?: (?: [a-z0-9-]{1,20}\. ){0,2} arxiv\.org/ (?: abs|pdf|html|format|ps|src|e-print|tb|bibtex ) /
          | (?: www\. )? alphaxiv\.org/ (?: [a-z-]{2,10}/ ){1,2}
          | ar5iv\.org/ (?: abs|html|pdf ) /
          | (?: huggingface\.co | hf\.co ) /papers/
          | (?: www\. )? papers\.cool/arxiv/
          | scirate\.com/arxiv/
          | tldr\.takara\.ai/p/
          | (?: (?: dx\. | www\. )? doi\.org/ | doi:\ ? )? 10\.48550/arxiv\. )
      | (?: oai: )? arxiv (?: \.org )? (?: \ {0,2} [:-] \ {0,2} | \  ) )
"""
_FLAGS = re.ASCII | re.IGNORECASE | re.VERBOSE
_WHOLE = re.compile(
    rf"{_LINK}? {_ID} (?: \.pdf | \.html )? /? (?: [?\#]\S* )? (?: \ {{1,2}} \[ [a-z.-]{{2,20}} )?", _FLAGS
)
_ANYWHERE = re.compile(rf"(?<! [a-z0-9.-] ) {_LINK}? {_ID}", _FLAGS)


@dataclass(frozen=True, slots=True)
class ArxivId:
    """A paper's canonical identifier (no version, no subject class), and the version that was asked for."""

    id: str
    version: int | None = None


def parse(text: str) -> ArxivId | None:
    """The paper that the whole text names: an id, a link to it on any known site, or `arXiv:ID`."""
    if len(text) > _LONGEST_LINK:
        return None
    match = _WHOLE.fullmatch(_fold(text).strip(_EDGES))
    return _read(match) if match else None


def find(text: str) -> tuple[ArxivId, ...]:
    """Every paper that the first 100,000 characters name, bare ids too, in order and without repeats."""
    return tuple(dict.fromkeys(paper for paper, _ in _search(text)))


def find_links(text: str) -> tuple[ArxivId, ...]:
    """Like `find`, without bare ids: in a chat `1203.4567` may be a price."""
    return tuple(dict.fromkeys(paper for paper, is_link in _search(text) if is_link))


def abs_url(arxiv_id: str, version: int | None = None) -> str:
    """The page of the abstract, of one version or of the newest."""
    return f"https://arxiv.org/abs/{arxiv_id}" + (f"v{version}" if version else "")


def pdf_url(arxiv_id: str) -> str:
    """The PDF of the newest version."""
    return f"https://arxiv.org/pdf/{arxiv_id}"


def _search(text: str) -> Iterator[tuple[ArxivId, bool]]:
    for match in _ANYWHERE.finditer(_fold(text[:_LONGEST_TEXT])):
        paper = _read(match)
        if paper:
            yield paper, match["link"] is not None


def _fold(text: str) -> str:
    # Not the whole text: NFKC takes quadratic time on a long run of combining marks (5 s for 100,000).
    return _FULL_WIDTH.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)


def _read(match: re.Match[str]) -> ArxivId | None:
    version = int(match["version"]) if match["version"] else None
    if match["new"]:
        arxiv_id, number = match["new"], match["new"][5:]
        month = _month(arxiv_id[:4])
        valid = month >= _FIRST_NEW and (len(number) == 5) == (month >= _FIRST_FIVE_DIGITS)
    else:
        arxiv_id, number = f"{match['archive'].lower()}/{match['old']}", match["old"][4:]
        month = _month(match["old"][:4])
        valid = _FIRST_OLD <= month <= _LAST_OLD
    return ArxivId(arxiv_id, version) if valid and 1 <= month % 100 <= 12 and int(number) else None


def _month(yymm: str) -> int:
    century = 1900 if yymm >= "9107" else 2000
    return (century + int(yymm[:2])) * 100 + int(yymm[2:])
