"""A reader's tags, `#llm #待读`: how they are typed, and when two are one. Pure."""

import re
import unicodedata
from dataclasses import dataclass

MOST = 10  # on one paper
LONGEST = 30  # characters

_ENDS = r"\s#＃,，、;；。！？!?()（）\"“”"  # what no tag holds
_MINUS = "-－–"
# A tag begins at a border, so that `C#` is a word; one may follow the other: `#llm#待读`. Chinese keyboards type ＃.
_TYPED = re.compile(rf"(?:(?<=[\s,，、;；（(])|^)[{_MINUS}]?(?:[#＃][^{_ENDS}]+)+[,，、;；]*")
_ONE = re.compile(r"[#＃]([^#＃]+)")
_NOT_IN_TAGS = re.compile(f"[{_ENDS}]")
_AROUND = ".:："


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags that a text names, without their `#`, and those with a minus before them."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    def __str__(self) -> str:
        return " ".join([*map(shown, self.wanted), *(f"-{shown(each)}" for each in self.unwanted)])


def split(text: str) -> tuple[Tags, str]:
    """The tags of a text, each once, and the text without them."""
    wanted: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    for match in _TYPED.finditer(text):
        found = unwanted if match[0][0] in _MINUS else wanted
        found |= dict.fromkeys(filter(None, map(folded, _ONE.findall(match[0]))))
    return Tags(tuple(wanted), tuple(each for each in unwanted if each not in wanted)), _TYPED.sub(" ", text).strip()


def marked(word: str) -> str:
    """A word as a tag, if it is none yet: `llm` as `#llm`, `-llm` as `-#llm`."""
    if "#" in word or "＃" in word:
        return word
    return f"-#{word[1:]}" if word[0] in _MINUS else f"#{word}"


def folded(tag: str) -> str:
    """A tag as it is stored: `LLM`, `ｌｌｍ` and `llm` are one."""
    before = None
    while tag != before:  # what is taken out can make a letter and an accent one
        before, plain = tag, unicodedata.normalize("NFKC", tag).casefold()
        tag = _NOT_IN_TAGS.sub("", "".join(each for each in plain if each.isprintable())).strip(_AROUND)
    return tag


def shown(tag: str) -> str:
    """A tag as readers see it."""
    return f"#{tag}"
