"""What reading an answer gives: papers, and what could not be used, with the place and the reason. Pure."""

from dataclasses import dataclass

from bot.sources.publisher import tidy
from storage.records import Arrival


class Malformed(ValueError):
    """An answer that is broken, cut off or something else than was asked for. Its text is the reason, one sentence."""


class Declined(ValueError):
    """An answer that says itself that the request failed; to ask again helps nothing. Its text is what it says."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record or file that cannot be used: its place (`path`, `path:line`, `path[^entry]`), and why, a sentence."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that an answer holds, in its order."""

    arrivals: tuple[Arrival, ...] = ()
    refused: tuple[Refusal, ...] = ()


def one_line(text: str) -> str:
    """The text with single spaces, without line ends, control characters and halves of characters."""
    return tidy(" ".join(text.split()))
