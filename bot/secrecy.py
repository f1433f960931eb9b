"""Keeps the token out of everything that is written down.

python-telegram-bot and httpx put it into log lines, error texts and `repr`s (facts: the request's URL holds it).
"""

import logging
import re

_IN_A_URL = re.compile(r"\d{3,}:[\w-]{5,}")
HIDDEN = "<token>"


class _Redacting(logging.Formatter):
    """Formats a record, traceback included, without the token or anything that looks like one."""

    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record), self._token)


def hide(text: str, token: str) -> str:
    """The text without the token or anything that looks like one."""
    if token:
        text = text.replace(token, HIDDEN)
    return _IN_A_URL.sub(HIDDEN, text)


def set_up_logging(level: str, token: str) -> None:
    """Log to standard error, without the token, and without httpx's line for each request."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(token))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
