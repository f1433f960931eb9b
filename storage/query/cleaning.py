"""A query as it was typed to text of one spelling, whatever keyboard or typography it comes from."""

import re
import unicodedata

LONGEST = 4_000  # characters that are looked at: the longest canonical text of a query is shorter
_LONGEST_RUN = 520  # without white space: NFKC takes quadratic time on a long run of combining marks

_QUOTES = re.compile("[“”„‟«»「」｢｣『』〝〞〟﹁﹂﹃﹄]")  # double quotes
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_RUN = re.compile(r"\S+")


def clean(text: str) -> str:
    """The text with full-width characters, quotes and dashes folded, and without what no database takes."""
    text = text[:LONGEST]
    if text.isascii():
        return text.replace("\0", " ")
    # A lone surrogate cannot be sent to the database, and a NUL ends an FTS5 string early.
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    text = _INVISIBLE.sub("", _QUOTES.sub('"', text))
    if len(text) > _LONGEST_RUN:
        text = _RUN.sub(lambda run: unicodedata.normalize("NFKC", run[0][:_LONGEST_RUN]), text)
    else:
        text = unicodedata.normalize("NFKC", text)
    return text[:LONGEST]
