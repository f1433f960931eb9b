"""When a request leaves: whoever sets a callback here is told as soon as its request has a connection.

Telegram counts a message when it arrives. The first messages of a broadcast wait for connections to be opened, the
next ones do not: counted from when they were sent, the first second as Telegram sees it would hold too many.
"""

from collections.abc import Callable
from contextvars import ContextVar

DEPARTED: ContextVar[Callable[[], None]] = ContextVar("departed", default=lambda: None)
