"""What /stats tells: a caption of numbers and leading terms, and the words that stand in its picture."""

from collections.abc import Sequence
from datetime import date

from bot.messages.size import clip
from bot.messages.wording import render, word
from bot.papers.leading import Term
from storage.records import Counts, Language

_TERMS, _TERM = 8, 40  # named in the caption, and the characters of each: a caption has 1,024


def caption(spans: Sequence[tuple[int, Counts]], terms: Sequence[Term], language: Language, title: str = "") -> str:
    """The numbers of the last days, several spans of them, as Telegram HTML; `terms` may be none.

    `title`: of another chat, if they are about one.
    """
    named = [clip(term.text, _TERM) for term in terms[:_TERMS]]
    return render(language, "stats", spans=spans, terms=named, title=clip(title, _TERM))


def day(shown: date, language: Language) -> str:
    """A day as it stands under its bar."""
    month = f"{shown:%b}" if language == Language.ENGLISH else shown.month
    return word(language, "stats.day", month=month, day=shown.day)


def headings(days: int, language: Language) -> tuple[str, str]:
    """The headings of the picture's two parts: papers a day, and leading terms."""
    return word(language, "stats.days", days=days), word(language, "stats.terms")
