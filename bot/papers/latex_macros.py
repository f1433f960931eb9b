"""What each TeX macro becomes: a symbol, its argument, a fraction; an unknown one becomes its name."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial

from bot.papers import latex_symbols as tex
from bot.papers.latex_reader import Reader, Script, Word, script

Macro = Callable[[Reader], str]

_ATOM = re.compile("√?[\\d.,]+|√?[^\\W\\d_][\u0300-\u036f\u02b0-\u02ff\u1d2c-\u1dbf\u2070-\u209c²³¹′*]*|√?\\([^()]*\\)")
_BASE = re.compile("\\S[\u0300-\u036f]*")
_ACCENTED = re.compile(_BASE.pattern + "([_^].*)?", re.DOTALL)
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}


def convert(reader: Reader, name: str, spaced: bool) -> str:
    """The piece for the macro just read; `spaced` if white space ended its name."""
    macros = _maths_macros() if reader.maths else _text_macros()
    space = " " if spaced else ""
    if name in macros:
        return macros[name](reader)
    if name in tex.symbols():
        return _symbol(reader, tex.symbols()[name], space)
    return _unknown(reader, name, space)


@cache
def _maths_macros() -> dict[str, Macro]:
    accents = {name: partial(_text_accent, mark=mark) for name, mark in tex.TEXT_ACCENTS.items() if not name.isalpha()}
    return {
        **accents,
        **dict.fromkeys(tex.DROPPED, _nothing),
        **dict.fromkeys(tex.SPACES, _space),
        **dict.fromkeys(tex.TEXT_WRAPPERS, partial(Reader.argument, maths=False)),
        **dict.fromkeys(tex.MATHS_WRAPPERS, partial(Reader.argument, maths=True)),
        **{name: partial(_lettered, alphabet=alphabet) for name, alphabet in tex.alphabets().items()},
        **{name: partial(_maths_accent, name=name, mark=mark) for name, mark in tex.MATHS_ACCENTS.items()},
        **_special_macros(),
    }


@cache
def _text_macros() -> dict[str, Macro]:
    return {
        **_maths_macros(),
        **{name: partial(_text_accent, mark=mark) for name, mark in tex.TEXT_ACCENTS.items()},
        **{name: partial(_letter, letter=letter) for name, letter in tex.LETTERS.items()},
        "deg": _degree,
    }


@cache
def _special_macros() -> dict[str, Macro]:
    return {
        **dict.fromkeys(("operatorname", "operatorname*"), _operator),
        **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), _fraction),
        **dict.fromkeys(("binom", "tbinom", "dbinom"), _binomial),
        **dict.fromkeys(("cite", "citep", "citet", "citealp", "citealt", "citeauthor", "citeyear"), _citation),
        **dict.fromkeys(("ref", "eqref", "autoref", "cref", "Cref"), _reference),
        **dict.fromkeys(("left", "right"), _delimiter),
        **dict.fromkeys(("label", "color", "vspace", "hspace", "phantom", "hphantom", "vphantom"), _invisible),
        **dict.fromkeys(("stackrel", "overset"), partial(_stacked, sign="^")),
        **dict.fromkeys(("url", "path"), Reader.raw),
        **{"underset": partial(_stacked, sign="_"), "textsuperscript": partial(_shifted, sign="^")},
        **{"textsubscript": partial(_shifted, sign="_"), "sqrt": _root, "not": _negated, "pmod": _modulus},
        **{"unicode": _code_point, "textcolor": _coloured, "href": _link, "footnote": _footnote},
        **{"enquote": _quoted, "begin": partial(_environment, begins=True), "end": partial(_environment, begins=False)},
        **{"(": partial(_maths_until, close="\\)"), "[": partial(_maths_until, close="\\]")},
        **dict.fromkeys((")", "]"), _maths_end),
    }


def _symbol(reader: Reader, symbol: str, space: str) -> str:
    # TeX ignores the spaces of maths and sets its own: here they are kept, but evenly on both sides of an operator.
    if not reader.maths:
        return symbol + space
    if tex.is_prefix(symbol):
        return symbol
    if tex.is_infix(symbol):
        return symbol + " " * reader.line.last.isspace()
    return symbol + space


def _unknown(reader: Reader, name: str, space: str) -> str:
    if not name.isalpha():
        return "\\" + name
    word = tex.WORDS.get(name, name)
    if reader.following() != "{":
        return Word(word + space)
    content = reader.argument()
    return Word(f"{word} {content}") if content else word


def _nothing(_reader: Reader) -> str:
    return ""


def _space(_reader: Reader) -> str:
    return " "


def _letter(_reader: Reader, letter: str) -> str:
    return letter


def _degree(reader: Reader) -> str:
    return "°" + " " * reader.lexemes[reader.at - 1][-1].isspace()


def _operator(reader: Reader) -> str:
    return Word(reader.argument(maths=True))


def _lettered(reader: Reader, alphabet: dict[str, str]) -> str:
    content = reader.argument(maths=True)
    # A whole word in script letters is hard to read and impossible to search for.
    return "".join(alphabet.get(char, char) for char in content) if len(content) <= 2 else content


def _maths_accent(reader: Reader, name: str, mark: str) -> str:
    content = reader.argument(maths=True).strip()
    base = _BASE.match(content)
    if base and (content.isalnum() or _ACCENTED.fullmatch(content)):
        return unicodedata.normalize("NFC", base[0] + mark) + content[base.end() :]
    return Word(f"{name.removeprefix('wide')}({content})") if content else ""


def _text_accent(reader: Reader, mark: str) -> str:
    typed, following = reader.lexemes[reader.at - 1], reader.following()
    if not (following == "{" or following[:1].isalpha() or re.match(r"\\[A-Za-z]", following)):
        return typed if typed[1].isalpha() else typed[1:]  # no accent: a quoted `\"`, or `\d+` in code
    content = reader.argument()
    base = {"ı": "i", "ȷ": "j"}.get(content[:1], content[:1])
    return unicodedata.normalize("NFC", base + mark) + content[1:] if base else ""


def _fraction(reader: Reader) -> str:
    above, below = reader.argument(maths=True), reader.argument(maths=True)
    if not below:  # the text was cut
        return above
    above = above if _ATOM.fullmatch(above) or above.isalnum() else f"({above})"
    below = below if _ATOM.fullmatch(below) else f"({below})"
    return Word(f"{above}/{below}")


def _root(reader: Reader) -> str:
    degree = reader.option()
    content = reader.argument(maths=True)
    sign = _ROOTS.get(degree) or script("^", degree) + "√"
    return Word(sign + (content if not content or _ATOM.fullmatch(content) else f"({content})"))


def _binomial(reader: Reader) -> str:
    return Word(f"C({reader.argument(maths=True)}, {reader.argument(maths=True)})")


def _stacked(reader: Reader, sign: str) -> str:
    beside, base = reader.argument(maths=True), reader.argument(maths=True)
    return base + script(sign, beside, reader.following()[:1])


def _shifted(reader: Reader, sign: str) -> str:
    return Script(script(sign, reader.argument(), reader.following()[:1]))


def _negated(reader: Reader) -> str:
    content = reader.argument()
    return unicodedata.normalize("NFC", content[:1] + "\u0338") + content[1:] if content else ""


def _modulus(reader: Reader) -> str:
    return Word(f"(mod {reader.argument(maths=True)})")


def _link(reader: Reader) -> str:
    address, label = reader.raw(), reader.argument(maths=False)
    return label if address.partition("://")[2].rstrip("/") in label else f"{label} ({address})".lstrip()


def _citation(reader: Reader) -> str:
    options = [reader.option(), reader.option()]
    return Word(f"[{', '.join(filter(None, [reader.raw(), *options]))}]")


def _reference(reader: Reader) -> str:
    return Word(reader.raw())


def _footnote(reader: Reader) -> str:
    content = reader.argument(maths=False)
    return f" ({content})" if content else " "


def _quoted(reader: Reader) -> str:
    return f"“{reader.argument(maths=False)}”"


def _code_point(reader: Reader) -> str:
    typed = reader.raw()
    if not re.fullmatch(r"x[0-9a-fA-F]{2,5}", typed):
        return typed
    char = chr(int(typed[1:], 16))
    return char if char.isprintable() else typed  # a lone surrogate cannot be sent


def _coloured(reader: Reader) -> str:
    _invisible(reader)
    return reader.argument()


def _invisible(reader: Reader) -> str:
    reader.option()
    reader.raw()
    return ""


def _environment(reader: Reader, begins: bool) -> str:
    if reader.raw() in tex.MATHS_ENVIRONMENTS:
        reader.maths = begins
    return " "


def _maths_until(reader: Reader, close: str) -> str:
    reader.maths = reader.maths or reader.has_later(close)
    return ""


def _maths_end(reader: Reader) -> str:
    reader.maths = False
    return ""


def _delimiter(reader: Reader) -> str:
    if reader.following().startswith("."):
        reader.argument()
    return ""
