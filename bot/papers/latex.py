"""TeX in titles and abstracts, written as plain Unicode text. What cannot be converted stays readable."""

import re
import unicodedata

from bot.papers import latex_macros
from bot.papers.latex_reader import Reader

_LONGEST_TEXT = 20_000  # characters: ten times arXiv's longest abstract
_MAY_HAVE_TEX = re.compile(r"[\\${~]|--|``")


def to_unicode(text: str) -> str:
    """The text without TeX's markup; unchanged if it has none, is over 20,000 characters, or cannot be read."""
    if len(text) > _LONGEST_TEXT or not _MAY_HAVE_TEX.search(text):
        return text
    try:
        plain = Reader(text, latex_macros.convert).read()
    except Exception:  # an odd abstract must not stop a digest
        return text
    return re.sub(r"[ \t]{2,}", " ", unicodedata.normalize("NFC", plain))
