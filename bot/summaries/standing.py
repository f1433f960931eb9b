"""Whether a provider is asked at all: what fails time after time is rested. Pure; times are given."""

from dataclasses import dataclass

MOST_FAILURES = 5  # papers in a row
REST = 600.0  # seconds
ACCOUNT_REST = 3600.0  # seconds: somebody must pay or mend the configuration


@dataclass(slots=True)
class Standing:
    """One provider's recent failures. A failure is a paper that it could not serve, not one refused call."""

    failures: int = 0
    rests_until: float = 0.0
    reason: str = ""
    no_account: bool = False

    def rests(self, now: float) -> bool:
        """Whether it is not to be asked now."""
        return now < self.rests_until

    def served(self) -> None:
        """It answered."""
        self.failures, self.no_account = 0, False

    def failed(self, now: float, reason: str) -> None:
        """It did not serve a paper. Once rested, the next failure rests it again."""
        self.failures += 1
        if self.failures >= MOST_FAILURES and not self.rests(now):
            self._rest(now + REST, reason)

    def asked_to_wait(self, now: float, seconds: float, reason: str) -> None:
        """It told a wait that no paper is kept waiting for."""
        self._rest(max(now + seconds, self.rests_until), reason)

    def closed(self, now: float, reason: str) -> None:
        """It serves nobody with this configuration."""
        self.no_account = True
        self._rest(now + ACCOUNT_REST, reason)

    def _rest(self, until: float, reason: str) -> None:
        self.rests_until, self.reason = until, reason
