"""Which addresses Telegram takes for links, and which words of a plain text it turns into entities by itself."""

import re
from urllib.parse import urlsplit

from bot.sandbox.entities import Entity, utf16_length

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_USER = re.compile(r"tg:(?://)?user\?id=(\d{1,15})$", re.IGNORECASE)
_HOST = re.compile(r"(?!.*\.\.)[^\s/?#@:]*[^\s/?#@:.]\.[^\s/?#@:.]+|\[[0-9a-fA-F:.]+\]")
_DOMAINS = "com|org|net|edu|gov|io|cn|me|dev|ai|co|de|uk|fr|jp|info|app|xyz|tw|hk|eu|ru|ch"
# The automatic entities, the first of which wins where they meet (TDLib's find_entities, narrowed to common cases).
_FOUND = {
    "url": re.compile(
        rf"https?://[^\s<>\"«»“”‘’，。；、（）！？]+|(?<![\w@./-])(?:[\w-]+\.)+(?:{_DOMAINS})(?![\w-])(?:[/?#][^\s<>\"，。；、（）！？]*)?",
        re.IGNORECASE,
    ),
    "email": re.compile(r"(?<![\w.+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    "mention": re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{4,32}(?![\w@])", re.ASCII),
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])"),
    "hashtag": re.compile(r"(?<![\w#@/])#(?=\w*[^\W\d_])\w{1,256}"),
}


class LinkError(Exception):
    """An address that is no link; its text is Telegram's reason."""


def user_of(address: str) -> int:
    """The user that a tg://user?id= address means, or 0."""
    found = _USER.match(address)
    return int(found[1]) if found else 0


def checked_link(address: str) -> str:
    """The address as Telegram keeps it, or "" if it is none."""
    try:
        return link(address)
    except LinkError:
        return ""


def link(address: str) -> str:
    """The address as Telegram keeps it: with a scheme and a path. Raises LinkError with Telegram's reason."""
    address = address.strip()
    if not address:
        raise LinkError("URL host is empty")
    if address.lower().startswith(("tg:", "ton:", "tonsite:")):
        return address
    if not _SCHEME.match(address):
        address = "http://" + address
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise LinkError("Wrong HTTP URL") from None
    if parts.scheme not in {"http", "https"}:
        raise LinkError("Unsupported URL protocol")
    if not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
        raise LinkError("Wrong HTTP URL" if host else "URL host is empty")
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()


def find_entities(text: str) -> list[Entity]:
    """What Telegram marks in any text without being asked: links, e-mail, mentions, commands and hashtags."""
    found: list[Entity] = []
    for kind, pattern in _FOUND.items():
        for match in pattern.finditer(text):
            end = match.end()
            while kind == "url" and text[end - 1] in ".,:;!?'\")]":
                end -= 1
            offset = utf16_length(text[: match.start()])
            length = utf16_length(text[match.start() : end])
            if not any(offset < old.end and old.offset < offset + length for old in found):
                found.append(Entity(kind, offset, length))
    return sorted(found, key=lambda e: e.offset)
