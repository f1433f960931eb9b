"""Long lists, a page at a time: which items a page holds, and the buttons beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.wording import word
from storage.records import Button, Keyboard, Language


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a list of `total` items; `number` counts from 1."""

    number: int
    total: int
    size: int

    @classmethod
    def at(cls, number: int, total: int, size: int) -> "Sheet":
        """The page of that number, or the nearest that there is: the list may have become shorter."""
        return cls(min(max(number, 1), max(1, -(-total // size))), total, size)

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The number of this page's first item."""
        return (self.number - 1) * self.size + 1

    @property
    def slice(self) -> slice:
        """Which items of the list stand on this page."""
        return slice(self.first - 1, self.first - 1 + self.size)

    @property
    def numbers(self) -> dict[str, int]:
        """The counts that a heading tells."""
        return {"total": self.total, "page": self.number, "pages": self.last}

    def turns(self, data: str, language: Language) -> tuple[Button, ...]:
        """The buttons to the pages beside this one; `data` has a place for a page's number."""
        turns = []
        if self.number > 1:
            turns.append(Button(word(language, "button.previous"), data.format(self.number - 1)))
        if self.number < self.last:
            turns.append(Button(word(language, "button.next"), data.format(self.number + 1)))
        return tuple(turns)


def rows(buttons: Sequence[Button], width: int) -> Keyboard:
    """Buttons in rows."""
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
