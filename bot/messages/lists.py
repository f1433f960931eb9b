"""Numbered lists of papers: search results, bookmarks, and digests in list form."""

from collections.abc import Iterator, Sequence

from bot.messages.cards import texts
from bot.messages.size import LIMIT, clip, visible
from bot.messages.wording import render, word
from storage.records import Button, Card, Keyboard, Language, Message

PAGE = 5  # hits on one page
_ROW = 8  # buttons in one row, as many as Telegram's apps show side by side
_MOST = 40  # papers in one message: their numbers, links and titles stay below Telegram's 100 entities


def results(query: str, page: "Page", language: Language, *, relaxed: bool) -> Message:
    """One page of search results, with a button for each hit and for the pages beside it."""
    head = render(language, "results", query=clip(query, 200), relaxed=relaxed, **page.numbers)
    return _page(head, page, language)


def saved(page: "Page", language: Language) -> Message:
    """One page of a reader's bookmarks."""
    return _page(render(language, "saved", **page.numbers), page, language)


class Page:
    """One page of a longer list. `number` counts from 1; `turn` is the beginning of the paging buttons' data."""

    def __init__(self, cards: Sequence[Card], number: int, shown: int, *, turn: str, total: int | None = None) -> None:
        self.cards, self.turn, self.total = cards, turn, shown if total is None else total
        self.last = max(1, -(-shown // PAGE))
        self.number = min(max(number, 1), self.last)

    @staticmethod
    def slice(number: int, shown: int) -> slice:
        """Which items of a list of `shown` stand on a page."""
        number = min(max(number, 1), max(1, -(-shown // PAGE)))
        return slice((number - 1) * PAGE, number * PAGE)

    @property
    def numbers(self) -> dict[str, int]:
        """The counts that a heading tells."""
        return {"total": self.total, "page": self.number, "pages": self.last}

    @property
    def first(self) -> int:
        """The number of this page's first item."""
        return (self.number - 1) * PAGE + 1


def digest_list(head: str, cards: Sequence[Card], language: Language) -> Iterator[tuple[Message, Sequence[Card]]]:
    """A digest in list form: several papers a message, split between papers only, each message with its papers."""
    text, start = head, 0
    for index, shown in enumerate(cards):
        item = render(language, "item", number=index + 1, **texts(shown, language))
        if visible(text) + visible(item) + 2 > LIMIT or index - start >= _MOST:
            yield Message(text, _numbers(cards[start:index], start + 1)), cards[start:index]
            text, start = item, index
        else:
            text = f"{text}\n\n{item}"
    yield Message(text, _numbers(cards[start:], start + 1)), cards[start:]


def _page(head: str, page: Page, language: Language) -> Message:
    hits = [
        render(language, "hit", number=number, **texts(shown, language))
        for number, shown in enumerate(page.cards, page.first)
    ]
    turns = []
    if page.number > 1:
        turns.append(Button(word(language, "button.previous"), f"{page.turn}:{page.number - 1}"))
    if page.number < page.last:
        turns.append(Button(word(language, "button.next"), f"{page.turn}:{page.number + 1}"))
    keyboard = _numbers(page.cards, page.first)
    return Message("\n\n".join([head, *hits]), (*keyboard, tuple(turns)) if turns else keyboard)


def _numbers(cards: Sequence[Card], first: int) -> Keyboard:
    buttons = [Button(str(number), f"open:{shown.paper.id}") for number, shown in enumerate(cards, first)]
    return tuple(tuple(buttons[start : start + _ROW]) for start in range(0, len(buttons), _ROW))
