"""What the fake arXiv holds: works with their versions, what was announced on which day, and which day it is."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.papers import taxonomy
from bot.sources import digest_markdown
from storage.records import AnnounceType, Paper, Upvotes

LIMIT = 2000  # items of a feed; the cut falls on the new ones
LAST_REPLACEMENT = 5  # later versions are not announced in feeds
_PRIORITY = (AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE)
_ORDER = (AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)


@dataclass(frozen=True, slots=True)
class Version:
    """One version's texts, and when it was submitted (UTC)."""

    paper: Paper
    submitted: datetime


@dataclass(slots=True)
class Work:
    """A paper with all its versions, the first one first. `modified` is OAI-PMH's datestamp."""

    id: str
    versions: list[Version] = field(default_factory=list)
    modified: date = date.min

    @property
    def current(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    def version(self, number: int | None) -> Version | None:
        """A version by its number, or the newest."""
        if number is None:
            return self.current
        return next((each for each in self.versions if each.paper.version == number), None)


@dataclass(frozen=True, slots=True)
class _Update:
    """One row of arXiv's update table: what was done to a paper, and in which categories that is listed."""

    paper: Paper
    action: AnnounceType
    categories: frozenset[str]


class BadName(Exception):
    """A category or archive that arXiv does not have; one of them spoils the whole request."""


class Catalogue:
    """Everything that there is to be served. `day` is the current day, US Eastern."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.works: dict[str, Work] = {}
        self.votes: dict[date, list[Upvotes]] = defaultdict(list)
        self.digest = digest_markdown.Day()
        self._updates: dict[date, list[_Update]] = defaultdict(list)

    def announce(
        self,
        paper: Paper,
        day: date | None = None,
        action: AnnounceType = AnnounceType.NEW,
        *,
        submitted: datetime | None = None,
    ) -> Paper:
        """Announce a new paper, a replacement or a new cross-listing; gives the paper with its version.

        Without `day` today; without `submitted` noon of the day before. A cross-listing of a paper that is here adds
        the categories that it did not have. Raises ValueError for a paper without a category.
        """
        if not paper.categories:
            raise ValueError(f"{paper.id} has no category, so that no feed could list it")
        day = day or self.day
        work = self.works.setdefault(paper.id, Work(paper.id))
        known = frozenset(work.current.paper.categories) if work.versions else frozenset(paper.categories[:1])
        moment = submitted or datetime.combine(day - timedelta(days=1), time(12), UTC)
        paper = _numbered(paper, work, action)
        if work.versions and work.current.paper.version == paper.version:
            work.versions[-1] = Version(paper, work.current.submitted)
        else:
            work.versions.append(Version(paper, moment))
        work.modified = max(work.modified, day)
        if action is AnnounceType.CROSS:
            listed = frozenset(paper.categories) - known
        else:
            action = AnnounceType.REPLACE if action is AnnounceType.REPLACE_CROSS else action
            listed = frozenset(paper.categories)
        self._updates[day].append(_Update(paper, action, listed))
        return paper

    def listing(self, names: tuple[str, ...], day: date) -> list[tuple[Paper, AnnounceType]]:
        """A day's announcement in categories, as a feed shows it: new ones first, at most LIMIT, the last ones."""
        asked = frozenset[str]().union(*(taxonomy.resolve(name) for name in names))
        rows: dict[str, _Update] = {}
        for update in self._updates.get(day, ()) if day.isoweekday() < 6 else ():
            if not update.categories & asked or _is_left_out(update):
                continue
            best = rows.get(update.paper.id)
            if best is None or _PRIORITY.index(update.action) < _PRIORITY.index(best.action):
                rows[update.paper.id] = update
        found = [(row.paper, _listed_as(row, asked)) for row in rows.values()]
        found.sort(key=lambda each: (_ORDER.index(each[1]), each[0].id))
        return found[-LIMIT:]

    def announced_before(self, day: date) -> date:
        """The last day before this one with an announcement, or the day before."""
        earlier = [each for each, updates in self._updates.items() if each < day and updates]
        return max(earlier, default=day - timedelta(days=1))

    def vote(self, paper_id: str, votes: int, code_url: str = "", day: date | None = None) -> None:
        """Put a paper on Hugging Face's daily page, or give it other votes there."""
        page = self.votes[day or self.day]
        page[:] = [each for each in page if each.paper_id != paper_id]
        page.append(Upvotes(paper_id, votes, code_url))


def spelled(query: str) -> tuple[str, ...]:
    """The names of a feed's address as arXiv writes them, archives first. Raises BadName with arXiv's reason."""
    names = query.split("+")
    if not all(name.strip() for name in names):
        raise BadName(f"Invalid archive specification '{query}'. Correct format is one or more archive names.")
    found = [_spelled(name) for name in names]
    return tuple(sorted(found, key=lambda name: "." in name))


def _spelled(name: str) -> str:
    archive, *classes = name.split(".")
    if len(classes) > 1:
        raise BadName(f"Bad archive/subject class structure '{name}'.")
    if not taxonomy.resolve(archive):
        known = ", ".join(taxonomy.archives())
        raise BadName(f"Bad archive '{archive.lower()}'. Valid archive names are: {known}.")
    carried = taxonomy.resolve(name)
    if not carried:
        known = ", ".join(taxonomy.categories(archive.lower()))
        raise BadName(
            f"Bad subject class '{classes[0]}'. Valid subject classes for the archive '{archive.lower()}' are: {known}."
        )
    return next((each for each in carried if each.lower() == name.lower()), name.lower())


def _numbered(paper: Paper, work: Work, action: AnnounceType) -> Paper:
    if paper.version is not None:
        return paper
    last = work.current.paper.version or 1 if work.versions else 0
    again = action in {AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS}
    return replace(paper, version=last + 1 if again or not last else last)


def _is_left_out(update: _Update) -> bool:
    return update.action is AnnounceType.REPLACE and (update.paper.version or 1) > LAST_REPLACEMENT


def _listed_as(update: _Update, asked: frozenset[str]) -> AnnounceType:
    primary = update.paper.categories[0] in asked
    if update.action is AnnounceType.REPLACE:
        return AnnounceType.REPLACE if primary else AnnounceType.REPLACE_CROSS
    return AnnounceType.NEW if update.action is AnnounceType.NEW and primary else AnnounceType.CROSS
