"""Texts of papers as TeX: formulas stay as they are, the rest is Unicode with its special signs escaped. Pure."""

import re
from collections.abc import Callable

from bot.exports.entry import one_line, printable
from bot.papers import latex, latex_guesses

_ESCAPES = str.maketrans(
    {
        **{each: f"\\{each}" for each in "&%$#_"},
        # BibTeX counts braces even where they are escaped, so that a lone `\{` would break the file.
        "{": "\\textbraceleft{}",
        "}": "\\textbraceright{}",
        "\\": "\\textbackslash{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
    }
)
_MATHS = re.compile(r"\\.|\$\$(?P<display>(?:\\.|[^\\$])+)\$\$|\$(?P<inline>(?:\\.|[^\\$])+)\$")
_BARE = re.compile(r"\\.|[%#]")
_NOT_IN_TEXT = re.compile(r"\\begin\b|\\end\b|(?<!\\)&|\\$")
_FORMULA = "\ue000"  # stands for one while the text around it is converted; no text holds it: it is not printable
_IS_TEX = "\\relax{}"
_WORD = re.compile(r"[^\W_]+")
_LOWER_CASE = 0.6  # of the longer words of a title, from which on a capital is a name's


def text(given: str) -> str:
    """A text of a paper, its formulas as they are."""
    pieces, formulas = _apart(given)
    return _together([piece.translate(_ESCAPES) for piece in pieces], formulas)


def title(given: str) -> str:
    """The same, with braces around what no style may write small: BERT, 3D, formulas, names."""
    pieces, formulas = _apart(given)
    protects = _protects(" ".join(pieces))
    braced = [_braced(piece, protects, begins=not number) for number, piece in enumerate(pieces)]
    return _together(braced, [f"{{{each}}}" for each in formulas])


def escaped(given: str) -> str:
    """A text that holds no TeX, such as a name."""
    return one_line(given).translate(_ESCAPES)


def _apart(given: str) -> tuple[list[str], list[str]]:
    """The formulas of a text, and what stands before, between and after them, as Unicode."""
    formulas: list[str] = []

    def kept(match: re.Match[str]) -> str:
        typed = (match["inline"] or match["display"] or "").strip()
        if not typed or not _is_formula(typed, match.string[match.end() : match.end() + 1]):
            return match[0]
        formulas.append(f"${_BARE.sub(_escape, typed)}$")
        return _FORMULA

    line = one_line(given)
    marked = _MATHS.sub(kept, line)
    # Formulas tell that braces are TeX's; without them, something else must.
    pieces = latex.to_unicode(f"{_IS_TEX}{marked}" if formulas else marked).split(_FORMULA)
    if len(pieces) != len(formulas) + 1:  # a macro took a formula for its argument, and lost it
        pieces, formulas = [latex.to_unicode(line)], []
    return [printable(re.sub(r"\s+", " ", piece)) for piece in pieces], formulas


def _together(pieces: list[str], formulas: list[str]) -> str:
    return "".join(piece + formula for piece, formula in zip(pieces, [*formulas, ""], strict=True)).strip()


def _escape(match: re.Match[str]) -> str:
    return match[0] if len(match[0]) > 1 else f"\\{match[0]}"


def _is_formula(typed: str, after: str) -> bool:
    """Whether what stands between dollars is a formula that can stay as it is."""
    return (
        latex_guesses.is_maths(typed, after)
        and not _NOT_IN_TEXT.search(typed)
        and typed.count("\\left") == typed.count("\\right")
        and _is_balanced(typed)
        and _is_balanced(re.sub(r"\\.", "", typed))
    )


def _is_balanced(typed: str) -> bool:
    depth = 0
    for each in typed:
        depth += (each == "{") - (each == "}")
        if depth < 0:
            return False
    return depth == 0


def _protects(title: str) -> Callable[[str, bool], bool]:
    """Which words of a title keep their capitals; told the word, and whether it begins a sentence."""
    words = _WORD.findall(title)
    long = [word for word in words if len(word) > 3]
    is_shouted = len(words) > 3 and title.upper() == title
    is_plain = sum(word.islower() for word in long) >= len(long) * _LOWER_CASE

    def protects(word: str, first: bool) -> bool:
        if is_shouted or word.islower():
            return False
        inner = any(each.isupper() for each in word[1:]) or (word[0].isdigit() and not word.isdigit())
        single = len(word) == 1 and word not in "AI" and word.isupper()
        return inner or single or (is_plain and not first and word[0].isupper())

    return protects


def _braced(piece: str, protects: Callable[[str, bool], bool], *, begins: bool) -> str:
    made, end = [], 0
    for match in _WORD.finditer(piece):
        between = piece[end : match.start()]
        begins = (begins and not end) or between.rstrip()[-1:] in {":", "?", "!", "."}
        word = match[0].translate(_ESCAPES)
        made += [between.translate(_ESCAPES), f"{{{word}}}" if protects(match[0], begins) else word]
        end = match.end()
    return "".join([*made, piece[end:].translate(_ESCAPES)])
