"""Papers as RIS, for Zotero, EndNote and Mendeley (en.wikipedia.org/wiki/RIS_(file_format)). Pure.

RIS has no preprint, and Zotero reads none of its types as one: UNPB and GEN become journal articles without a journal.
As RPRT it keeps all: a report of the type Preprint with the number arXiv:2403.11780, published by arXiv, which is how
Zotero itself kept preprints before it had a type for them, and what styles cite correctly.
"""

from collections.abc import Iterator, Sequence

from bot.exports import names
from bot.exports.entry import Entry, one_line, plain, submitted
from bot.papers import arxiv_id

_LINE_END = "\r\n"


def write(entries: Sequence[Entry]) -> Iterator[str]:
    """The file in pieces, a record a piece."""
    for entry in entries:
        lines = [f"{tag}  - {value}" for tag, value in _lines(entry) if value]
        yield _LINE_END.join(["TY  - RPRT", *lines, "ER  - ", "", ""])


def _lines(entry: Entry) -> Iterator[tuple[str, str]]:
    paper, summary = entry.card.paper, entry.card.summary
    year, month = submitted(paper.id)
    yield "TI", plain(paper.title)
    yield from (("AU", names.split(author).inverted) for author in paper.authors)
    yield "AB", plain(paper.abstract) + ("…" if paper.abstract_cut else "")
    yield "DA", f"{year}/{month:02}"
    yield "PY", str(year)
    yield "DO", one_line(paper.doi) or f"10.48550/arXiv.{paper.id}"
    yield "UR", arxiv_id.abs_url(paper.id)
    yield "M3", "Preprint"
    yield "SN", f"arXiv:{paper.id}"
    yield "PB", "arXiv"
    if summary:
        yield "TT", plain(summary.title_zh)
        # Zotero has no field for a translated title: as a note it is found, and read beside the paper.
        yield "N1", plain("。".join(filter(None, (summary.title_zh, summary.tldr_zh))))
    yield "N1", plain(paper.journal_ref)
    yield from (("KW", one_line(tag)) for tag in entry.tags)
    yield from (("KW", one_line(category)) for category in paper.categories)
