"""One entry of the publisher's digest: `[^1]: ` and seven paragraphs, read by the link line and the Chinese. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import NamedTuple

from bot.sources.publisher import Texts

SEAM = "\n\n    "
END = "\n    \n"
LINK = "[{link}]({link})"
FIELDS = ("title_zh", "title", "link", "tldr", "tldr_en", "abstract_zh", "abstract")
LAYOUT = "[^{number}]: {title_zh}" + SEAM + SEAM.join(["{title}", LINK, *(f"{{{name}}}" for name in FIELDS[3:])]) + END
ROW = "| [^{number}] | [{heading}]({link}) | {tldr} |\n"

_MARKER = re.compile(r"\[\^([0-9]{1,6})\]: ?")
_BLANK_LINES = re.compile(r"(\n[ \t]*\n[ \t]*)")
_HAN = re.compile("[\u3400-\u9fff]")
_CHINESE = 0.1  # of the characters: formulas and names leave a Chinese abstract at least that many


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Texts):
    """One paper's texts, and how its row and its definition are laid out: templates of `str.format`."""

    number: int
    row: str = ROW  # empty: it has none
    layout: str = LAYOUT

    @property
    def heading(self) -> str:
        """The title as the table shows it: without arXiv's suffix."""
        heading, suffix, _ = self.title.rpartition(" (arXiv:")
        return heading if suffix and self.title.endswith(")") else self.title

    def as_row(self) -> str:
        """The entry's line of the table."""
        return fill(self.row, self)

    def as_definition(self) -> str:
        """The entry's paragraphs. A text that the layout has no place for brings the plain layout back."""
        if self.layout != LAYOUT:
            shown = {name for _, name, _, _ in Formatter().parse(self.layout)}
            if any(getattr(self, name) for name in FIELDS if name not in shown):
                return fill(LAYOUT, self)
        return fill(self.layout, self)


def fill(template: str, entry: Entry) -> str:
    """A layout with the entry's texts in it."""
    texts = {name: getattr(entry, name) for name in FIELDS}
    return template.format(number=entry.number, heading=entry.heading, **texts)


def literal(text: str) -> str:
    """Text as a template that names no field."""
    return text.replace("{", "{{").replace("}", "}}")


def read(block: str) -> Entry:
    """The entry that a definition makes up with all that follows it."""
    marker = _MARKER.match(block)
    assert marker is not None, "only definitions are read"
    number = str(int(marker[1]))
    template = literal(marker[0])
    if number == marker[1]:
        template = template.replace(number, "{number}")
    end = max(_end(block), marker.end())
    pieces, seams = _paragraphs(block[marker.end() : end])
    fields: dict[str, str] = {}
    for name, start, stop in _spans(pieces):
        template += literal(seams[start - 1]) if start else ""
        text = pieces[start] + "".join(seams[at - 1] + pieces[at] for at in range(start + 1, stop))
        link = _link(text.strip()) if name == "link" else None
        fields[name] = link.target if link else text
        template += _link_template(text, link) if link else f"{{{name}}}"
    return Entry(number=int(number), layout=template + literal(block[end:]), **fields)


def split_tail(block: str) -> tuple[str, str]:
    """The last entry of a file, and what comes after its end."""
    end = _end(block)
    stop = end + len(END) if block.startswith(END, end) else len(block)
    return block[:stop], block[stop:]


def holds_link(text: str) -> bool:
    """Whether one of the lines is a link line."""
    return any(line.lstrip().startswith("[") and _link(line.strip()) for line in text.split("\n"))


class _Link(NamedTuple):
    text: str
    target: str


def _link_template(text: str, link: _Link) -> str:
    before, after = text[: text.index("[")], text[text.rindex(")") + 1 :]
    shown = LINK if link.text == link.target else f"[{literal(link.text)}]({{link}})"
    return before + shown + after


def _end(block: str) -> int:
    """Where the entry's end mark stands, else where its last text ends."""
    end = block.rfind(END)
    while end >= 0 and block.startswith(SEAM[1:], end + len(END) - 1):
        end = block.rfind(END, 0, end + len(END) - 1)  # it was an empty paragraph
    return end if end >= 0 else len(block.rstrip(" \t\n"))


def _link(line: str) -> _Link | None:
    if not (line.startswith("[") and line.endswith(")")):
        return None
    half = (len(line) - len("[](" + ")")) // 2
    text, target = line[1 : half + 1], line[-half - 1 : -1]
    if line == f"[{text}]({target})" and text == target:
        return _Link(text, target)
    text, _, target = line[1:-1].partition("](")
    return _Link(text, target) if target.startswith(("http://", "https://")) else None


def _paragraphs(core: str) -> tuple[list[str], list[str]]:
    """The paragraphs and what stands between them; an editor may have changed the indentation and the blank lines."""
    pieces = core.split(SEAM)
    if len(pieces) < len(FIELDS) or _link_at(pieces) is None:
        loose = _BLANK_LINES.split(core)
        if len(loose) // 2 >= len(pieces):
            return loose[::2], loose[1::2]
    return pieces, [SEAM] * (len(pieces) - 1)


def _link_at(pieces: Sequence[str]) -> int | None:
    likely = [2, *(at for at in range(len(pieces)) if at != 2)]
    return next((at for at in likely if at < len(pieces) and _link(pieces[at].strip())), None)


def _spans(pieces: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """The fields that are there, each with its first paragraph and the one after its last."""
    at = _link_at(pieces)
    before = min(2, len(pieces)) if at is None else at
    after = before if at is None else at + 1
    lengths = [*_titles(pieces[:before]), after - before, *_texts(pieces[after:])]
    start = 0
    for name, length in zip(FIELDS, lengths, strict=True):
        if length:
            yield name, start, start + length
        start += length


def _titles(pieces: Sequence[str]) -> tuple[int, int]:
    """How many paragraphs the Chinese and the English title have."""
    if len(pieces) < 2:
        is_chinese = bool(pieces) and (_is_chinese(pieces[0]) or not pieces[0])
        return int(is_chinese), len(pieces) - is_chinese
    chinese = 1
    while chinese < len(pieces) - 1 and _is_chinese(pieces[chinese]):
        chinese += 1
    return chinese, len(pieces) - chinese


def _texts(pieces: Sequence[str]) -> tuple[int, int, int, int]:
    """How many paragraphs the summary, the English summary, the Chinese abstract and the abstract have."""
    if len(pieces) == 4:
        return 1, 1, 1, 1
    chinese = [_is_chinese(piece) for piece in pieces]
    if len(pieces) < 4:
        return _too_few(pieces, chinese)
    last = max((at for at, is_chinese in enumerate(chinese) if is_chinese), default=0)
    if last < 2:
        return 1, 1, 1, len(pieces) - 3
    gap = next((at for at in range(1, last) if not chinese[at]), None)
    if gap is None:
        return 1, 0, last, len(pieces) - 1 - last
    stop = gap + 1
    while stop < last and pieces[gap] and pieces[stop] and not chinese[stop]:
        stop += 1
    return gap, stop - gap, last + 1 - stop, len(pieces) - 1 - last


def _too_few(pieces: Sequence[str], chinese: Sequence[bool]) -> tuple[int, int, int, int]:
    lengths: list[int] = []
    at = 0
    for wants_chinese in (True, False, True, False):
        left = len(pieces) - at
        fits = left > 0 and (left == 4 - len(lengths) or not pieces[at] or chinese[at] == wants_chinese)
        lengths.append(int(fits))
        at += fits
    return lengths[0], lengths[1], lengths[2], lengths[3] + len(pieces) - at


def _is_chinese(piece: str) -> bool:
    return len(_HAN.findall(piece)) > _CHINESE * len(piece)
