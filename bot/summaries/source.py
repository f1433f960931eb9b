"""What a paper's title and abstract hold that a summary may repeat. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from bot.papers.latex import to_unicode
from bot.summaries import numbers, terms, units
from bot.summaries.numbers import Numbers
from bot.summaries.units import Quantities
from storage.records import Paper

_WORD = re.compile(r"[^\W_]+")
_STROKES = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae"})
_FAMILIAR = 0.8  # of the stems; 97 in 100 papers of computer science have more, other fields .4 to .8


@dataclass(frozen=True, slots=True)
class Source:
    """A paper's text as the checks need it. `raw` keeps its TeX, `plain` is Unicode; both hold title and abstract."""

    title: str
    raw: str
    plain: str
    stems: frozenset[str]  # of its English words
    words: frozenset[str]  # lower case, without diacritics, between any punctuation
    squeezed: str  # the same, letters and digits only
    familiar: bool  # whether the table of terms knows the words of its field
    numbers: Numbers
    quantities: Quantities

    def has(self, text: str) -> bool:
        """Whether the text stands there literally, in any case."""
        return text.lower() in self.raw.lower() or text.lower() in self.plain.lower()


def folded(text: str) -> str:
    """A text without diacritics."""
    apart = unicodedata.normalize("NFKD", text.translate(_STROKES))
    return "".join(each for each in apart if not unicodedata.combining(each))


def source(paper: Paper) -> Source:
    """Reads a paper."""
    title = to_unicode(paper.title)
    plain = f"{title}. {to_unicode(paper.abstract)}"
    found = _WORD.findall(folded(plain).lower())
    stems = terms.stems(folded(plain))
    return Source(
        title=title,
        raw=f"{paper.title} {paper.abstract}",
        plain=plain,
        stems=stems,
        words=frozenset(found),
        squeezed="".join(found),
        familiar=terms.coverage(stems) >= _FAMILIAR,
        numbers=numbers.english(plain),
        quantities=units.english(plain),
    )
