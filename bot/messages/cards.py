"""A paper's card: in a private chat it unfolds by its buttons, elsewhere it carries the folded abstract."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from bot.messages.size import LIMIT, clip, units, visible
from bot.messages.wording import render, word
from bot.papers import arxiv_id, latex
from bot.summaries import extract
from storage.records import Button, Card, ChatKind, Keyboard, Language, Message, SummaryState

AUTHORS = 3  # named on a card before "and others"
_TITLE, _TLDR, _AUTHOR = 300, 500, 60  # longer ones are cut, so that hostile ones leave room for the link
_COMMENTS, _ADDRESS = 200, 300


class View(StrEnum):
    """What of the abstract a card shows. The values stand in buttons of old posts: never change one."""

    FOLDED = "f"
    CHINESE = "z"
    ENGLISH = "e"
    BOTH = "b"


def card(
    shown: Card,
    language: Language,
    kind: ChatKind,
    *,
    view: View = View.FOLDED,
    saved: bool = False,
    note: str = "",
) -> Message:
    """The card of a paper as one message for a kind of chat; `note` is a key of words.toml."""
    last_line = word(language, note) if note else ""
    if kind != ChatKind.PRIVATE:
        return Message(_text(shown, language, View.BOTH, last_line, folded=True), _shared_keyboard(shown, language))
    return Message(_text(shown, language, view, last_line, folded=False), keyboard(shown, language, view, saved=saved))


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
    # The data name the wish: pressed twice, a button that turns back and forth would undo itself.
    wish, label = ("drop", "button.saved") if saved else ("save", "button.save")
    star = Button(word(language, label), f"{wish}:{paper_id}:{view}")
    why = Button(word(language, "button.why"), f"why:{paper_id}")
    return ((*turns, _pdf(shown, language), star), (*_votes(shown, language), why))


def texts(shown: Card, language: Language) -> dict[str, str]:
    """A paper's titles, sentence and address as plain text for a template, TeX converted and lengths bounded."""
    summary = shown.summary
    tldr, mark = _tldr(shown, language)
    return {
        "title": clip(plain(shown.paper.title), _TITLE),
        "title_zh": clip(plain(summary.title_zh), _TITLE) if summary else "",
        "tldr": clip(plain(tldr), _TLDR),
        "mark": word(language, f"mark.{mark}") if mark and tldr else "",
        "url": arxiv_id.abs_url(shown.paper.id),
    }


def _tldr(shown: Card, language: Language) -> tuple[str, str]:
    """The sentence that says what the paper does, and how it is marked: English is never taken for a summary."""
    summary = shown.summary
    if language == Language.ENGLISH:
        return (summary.tldr_en if summary else "") or extract.first_sentence(shown.paper), ""
    if summary and summary.tldr_zh:
        return summary.tldr_zh, "draft" if summary.state == SummaryState.DRAFT else ""
    return (summary.tldr_en if summary else "") or extract.first_sentence(shown.paper), "untranslated"


def plain(text: str) -> str:
    """A source's text on one line, its TeX as Unicode."""
    return " ".join(latex.to_unicode(text).split())


def _text(shown: Card, language: Language, view: View, note: str, *, folded: bool) -> str:
    values: dict[str, Any] = {**texts(shown, language), **_facts(shown), "folded": folded, "note": note}
    values |= {"abstracts": [], "missing": False}
    abstracts = _abstracts(shown, language, view)
    values["missing"] = view != View.FOLDED and not abstracts
    if view != View.FOLDED:
        values["comments"] = clip(plain(shown.paper.comments), _COMMENTS)
    room = LIMIT - visible(render(language, "card", **values)) - 60 * len(abstracts)  # 60: line ends and a remark
    shares = _shares([units(text) for text, _ in abstracts], room)
    values["abstracts"] = [
        {"text": clip(text, share), "cut": cut} for (text, cut), share in zip(abstracts, shares, strict=True)
    ]
    return render(language, "card", **values)


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """How much of the room each text gets: what the shorter ones leave is for the longer."""
    shares = [0] * len(lengths)
    for left, at in zip(range(len(lengths), 0, -1), sorted(range(len(lengths)), key=lengths.__getitem__), strict=True):
        shares[at] = max(0, min(lengths[at], room // left))
        room -= shares[at]
    return shares


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
    votes = [f"🤗 {shown.upvotes.votes}"] if shown.upvotes and shown.upvotes.votes else []
    code = shown.upvotes.code_url if shown.upvotes else ""
    return {
        "authors": [clip(plain(name), _AUTHOR) for name in authors[:AUTHORS]],
        "all_authors": len(authors),
        "more_authors": max(len(authors) - AUTHORS, 0),
        "facts": [*primary, *([shown.announced.isoformat()] if shown.announced else []), *votes],
        "code_url": code if code.startswith("https://") and len(code) <= _ADDRESS else "",
        "comments": "",
    }


def _shared_keyboard(shown: Card, language: Language) -> Keyboard:
    star = Button(word(language, "button.save"), f"save:{shown.paper.id}:{View.FOLDED}")
    return ((_pdf(shown, language), star, *_votes(shown, language)),)


def _votes(shown: Card, language: Language) -> tuple[Button, Button]:
    like = Button(word(language, "button.like"), f"up:{shown.paper.id}")
    return like, Button(word(language, "button.dislike"), f"down:{shown.paper.id}")


def _pdf(shown: Card, language: Language) -> Button:
    return Button(word(language, "button.pdf"), url=arxiv_id.pdf_url(shown.paper.id))
