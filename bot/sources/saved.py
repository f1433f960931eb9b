"""A saved XML answer of any source, told apart by its content. Pure."""

from bot.sources import api, feed, oai, publisher_rss, xml
from bot.sources.publisher import NOWHERE, Origin
from bot.sources.reading import Reading


def read(data: bytes, origin: Origin = NOWHERE) -> Reading:
    """What it holds: nothing of one that is cut off. `origin` is what its name tells. Raises Malformed and Declined."""
    root = xml.parse(data)
    if oai.is_answer(root):
        page = oai.read(data)
        return Reading(page.arrivals, page.refused)
    if api.is_answer(root):
        answer = api.read(data)
        return Reading(answer.arrivals, answer.refused)
    if publisher_rss.is_one(root):
        return publisher_rss.read(data, origin)
    day = feed.read(data)
    return Reading(day.arrivals, day.refused)
