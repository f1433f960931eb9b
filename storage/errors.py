"""What storage raises for its callers to tell."""


class CannotOpen(Exception):
    """The database cannot be opened or read; the text says why, in one sentence."""
