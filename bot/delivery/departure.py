"""When a request leaves: whoever sets a `Departure` here is told as soon as its request has a connection.

Telegram counts a message when it arrives. The first messages of a broadcast wait for connections to be opened, the
next ones do not: counted from when they were sent, the first second as Telegram sees it would hold too many.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


def _nobody() -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Departure:
    """One request's: `leaves` is called when it has a connection; until then, and only then, `waits` is True."""

    leaves: Callable[[], None] = _nobody
    waits: bool = False


DEPARTURE: ContextVar[Departure] = ContextVar("departure")
