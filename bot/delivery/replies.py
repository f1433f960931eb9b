"""Gives each answer to a reader its place in the common pace, before any delivery."""

import asyncio
import time
from collections.abc import Callable

from bot.delivery.pace import Pace

LONGEST_WAIT = 60.0  # seconds; what has no place by then is tried, and Telegram itself may refuse it


class Replies:
    """The readers' side of a pace that the outbox shares."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._clock = pace, clock

    async def turn(self, chat: int | str) -> None:
        """Wait for a place."""
        chat_id = chat if isinstance(chat, int) else -1  # by its @name only a channel or group is addressed
        latest = self._clock() + LONGEST_WAIT
        with self._pace.reader_waits(chat_id):
            while (at := self._pace.answer_at(chat_id, now := self._clock())) > now:
                if at > latest:
                    return
                await asyncio.sleep(at - now)

    def flooded(self, chat: int | str, seconds: float) -> None:
        """Telegram refused an answer for its flood limit."""
        if isinstance(chat, int):
            self._pace.flooded(chat, seconds, self._clock())
