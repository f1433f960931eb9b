"""What is not arXiv's: Hugging Face's daily papers, and another publisher's digest as RSS."""

from datetime import date
from hashlib import sha1
from typing import Any

from lxml import etree

from bot.sandbox.arxiv.catalogue import Catalogue, Work
from bot.sources import digest_markdown
from storage.records import Upvotes

_CHANNEL = {
    "title": "Chat Arxiv cs",
    "link": "https://github.com/qhduan/cn-chat-arxiv",
    "description": "This is arxiv RSS feed for cs",
}


def daily_papers(catalogue: Catalogue, day: date) -> list[dict[str, Any]]:
    """A day's page as Hugging Face's API gives it, most votes first."""
    page = sorted(catalogue.votes.get(day, ()), key=lambda each: -each.votes)
    return [_voted(catalogue.works[each.paper_id], each, day) for each in page]


def digest_rss(digest: digest_markdown.Day) -> bytes:
    """A digest as its publisher's RSS: seven paragraphs of escaped HTML in a description."""
    root = etree.Element("rss", version="2.0")
    channel = etree.SubElement(root, "channel")
    for tag, text in _CHANNEL.items():
        etree.SubElement(channel, tag).text = text
    for entry in digest.entries:
        item = etree.SubElement(channel, "item")
        texts = (entry.title_zh, entry.title, entry.link, entry.tldr, entry.tldr_en, entry.abstract_zh, entry.abstract)
        paragraphs = "\n".join(f"<p>\n{text}\n</p>" for text in texts)
        for tag, text in (("title", entry.tldr), ("link", entry.link), ("description", paragraphs)):
            etree.SubElement(item, tag).text = text
    return etree.tostring(root)


def _voted(work: Work, votes: Upvotes, day: date) -> dict[str, Any]:
    paper = work.current.paper
    published = f"{work.versions[0].submitted:%Y-%m-%dT%H:%M:%S.000Z}"
    inner = {
        "id": paper.id,
        "authors": [{"_id": f"{at:024x}", "name": name, "hidden": False} for at, name in enumerate(paper.authors)],
        "publishedAt": published,
        "submittedOnDailyAt": f"{day}T00:00:00.000Z",
        "title": paper.title,
        "submittedOnDailyBy": {"fullname": "Sample Reader", "name": "sample", "type": "user"},
        "summary": paper.abstract,
        "upvotes": votes.votes,
        "discussionId": sha1(paper.id.encode(), usedforsecurity=False).hexdigest()[:24],
        "ai_summary": "",
        "ai_keywords": [],
    }
    if votes.code_url:
        inner |= {"githubRepo": votes.code_url, "githubStars": 10 * votes.votes}
    return {
        "paper": inner,
        "publishedAt": published,
        "title": paper.title,
        "summary": paper.abstract,
        "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper.id}.png",
        "numComments": 1,
        "submittedBy": inner["submittedOnDailyBy"],
        "isAuthorParticipating": False,
    }
