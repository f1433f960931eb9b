"""The formats that papers can be taken away in: their names, and who writes them. Pure."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum

from bot.exports import bibtex, json_lines, markdown, ris, table
from bot.exports.entry import Entry


class Format(StrEnum):
    """A format by the name that readers give it. The values stand in buttons of old posts: never change one."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"

    @property
    def ending(self) -> str:
        """How the name of such a file ends, without the dot."""
        return {Format.BIBTEX: "bib", Format.MARKDOWN: "md"}.get(self, str(self))

    @property
    def label(self) -> str:
        """The name as it is written."""
        return {Format.BIBTEX: "BibTeX", Format.MARKDOWN: "Markdown"}.get(self, self.upper())


_OTHER_NAMES = {
    **{"bib": Format.BIBTEX, "biblatex": Format.BIBTEX, "latex": Format.BIBTEX, "md": Format.MARKDOWN},
    **{"zotero": Format.RIS, "endnote": Format.RIS, "mendeley": Format.RIS, "excel": Format.CSV},
}


def named(word: str) -> Format | None:
    """The format that a word names."""
    name = word.casefold().strip(".")
    return Format(name) if name in set(Format) else _OTHER_NAMES.get(name)


def write(format_: Format, entries: Sequence[Entry]) -> Iterator[str]:
    """The file in pieces."""
    match format_:
        case Format.BIBTEX:
            return bibtex.write(entries)
        case Format.RIS:
            return ris.write(entries)
        case Format.CSV:
            return table.write(entries)
        case Format.JSON:
            return _json(entries)
        case Format.MARKDOWN:
            return markdown.stream(entry.card for entry in entries)


def _json(entries: Sequence[Entry]) -> Iterator[str]:
    """A list of objects, each as a line of `papergram export --format jsonl`, with `tags` and `added`."""
    yield "["
    for number, entry in enumerate(entries):
        record = json_lines.record(entry.card)
        record |= {"tags": entry.tags, "added": entry.added.isoformat() if entry.added else None}
        yield f"{',' if number else ''}\n{json.dumps(record, ensure_ascii=False)}"
    yield "\n]\n"
