"""Stored papers as the publisher's daily digest, so that its readers and its tools can read them. Pure.

Reading an export back gives the same papers and summaries, save what the format has no place for: the authors, the
categories after the first, and who wrote the summary.
"""

from collections.abc import Iterable, Iterator

from bot.papers import arxiv_id
from bot.sources import digest_markdown, publisher
from bot.sources.digest_markdown import Day, Entry
from storage.records import AnnounceType, Arrival, Card, Paper, Summary

_STATUS = {AnnounceType.NEW: "", AnnounceType.CROSS: " CROSS LISTED", AnnounceType.REPLACE: " UPDATED"}


def digest(papers: Iterable[Card | Arrival]) -> str:
    """The digest of those papers, numbered in their order."""
    return "".join(stream(papers))


def stream(papers: Iterable[Card | Arrival]) -> Iterator[str]:
    """`digest` in pieces. The papers are held, as the table comes before all texts; the text is not."""
    return digest_markdown.parts(Day(tuple(_entry(number, each) for number, each in enumerate(papers, start=1))))


def _entry(number: int, shown: Card | Arrival) -> Entry:
    paper = shown.paper
    summary = shown.summary or Summary(paper.id, paper.version)
    if isinstance(shown, Arrival):
        type_ = shown.announcement.type if shown.announcement else None
    else:
        type_ = shown.announce_type
    suffix, prefix = _suffix(paper, type_), _prefix(paper, type_)
    return Entry(
        number=number,
        title=f"{publisher.tidy(paper.title)} {suffix}",
        link=arxiv_id.abs_url(paper.id),
        title_zh=publisher.tidy(summary.title_zh),
        tldr=publisher.tidy(summary.tldr_zh),
        tldr_en=publisher.tidy(summary.tldr_en),
        abstract_zh=publisher.tidy(summary.abstract_zh),
        abstract=_abstract(prefix + publisher.tidy(paper.abstract), cut=paper.abstract_cut),
    )


def _named(paper: Paper) -> str:
    return f"arXiv:{paper.id}" + (f"v{paper.version}" if paper.version else "")


def _suffix(paper: Paper, type_: AnnounceType | None) -> str:
    """arXiv's old suffix, for every paper: a title without one could end in what looks like it.

    It has no word for an unknown type: that of a paper with a category comes back as new.
    """
    status = _STATUS.get(type_, "") if type_ else ""
    return f"({_named(paper)}" + (f" [{paper.categories[0]}]{status}" if paper.categories else "") + ")"


def _prefix(paper: Paper, type_: AnnounceType | None) -> str:
    """arXiv's present header, where the suffix cannot tell the type."""
    if type_ is None or (type_ in _STATUS and paper.categories):
        return ""
    return f"{_named(paper)} Announce Type: {type_}  Abstract: "


def _abstract(text: str, *, cut: bool) -> str:
    """The abstract in a length that says whether it is whole: the publisher cut at 1,000 characters."""
    if cut:
        return text.ljust(publisher.CUT_AT)
    return text + " " if publisher.is_cut(text) else text
