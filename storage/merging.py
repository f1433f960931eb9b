"""What the store holds of a paper after a source told of it again. Pure."""

from dataclasses import replace

from storage.records import Paper, Summary, SummaryState

# What not every source tells; what one of them told stays.
_TOLD_BY_SOME = ("authors", "affiliations", "comments", "doi", "journal_ref", "licence")


def newer(stored: Paper, arriving: Paper) -> Paper:
    """What the store holds after `arriving` came to `stored`: see `add`."""
    if (arriving.version or 0) > (stored.version or 0):
        # What the new version's source does not tell is as true as it was.
        text = arriving if arriving.abstract else stored
        return replace(
            arriving,
            abstract=text.abstract,
            abstract_cut=text.abstract_cut,
            categories=_union(arriving.categories, stored.categories),
            **{name: getattr(arriving, name) or getattr(stored, name) for name in _TOLD_BY_SOME},
        )
    if (arriving.version or 0) < (stored.version or 0):
        return stored
    longer = bool(arriving.abstract) and (not stored.abstract or (stored.abstract_cut and not arriving.abstract_cut))
    return replace(
        stored,
        abstract=arriving.abstract if longer else stored.abstract,
        abstract_cut=arriving.abstract_cut if longer else stored.abstract_cut,
        categories=_union(stored.categories, arriving.categories),
        **{name: getattr(stored, name) or getattr(arriving, name) for name in _TOLD_BY_SOME},
    )


def filled(stored: Summary | None, arriving: Summary) -> Summary:
    """The stored summary, with the arriving one's texts where it has none; a good one takes a draft's place."""
    if stored is None or (stored.state == SummaryState.DRAFT and arriving.state == SummaryState.GOOD):
        return arriving
    missing = {
        name: getattr(arriving, name)
        for name in ("title_zh", "tldr_zh", "abstract_zh", "tldr_en")
        if not getattr(stored, name) and getattr(arriving, name)
    }
    return replace(stored, **missing)


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))
