"""What can become of a question to a model, as values. reply.py makes them, writer.py acts on them. Pure.

A reason is for the operator's log: it holds neither the key nor any of the question's text.
"""

from dataclasses import dataclass

from bot.summaries.provider import Usage

NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Written:
    """The model answered in full: every field is there and none is blank. `model` is what the server calls it."""

    fields: dict[str, str]
    usage: Usage = NOTHING
    model: str = ""


@dataclass(frozen=True, slots=True)
class Garbled:
    """The model's answer cannot be used; asked again it may do better. `cut`: it needs more tokens."""

    reason: str
    usage: Usage = NOTHING
    cut: bool = False
    model: str = ""


@dataclass(frozen=True, slots=True)
class Unfit:
    """The provider will never take this text: a content filter, or too long for the model."""

    reason: str
    usage: Usage = NOTHING


@dataclass(frozen=True, slots=True)
class NoAccount:
    """The provider serves nobody with this configuration: key, balance, rights, address or model."""

    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """It may pass: a rate limit, an overload, no answer. `seconds`: the wait that was told, from now."""

    reason: str
    seconds: float | None = None
    usage: Usage = NOTHING


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The server refuses the request's form, perhaps for a capability that the reason names."""

    reason: str


Outcome = Written | Garbled | Unfit | NoAccount | Busy | NotTaken
