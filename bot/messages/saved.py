"""What a reader keeps: the list of it, a paper's tags as buttons, and all of the reader's tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.messages.cards import texts
from bot.messages.paging import Sheet, rows
from bot.messages.size import LIMIT, clip, visible
from bot.messages.wording import render, word
from bot.papers import tags
from storage.records import Button, Card, Keyboard, Language, Message, Tag

PAGE = 5  # papers
_ROOM = (500, 250, 100, 0)  # characters of a paper's sentence, fewer and fewer until a page of them is one message
_TAGS_SHOWN = 150  # characters of a paper's tags in a list
_FILTERS, _FILTER_ROW = 6, 3  # tags that the list offers to choose from
_TOGGLES, _TOGGLE_ROW = 24, 3


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of bookmarks: all of them (`listing_id` 0), or those that were asked for, and how that was read."""

    cards: Sequence[Card]
    given: Mapping[str, Sequence[Tag]]  # the papers' tags
    known: Sequence[Tag] = ()  # the reader's tags, to choose from
    listing_id: int = 0
    asked: str = ""
    read_as: str = ""


def saved(shelf: Shelf, sheet: Sheet, language: Language) -> Message:
    """One page of a reader's bookmarks."""
    asked, read_as = clip(shelf.asked, 200), clip(shelf.read_as, 200)
    head = render(language, "saved", asked=asked, read_as=read_as, **sheet.numbers)
    for room in _ROOM:
        kept = [_kept(shelf, card, number, room, language) for number, card in enumerate(shelf.cards, sheet.first)]
        text = "\n\n".join([head, *kept])
        if visible(text) <= LIMIT:
            break
    return Message(text, _list_keyboard(shelf, sheet, language))


def tags_of(shown: Card, given: Sequence[Tag], known: Sequence[Tag], back: str, language: Language) -> Message:
    """A paper's tags, each of the reader's tags a button that adds it or takes it off.

    `back`: `<page>:<list>` of the list of bookmarks that it was opened from, or empty.
    """
    named = texts(shown, language)
    text = render(
        language,
        "tags",
        title=(named["title_zh"] if language == Language.CHINESE else "") or named["title"],
        id=shown.paper.id,
        tags=[tags.shown(each.name) for each in given],
    )
    has = {each.id for each in given}
    choice = [*given, *(each for each in known if each.id not in has)][:_TOGGLES]
    toggles = rows([_toggle(shown, each, back, has=each.id in has) for each in choice], _TOGGLE_ROW)
    return Message(text, (*toggles, (Button(word(language, "button.back"), f"kept:{back}"),)) if back else toggles)


def all_tags(known: Sequence[Tag], language: Language) -> Message:
    """All of a reader's tags, each with how many papers have it."""
    counted = [{"name": tags.shown(each.name), "papers": each.papers} for each in known]
    return Message(render(language, "all_tags", tags=counted), _filters(known[:_TOGGLES]))


def tagged(shown: Card, named: tags.Tags, language: Language) -> Message:
    """That a paper was tagged, for a chat where others read along."""
    return Message(render(language, "tagged", id=shown.paper.id, tags=str(named)))


def _kept(shelf: Shelf, card: Card, number: int, room: int, language: Language) -> str:
    named = texts(card, language)
    named["tldr"] = clip(named["tldr"], room)
    given = " ".join(tags.shown(each.name) for each in shelf.given.get(card.paper.id, ()))
    return render(language, "kept", number=number, tags=clip(given, _TAGS_SHOWN), **named)


def _list_keyboard(shelf: Shelf, sheet: Sheet, language: Language) -> Keyboard:
    here = f"{sheet.number}:{shelf.listing_id}"
    numbered = list(enumerate(shelf.cards, sheet.first))
    opening = tuple(Button(str(number), f"open:{card.paper.id}") for number, card in numbered)
    tagging = tuple(Button(f"🏷 {number}", f"tags:{card.paper.id}:{here}") for number, card in numbered)
    all_saved = (Button(word(language, "button.all_saved"), "kept:1"),)
    others = (all_saved,) if shelf.listing_id else _filters(shelf.known[:_FILTERS])
    export = (Button(word(language, "button.export"), f"export:s:bibtex:{shelf.listing_id}"),)
    turns = sheet.turns(f"kept:{{}}:{shelf.listing_id}" if shelf.listing_id else "kept:{}", language)
    return tuple(row for row in (opening, tagging, turns, *others, export) if row)


def _filters(known: Sequence[Tag]) -> Keyboard:
    return rows([Button(f"{tags.shown(each.name)} {each.papers}", f"tagged:{each.id}") for each in known], _FILTER_ROW)


def _toggle(shown: Card, tag: Tag, back: str, *, has: bool) -> Button:
    # The data name the wish, as those of the star do: pressed twice, it is still the same.
    label = f"✓ {tags.shown(tag.name)}" if has else tags.shown(tag.name)
    return Button(label, f"tag:{shown.paper.id}:{tag.id}:{int(not has)}" + (f":{back}" if back else ""))
