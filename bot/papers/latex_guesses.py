"""Whether a dollar, brace, dash, tilde or backtick is TeX or itself: what stands around it tells."""

import re

_TEX, _PROSE = re.compile(r"\\[A-Za-z,{}]|[{^_]"), re.compile(r"[A-Za-z]{3}")
_LIST = re.compile(r"[,:;=|<>+]")
_BEFORE_DASH, _AFTER_DASH = re.compile(r"[^\s<(!|-]"), re.compile(r"[^\s>;|)-]")
_BEFORE_TIE = ".,;:)]}%’”'"
_MOST_WORDS_IN_LIST, _MOST_WORDS_IN_MATHS = 8, 6
_LONGEST_CUT_MATHS = 200  # characters


def is_maths(typed: str, following: str) -> bool:
    """Whether the text between two dollars is a formula, not money: `$5 for x_1 and $10`."""
    if not typed or (typed[0].isdigit() and typed[-1].isspace()):
        return False
    if _TEX.search(typed) or len(typed) == 1:
        return True
    if typed[0].isspace() or typed[-1].isspace():
        return not _PROSE.search(typed) and not is_latin(following)
    return len(typed.split()) <= _MOST_WORDS_IN_MATHS and not following.isdigit()


def is_cut_maths(typed: str, before: str) -> bool:
    """Whether a dollar that nothing closes opens a formula cut by the end: mirrors cut abstracts anywhere."""
    if not typed:
        return not before.isalnum()
    return len(typed) < _LONGEST_CUT_MATHS and bool(_TEX.search(typed) or re.fullmatch(r"[^\s\d]\S?", typed))


def is_list(typed: str) -> bool:
    """Whether braces stand for themselves: `{0, 1}`, `{"id": 3}`; not `{stochastic}`, `1{,}000`, `{https://...}`."""
    typed = typed.strip()
    if typed in {"", ","} or "://" in typed:
        return False
    if not typed[0].isalnum() and typed[0] not in "\\$":
        return True
    return len(typed.split()) <= _MOST_WORDS_IN_LIST and _LIST.search(typed) is not None


def tie(before: str, after: str) -> str:
    """A space for the tilde of `Fig.~1`; itself in `~10 %`, `10~20` and `/~user`."""
    ends_word = (before.isalnum() and not _is_chinese(before)) or (before != "" and before in _BEFORE_TIE)
    is_range = before.isdigit() and after.isdigit()
    return " " if ends_word and after and not after.isspace() and not is_range else "~"


def dash(hyphens: str, before: str, after: str) -> str:
    """A dash for `1--2`, `a -- b` and `研究--综述`; the hyphens themselves in `git --amend`, `i--;` and `<!--`."""
    spaced = before.isspace() and after.isspace()
    joined = _BEFORE_DASH.match(before) and _AFTER_DASH.match(after)
    if len(hyphens) > 3 or not (spaced or joined):
        return hyphens
    if _is_chinese(before) or _is_chinese(after):
        return "——"
    return "–" if len(hyphens) == 2 else "—"


def is_latin(char: str) -> bool:
    """Whether it is a letter or digit that a space keeps apart from the next."""
    return char.isascii() and char.isalnum()


def _is_chinese(char: str) -> bool:
    return "\u2e80" <= char < "\uffff"
