"""Authors' names as they are compared: the words that a paper's authors are found by, and those that a query needs.

`Yann LeCun`, `Y. LeCun`, `LeCun, Yann`, `LeCun Yann` and `LeCun` find each other; a part of a name is always whole:
`Lee` is not `Leed`. Accents do not count, and Müller is Muller and Mueller.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

from storage import segment

MOST_PARTS = 8  # of one name

# Letters whose accent Unicode cannot take off, and signs that are left out as often as not.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})  # by those who cannot type them
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼʹ`´·•"))
_PART = re.compile(r"[^\W_]+(?:[-‐][^\W_]+)*")
_HYPHENS = re.compile("[-‐]")
_BETWEEN_INITIALS = re.compile(r"\b([^\W_])[-‐](?=[^\W_]\b)")
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_HOLDS_HAN, _BETWEEN_HAN = re.compile(_HAN), re.compile(rf"(?<={_HAN})[\s·•]+(?={_HAN})")
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})

# `yann0lecun`: both are known. `y0lecun`: of the given name only the initial is known. `y1lecun`: that is its initial.
_KNOWN, _INITIAL = "0", "1"


def revision() -> str:
    """Names this way of comparing. An index made by another one is rebuilt (storage/author_index.py)."""
    return f"1 {segment.revision()}"


def words(names: Iterable[str]) -> frozenset[str]:
    """What the authors of one paper are found by: the parts of each name, and its pairs of parts, as ASCII words."""
    return frozenset[str]().union(*map(_words, names))


def groups(name: str) -> tuple[tuple[str, ...], ...]:
    """The words that a paper of this author has, at least one of each group; no group if the name is nobody's."""
    last, comma, first = name.partition(",")
    is_inverted = bool(comma and first.strip())
    parts = _parts(f"{first} {last}" if is_inverted else name)
    if len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    if len(parts) < 2:
        return tuple(_keys(_spellings(part)) for part in parts)
    *given, family = _initials_first(parts)
    turns = len(parts) == 2 and not is_inverted and len(family) > 1  # as in Chinese, the family name may stand first
    # A middle initial is as often left out as not. And what is two words here may be one elsewhere: Jun Yan, Junyan.
    middle = [each for each in given[1:] if len(each) > 1]
    joined = "".join(given) if len(given) == 2 and len(middle) == 1 and len(given[0]) > 1 else ""
    return tuple(
        _keys(
            [
                *_asked(each, family),
                *(_asked(family, each) if turns else ()),
                *(_asked(joined, family) if joined else ()),
            ]
        )
        for each in [given[0], *middle]
    )


def _asked(given: str, family: str) -> Iterator[str]:
    for other in _spellings(family):
        for one in _spellings(given):
            if len(one) == 1:
                yield f"{one}{_INITIAL}{other}"
            else:
                yield f"{one}{_KNOWN}{other}"
                yield f"{one[0]}{_KNOWN}{other}"


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    parts = _initials_first(_parts(name))
    found = {spelled for part in parts for spelled in _spellings(part)}
    found |= {each for part in parts[-1:] for each in _halves(part)}
    pairs = [*combinations(parts, 2), *_joined(parts)]
    for given, family in pairs:
        for other in (*_spellings(family), *_halves(family)):
            for one in _spellings(given):
                found |= {f"{one}{_KNOWN}{other}", f"{one[0]}{_INITIAL}{other}"}
    if len(parts) > 2 and len(parts[-2]) > 1:
        found |= _spellings(parts[-2] + parts[-1])  # Le Cun, LeCun
    return frozenset(_keys(found))


def _joined(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of a name of three parts or more in which two neighbours are one: Jun Yan Zhu, Yann Le Cun."""
    if len(parts) > 2:
        for index, (one, other) in enumerate(pairwise(parts)):
            if len(one) > 1 and len(other) > 1:
                yield from ((one + other, each) for each in parts[index + 2 :])
                yield from ((each, one + other) for each in parts[:index])


def _parts(name: str) -> list[str]:
    """The parts of a name in lower case, with their accents; what a hyphen joins is one."""
    plain = unicodedata.normalize("NFKC", name)
    if _HOLDS_HAN.search(plain):
        plain = _BETWEEN_HAN.sub("", segment.simplified(plain))
    lower = _BETWEEN_INITIALS.sub(r"\1 ", plain.casefold().translate(_APOSTROPHES))
    return _PART.findall(lower)[:MOST_PARTS]


def _initials_first(parts: list[str]) -> list[str]:
    """`LeCun Y` as `Y LeCun`."""
    full = len(parts)
    while full > 1 and len(parts[full - 1]) == 1:
        full -= 1
    return parts[full:] + parts[:full] if full and len(parts[full - 1]) > 1 else parts


def _spellings(part: str) -> set[str]:
    """A part without accents and hyphens, in both ways of writing an umlaut."""
    joined = _HYPHENS.sub("", part)
    return {_folded(joined), _folded(joined.translate(_UMLAUTS))}


def _halves(part: str) -> set[str]:
    """The halves of a double family name, either of which may stand for it."""
    halves = _HYPHENS.split(part)
    return {each for half in halves for each in _spellings(half)} if len(halves) > 1 else set()


def _folded(part: str) -> str:
    if part.isascii():
        return part
    apart = unicodedata.normalize("NFKD", part.translate(_PLAIN))
    return "".join(char for char in apart if char.isalnum()) or part


def _keys(found: Iterable[str]) -> tuple[str, ...]:
    """Words as they are indexed: in ASCII, so that no engine cuts them in its own way."""
    return tuple(dict.fromkeys(each if each.isascii() else f"x{each.encode().hex()}" for each in found))
