"""Papers as CSV for a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence

from bot.exports.entry import Entry, one_line, plain
from bot.papers import arxiv_id
from storage.records import Summary

COLUMNS = (
    *("id", "title", "title_zh", "authors", "categories", "announced", "tldr_zh", "tags", "added", "url", "doi"),
    *("journal_ref", "comments", "code_url", "votes", "abstract", "abstract_zh"),
)
_BOM = "\ufeff"  # without it Excel takes the file for something else than UTF-8
# A cell that begins so is a formula to a spreadsheet (owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = tuple("=+-@＝＋－＠")


def write(entries: Sequence[Entry]) -> Iterator[str]:
    """The file in pieces, a row a piece."""
    yield _BOM + _row(COLUMNS)
    for entry in entries:
        yield _row(_cells(entry))


def _row(cells: Sequence[str]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\r\n").writerow(map(_harmless, cells))
    return row.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell


def _cells(entry: Entry) -> list[str]:
    card, paper = entry.card, entry.card.paper
    summary = card.summary or Summary(paper.id, None)
    return [
        paper.id,
        plain(paper.title),
        plain(summary.title_zh),
        "; ".join(map(one_line, paper.authors)),
        " ".join(map(one_line, paper.categories)),
        card.announced.isoformat() if card.announced else "",
        plain(summary.tldr_zh),
        " ".join(f"#{one_line(tag)}" for tag in entry.tags),
        entry.added.date().isoformat() if entry.added else "",
        arxiv_id.abs_url(paper.id),
        one_line(paper.doi),
        plain(paper.journal_ref),
        plain(paper.comments),
        one_line(card.upvotes.code_url) if card.upvotes else "",
        str(card.upvotes.votes) if card.upvotes else "",
        plain(paper.abstract),
        plain(summary.abstract_zh),
    ]
