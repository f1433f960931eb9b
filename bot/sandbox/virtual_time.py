"""An event loop on which waiting takes no time, for tests and benches that would wait for hours."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer, sets the time forward to it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; if nothing is, it is later."""
        ready = super().select(0 if timeout is not None else None)
        if timeout and not ready:
            self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` jumps from timer to timer. Nothing on it may wait for a thread or for another process."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual.time


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def virtual_now() -> float:
    """The running loop's time, seconds."""
    return asyncio.get_running_loop().time()
