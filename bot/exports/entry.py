"""One paper of an export, as every format gets it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from bot.papers import latex
from storage.records import Card


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper with what its reader added. `added`: when it was kept, or posted in the chat that is exported."""

    card: Card
    tags: tuple[str, ...] = ()
    added: datetime | None = None


def one_line(text: str) -> str:
    """A text that is safe in any file, without line ends."""
    return " ".join(printable(" ".join(text.split())).split())


def printable(text: str) -> str:
    """A text without what no file should hold: control characters, lone surrogates."""
    return text if text.isprintable() else "".join(each for each in text if each.isprintable())


def plain(text: str) -> str:
    """A source's text on one line, its TeX as Unicode."""
    return one_line(latex.to_unicode(one_line(text)))


def submitted(paper_id: str) -> tuple[int, int]:
    """The year and month in which a paper was submitted: its id tells them (info.arxiv.org/help/arxiv_identifier)."""
    digits = paper_id.rpartition("/")[2]
    year, month = int(digits[:2]), int(digits[2:4])
    return (1900 if year >= 91 else 2000) + year, month
