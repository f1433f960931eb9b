"""What TeX macros mean in Unicode: the tables that latex.py reads by; most symbols are unicodeit's."""

import re
import unicodedata
from functools import cache

from unicodeit.data import REPLACEMENTS, SUBSUPERSCRIPTS

LETTERS = {
    **{"i": "ı", "j": "ȷ", "l": "ł", "L": "Ł", "o": "ø", "O": "Ø", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ"},
    **{"OE": "Œ", "aa": "å", "AA": "Å", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "th": "þ", "TH": "Þ"},
    **{"ng": "ŋ", "NG": "Ŋ"},
}
"""Macros that are letters inside a word: a space after one only ends its name."""

TEXT_ACCENTS = {
    **{"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307", '"': "\u0308"},
    **{"u": "\u0306", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328"},
    **{"b": "\u0331", "t": "\u0361", "textcommabelow": "\u0326"},
}
MATHS_ACCENTS = {
    **{"grave": "\u0300", "acute": "\u0301", "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303"},
    **{"widetilde": "\u0303", "bar": "\u0304", "overline": "\u0304", "breve": "\u0306", "dot": "\u0307"},
    **{"ddot": "\u0308", "mathring": "\u030a", "check": "\u030c", "vec": "\u20d7", "overrightarrow": "\u20d7"},
}
MATHS_ACCENTS |= {name.capitalize(): MATHS_ACCENTS[name] for name in ("hat", "tilde", "bar", "vec", "dot", "check")}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_WRAPPERS = _names(
    "text textrm textit textbf textsf texttt textsc textsl textup textmd textnormal emph mbox hbox fbox underline "
    "uline ul textul sout ac acs acl acp acf gls glspl Gls title section subsection paragraph ce uppercase lowercase"
)
MATHS_WRAPPERS = _names(
    "mathrm mathbf mathit mathsf mathtt mathnormal boldsymbol bm pmb mathop mathbin mathrel mathord overbrace "
    "underbrace smash boxed ensuremath substack"
)
"""Macros that leave their argument as it is, read as text or as maths."""

DROPPED = _names(
    "middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr Biggl Biggr limits nolimits displaystyle "
    "textstyle scriptstyle scriptscriptstyle rm bf it em sf tt sl sc cal bfseries itshape ttfamily sffamily rmfamily "
    "scshape upshape normalfont boldmath unboldmath tiny scriptsize footnotesize small normalsize large Large LARGE "
    "huge Huge centering noindent protect xspace relax nonumber notag expandafter nobreakdash allowbreak maketitle "
    "! - / @"
)
SPACES = _names("quad qquad space enspace thinspace par newline linebreak hfill \\ , ; : >") | {" ", "\n", "\t"}
MATHS_ENVIRONMENTS = _names(
    "equation align gather multline eqnarray math displaymath alignat "
    "equation* align* gather* multline* eqnarray* alignat*"
)

WORDS = {
    **{"ie": "i.e.", "eg": "e.g.", "etc": "etc.", "etal": "et al.", "vs": "vs.", "wrt": "w.r.t.", "bmod": "mod"},
    **{"TeX": "TeX", "LaTeX": "LaTeX", "liminf": "lim inf", "limsup": "lim sup"},
}
"""Macros that are words of their own; a macro that no table has is one too, its name."""

# Where unicodeit has nothing, another character than arXiv's own pages show, or a name that papers define anew.
_SYMBOLS = {
    **{"dots": "…", "dotsc": "…", "dotsb": "⋯", "mid": "|", "lvert": "|", "rvert": "|", "lVert": "‖", "rVert": "‖"},
    **{"|": "‖", "langle": "⟨", "rangle": "⟩", "lbrack": "[", "rbrack": "]", "star": "⋆", "phi": "φ", "iff": "⟺"},
    **{"smallsetminus": "∖", "cdot": "·", "square": "□", "Box": "□", "bigcirc": "◯", "dag": "†", "ddag": "‡"},
    **{"textendash": "–", "textemdash": "—", "textasciitilde": "~", "textasciicircum": "^", "textdegree": "°"},
    **{"textregistered": "®", "textbackslash": "\\", "textless": "<", "textgreater": ">", "textbar": "|"},
    **{"textquotesingle": "'", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“"},
    **{"textquotedblright": "”", "textunderscore": "_", "textdollar": "$", "textpm": "±", "texttimes": "×"},
    **{"textmu": "µ", "thickapprox": "≈", "leqslant": "≤", "geqslant": "≥", "implies": "⟹", "item": "•"},
    **{"thicksim": "∼", "dotsm": "⋯", "euro": "€", "lt": "<", "gt": ">", "textsection": "§", "middot": "·"},
}
_NOT_SYMBOLS = {"AC", "DD", "dd", "ee", "ii", "jj", "h", "Dz", "dz", "Lt", "Gt", "not", "space"}
_PREFIX_SIGNS = "∇∂∑∏∫∮∬∀∃¬"
_ATOMS = "∞∅⊤⊥⌈⌉⌊⌋"

_SUPERSCRIPTS = {"V": "ⱽ", "∘": "°", "°": "°", "⊤": "ᵀ", "⊺": "ᵀ", "*": "*", "⋆": "*", "θ": "ᶿ"} | {
    c: c for c in "′″‴†‡"
}
_NOT_SCRIPTS = "∫.<>"


@cache
def symbols() -> dict[str, str]:
    """Macro name -> the characters it stands for."""
    names = {name[1:]: text for name, text in REPLACEMENTS if re.fullmatch(r"\\[A-Za-z]+", name)}
    accents = TEXT_ACCENTS.keys() | MATHS_ACCENTS.keys()
    others = accents | LETTERS.keys() - {"AA"} | _NOT_SYMBOLS  # in maths `\O` and `\l` are the author's own
    plain = {name: text for name, text in names.items() if name not in others and not unicodedata.combining(text[0])}
    return plain | _SYMBOLS | {char: char for char in "{}%&$_#"}


@cache
def alphabets() -> dict[str, dict[str, str]]:
    """Macro name of a font -> character -> the same in that font."""
    found: dict[str, dict[str, str]] = {"mathbb": {}, "mathcal": {}, "mathfrak": {}}
    for name, text in REPLACEMENTS:
        match = re.fullmatch(r"\\(mathbb|mathcal|mathfrak)\{(\w)\}", name)
        if match:
            found[match[1]][match[2]] = text
    found["mathcal"]["I"] = "ℐ"
    # unicodeit's other lower case letters here are the differential d and its like, in another style.
    found["mathbb"] = {char: text for char, text in found["mathbb"].items() if not char.islower()} | {"D": "𝔻"}
    return found | {
        "mathscr": found["mathcal"],
        "mathds": found["mathbb"],
        "mathbbm": found["mathbb"],
        "Bbb": found["mathbb"],
    }


@cache
def scripts(sign: str) -> dict[str, str]:
    """Character -> itself raised (`^`) or lowered (`_`), where Unicode has that."""
    found = {pair[1]: text for pair, text in SUBSUPERSCRIPTS if pair[0] == sign and pair[1] not in _NOT_SCRIPTS}
    return found | _SUPERSCRIPTS if sign == "^" else found


def is_prefix(symbol: str) -> bool:
    """Whether it stands before its operand, so that a space after it is only TeX's."""
    return symbol in _PREFIX_SIGNS


def is_infix(symbol: str) -> bool:
    """Whether it stands between operands, with as much space after it as before it."""
    return len(symbol) == 1 and symbol not in _PREFIX_SIGNS + _ATOMS and unicodedata.category(symbol) == "Sm"
