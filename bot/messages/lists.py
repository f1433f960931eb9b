"""Numbered lists of papers: search results, and digests in list form."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.messages.cards import texts
from bot.messages.size import LIMIT, clip, visible
from bot.messages.wording import render, sentence, word
from storage.records import Button, Card, Keyboard, Language, Message, Part, Posted

PAGE = 5  # hits on one page
_NUMBER = re.compile(r"<b>(\d+)\.</b>")  # how templates/*/item.html begins
_ROW = 8  # buttons in one row, as many as Telegram's apps show side by side
_MOST = 40  # papers in one message: their numbers, links and titles stay below Telegram's 100 entities


@dataclass(frozen=True, slots=True)
class Counted:
    """Of what a search found, how many hold every word, how many of these by translation; whether there may be more."""

    exact: int
    more: bool = False
    translated: int = 0


def results(
    query: str, page: "Page", language: Language, counted: Counted, *, read_as: str = "", tools: Keyboard = ()
) -> Message:
    """One page of search results, with a button for each hit and for the pages beside it.

    `read_as`: how the query was understood, if that is to be told; `tools`: more buttons.
    """
    counts = {"exact": counted.exact, "more": counted.more, "translated": counted.translated}
    values = {**counts, "held": counted.exact - counted.translated, **page.numbers}
    head = render(language, "results", query=clip(_on_one_line(query), 200), read_as=clip(read_as, 200), **values)
    found = _page(head, page, language)
    return Message(found.text, (*found.keyboard, *tools))


def nothing_found(query: str, listing_id: int, language: Language) -> Message:
    """Nothing that is stored matches; a button looks in all of arXiv. `listing_id` is a list that holds the query."""
    text = sentence(language, "mistake.nothing_found", query=clip(_on_one_line(query), 200))
    return Message(text, ((Button(word(language, "button.arxiv"), f"arxiv:{listing_id}"),),))


class Page:
    """One page of a longer list. `number` counts from 1; `turn` is the beginning of the paging buttons' data.

    `opens`: each hit has a button that opens its card.
    """

    def __init__(
        self,
        cards: Sequence[Card],
        number: int,
        shown: int,
        *,
        turn: str,
        total: int | None = None,
        opens: bool = True,
    ) -> None:
        self.cards, self.turn, self.opens = cards, turn, opens
        self.total = shown if total is None else total
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


@dataclass(frozen=True, slots=True)
class Item:
    """A paper's piece of a digest in list form, and how long a reader sees it, in UTF-16 units."""

    text: str
    length: int
    posted: Posted


def list_item(shown: Card, number: int, language: Language) -> Item:
    """One paper's piece with what is to be known of it."""
    text = digest_item(shown, number, language)
    return Item(text, visible(text), posted(shown, text))


def digest_list(
    head: str,
    cards: Sequence[Card],
    language: Language,
    *,
    numbered: bool = True,
    item: Callable[[Card, int, Language], Item] = list_item,
) -> Iterator[Part]:
    """A digest in list form: several papers a message, split between papers only; `numbered`: a button for each.

    `item`: what makes a paper's piece.
    """
    text, length, start, held = head, visible(head), 0, list[Posted]()
    for index, shown in enumerate(cards):
        made = item(shown, index + 1, language)
        if length + made.length + 2 > LIMIT or len(held) >= _MOST:
            yield Part(Message(text, _numbers(cards[start:index], start + 1) if numbered else ()), tuple(held))
            text, length, start, held = made.text, made.length, index, []
        else:
            text, length = f"{text}\n\n{made.text}", length + made.length + 2
        held.append(made.posted)
    yield Part(Message(text, _numbers(cards[start:], start + 1) if numbered else ()), tuple(held))


def posted(shown: Card, text: str) -> Posted:
    """That a paper is posted by this text, which is a draft while there is no good summary."""
    return Posted(shown.paper.id, "" if shown.is_summarised else text, shown.paper.version or 0)


def digest_item(shown: Card, number: int, language: Language) -> str:
    """One paper of a digest in list form."""
    return render(language, "item", number=number, **texts(shown, language))


def number_of(item: str) -> int:
    """The number that a paper has in a digest in list form, given its piece of it; 0 if it has none."""
    found = _NUMBER.match(item)
    return int(found[1]) if found else 0


def _on_one_line(query: str) -> str:
    return " ".join(query.split())


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
    keyboard = _numbers(page.cards, page.first) if page.opens else ()
    return Message("\n\n".join([head, *hits]), (*keyboard, tuple(turns)) if turns else keyboard)


def _numbers(cards: Sequence[Card], first: int) -> Keyboard:
    buttons = [Button(str(number), f"open:{shown.paper.id}") for number, shown in enumerate(cards, first)]
    return tuple(tuple(buttons[start : start + _ROW]) for start in range(0, len(buttons), _ROW))
