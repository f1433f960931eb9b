"""Other processes of this machine that ask arXiv: a lock file that spaces their requests together with ours.

The kernel drops the lock with the process that held it, however that one ended. The file's text is two moments (Unix
seconds): when it was written, and before when nobody is to ask, so that a cool-down is shared as well.
"""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

_AGAIN = 0.2  # seconds until the lock is tried again
_TEXT = 32  # bytes
_LONGEST = 90_000.0  # seconds; a server that asks for a day's rest is given it


class Neighbours:
    """The file's users. A file that cannot be used is told once, and then everybody is on their own."""

    def __init__(self, path: Path, interval: float, wall: Callable[[], float] = time.time) -> None:
        self._path, self._interval, self._wall = path, interval, wall
        self._held: int | None = None
        self._told = False

    def enter(self) -> float:
        """Take the turn and give 0, or give the seconds after which to try again."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            return self._alone(error)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            text = os.pread(file, _TEXT, 0)
            if seconds := self._left(text):
                if not self._is_meant(text):
                    self._write(file, seconds)
                os.close(file)
                return seconds
            # Should we be killed in the middle of the request, the next one still keeps its distance.
            self._write(file, self._interval)
        except BlockingIOError:
            os.close(file)
            return _AGAIN
        except OSError as error:
            os.close(file)
            return self._alone(error)
        self._held = file
        return 0.0

    def leave(self, seconds: float) -> None:
        """Give the turn on; nobody is to ask for so many seconds."""
        if self._held is None:
            return
        file, self._held = self._held, None
        try:
            self._write(file, seconds)
        except OSError as error:
            self._alone(error)
        finally:
            os.close(file)

    def wait(self) -> float:
        """Seconds for which nobody is to ask, as far as the file tells."""
        with contextlib.suppress(OSError):
            return self._left(self._path.read_bytes()[:_TEXT])
        return 0.0

    def _left(self, text: bytes) -> float:
        if not text.strip():
            return 0.0
        return max(float(text.split()[1]) - self._wall(), 0.0) if self._is_meant(text) else self._interval

    def _is_meant(self, text: bytes) -> bool:
        """Whether the file holds what we write; else it is rubbish, or the clock was set back since."""
        try:
            written, until = map(float, text.split())
        except ValueError:
            return False
        return written <= self._wall() + self._interval and until <= self._wall() + _LONGEST

    def _write(self, file: int, seconds: float) -> None:
        now = self._wall()
        os.pwrite(file, f"{now:.3f} {now + seconds:.3f}".ljust(_TEXT - 1).encode() + b"\n", 0)

    def _alone(self, error: OSError) -> float:
        if not self._told:
            log.warning("requests of other processes are not seen: %s: %s", self._path, error.strerror)
            self._told = True
        return 0.0
