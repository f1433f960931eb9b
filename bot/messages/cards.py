"""A paper's card: in a private chat it unfolds by its buttons, elsewhere it carries the folded abstract."""

from enum import StrEnum
from typing import Any

from bot.messages.size import LIMIT, clip, visible
from bot.messages.wording import render, word
from bot.papers import arxiv_id, latex
from storage.records import Button, Card, ChatKind, Keyboard, Language, Message

AUTHORS = 3  # named on a card before "and others"
_TITLE, _TLDR, _AUTHOR = 300, 500, 60  # longer ones are cut, so that hostile ones leave room for the link


class View(StrEnum):
    """What of the abstract a card shows. The values stand in buttons of old posts: never change one."""

    FOLDED = "f"
    CHINESE = "z"
    ENGLISH = "e"
    BOTH = "b"


def card(shown: Card, language: Language, kind: ChatKind, *, view: View = View.FOLDED, saved: bool = False) -> Message:
    """The card of a paper as one message for a kind of chat."""
    if kind != ChatKind.PRIVATE:
        return Message(_text(shown, language, View.BOTH, folded=True), _shared_keyboard(shown, language))
    return Message(_text(shown, language, view, folded=False), keyboard(shown, language, view, saved=saved))


def keyboard(shown: Card, language: Language, view: View, *, saved: bool) -> Keyboard:
    """The buttons under a card in a private chat."""
    paper_id = shown.paper.id
    turn = {
        View.FOLDED: [("button.unfold", View.CHINESE), ("button.english", View.ENGLISH)],
        View.CHINESE: [("button.fold", View.FOLDED), ("button.english", View.ENGLISH)],
        View.ENGLISH: [("button.fold", View.FOLDED), ("button.chinese", View.CHINESE)],
        View.BOTH: [("button.fold", View.FOLDED)],
    }[view]
    if not _chinese_abstract(shown):
        turn = [("button.unfold", View.ENGLISH)] if view == View.FOLDED else [("button.fold", View.FOLDED)]
    elif language == Language.ENGLISH and view == View.FOLDED:
        turn = [("button.unfold", View.ENGLISH), ("button.chinese", View.CHINESE)]
    elif language == Language.ENGLISH and view == View.CHINESE:
        turn = [("button.fold", View.FOLDED), ("button.original", View.ENGLISH)]
    turns = tuple(Button(word(language, label), f"card:{paper_id}:{to}") for label, to in turn)
    star = Button(word(language, "button.saved" if saved else "button.save"), f"save:{paper_id}:{view}")
    return ((*turns, _pdf(shown, language), star),)


def texts(shown: Card, language: Language) -> dict[str, str]:
    """A paper's titles, sentence and address as plain text for a template, TeX converted and lengths bounded."""
    summary = shown.summary
    tldr = (summary.tldr_zh or summary.tldr_en) if summary else ""
    if summary and language == Language.ENGLISH:
        tldr = summary.tldr_en or summary.tldr_zh
    return {
        "title": clip(plain(shown.paper.title), _TITLE),
        "title_zh": clip(plain(summary.title_zh), _TITLE) if summary else "",
        "tldr": clip(plain(tldr), _TLDR),
        "url": arxiv_id.abs_url(shown.paper.id),
    }


def plain(text: str) -> str:
    """A source's text on one line, its TeX as Unicode."""
    return " ".join(latex.to_unicode(text).split())


def _text(shown: Card, language: Language, view: View, *, folded: bool) -> str:
    values = {**texts(shown, language), **_facts(shown), "folded": folded, "abstracts": [], "missing": False}
    abstracts = _abstracts(shown, language, view)
    values["missing"] = view != View.FOLDED and not abstracts
    room = LIMIT - visible(render(language, "card", **values)) - 60 * len(abstracts)  # 60: line ends and a remark
    share = room // max(len(abstracts), 1)
    values["abstracts"] = [{"text": clip(text, share), "cut": cut} for text, cut in abstracts]
    return render(language, "card", **values)


def _abstracts(shown: Card, language: Language, view: View) -> list[tuple[str, bool]]:
    chinese = (_chinese_abstract(shown), False)
    english = (plain(shown.paper.abstract), shown.paper.abstract_cut)
    wanted = {
        View.FOLDED: [],
        View.CHINESE: [chinese if chinese[0] else english],
        View.ENGLISH: [english],
        View.BOTH: [chinese, english] if language == Language.CHINESE else [english, chinese],
    }[view]
    return [(text, cut) for text, cut in wanted if text]


def _chinese_abstract(shown: Card) -> str:
    return plain(shown.summary.abstract_zh) if shown.summary else ""


def _facts(shown: Card) -> dict[str, Any]:
    authors = shown.paper.authors
    primary = shown.paper.categories[:1]
    return {
        "authors": [clip(plain(name), _AUTHOR) for name in authors[:AUTHORS]],
        "all_authors": len(authors),
        "more_authors": max(len(authors) - AUTHORS, 0),
        "facts": [*primary, *([shown.announced.isoformat()] if shown.announced else [])],
    }


def _shared_keyboard(shown: Card, language: Language) -> Keyboard:
    star = Button(word(language, "button.save"), f"save:{shown.paper.id}:{View.FOLDED}")
    return ((_pdf(shown, language), star),)


def _pdf(shown: Card, language: Language) -> Button:
    return Button(word(language, "button.pdf"), url=arxiv_id.pdf_url(shown.paper.id))
