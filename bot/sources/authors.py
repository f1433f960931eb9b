"""Author lines of arXiv to names: `A. Name (Univ X, City), B. Name and C. Name Jr`. Pure.

arXiv's own form is described at info.arxiv.org/help/prep; what people type into it is wider.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.papers import latex
from bot.sources.reading import one_line


@dataclass(frozen=True, slots=True)
class Authors:
    """Names in Unicode, in their order, and the affiliations told beside them, each once."""

    names: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()


_SIGN = r"(?:\d{1,3}|[a-z]|[*†‡§¶#+∗]+|\\(?:dag|ddag|dagger|ddagger|ast|star|S|P)(?![a-z]))"
_MARKS = re.compile(rf"{_SIGN}(?:(?:[\s,;&]|\band\b)+{_SIGN})*")
_RAISED = re.compile(
    r"\$\s*(?:\{\})?\^\s*(?:\{[^{}$]*\}|\\?\w|[*†‡§¶#+])\s*\$ | \\textsuperscript\{[^{}]*\} | \[[\d,;\s*]+\]",
    re.VERBOSE,
)
_HAS_RAISED = re.compile(r"[$[]|\\text")
_LABEL = re.compile(r"\(\s*(?:\d{1,3}|[a-z]|[*†‡§¶#+]+)\s*\)\s*")
_NUMBER = re.compile(r"(?:^|[,;]\s*)\d{1,2}\s*[:.)]?\s*(?=[^\W\d])")  # `1 Univ X, 2 Univ Y`, `1: Univ X; 2: Univ Y`

# `The CDF and D0 Collaborations` is one author.
_SEPARATOR = re.compile(
    r"(?<!\\)[,;:] | (?:^|\s+) (?:and|&) \s+ (?! \S+ (?:\s+\S+)? \s+ (?:collaborations|groups|teams)\b )",
    re.IGNORECASE | re.VERBOSE,
)
_ON_BEHALF = re.compile(
    r"""(?P<name> .*? ) \b (?: for | on\ behalf\ of ) \s+ (?: the \s+ )?
        (?P<others> [^,]* \b (?: collaborations? | consortium | groups? | teams? ) )""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_MANY = re.compile(r"collab|consort|group|team", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Jr|Sr|jr|sr)\.?|II|III|IV|VI{1,3}|(?:Ph\.?\s?D|M\.?D)\.?")
_NOBODY = re.compile(r"et\.?\s*al\b.*|(?:\d+\s+)?others|[^\w]*", re.IGNORECASE)
_NO_PLACE = re.compile(r"deceased|(?:corresponding\s+)?authors?|(?:co-?)?editors?|eds?\.?", re.IGNORECASE)
_BRACKET, _PLACE_END = re.compile(r"[()]"), re.compile(r"[,(]")
_NICKNAME = re.compile(r"[^\W\d_][^\W\d_A-Z]+[.-]?[^\W\d_]*")
_MAY_HAVE_TEX = re.compile(r"[\\${}~`]|--|''")
_ODD_SIGN = re.compile(r"[()\[\]{}$\\~`;:&*†‡…]|--|''|\.\.")
_ODD_WORDS = frozenset(
    {"and", "et", "et.", "al", "al.", "others", "for", "of", "jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "vi", "vii"}
    | {"viii", "ph", "ph.", "phd", "phd.", "ph.d", "ph.d.", "md", "md.", "m.d", "m.d."}
)
_NO_LETTERS = " .-'"
_AROUND = " ,;"
_LONGEST_NAME = 300  # characters; longer ones are no names, and are not searched for collaborations


def split(text: str) -> Authors:
    """The authors of one line, as a feed, an arXivRaw record or a listing gives it."""
    line = one_line(text)
    if _is_plain(line):
        return Authors(tuple([name for each in line.split(",") if (name := each.strip()).strip(_NO_LETTERS)]))
    reader = _Reader(of_many=_OF_MANY.search(line) is not None)
    pieces = _pieces(_RAISED.sub("", line) if _HAS_RAISED.search(line) else line)
    for index, (piece, bracketed) in enumerate(pieces):
        after = _SEPARATOR.split(pieces[index + 1][0])[0].strip() if index + 1 < len(pieces) else ""
        if not bracketed:
            reader.read_names(piece)
        elif reader.between and reader.names and after and _MARKS.fullmatch(piece.strip()):
            # A legend without brackets around it: `A (1), B (2), (1) Univ X, City, (2) Univ Y`
            reader.places += _LABEL.split("".join(f"({each})" if inside else each for each, inside in pieces[index:]))
            break
        else:
            reader.read_bracket(piece.strip(), after)
    names, places = _clean(reader.names, line), dict.fromkeys(_clean(reader.places, line))
    return Authors(tuple(names), tuple(places))


def _is_plain(line: str) -> bool:
    """Whether commas are all there is between names, as in nine feeds' lines of ten: that is three times faster."""
    return not _ODD_SIGN.search(line) and _ODD_WORDS.isdisjoint(line.lower().replace(",", " ").split())


def one(text: str) -> str:
    """A single author's name, or one affiliation, in Unicode."""
    return latex.to_unicode(one_line(text)).strip(_AROUND)


def from_inverted(text: str) -> str:
    """`Last Jr, First` in the usual order; a name without a comma as it is."""
    last, _, first = one_line(text).partition(",")
    *names, final = last.split() or [""]
    if first and names and _SUFFIX.fullmatch(final):
        return one(f"{first} {' '.join(names)} {final}")
    return one(f"{first} {last}")


@dataclass(slots=True)
class _Reader:
    names: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    of_many: bool = False  # the line may name a collaboration
    between: bool = True  # a separator ended the last name
    _nickname: bool = False  # the last name goes on after its bracket

    def read_names(self, piece: str) -> None:
        fragments = [each.strip() for each in _SEPARATOR.split(piece)]
        for index, fragment in enumerate(fragments):
            if not _NOBODY.fullmatch(fragment):
                self._add(fragment, joined=index == 0 and self._nickname)
        self.between = not fragments[-1] and (len(fragments) > 1 or self.between)
        self._nickname = False

    def _add(self, name: str, joined: bool) -> None:
        behalf = _on_behalf(name) if self.of_many else None
        if self.names and (joined or _SUFFIX.fullmatch(name)):
            self.names[-1] += f" {name}"
        elif behalf:
            self.names += filter(None, (behalf["name"].strip(), behalf["others"]))
        else:
            self.names.append(name)

    def read_bracket(self, content: str, after: str) -> None:
        if _MARKS.fullmatch(content) or _NO_PLACE.fullmatch(content):
            return
        if not self.between and after and self._is_nickname(content, after):
            self.names[-1] += f" ({content})"
            self._nickname = True
        elif _LABEL.match(content):
            self.places += _LABEL.split(content)
        elif content.startswith("1") and len(_NUMBER.findall(content)) > 1:
            self.places += _NUMBER.split(content)
        else:
            self.places += (_place(each.strip()) for each in content.split(";"))

    def _is_nickname(self, content: str, after: str) -> bool:
        """Whether it stands within a name, `Robert (Bob) Smith`, not between two: `A. Smith (CERN) B. Jones`."""
        one_word = " " not in after or " " not in self.names[-1]
        return bool(self.names) and one_word and _NICKNAME.fullmatch(content) is not None


def _on_behalf(text: str) -> re.Match[str] | None:
    return _ON_BEHALF.fullmatch(text) if len(text) < _LONGEST_NAME else None


def _place(text: str) -> str:
    behalf = _on_behalf(text)
    return behalf["others"] if behalf and not behalf["name"].strip() else text


def _clean(texts: Iterable[str], line: str) -> Iterator[str]:
    """Each in Unicode, without what separated it; only a line with TeX is converted."""
    stripped = (each.strip(_AROUND) for each in texts)
    return filter(None, map(one, stripped) if _MAY_HAVE_TEX.search(line) else stripped)


def _pieces(text: str) -> list[tuple[str, bool]]:
    """The text's parts in a row, each with whether it stood in brackets."""
    if "(" not in text and ")" not in text:
        return [(text, False)]
    text = _balanced(text)
    pieces, start, depth = [], 0, 0
    for bracket in _BRACKET.finditer(text):
        before = depth
        depth += 1 if bracket[0] == "(" else -1
        if not before or not depth:
            pieces.append((text[start : bracket.start()], bool(before)))
            start = bracket.end()
    return [*pieces, (text[start:], False)]


def _balanced(text: str) -> str:
    """The text with each unclosed bracket closed at the next comma or bracket, and without those never opened."""
    opened: list[int] = []
    never_opened = set()
    for bracket in _BRACKET.finditer(text):
        if bracket[0] == "(":
            opened.append(bracket.start())
        elif opened:
            opened.pop()
        else:
            never_opened.add(bracket.start())
    if not opened and not never_opened:
        return text
    ends = {match.start() if (match := _PLACE_END.search(text, each + 1)) else len(text) for each in opened}
    return "".join(
        ")" * (index in ends) + ("" if index in never_opened else char) for index, char in enumerate(f"{text} ")
    )
