"""Keeps the token, and the keys of models, out of everything that is written down.

python-telegram-bot and httpx put it into log lines, error texts and `repr`s (facts: the request's URL holds it).
"""

import logging
import re
from collections.abc import Sequence

_IN_A_URL = re.compile(r"\d{3,}:[\w-]{5,}")
HIDDEN = "<token>"


class _Redacting(logging.Formatter):
    """Formats a record, traceback included, without the secrets or anything that looks like a token."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record), self._secrets)


def hide(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without the secrets or anything that looks like a token."""
    for secret in filter(None, secrets):
        text = text.replace(secret, HIDDEN)
    return _IN_A_URL.sub(HIDDEN, text)


def set_up_logging(level: str, secrets: Sequence[str]) -> None:
    """Log to standard error, without the secrets, and without httpx's line for each request."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # its line for each retry says nothing of what is retried
