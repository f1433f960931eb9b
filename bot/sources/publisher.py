"""A record of qhduan/cn-chat-arxiv, from its digests or its JSON archive, as a paper with its summary. Pure."""

import datetime
import itertools
import re
from dataclasses import dataclass
from pathlib import PurePath

from bot.papers import arxiv_id, taxonomy
from bot.papers.arxiv_id import ArxivId
from bot.sources import leaks
from storage.records import Announcement, AnnounceType, Arrival, Paper, Summary

MODEL = "cn-chat-arxiv"
CUT_AT = 1000  # characters of the raw abstract, its header included
CUT_AT_ALSO = 998  # 184 of 233 such abstracts do not end a sentence; at 985 to 997, 15 of 628

# Until January 2024 in the title: `Title. (arXiv:2401.09949v1 [cs.LG] UPDATED)`
_SUFFIX = re.compile(
    r"""\( \s* arxiv: \s* (?P<id> [\w./-]+ ) \s* (?: \[ (?P<category> [\w.-]+ ) \] \s* )?
        (?P<status> updated | cross\ listed )? \s* \) \s* $""",
    re.IGNORECASE | re.VERBOSE,
)
# since then in the abstract: `arXiv:2403.12660v1 Announce Type: cross  Abstract: `
_PREFIX = re.compile(
    r"\s* arxiv: \s* (?P<id> [\w./-]+ ) \s+ announce\ type: \s* (?P<type> \S+ ) \s* (?: abstract: )? \s*",
    re.IGNORECASE | re.VERBOSE,
)
_TYPES = {each.value: each for each in AnnounceType}
_STATUS = {"updated": AnnounceType.REPLACE, "cross listed": AnnounceType.CROSS}
_SENTENCE_END = re.compile(r"""[.!?…。] ["')\]”’}$]* \s* $""", re.VERBOSE)
_DAY = re.compile(r"(?:(?P<category>.+)-)?(?P<date>\d{4}-\d{2}-\d{2})(?:\.[a-z]+)*")
_LINE_ENDS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Refused(ValueError):
    """A record that cannot be used. Its text is the reason, one sentence."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a record's place tells: the day of the announcement, and the listing."""

    date: datetime.date | None = None
    category: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Texts:
    """One paper's texts as the publisher keeps them. An empty one is missing."""

    title: str = ""  # until January 2024 with arXiv's suffix
    link: str = ""
    title_zh: str = ""
    tldr: str = ""
    tldr_en: str = ""
    abstract_zh: str = ""
    abstract: str = ""  # since then with arXiv's header

    def arrival(self, origin: Origin = NOWHERE) -> Arrival:
        """The paper, its announcement and its summary. Raises Refused."""
        return _clean(self, origin)


_KEYS = {
    "title": ("title",),
    "link": ("link",),
    "title_zh": ("translated_title",),
    "tldr": ("tldr",),
    "tldr_en": ("en_tdlr", "en_tldr"),  # the first is the prompt's slip, in 38,006 records of 50,000
    "abstract_zh": ("translated_abstract",),
    "abstract": ("abstract",),
}


def record(value: object) -> Texts:
    """The texts of a record of the JSON archive. Raises Refused."""
    if not isinstance(value, dict):
        raise Refused("It is no JSON object.")
    for key in itertools.chain(*_KEYS.values()):
        if not isinstance(value.get(key), str | None):
            raise Refused(f"Its {key} is no text.")
    return Texts(**{name: next((value[key] for key in keys if value.get(key)), "") for name, keys in _KEYS.items()})


def origin(path: PurePath) -> Origin:
    """What a file's name tells: `cs.LG-2024-03-20.md`, `2024-03-20.md`, `cs.LG/2024-03-20.md`."""
    named = _DAY.fullmatch(path.name)
    if not named:
        return NOWHERE
    try:
        day = datetime.date.fromisoformat(named["date"])
    except ValueError:
        return NOWHERE
    return Origin(day, _category(named["category"] or path.parent.name))


def is_cut(abstract: str) -> bool:
    """Whether the publisher cut this raw abstract, its header included."""
    return len(abstract) == CUT_AT or (len(abstract) == CUT_AT_ALSO and not _SENTENCE_END.search(abstract))


def tidy(text: str) -> str:
    """The text in one line, without control characters and halves of characters."""
    if not text.isprintable():
        text = " ".join(filter(None, (line.strip() for line in _LINE_ENDS.split(text))))
        text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))
    return text.strip()


def _clean(texts: Texts, origin: Origin) -> Arrival:
    title, abstract = tidy(texts.title), tidy(texts.abstract)
    suffix = _SUFFIX.search(title)
    prefix = last = _PREFIX.match(abstract)
    while last and (more := _PREFIX.match(abstract, last.end())):
        last = more
    link = arxiv_id.parse(texts.link)
    paper_id = next((each.id for each in (link, _names(prefix), _names(suffix)) if each), None)
    if not paper_id:
        raise Refused("Neither its link nor its texts name an arXiv paper.")
    # A title of its own can end so too: `A comment on Smith (arXiv:2301.00001)`
    if suffix and (suffix["category"] or _own(suffix, paper_id)):
        title = title[: suffix.start()].rstrip()
    if not title:
        raise Refused("It has no title.")
    prefix, suffix = _own(prefix, paper_id), _own(suffix, paper_id)
    category = _category(suffix["category"] or "") if suffix else ""
    paper = Paper(
        id=paper_id,
        version=next((each.version for each in (_names(prefix), _names(suffix), link) if each and each.version), None),
        title=title,
        abstract=abstract[last.end() :] if last else abstract,
        abstract_cut=is_cut(texts.abstract),
        categories=(category,) if category else (),
    )
    announcement = Announcement(paper_id, origin.date, origin.category, _type(prefix, suffix))
    return Arrival(paper, announcement, _summary(texts, paper))


def _summary(texts: Texts, paper: Paper) -> Summary | None:
    title = leaks.title(tidy(texts.title_zh), paper.title)
    tldr = leaks.sentence(tidy(texts.tldr))
    abstract = leaks.abstract(tidy(texts.abstract_zh), paper.id)
    title, tldr, abstract = (text if leaks.has_chinese(text) else "" for text in (title, tldr, abstract))
    if not (title or tldr or abstract):
        return None
    tldr_en = leaks.sentence(tidy(texts.tldr_en))
    return Summary(paper.id, paper.version, title, tldr, abstract, tldr_en, MODEL)


def _own(match: re.Match[str] | None, paper_id: str) -> re.Match[str] | None:
    """The header or suffix if it names the paper: where they disagree, the link is right."""
    names = _names(match)
    return match if names and names.id == paper_id else None


def _names(match: re.Match[str] | None) -> ArxivId | None:
    return arxiv_id.parse(match["id"]) if match else None


def _type(prefix: re.Match[str] | None, suffix: re.Match[str] | None) -> AnnounceType | None:
    if prefix:
        return _TYPES.get(prefix["type"].lower())
    if suffix and suffix["category"]:
        return _STATUS.get((suffix["status"] or "").lower(), AnnounceType.NEW)
    return None


def _category(name: str) -> str:
    """The name in arXiv's spelling if arXiv has or had such a category or archive."""
    found = taxonomy.canonical(name) or ""
    return found if found.lower() == name.lower() else name if found else ""
