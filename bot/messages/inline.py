"""What an inline query offers: a line for each paper to choose by, and the card that is posted when it is chosen."""

from dataclasses import dataclass

from bot.messages.cards import card, texts
from bot.messages.size import clip
from bot.messages.wording import word
from bot.papers import arxiv_id
from storage.records import Button, Card, ChatKind, Keyboard, Language, Message

_TITLE, _DESCRIPTION = 200, 200  # Telegram's apps show one line of the first and two of the second


@dataclass(frozen=True, slots=True)
class Offer:
    """One paper as it is offered. `description` may be empty."""

    paper_id: str
    title: str
    description: str
    message: Message


def offer(shown: Card, language: Language, bot: str) -> Offer:
    """A paper's line and card. `bot` is the bot's own username, for the link that leads to the whole."""
    said = texts(shown, language)
    title = said["title"] if language == Language.ENGLISH else said["title_zh"] or said["title"]
    # Whoever reads the card may not know the bot: the abstract is folded in it, and its buttons are all links.
    text = card(shown, language, ChatKind.GROUP).text
    description = clip(said["tldr"] + said["mark"], _DESCRIPTION)
    return Offer(shown.paper.id, clip(title, _TITLE), description, Message(text, _keyboard(shown, language, bot)))


def deep_link(bot: str, paper_id: str) -> str:
    """The address that opens a paper in a private chat with the bot; handlers/greeting.py reads it."""
    # A payload holds only A-Za-z0-9_-: https://core.telegram.org/bots/features#deep-linking
    return f"https://t.me/{bot}?start=p_{paper_id.replace('.', '_').replace('/', '_')}"


def _keyboard(shown: Card, language: Language, bot: str) -> Keyboard:
    paper_id = shown.paper.id
    return (
        (
            Button("arXiv", url=arxiv_id.abs_url(paper_id)),
            Button(word(language, "button.pdf"), url=arxiv_id.pdf_url(paper_id)),
        ),
        (Button(word(language, "button.in_bot"), url=deep_link(bot, paper_id)),),
    )
