"""Whatever a handler raises: one sentence for the reader, one line for the operator."""

import logging
import secrets

from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.errors import UserMistake
from bot.handlers.turn import Turn

log = logging.getLogger(__name__)


async def explain(turn: Turn, error: Exception) -> None:
    """Tell the reader what went wrong, if they can still be told."""
    try:
        await _explain(turn, error)
    except TelegramError as again:
        log.warning("chat %d could not be told of an error: %s", turn.chat.id, again.message)


async def _explain(turn: Turn, error: Exception) -> None:
    match error:
        case UserMistake():
            await turn.mistake(error.key, **error.values)
        case Forbidden():
            log.info("chat %d does not take an answer: %s", turn.chat.id, error.message)
        case RetryAfter() | NetworkError() if not isinstance(error, BadRequest):  # which is a NetworkError
            log.warning("an answer to chat %d failed: %s", turn.chat.id, error.message)
            await turn.mistake("busy")
        case _:
            number = secrets.token_hex(3)
            log.error("internal error %s in chat %d", number, turn.chat.id, exc_info=error)
            await turn.mistake("internal", id=number)
