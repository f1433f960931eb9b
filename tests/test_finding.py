"""Sorting what was found, papers like one, and all of arXiv by `online:`."""

from collections.abc import AsyncIterator

import pytest

from storage import lexicon
from storage.database import Database
from storage.word_pairs import Entry
from tests.made import arrival
from tests.talk import PRIVATE, Talk, data, talking

OLD, NEW = "2403.00001", "2611.00001"


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(database) as made:
        await made.store([arrival(OLD, title="Diffusion diffusion"), arrival(NEW, title="Sound by diffusion models")])
        yield made


def papers(message: dict[str, object]) -> list[str]:
    return [each.removeprefix("open:") for each in data(message) if each.startswith("open:")]


async def test_what_was_found_is_sorted_by_date_and_back_by_a_button(talk: Talk) -> None:
    found = await talk.say(PRIVATE, "/search diffusion")
    by_relevance = papers(found)
    (sort,) = [each for each in data(found) if each.startswith("sort:")]
    assert sort.endswith(":date")
    found = await talk.edited(found, sort)
    assert papers(found) == [NEW, OLD]
    (sort,) = [each for each in data(found) if each.startswith("sort:")]
    assert sort.endswith(":relevance")
    assert papers(await talk.edited(found, sort)) == by_relevance


async def test_papers_like_one_are_listed_by_its_number_and_it_is_not_among_them(talk: Talk) -> None:
    found = await talk.say(PRIVATE, "/search diffusion")
    first, second = papers(found)
    like = await talk.say(PRIVATE, "/similar 1")
    assert papers(like) == [second]
    assert first in like["text"]
    assert not [each for each in data(like) if each.startswith("sort:")]


@pytest.mark.parametrize(("said", "told"), [("/similar", "编号"), ("/similar 2401.99999", "2401.99999")])
async def test_what_names_no_stored_paper_is_told_in_a_sentence(talk: Talk, said: str, told: str) -> None:
    assert told in (await talk.say(PRIVATE, said))["text"]


async def test_all_of_arxiv_is_not_asked_where_it_may_not_be(talk: Talk) -> None:
    assert papers(await talk.say(PRIVATE, "/search online: diffusion"))


async def test_a_heading_stands_on_one_line_and_tells_what_was_found_by_translation(talk: Talk) -> None:
    async with talk.database.transaction() as tx:
        await lexicon.put(tx, {"扩散": Entry(0.01, (("diffusion", 0.9),))})
    assert "sound models · 共 1 篇" in (await talk.say(PRIVATE, "/search sound\n\n  models"))["text"]
    assert "按译名 2 篇" in (await talk.say(PRIVATE, "/search 扩散"))["text"]
    await talk.store([arrival("2403.00007", title="扩散")])
    assert "共 1 篇，另有 2 篇按译名" in (await talk.say(PRIVATE, "/search 扩散"))["text"]


async def test_words_within_very_many_brackets_are_looked_for(talk: Talk) -> None:
    assert papers(await talk.say(PRIVATE, f"/search {'(' * 40}sound{')' * 40}")) == [NEW]
