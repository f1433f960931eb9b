"""Why a paper was chosen, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.digests.why import Why
from bot.messages.cards import texts
from bot.messages.settings import topic
from bot.messages.wording import render, word
from storage.records import Card, Language, Message, Posting

_COMMA = {Language.CHINESE: "、", Language.ENGLISH: ", "}


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is told. `waiting`: votes were given that are yet to be learned from."""

    language: Language
    private: bool
    waiting: bool = False


def message(shown: Card, sentences: tuple[str, ...], language: Language) -> Message:
    """The sentences under the paper's title."""
    return Message(render(language, "why", sentences=sentences, **texts(shown, language)))


def sentences(why: Why, posting: Posting | None, there: Place) -> tuple[str, ...]:
    """Where the paper came from and what spoke for it, as plain text; what was not learned is not claimed."""
    return tuple(_sentences(why, posting, there))


def _sentences(why: Why, posting: Posting | None, there: Place) -> Iterator[str]:
    def said(key: str, **values: str | int) -> str:
        return word(there.language, f"why.{key}", **values)

    if why.liked:
        yield said("liked" if there.private else "liked_here", terms=_COMMA[there.language].join(why.liked))
    if why.words:
        yield said("words", terms=_COMMA[there.language].join(why.words))
    if why.learned and not why.liked:
        yield said("not_liked")
    if not why.learned and there.waiting:
        yield said("waiting" if there.private else "waiting_here")
    elif not why.learned and posting:  # what was never posted here stands in no order
        yield said("by_words" if why.words else "by_time")
    yield _origin(posting, there.language)


def _origin(posting: Posting | None, language: Language) -> str:
    if posting is None:
        return word(language, "why.unposted")
    if posting.query is None:
        return word(language, "why.ended")
    key = "why.chosen" if posting.chosen < posting.matched else "why.all"
    subscribed = topic(posting.query, language)
    return word(language, key, topic=subscribed, matched=posting.matched, chosen=posting.chosen)
