"""What stands under a file of papers: what is in it, what to do with it, and buttons for the other formats."""

from dataclasses import dataclass

from bot.exports.formats import Format
from bot.messages.paging import rows
from bot.messages.size import clip
from bot.messages.wording import render, word
from storage.records import Button, Language, Message


@dataclass(frozen=True, slots=True)
class Taken:
    """A file of papers: bookmarks, or what was posted in a chat (`place`, if not this one) in so many days (0: all)."""

    format: Format
    papers: int
    left: int = 0  # that the file has no room for
    kept: bool = False
    days: int = 0
    place: str = ""
    asked: str = ""
    read_as: str = ""


def caption(taken: Taken, language: Language, button: str = "") -> Message:
    """The caption of a file. `button`: the data of the buttons for other formats, with a place for the format."""
    text = render(
        language,
        "exported",
        format=taken.format.label,
        papers=taken.papers,
        left=taken.left,
        kept=taken.kept,
        days=taken.days,
        place=clip(taken.place, 100),
        asked=clip(taken.asked, 200),
        read_as=clip(taken.read_as, 200),
        hint=word(language, f"format.{taken.format}"),
    )
    others = tuple(Button(each.label, button.format(each)) for each in Format if each != taken.format)
    return Message(text, rows(others, 2) if button else ())
