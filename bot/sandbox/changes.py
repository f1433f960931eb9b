"""A counter that can be waited on: how long polls and the page learn that something happened."""

import asyncio
import contextlib


class Counter:
    """Counts up, and wakes whoever waits. Closing it wakes everybody for good, so that a server can stop."""

    def __init__(self, value: int = 0) -> None:
        self.value = value
        self.closed = False
        self._turned = asyncio.Event()

    def bump(self) -> None:
        """Count one more."""
        self.value += 1
        self._wake()

    def close(self) -> None:
        """Let every waiter go at once, now and from now on."""
        self.closed = True
        self._wake()

    def open(self) -> None:
        """Take waiters again after `close`."""
        self.closed = False

    async def beyond(self, value: int, seconds: float) -> int:
        """Wait until the counter is past `value`, it is closed or the time is over; give what it shows."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.value <= value and not self.closed:
                    await self._turned.wait()
        return self.value

    def _wake(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()
