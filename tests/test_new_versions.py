"""A new version of a paper that was posted: the same message, or nothing, and never a post."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from storage import papers
from storage.database import Database
from storage.records import Chat, Form
from tests.made import CHANNEL, GROUP, arrival
from tests.rehearsal import Rehearsal, rehearsing

IDS = ("2611.00001", "2611.00002")


async def stored(rehearsal: Rehearsal, version: int, title: str, *ids: str) -> None:
    """A version of those papers becomes known."""
    async with rehearsal.database.transaction() as tx:
        day = date(2026, 11, 23 + version)
        for each in ids:
            made = arrival(each, version, day=day)
            assert made.summary is not None
            told = replace(made.summary, title_zh=f"{title} {each}")
            await papers.add(tx, [replace(made, summary=told)], rehearsal.clock.now)


async def posted(rehearsal: Rehearsal, chat: Chat, form: Form) -> list[str]:
    """Both papers are posted in their first version."""
    await stored(rehearsal, 1, "First", *IDS)
    await rehearsal.ask(await rehearsal.subscribe(chat, form=form))
    await rehearsal.news.prepare()
    texts = await rehearsal.queued()
    rehearsal.clock.now += timedelta(hours=1)
    await stored(rehearsal, 2, "Second", IDS[0])
    return texts


@pytest.mark.parametrize(("chat", "form"), [(CHANNEL, Form.CARDS), (GROUP, Form.LIST)])
async def test_a_new_version_goes_into_the_message_that_posted_the_paper_once(
    database: Database, chat: Chat, form: Form
) -> None:
    async with rehearsing(database, settings={"delivery": {"new_versions": "edit"}}) as rehearsal:
        before = "\n".join(await posted(rehearsal, chat, form))
        assert f"First {IDS[0]}" in before
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert f"Second {IDS[0]}" in edit
        assert f"First {IDS[0]}" not in edit
        assert (f"First {IDS[1]}" in edit) == (form == Form.LIST)
        assert await rehearsal.news.amend() == 0
        await rehearsal.news.prepare()
        assert await rehearsal.queued() == []


async def test_by_default_a_new_version_changes_nothing(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        await posted(rehearsal, CHANNEL, Form.CARDS)
        assert await rehearsal.news.amend() == 0
        await rehearsal.news.prepare()
        assert await rehearsal.queued() == []


async def test_what_was_posted_more_than_two_days_ago_is_left_as_it_is(database: Database) -> None:
    async with rehearsing(database, settings={"delivery": {"new_versions": "edit"}}) as rehearsal:
        await posted(rehearsal, CHANNEL, Form.CARDS)
        rehearsal.clock.now += timedelta(hours=48)
        assert await rehearsal.news.amend() == 0
