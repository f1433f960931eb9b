"""Reads TeX in one pass: groups, arguments, maths, scripts. What a macro becomes is latex_macros.py's to say."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable

from bot.papers import latex_guesses, latex_symbols

_DEEPEST = 40

_LEXEME = re.compile(
    r"\\(?:operatorname\*|[A-Za-z]+)\s?|\\.|[{}$^_~]|-{2,}|``|''|(?:[^\\{}$^_~`'-]|-(?!-)|`(?!`)|'(?!'))+|.", re.DOTALL
)
_FIRST_CHARACTER, _FIRST_NUMBER = re.compile(r"\s*(.)", re.DOTALL), re.compile(r"\s*([+-]\d+|.)", re.DOTALL)
_SPACE_BESIDE_SIGN = re.compile(r"(?<!\w) +| +(?!\w)")
_BRACKETED = re.compile(r"\([^()]*\)")


class Word(str):
    """A piece kept apart from the letters beside it: an operator's name, an unknown macro, a fraction."""

    __slots__ = ()


class Script(str):
    """A piece that belongs to the one before it."""

    __slots__ = ()


class Line:
    """Pieces of output in a row."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.last = ""  # the last character
        self._after_word = False

    def add(self, piece: str) -> None:
        """Append, with a space where a Word would run into a letter."""
        if not piece:
            return
        if not isinstance(piece, Script):
            is_word = isinstance(piece, Word)
            starts = piece[0].isalnum()
            if (self._after_word and starts) or (is_word and (starts or piece[0] == "[") and _is_end(self.last)):
                self.pieces.append(" ")
            self._after_word = is_word
        self.pieces.append(piece)
        self.last = piece[-1]


class Reader:
    """One text being read. `macro` gives the piece for a macro, from its name and whether a space ended it."""

    def __init__(self, text: str, macro: "Callable[[Reader, str, bool], str]") -> None:
        self.lexemes: list[str] = _LEXEME.findall(text)
        self.at = 0
        self.end = len(self.lexemes)
        self.maths = False
        self.line = Line()
        self._macro = macro
        self._depth = 0
        self._open_quotes = 0
        self._has_tex = "\\" in text or "$" in text
        self._closing = _pairs(self.lexemes)
        self._dollars = [index for index, lexeme in enumerate(self.lexemes) if lexeme == "$"]
        self._last = {lexeme: index for index, lexeme in enumerate(self.lexemes)}

    def read(self, end: int | None = None, maths: bool | None = None) -> str:
        """Everything up to the lexeme `end`, as maths or as text; by default to the end, as what surrounds it."""
        outside = self.line, self.end, self.maths
        self.line, self.end = Line(), self.end if end is None else end
        self.maths = self.maths if maths is None else maths
        self._deeper()
        while self.at < self.end:
            self.at += 1
            self.line.add(self._piece(self.lexemes[self.at - 1]))
        self._depth -= 1
        inside = "".join(self.line.pieces)
        self.line, self.end, self.maths = outside
        return inside

    def argument(self, maths: bool | None = None, first: re.Pattern[str] = _FIRST_CHARACTER) -> str:
        """What a macro applies to: the next group, macro or character; empty where there is none."""
        self._skip_space()
        if self.at >= self.end:
            return ""
        outside, self.maths = self.maths, self.maths if maths is None else maths
        self._deeper()
        lexeme = self.lexemes[self.at]
        self.at += 1
        if lexeme == "{":
            argument = self._group()
        elif lexeme[0] in "\\$}":
            argument = self._piece(lexeme)
        else:
            match = first.match(lexeme)
            argument = match[1] if match else lexeme
            self.at -= 1
            self._leave(lexeme[match.end() :] if match else "")
        self._depth -= 1
        self.maths = outside
        return argument

    def raw(self) -> str:
        """The next group as it was typed (an address, a name), without TeX's escapes; empty where there is none."""
        self._skip_space()
        close = self._closing.get(self.at, self.end)
        if close >= self.end:
            return ""
        typed = "".join(self.lexemes[self.at + 1 : close])
        self.at = close + 1
        return re.sub(r"\\([%_#&~{}$])", r"\1", typed)

    def option(self) -> str:
        """The optional argument `[...]` that follows directly, as it was typed; empty where there is none."""
        match = re.match(r"\[([^\]]*)\]", self.following())
        if not match:
            return ""
        self._leave(match.string[match.end() :])
        return match[1]

    def following(self) -> str:
        """The lexeme that follows; empty at the end."""
        return self.lexemes[self.at] if self.at < self.end else ""

    def has_later(self, lexeme: str) -> bool:
        """Whether the lexeme follows anywhere."""
        return self._last.get(lexeme, -1) >= self.at

    def _leave(self, rest: str) -> None:
        """What is left of the next lexeme once its beginning was taken."""
        if rest:
            self.lexemes[self.at] = rest
        else:
            self.at += 1

    def _skip_space(self) -> None:
        while self.at < self.end and self.lexemes[self.at].isspace():
            self.at += 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("nested too deeply")

    def _piece(self, lexeme: str) -> str:
        if lexeme[0] == "\\":
            name = lexeme[1:].rstrip() or " "
            # A lone backslash can only be the last character: the text was cut there.
            return self._macro(self, name, lexeme[-1].isspace()) if len(lexeme) > 1 else ""
        if lexeme in {"^", "_"}:
            return self._script(lexeme)
        if lexeme in {"{", "$"}:
            return self._brace() if lexeme == "{" else self._dollar()
        if lexeme == "}":
            return "" if self.maths or self._has_tex else "}"
        return lexeme.replace("'", "′") if self.maths else self._typed(lexeme)

    def _group(self) -> str:
        """The group whose `{` was just read; empty where it is never closed, so that what follows stands plain."""
        close = self._closing.get(self.at - 1, self.end)
        if close >= self.end:
            return ""
        inside = self.read(close)
        self.at = close + 1
        return inside

    def _brace(self) -> str:
        close = self._closing.get(self.at - 1, self.end)
        if self.maths:
            return self._group()
        if close >= self.end:
            return "" if self._has_tex else "{"
        typed = "".join(self.lexemes[self.at : close])
        after = self.lexemes[close + 1][0] if close + 1 < self.end else ""
        is_markup = self._has_tex or self.line.last.isalpha() or after.isalpha()
        inside = self._group()
        return inside if is_markup and not latex_guesses.is_list(typed) else "{" + inside + "}"

    def _script(self, sign: str) -> str:
        is_group = self.following() == "{" and self.at in self._closing and self.line.last.strip()
        if not self.maths and not is_group:
            return sign
        content = self.argument(maths=True, first=_FIRST_NUMBER)
        return Script(script(sign, content, self.following()[:1])) if content else ""

    def _dollar(self) -> str:
        if self.maths:
            return "$"
        width = 2 if self.following() == "$" else 1
        start = self.at + width - 1
        found = bisect_left(self._dollars, start)
        close = min(self._dollars[found], self.end) if found < len(self._dollars) else self.end
        typed = "".join(self.lexemes[start:close])
        after = self.lexemes[close + 1][0] if close + 1 < self.end else ""
        if close == self.end:
            is_maths = self.end == len(self.lexemes) and latex_guesses.is_cut_maths(typed, self.line.last)
        else:
            is_maths = after == "$" if width == 2 else latex_guesses.is_maths(typed, after)
        if not is_maths:
            return "$"
        self.at = start
        inside = self.read(close, maths=True)
        self.at = max(self.at, min(close + width, self.end))
        inside = inside if latex_guesses.is_latin(self.line.last) else inside.lstrip(" ")
        return inside if latex_guesses.is_latin(self.following()[:1]) else inside.rstrip(" ")

    def _typed(self, lexeme: str) -> str:
        """Text outside maths, with TeX's quotation marks, dashes and ties where they cannot be code."""
        before, after = self.line.last, self.following()[:1]
        if lexeme == "~":
            return latex_guesses.tie(before, after)
        if lexeme.startswith("--"):
            return latex_guesses.dash(lexeme, before, after)
        if lexeme == "``" and "`" not in {before, after}:
            self._open_quotes += 1
            return "“"
        if self._open_quotes and (lexeme == "''" or '"' in lexeme):
            self._open_quotes -= 1
            return "”" if lexeme == "''" else lexeme.replace('"', "”", 1)
        return lexeme


def script(sign: str, content: str, after: str = "") -> str:
    """Content raised (`^`) or lowered (`_`), all of it or none: then the sign stays, and brackets where needed."""
    table = latex_symbols.scripts(sign)
    compact = _SPACE_BESIDE_SIGN.sub("", content)
    if all(char in table for char in compact):
        return "".join(table[char] for char in compact)
    is_name = compact.isascii() and compact.isalnum() and not after.isalnum()
    if len(compact) == 1 or is_name or _BRACKETED.fullmatch(compact):
        return sign + compact
    return f"{sign}({compact})"


def _pairs(lexemes: list[str]) -> dict[int, int]:
    """Index of each `{` that is closed -> index of its `}`."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for index, lexeme in enumerate(lexemes):
        if lexeme == "{":
            opened.append(index)
        elif lexeme == "}" and opened:
            pairs[opened.pop()] = index
    return pairs


def _is_end(char: str) -> bool:
    """Whether an operand may end with it."""
    return char.isalnum() or (char != "" and (char in ")]" or unicodedata.combining(char) > 0))
