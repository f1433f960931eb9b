"""Papers as a BibTeX file, for biber as for BibTeX: UTF-8, an entry of type @misc each. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_lowercase

from bot.exports import names, tex
from bot.exports.entry import Entry, one_line, plain, submitted
from bot.papers import arxiv_id
from storage.records import Card, Paper

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DOI = re.compile(r"10\.\d{4,9}/[^\s{}\\%#]+")  # biber takes a DOI as it is, so that nothing in it can be escaped
# Letters whose accent Unicode cannot take off.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
_SMALL_WORDS = frozenset(  # which tell nothing in a key
    (
        *("a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "if"),
        *("in", "into", "is", "it", "its", "of", "on", "or", "over", "our", "that", "the", "their", "this"),
        *("to", "toward", "towards", "under", "via", "we", "what", "when", "where", "which", "who", "why"),
        *("with", "without"),
    )
)


def write(entries: Sequence[Entry]) -> Iterator[str]:
    """The file in pieces, an entry a piece, in the order given."""
    keys = keys_of([entry.card.paper for entry in entries])
    for entry in entries:
        fields = [f"  {name} = {value},\n" for name, value in _fields(entry) if value not in {"", "{}"}]
        yield f"@misc{{{keys[entry.card.paper.id]},\n{''.join(fields)}}}\n\n"


def keys_of(papers: Sequence[Paper]) -> dict[str, str]:
    """Each paper's key such as nunez2024unified, by its id; of equal ones the older paper has the plain one."""
    keys: dict[str, str] = {}
    taken = set[str]()
    for paper in sorted(papers, key=lambda each: (submitted(each.id), each.id)):
        key = next(each for each in _variants(_key(paper)) if each not in taken)
        keys[paper.id] = key
        taken.add(key)
    return keys


def _key(paper: Paper) -> str:
    author = _folded(names.split(paper.authors[0]).family) if paper.authors else ""
    words = _folded(plain(paper.title), keep=" ").split()
    telling = [word for word in words if word not in _SMALL_WORDS and len(word) > 1]
    return f"{author or 'arxiv'}{submitted(paper.id)[0]}{(telling or words or [''])[0]}"[:60]


def _folded(text: str, keep: str = "") -> str:
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return re.sub(r"[^a-z0-9]+", keep, "".join(each for each in apart if not unicodedata.combining(each)))


def _variants(key: str) -> Iterator[str]:
    """The key, then with a, b, ... z, aa, ab ... behind it."""
    yield key
    for length in count(1):
        yield from (key + "".join(letters) for letters in product(ascii_lowercase, repeat=length))


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    card = entry.card
    paper = card.paper
    year, month = submitted(paper.id)
    yield "author", _group(" and ".join(filter(None, map(_author, paper.authors))))
    yield "title", _group(tex.title(paper.title) or tex.escaped(paper.title))
    yield "year", _group(str(year))
    yield "month", _MONTHS[month - 1] if 1 <= month <= 12 else ""
    yield "eprint", _group(paper.id)
    yield "eprinttype", "{arxiv}"
    yield "eprintclass", _group(tex.escaped(paper.categories[0]) if paper.categories else "")
    # arXiv's own DOI would only say again what the eprint says.
    yield "doi", _group(paper.doi if _DOI.fullmatch(paper.doi) else "")
    yield "url", _group(arxiv_id.abs_url(paper.id))
    yield "note", _group(tex.text(paper.journal_ref))
    # Not `titleaddon` or `note`, which styles print: pdfLaTeX stops at the first Chinese character.
    yield "annotation", _group(_chinese(card))
    yield "keywords", _group(", ".join(map(tex.escaped, entry.tags)))
    yield "abstract", _group(tex.text(paper.abstract) + ("…" if paper.abstract_cut else ""))


def _author(name: str) -> str:
    parts = names.split(name)
    family = tex.escaped(parts.family)
    if not parts.given:
        return _group(family) if family else ""
    return ", ".join(filter(None, (family, parts.suffix, tex.escaped(parts.given))))


def _chinese(card: Card) -> str:
    summary = card.summary
    return tex.text("。".join(filter(None, (summary.title_zh, summary.tldr_zh)))) if summary else ""


def _group(text: str) -> str:
    return f"{{{one_line(text)}}}"
