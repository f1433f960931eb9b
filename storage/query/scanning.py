"""A query's text to tokens: leaves, brackets and operators. Any text is read; what is no syntax is a word."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from storage.query.fields import AFTER, FIELDS, ONLINE, Values, author
from storage.query.tree import Any, Author, Category, Node, Word

MAX_LENGTH = 500  # characters of words, phrases and names; more is no query but a pasted text
MAX_LEAVES = 64
MAX_BRACKETS = 30  # within one another

_TOKEN = re.compile(
    r"""(?P<gap>[\s,;、。]*) (?:
        (?P<dashes>[-−–—]*) (?:
            (?P<open>[(\[【〔]) | "(?P<quoted>[^"]*)" | ‘(?P<single>[^‘’"]*)’(?![A-Za-z])
          | (?P<run>[^\s"()\[\]【】〔〕|,;、。]+) )
      | (?P<close>[)\]】〕]) | (?P<bar>\|+) )""",
    re.VERBOSE,
)
_LETTER = re.compile(r"[^\W_]")
_LIKE_FIELD = re.compile(r"[^\W\d_]+:[^/:]")
_GIVEN_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[-.’'])*")
_BEFORE_WORD = "-−–—‘’"
_LONGEST_NAME = 3  # words of a name without quotes
# One more word of it, with what may stand between a first and a last name.
_NAME_GOES_ON = re.compile(
    r"\s+((?:(?:van|von|der|den|de|di|da|del|la|le|dos|ter|bin|ibn|al|el)\s+){0,3}"
    r"([^\W\d_](?:[^\W\d_]|[-.’'])*))(?![^\s()\[\]【】〔〕|,;、。])"
)


class Kind(Enum):
    """The kinds of token."""

    LEAF = auto()
    OPEN = auto()
    CLOSE = auto()
    OR = auto()
    AND = auto()
    NOT = auto()
    END = auto()


LEAF, OPEN, CLOSE, OR, AND, NOT, END = Kind  # a name of its own is found four times faster

# `or` and `and` in any case: as words they stand in nearly every text. But `not` changes what a title says.
_OPERATORS = {
    **dict.fromkeys(("or", "或", "或者"), OR),
    **dict.fromkeys(("and", "且", "并且", "並且"), AND),
}


class Token(NamedTuple):
    """One token; `text` is what an operator was typed as."""

    kind: Kind
    node: Node | None = None
    minus: bool = False
    text: str = ""


_BAR = Token(OR)


def _operator(run: str) -> Kind | None:
    if len(run) > 3:
        return None
    return NOT if run == "NOT" else _OPERATORS.get(run.lower())


@dataclass(slots=True)
class Scanner:
    """Reads tokens; `odd`: something was no syntax, or too much, and is a word or left out."""

    text: str  # cleaned
    values: Values
    tokens: list[Token] = field(default_factory=list)
    online: bool = False
    odd: bool = False
    deepest: int = 0
    _at: int = 0
    _room: int = MAX_LENGTH
    _leaves: int = 0
    _beyond: int = 0  # brackets that stand too deep and are as if they were not there
    _fields: list[str] = field(default_factory=lambda: [""])

    def scan(self) -> list[Token]:
        """Every token of the text, as far as its bounds go."""
        self._pair_quotes()
        while self._leaves <= MAX_LEAVES and (match := _TOKEN.match(self.text, self._at)):
            self._at = match.end()
            gap, dashes, run = match.group("gap", "dashes", "run")
            minus = dashes is not None and len(dashes) == 1  # `--` is a dash
            if run is None:
                self._sign(match, minus)
            elif self._leaves and run.isalnum() and not self._fields[-1] and not _operator(run):
                self._leaf(Word(run), minus, length=len(run))  # what most queries are made of
            else:
                self._run(run, minus, gap)
        return self.tokens

    def _sign(self, match: re.Match[str], minus: bool) -> None:
        match match.lastgroup:
            case "quoted" | "single" as kind:
                self._quoted(self._fields[-1], match[kind], minus=minus)
            case "open":
                self._begin(self._fields[-1], minus=minus)
            case "close":
                self._end()
            case _:
                self.tokens.append(_BAR)

    def _pair_quotes(self) -> None:
        """A quote without a partner is as if it were not there."""
        if self.text.count('"') % 2:
            before, _, after = self.text.rpartition('"')
            self.text = before + (" " if _LETTER.match(before[-1:]) else "") + after
            self.odd = True

    def _run(self, run: str, minus: bool, gap: str) -> None:
        run = run.lstrip(_BEFORE_WORD)
        if not _LETTER.search(run):
            return
        if operator := _operator(run):
            self.odd |= minus
            self.tokens.append(Token(operator, text=run))
            return
        name, colon, value = run.partition(":")
        key = FIELDS.get(name.lower()) if colon else None
        start, run = self._at - len(value), self._within_bounds(run)
        if key == ONLINE:
            self.online |= not minus
            self.odd |= minus
            self._at = start
        elif key:
            self._field(key, run, start, minus=minus)
        elif not self._goes_on_with_name(run, minus=minus, gap=gap):
            self._word(run, minus=minus)

    def _within_bounds(self, text: str) -> str:
        """The text, cut if it is alone too long; nothing can follow it then."""
        if self._leaves or len(text) <= MAX_LENGTH:
            return text
        self.odd = True
        return text[:MAX_LENGTH].rstrip()

    def _word(self, run: str, *, minus: bool) -> None:
        """A run without a field of its own: it is of the bracket's field, if it is one of that field's values."""
        key = self._fields[-1]
        read = self.values.read(key, [run]) if key else None
        node = read or self.values.bare(run)
        if isinstance(node, Category) and key in {"", "cat"}:
            node = self._listed("cat", [run.rstrip(AFTER)], apart=True) or node
        if ":" in run and isinstance(node, Word) and _LIKE_FIELD.match(run):
            self.odd = True
        self._leaf(node, minus)

    def _goes_on_with_name(self, run: str, *, minus: bool, gap: str) -> bool:
        """Whether the run is one more word of a name: `au:(Yann LeCun OR Geoffrey Hinton)`."""
        if self._fields[-1] != "au" or minus or gap.strip():
            return False
        last = self.tokens[-1]  # at least the bracket
        if not isinstance(last.node, Author):
            return False
        longer = author(f"{last.node.name} {run}")
        if longer is None or len(run) >= self._room:
            return False
        self._room -= len(longer.name) - len(last.node.name)
        self.tokens[-1] = Token(LEAF, longer, last.minus)
        return True

    def _field(self, key: str, run: str, start: int, *, minus: bool) -> None:
        """A field; its value begins at `start`."""
        name, _, typed = run.partition(":")
        value = typed.lstrip(_BEFORE_WORD)
        quoted = _TOKEN.match(self.text, start) if typed.startswith("‘") else None
        if quoted and quoted.lastgroup == "single":
            self._at = start
            self._field_ahead(key, name, minus=minus)
        elif not value:
            self._field_ahead(key, name, minus=minus)
        elif not _LETTER.search(value):
            self._leaf(Word(name), minus, odd=True)
        else:
            node = self._read(key, value)
            self._leaf(node or Word(run), minus, odd=node is None)

    def _field_ahead(self, key: str, name: str, *, minus: bool) -> None:
        """A field whose value stands in quotes, in brackets or after a space."""
        ahead = _TOKEN.match(self.text, self._at)
        if ahead is None or ahead["gap"].strip() or ahead["dashes"]:
            self._leaf(Word(name), minus, odd=True)
            return
        after, self._at = self._at, ahead.end()
        match ahead.lastgroup:
            case "open":
                self._begin(key, minus=minus)
                return
            case "quoted" | "single" as kind:
                if self._quoted(key, ahead[kind], minus=minus):
                    return
            case "run" if (value := self._value(ahead["run"])) and (node := self._read(key, value)):
                self._leaf(node, minus)
                return
        self._at = after
        self._leaf(Word(name), minus, odd=True)

    def _value(self, run: str) -> str:
        """The run that a field is followed by, if it can be its value: no operator, no field, no bare sign."""
        is_syntax = _operator(run) or run.partition(":")[0].lower() in FIELDS
        return "" if is_syntax or run[0] in _BEFORE_WORD or not _LETTER.search(run) else run

    def _read(self, key: str, value: str) -> Node | None:
        """A field's value with what goes on after commas: a list, or the name `LeCun, Yann`."""
        if key == "au":
            ahead = _TOKEN.match(self.text, self._at)
            if ahead and ahead["run"] and ahead["gap"].strip() == "," and _is_given_name(ahead["run"]):
                self._at = ahead.end()
                return self.values.read(key, [f"{value}, {ahead['run']}"])
            return self.values.read(key, [self._name(value)])
        if self.values.takes(key, value):
            return self._listed(key, [value])
        return self.values.read(key, [value])

    def _name(self, first: str) -> str:
        """A name that begins so: with the words that follow, if they look like more of it."""
        name = first
        for _ in range(_LONGEST_NAME - 1):
            ahead = _NAME_GOES_ON.match(self.text, self._at)
            if not ahead or not first[0].isupper() or not _is_given_name(ahead[2]) or _operator(ahead[2]):
                break
            name = f"{name} {ahead[1]}"
            self._at = ahead.end()
        return name

    def _listed(self, key: str, values: list[str], *, apart: bool = False) -> Node | None:
        """A field's values with those that go on after commas; `apart`: each could be a word too."""
        while (ahead := _TOKEN.match(self.text, self._at)) and self._is_next(key, ahead, apart=apart):
            values.append(ahead["run"])
            self._at = ahead.end()
        return self.values.read(key, values)

    def _is_next(self, key: str, ahead: re.Match[str], *, apart: bool) -> bool:
        """Whether a list goes on: a comma, and what the field takes. After a space that must be sure."""
        gap, run = ahead["gap"], ahead["run"]
        if not run or ahead["dashes"] or gap.strip() not in {",", "、", ";"}:
            return False
        return self.values.takes(key, run, apart=apart or gap.strip() != gap)

    def _quoted(self, key: str, text: str, *, minus: bool) -> bool:
        """Read what stands in quotes; whether the field takes it."""
        text = self._within_bounds(" ".join(text.split()))
        if not _LETTER.search(text):
            return False
        node = self.values.quoted(key, text)
        if node is None and key == self._fields[-1]:
            node, self.odd = self.values.quoted("", text), True
        if node is not None:
            self._leaf(node, minus)
        return node is not None

    def _leaf(self, node: Node, minus: bool, *, length: int = 0, odd: bool = False) -> None:
        self._leaves += len(node.parts) if isinstance(node, Any) else 1
        self._room -= length or _length(node)
        if self._leaves > MAX_LEAVES or self._room < 0:
            self._leaves, self.odd = MAX_LEAVES + 1, True  # and so the end
            return
        self.tokens.append(Token(LEAF, node, minus))
        if odd:
            self.odd = True

    def _begin(self, key: str, *, minus: bool) -> None:
        if len(self._fields) > MAX_BRACKETS:
            self._beyond += 1
            self.odd = True
            return
        self._fields.append(key)
        self.deepest = max(self.deepest, len(self._fields) - 1)
        self.tokens.append(Token(OPEN, minus=minus))

    def _end(self) -> None:
        if self._beyond:
            self._beyond -= 1
            return
        if len(self._fields) == 1:
            self.odd = True
            return
        self._fields.pop()
        self.tokens.append(Token(CLOSE))


def _length(node: Node) -> int:
    """How many characters of a reader's text a leaf holds."""
    return len(node.name) if isinstance(node, Author) else len(getattr(node, "text", ""))


def _is_given_name(run: str) -> bool:
    """Whether it looks like `Yann` or `Y.`, not like a word or an acronym."""
    return (
        run[0].isupper()
        and _GIVEN_NAME.fullmatch(run) is not None
        and (len(run) == 1 or not run.isupper() or run[1] == ".")
    )
