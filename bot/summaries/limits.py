"""Keeps to a provider's requests and tokens a minute: a sliding window that hands out starting times. Pure."""

from collections import deque
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(slots=True)
class Turn:
    """A place in the window: when the request may start, and the tokens counted for it."""

    start: float
    tokens: int


class Window:
    """The requests of the last minute. 0 is no limit. Times are seconds of any clock that never goes back."""

    def __init__(self, requests_per_minute: int = 0, tokens_per_minute: int = 0) -> None:
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._turns: deque[Turn] = deque()

    def reserve(self, now: float, tokens: int) -> Turn:
        """The next turn, first come, first served. A request above the whole limit gets a minute of its own."""
        start = max(now, self._turns[-1].start) if self._turns else now
        if self._requests and len(self._turns) >= self._requests:
            start = max(start, self._turns[-self._requests].start + MINUTE)
        if self._tokens:
            start = self._until_there_is_room(start, tokens)
        while self._turns and self._turns[0].start + MINUTE <= min(now, start):
            self._turns.popleft()
        turn = Turn(start, tokens)
        self._turns.append(turn)
        return turn

    def settle(self, turn: Turn, tokens: int) -> None:
        """Count what a request really took, once that is known."""
        turn.tokens = tokens

    def _until_there_is_room(self, start: float, tokens: int) -> float:
        counted = [turn for turn in self._turns if turn.start + MINUTE > start]
        taken = sum(turn.tokens for turn in counted)
        for turn in counted:
            if taken + tokens <= self._tokens:
                break
            start = max(start, turn.start + MINUTE)
            taken -= turn.tokens
        return start
