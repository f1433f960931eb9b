"""What a paper's title and abstract hold that a summary may repeat. Pure."""

import re
from dataclasses import dataclass

from bot.papers.latex import to_unicode
from bot.summaries import numbers, terms
from bot.summaries.numbers import Numbers
from storage.records import Paper

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A paper's text as the checks need it. `raw` keeps its TeX, `plain` is Unicode; both hold title and abstract."""

    title: str
    raw: str
    plain: str
    stems: frozenset[str]  # of its English words
    words: frozenset[str]  # lower case, between any punctuation
    squeezed: str  # lower case, letters and digits only
    numbers: Numbers

    def has(self, text: str) -> bool:
        """Whether the text stands there literally, in any case."""
        return text.lower() in self.raw.lower() or text.lower() in self.plain.lower()


def source(paper: Paper) -> Source:
    """Reads a paper."""
    title = to_unicode(paper.title)
    plain = f"{title}. {to_unicode(paper.abstract)}"
    found = _WORD.findall(plain.lower())
    return Source(
        title=title,
        raw=f"{paper.title} {paper.abstract}",
        plain=plain,
        stems=terms.stems(plain),
        words=frozenset(found),
        squeezed="".join(found),
        numbers=numbers.english(plain),
    )
