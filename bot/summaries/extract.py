"""The sentence of an English abstract that says what a paper does, for use without a model. Pure."""

import re

from bot.papers.latex import to_unicode
from storage.records import Paper

LONGEST = 300  # characters
_SHORT = 20

_BORDER = re.compile(r"[.!?][”’\"')\]]*\s+(?=[\"“‘'(\[]*[A-Z0-9$α-ωΑ-Ω])")
_NO_END = re.compile(
    r"""(?: \b(?: e\.?g | i\.e | et\ al | al | etc | cf | vs | v | Figs? | Eqs? | Refs? | Secs? | Tabs? | Thms? | Lem
        | Prop | Cor | Nos? | Vol | pp | resp | approx | ca | viz | Dr | Mrs? | Ms | Prof | St | Jr | Inc | Ltd
        | Co | Univ | Dept | U\.S | U\.K | a\.k\.a | w\.r\.t | i\.i\.d | a\.s | a\.e | s\.t | Ph\.D | incl | est | avg
        | max | min )
      | (?<![A-Za-z])[A-Z] )\.[\])]?\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_ENDS_ANYWAY = re.compile(r"\b(?:al|etc|U\.S|U\.K)\.\s*$")  # the next word decides: `et al. Propose` is no sentence
_NEW_SENTENCE = re.compile(r"(?:The|This|These|We|Our|In|However|Here|It|To|For|A|An|As|But|Moreover|While|Although)\b")
_HERE = re.compile(
    r"""\b(?: we | this\ (?:paper|work|study|article|report|letter|survey|thesis|review|manuscript|chapter|note)
      | the\ (?:present\ )? (?:paper|article|authors) | our\ (?:work|paper|study|approach|method|contribution)
      | here | in\ this\ \w+ | (?-i:I) )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_DOES = re.compile(
    r"""\b(?: propos | introduc | present | develop | design | describ | investigat | stud(?:y|ies)\b | address | explor
      | examin | analy[sz] | provid | construct | establish | formulat | devis | creat | build | offer | review | survey
      | report | releas | deriv | generali[sz] | extend | consider | revisit | tackle | aims?\ to | seek | focus )""",
    re.IGNORECASE | re.VERBOSE,
)
_FINDS = re.compile(
    r"\b(?:show|prov[ei]|demonstrat|find|found|reveal|argu|observ|discover|evaluat|compar|achiev|conduct|test)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:call(?:ed)?|named|dubbed|termed|is an? (?:novel|new|open|simple|general))\b", re.IGNORECASE)
_AFTERWARDS = re.compile(
    r"(?:experiment|result|extensive|evaluation|finally|furthermore|moreover|additionally|our code|code)", re.I
)
_AVAILABLE = re.compile(
    r"https?://|\bwww\.|\bgithub\b|\b(?:is|are|made|be) (?:publicly |freely )?(?:available|accessed|found)\b",
    re.IGNORECASE,
)
_OPENING_LABEL = re.compile(r"(?:abstract|summary)\s*[:.—–-]\s*", re.IGNORECASE)
_CUT = re.compile(r"[\s,;:(—–-]+\S*$")


def first_sentence(paper: Paper) -> str:
    """What the paper does in its own English words, at most 300 characters; empty only if the abstract is."""
    text = _OPENING_LABEL.sub("", " ".join(to_unicode(paper.abstract).split()), count=1)
    found = sentences(text)
    if not found:
        return _short(" ".join(paper.abstract.split()))
    # max takes the first of equals: what a paper does comes before how and how well
    best = max(found, key=lambda each: _tells(each, paper))
    return _short(best)


def sentences(text: str) -> list[str]:
    """English prose cut into its sentences."""
    found: list[str] = []
    start = 0
    for border in _BORDER.finditer(text):
        if _is_end(text[start : border.end()].rstrip(), text[border.end() :]):
            found.append(text[start : border.end()].strip())
            start = border.end()
    return [*found, *filter(None, [text[start:].strip()])]


def _is_end(before: str, after: str) -> bool:
    if not _NO_END.search(before[-20:]):
        return True
    return bool(_ENDS_ANYWAY.search(before) and _NEW_SENTENCE.match(after))


def _tells(sentence: str, paper: Paper) -> int:
    """How well a sentence says what the paper does."""
    here, does, finds = (bool(each.search(sentence)) for each in (_HERE, _DOES, _FINDS))
    points = (4 if does else 2 if finds else 3) * here + bool(_NAMED.search(sentence))
    name = paper.title.partition(":")[0].strip()
    if ":" in paper.title and len(name) < 30 and name.lower() in sentence.lower():
        points += 2
    points -= 2 * bool(_AFTERWARDS.match(sentence)) + 3 * bool(_AVAILABLE.search(sentence))
    return points if len(sentence) >= _SHORT else points - 3


def _short(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    return (_CUT.sub("", sentence[: LONGEST - 1]) or sentence[: LONGEST - 1]) + "…"
