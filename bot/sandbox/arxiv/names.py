"""Authors' names as arXiv's interfaces write them: in TeX, as one string, or taken apart."""

import unicodedata

from storage.records import Paper

_ACCENTS = {
    **{"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": "."},
    **{"\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0328": "k"},
}
_LETTERS = {
    **{"ß": r"{\ss}", "ø": r"{\o}", "Ø": r"{\O}", "ł": r"{\l}", "Ł": r"{\L}", "ı": r"{\i}"},
    **{"æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "Œ": r"{\OE}"},
}
_SUFFIXES = {"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"}


def tex(text: str) -> str:
    """The text with TeX's accents: `Pi\\v{z}urica`, `K\\"ohler`. What TeX has no accent for stays."""
    return "".join(_letter(each) for each in unicodedata.normalize("NFC", text))


def split(name: str) -> tuple[str, str, str]:
    """Family name, other names, suffix. A collaboration and a single word are family names."""
    words = name.split()
    if len(words) < 2 or words[-1].lower() == "collaboration":
        return name, "", ""
    suffix = words.pop() if words[-1] in _SUFFIXES and len(words) > 2 else ""
    return words[-1], " ".join(words[:-1]), suffix


def creators(paper: Paper) -> str:
    """All authors in one string as feeds have it: other names first, so that a single word follows two spaces."""
    return ", ".join(
        tex(" ".join([others, family, *filter(None, [suffix])])) + _in_brackets(affiliations)
        for (family, others, suffix), affiliations in ((split(name), at) for name, at in with_affiliations(paper))
    )


def typed(paper: Paper) -> str:
    """All authors in one string as their submitter typed it."""
    return ", ".join(tex(name) + _in_brackets(affiliations) for name, affiliations in with_affiliations(paper))


def with_affiliations(paper: Paper) -> list[tuple[str, tuple[str, ...]]]:
    """Each author with affiliations: a record does not tell whose they are, so one each, the rest for the last."""
    authors, places = paper.authors, paper.affiliations
    last = len(authors) - 1
    return [(name, places[at:] if at == last else places[at : at + 1]) for at, name in enumerate(authors)]


def _in_brackets(affiliations: tuple[str, ...]) -> str:
    return f" ({tex(', '.join(affiliations))})" if affiliations else ""


def _letter(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    base, accent = parts[0], _ACCENTS.get(parts[1:], "")
    if not accent:
        return _LETTERS.get(letter, letter)
    return f"\\{accent}{{{base}}}" if accent.isalpha() else f"\\{accent}{base}"
