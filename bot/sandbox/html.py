"""Telegram's HTML: markup -> text and entities, refusing what Telegram refuses, in its words.

The rules are those of parse_html in TDLib's td/telegram/MessageEntity.cpp, which differ from a browser's: a lone `<`
is an error, `>` is text, four named references exist, `</>` closes whatever is open.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.entities import Entity, utf16_length
from bot.sandbox.links import checked_link, user_of

_BLANKS = " \t\r\n\v\0"
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]*)|#([0-9]*)|([a-zA-Z]*));?")
_PLAIN = re.compile(r"[^<&]+")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_PLAIN_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
    "pre": "pre",
}
_TAGS = {*_PLAIN_TAGS, "a", "tg-emoji", "tg-time", "code", "blockquote"}
_MAX_EMOJI_ID = 2**63 - 1
_TIME_FORMAT = re.compile(r"r|[tTdDwW]*")


class MarkupError(Exception):
    """Markup that Telegram refuses; its text is Telegram's sentence."""


@dataclass(frozen=True, slots=True)
class _Opened:
    tag: str
    attributes: dict[str, str]
    offset: int  # in UTF-16 units of the text
    start: int  # in characters of the text


def parse(markup: str) -> tuple[str, list[Entity]]:
    """The text of `markup` and its entities, as they were nested. Raises MarkupError."""
    return _Reader(markup).read()


class _Reader:
    def __init__(self, markup: str) -> None:
        self._source = markup + "\0"  # the sentinel counts as a blank, as in TDLib
        self._at = 0
        self._text: list[str] = []
        self._offset = 0
        self._open: list[_Opened] = []
        self._entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        end = len(self._source) - 1
        while self._at < end:
            char = self._source[self._at]
            if char == "<":
                self._tag()
            elif char == "&":
                self._add(self._reference())
            elif run := _PLAIN.match(self._source, self._at, end):
                self._at = run.end()
                self._add(run[0])
        if self._open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        return "".join(self._text), [self._without_orphan_language(e) for e in self._entities]

    def _add(self, run: str) -> None:
        self._text.extend(run)  # one character an item: tags remember where they began
        self._offset += utf16_length(run)

    def _reference(self) -> str:
        found = _REFERENCE.match(self._source, self._at)
        assert found
        digits = found[1] or found[2]
        if found[3] is not None:
            char = _NAMED.get(found[3], "")
        else:
            code = int(digits or "0", 16 if found[1] else 10)
            usable = 0 < code < 0x10FFFF and len(found[0].rstrip(";")) < 10  # TDLib's bound
            char = chr(code) if usable else ""
        if "\ud800" <= char <= "\udfff":
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        self._at = found.end() if char else self._at + 1
        return char or "&"

    def _tag(self) -> None:
        begin = self._at
        self._at += 1
        if self._source[self._at] == "/":
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _start_tag(self, begin: int) -> None:
        name = self._name(">").lower()
        where = f"at byte offset {self._bytes(begin)}"
        if self._ended():
            raise MarkupError(f"Unclosed start tag {where}")
        if name not in _TAGS:
            raise MarkupError(f'Unsupported start tag "{name}" {where}')
        attributes: dict[str, str] = {}
        while True:
            self._skip_blanks()
            if self._source[self._at] == ">":
                break
            key, value = self._attribute(name, where)
            attributes[key] = value
        self._at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" {where}')
        start = len(self._text)
        self._open.append(_Opened(name, attributes, self._offset, start))

    def _attribute(self, tag: str, where: str) -> tuple[str, str]:
        name = self._name("=>")
        if not name and not self._ended():
            raise MarkupError(f'Empty attribute name in the tag "{tag}" {where}')
        self._skip_blanks()
        assigned = self._source[self._at] == "="
        if assigned:
            self._at += 1
            self._skip_blanks()
        if self._ended():
            raise MarkupError(f'Unclosed start tag "{tag}" {where}')
        value = self._value() if assigned else ""
        if self._ended():
            raise MarkupError(f"Unclosed start tag {where}")
        return name, value

    def _value(self) -> str:
        quote = self._source[self._at]
        if quote not in "'\"":
            return self._token()
        self._at += 1
        value = []
        while not self._ended() and self._source[self._at] != quote:
            if self._source[self._at] == "&":
                value.append(self._reference())
            else:
                value.append(self._source[self._at])
                self._at += 1
        self._at += not self._ended()
        return "".join(value)

    def _token(self) -> str:
        begin = self._at
        found = _TOKEN.match(self._source, begin)
        assert found
        self._at = found.end()
        if self._source[self._at] not in _BLANKS + ">":
            raise MarkupError(f"Unexpected end of name token at byte offset {self._bytes(begin)}")
        return found[0].lower()

    def _end_tag(self, begin: int) -> None:
        where = f"at byte offset {self._bytes(begin)}"
        if not self._open:
            raise MarkupError(f"Unexpected end tag {where}")
        self._at += 1
        name = self._name(">").lower()
        self._skip_blanks()
        if self._source[self._at] != ">":
            raise MarkupError(f"Unclosed end tag {where}")
        self._at += 1
        opened = self._open.pop()
        if name and name != opened.tag:
            raise MarkupError(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{name}>"')
        if self._offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Opened) -> None:
        kind, extra = self._meaning(opened)
        inner = self._entities[-1] if self._entities else None
        same = inner is not None and (inner.offset, inner.end) == (opened.offset, self._offset)
        if same and inner and {inner.type, kind} == {"pre", "code"}:
            language = extra.get("language") or (inner.extra.get("language") if inner.type == "code" else None)
            if language:  # <pre><code class="language-x"> is one block of code with a language
                self._entities[-1] = Entity("pre", inner.offset, inner.length, {"language": language})
                return
        if kind:
            self._entities.append(Entity(kind, opened.offset, self._offset - opened.offset, extra))

    def _meaning(self, opened: _Opened) -> tuple[str, dict[str, Any]]:
        if opened.tag == "a":
            return self._link(opened)
        read = _TAGS_WITH_DATA.get(opened.tag)
        return read(opened.attributes) if read else (_PLAIN_TAGS[opened.tag], {})

    def _link(self, opened: _Opened) -> tuple[str, dict[str, Any]]:
        address = opened.attributes.get("href") or "".join(self._text[opened.start :])
        if user := user_of(address):
            return "text_mention", {"user": {"id": user}}
        url = checked_link(address)
        return ("text_link", {"url": url}) if url else ("", {})  # a bad link is dropped without a word

    @staticmethod
    def _without_orphan_language(entity: Entity) -> Entity:
        return Entity("code", entity.offset, entity.length) if entity.type == "code" else entity

    def _name(self, stops: str) -> str:
        begin = self._at
        while self._source[self._at] not in _BLANKS + stops:
            self._at += 1
        return self._source[begin : self._at]

    def _skip_blanks(self) -> None:
        while not self._ended() and self._source[self._at] in _BLANKS:
            self._at += 1

    def _ended(self) -> bool:
        return self._at >= len(self._source) - 1

    def _bytes(self, at: int) -> int:
        return len(self._source[:at].encode("utf-8", "surrogatepass"))


def _emoji(attributes: dict[str, str]) -> tuple[str, dict[str, Any]]:
    emoji = attributes.get("emoji-id", "")
    if not (emoji.isascii() and emoji.isdecimal() and len(emoji) < 20 and 0 < int(emoji) <= _MAX_EMOJI_ID):
        raise MarkupError("Invalid custom emoji identifier specified")
    return "custom_emoji", {"custom_emoji_id": emoji}


def _code(attributes: dict[str, str]) -> tuple[str, dict[str, Any]]:
    name = attributes.get("class", "")
    return "code", {"language": name[9:]} if name.startswith("language-") else {}


def _quote(attributes: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return "expandable_blockquote" if "expandable" in attributes else "blockquote", {}


def _moment(attributes: dict[str, str]) -> tuple[str, dict[str, Any]]:
    unix = attributes.get("unix", "")
    if not (unix.isascii() and unix.isdecimal() and len(unix) < 11):
        raise MarkupError("Invalid date specified")
    shape = attributes.get("format", "")
    if not _TIME_FORMAT.fullmatch(shape):
        raise MarkupError("Invalid date format used")
    return "date_time", {"unix_time": int(unix)} | ({"date_time_format": shape} if shape else {})


_TAGS_WITH_DATA = {"tg-emoji": _emoji, "tg-time": _moment, "code": _code, "blockquote": _quote}
