"""Stored papers as an RSS 2.0 feed for a feed reader (www.rssboard.org/rss-specification). Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from email.utils import format_datetime

from lxml import etree
from lxml.builder import E

from bot.messages.cards import plain
from bot.papers import arxiv_id
from storage.records import Card

HOME = "https://arxiv.org/"


def write(cards: Iterable[Card]) -> str:
    """The feed, a paper an item, in the order given."""
    about = E.channel(
        E.title("Papergram"),
        E.link(HOME),
        E.description("arXiv's new papers, with Chinese summaries"),
        E.language("zh"),
    )
    about.extend(_item(card) for card in cards)
    feed = E.rss(about, version="2.0")
    return etree.tostring(feed, encoding="unicode", pretty_print=True)


def _item(card: Card) -> etree._Element:
    paper, summary = card.paper, card.summary
    url = arxiv_id.abs_url(paper.id)
    texts = [summary.tldr_zh, summary.abstract_zh] if summary else []
    item = E.item(
        E.title(_legal(summary.title_zh if summary and summary.title_zh else paper.title)),
        E.link(url),
        E.guid(url),
        E.description("\n\n".join(_legal(text) for text in [*texts, paper.title, paper.abstract] if text)),
    )
    item.extend(E.category(each) for each in paper.categories)
    if card.announced:
        item.append(E.pubDate(format_datetime(datetime.combine(card.announced, time(), tzinfo=UTC))))
    return item


def _legal(text: str) -> str:
    """The text without what XML cannot hold, its TeX as Unicode."""
    return "".join(each for each in plain(text) if each.isprintable() or each == " ")
