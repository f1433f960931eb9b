"""The few errors that cross a border between rooms."""


class UserMistake(Exception):
    """Input that cannot be used. `key` names its sentence in messages/templates/*/words.toml."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class OperatorMistake(Exception):
    """A wrong option, file or setting: its text is the sentence to print, without a secret in it."""


class Unavailable(Exception):
    """A source or a model cannot be reached now. `reason` is for the operator, without a secret in it."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after  # seconds after which it is worth asking again
