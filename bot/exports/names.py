"""Authors' names as bibliographies sort them: the family name with its particle, the given names, a suffix. Pure."""

import re
from dataclasses import dataclass

from bot.exports.entry import one_line

_SUFFIX = re.compile(r"(?:jr|sr)\.?|ii|iii|iv", re.IGNORECASE)
_INITIAL = re.compile(r"[^\W\d_]\.?(?:-?[^\W\d_]\.)*")
_GROUP = re.compile(
    r"\b(?:collaborations?|consorti(?:um|a)|teams?|groups?|networks?|initiatives?|projects?|committees?|alliance"
    r"|institutes?|universit(?:y|ies)|laborator(?:y|ies)|labs?|foundation|council|community|survey|experiment"
    r"|centre|center|research|inc|ltd|llc|and|others|(?-i:AI))\b|&"
    # Firms that sign papers with their name alone; LeCun and McCallum have a capital inside as well.
    r"|\b(?-i:Google|DeepMind|OpenAI|DeepSeek|Anthropic|Microsoft|NVIDIA|Alibaba|Tencent|Baidu|ByteDance|Huawei)\b",
    re.IGNORECASE,
)
# Written with the family name first, and not by first and last names at all.
_EASTERN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# Before a family name they are part of it though they are capitals: Luc Van Gool, Laurent El Ghaoui.
_PARTICLES = frozenset(
    (
        *("van", "von", "de", "del", "della", "delle", "di", "da", "das", "do", "dos", "du", "des", "la"),
        *("le", "el", "al", "ben", "bin", "ibn", "abu", "ter", "ten", "den", "der", "st.", "st", "san"),
    )
)
_JOINING = frozenset({"y", "e", "i"})  # José Ortega y Gasset
# Where `Van` and `Le` are names: Nguyen Van Linh, Linh Van Nguyen.
_VIETNAMESE = frozenset(
    (
        *("nguyen", "tran", "le", "pham", "vo", "dang", "bui", "do", "hoang", "huynh", "phan", "vu", "ngo"),
        *("duong", "ly", "dinh", "truong", "trinh", "dao", "mai", "lam"),
    )
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its parts. Without given names it stands as it is: a group, one word, a name in Chinese."""

    family: str
    given: str = ""
    suffix: str = ""

    @property
    def inverted(self) -> str:
        """`van Last, First, Jr`, as RIS has it."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix)))


def split(name: str) -> Name:
    """The parts of a name that is written as arXiv does, given names first."""
    text = one_line(name)
    if _GROUP.search(text) or _EASTERN.search(text):
        return Name(" ".join(text.replace(",", " ").split()))
    before, _, after = (each.strip() for each in text.partition(","))
    if before and after and not _SUFFIX.fullmatch(after):
        family, given = before.split(), after.replace(",", " ").split()
        suffix = _suffix(given) or _suffix(family)
    else:
        words = text.replace(",", " ").split()
        suffix = _suffix(words)
        given, family = _parted(words)
    if not given:
        return Name(" ".join(text.replace(",", " ").split()))
    return Name(" ".join(family), " ".join(given), suffix)


def _suffix(words: list[str]) -> str:
    return words.pop() if len(words) > 1 and _SUFFIX.fullmatch(words[-1]) else ""


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    end = len(words)
    while end > 1 and _INITIAL.fullmatch(words[end - 1]):
        end -= 1
    if end == 1 and words and _INITIAL.fullmatch(words[0]):
        end = len(words)  # nothing but initials: the last is as good as any
    start = max(end - 1, 0)
    while start > 1 and _is_particle(words, start - 1):
        start -= 2 if words[start - 1] in _JOINING and start > 2 else 1
    return words[:start] + words[end:], words[start:end]


def _is_particle(words: list[str], at: int) -> bool:
    word = words[at]
    if word[0].islower():
        return True
    return word.casefold() in _PARTICLES and _VIETNAMESE.isdisjoint((words[0].casefold(), words[-1].casefold()))
