"""What an answer of arXiv's means: read it, come back later, or never ask so again. Pure.

arXiv sheds load by 429 and 406, by 403 and 503, and by status 200 with the text "Rate exceeded."; none of it may be
taken for an empty feed (facts: github.com/dmarx/luria#292, openags/paper-search-mcp#81, info.arxiv.org/help/robots).
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0  # seconds; a Retry-After beyond a day is taken for a day

_PASSING = frozenset({403, 406, 408, 425, 429})
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*<(!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)
_RATE = re.compile(rb"rate exceeded", re.IGNORECASE)
_NOTE = 500  # bytes; a longer body that names a rate is an abstract's, not a refusal's
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


def passing(status: int, body: bytes) -> str:
    """Why this answer is a refusal that time heals, in a few words; empty if it is none."""
    if status in _PASSING or status >= 500:
        return f"HTTP {status}{_quoted(body)}"
    if status >= 300:
        return ""
    text = _start(body)
    if not text:
        return "an empty answer"
    if len(text) < _NOTE and _RATE.search(text):
        return f"HTTP {status}{_quoted(body)}"
    if not is_xml(body):
        return "an HTML page instead of XML" if text.startswith(b"<") else f"no XML{_quoted(body)}"
    return ""


def lasting(status: int, body: bytes) -> str:
    """Why asking the same again is of no use, in a few words; empty if the body can be read."""
    if 200 <= status < 300 or (status == 400 and is_xml(body)):  # the body of a 400 says why
        return ""
    return f"HTTP {status}{_quoted(body)}"


def is_xml(body: bytes) -> bool:
    """Whether a body looks like XML other than HTML."""
    text = _start(body)
    return text.startswith(b"<") and not _HTML.match(text)


def retry_after(header: str, now: float) -> float:
    """Seconds that a Retry-After header asks for, a number or a date, at most a day; 0 if it cannot be read."""
    try:
        if header.strip().isdecimal():
            seconds = float(header)
        else:
            when = parsedate_to_datetime(header)
            seconds = when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST)


def in_words(error: Exception) -> str:
    """A transport's error in one line, without a proxy's credentials."""
    text = " ".join(_CREDENTIALS.sub("//", str(error)).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__


def _start(body: bytes) -> bytes:
    for mark in _MARKS:
        body = body.removeprefix(mark)
    return body.lstrip()


def _quoted(body: bytes) -> str:
    """The beginning of a text that is no markup, to be shown behind the status."""
    text = _start(body[:300])
    if not text or text.startswith(b"<"):
        return ""
    line = " ".join(text.decode(errors="replace").split())
    return ": " + "".join(each for each in line if each.isprintable())[:80]
