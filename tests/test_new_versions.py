"""A new version of a paper that was posted: the same message, or nothing, and never a post."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.delivery.outcome import Sent
from bot.sandbox.model import FakeModel
from storage import drafts, papers
from storage.database import Database
from storage.records import Announcement, Arrival, Chat, Form
from tests.made import CHANNEL, GROUP, arrival
from tests.queueing import take, tell
from tests.rehearsal import Rehearsal, rehearsing
from tests.test_summarise import work

IDS = ("2611.00001", "2611.00002")
EDIT = {"delivery": {"new_versions": "edit"}}


async def stored(rehearsal: Rehearsal, version: int, title: str, *ids: str) -> None:
    """A version of those papers becomes known."""
    async with rehearsal.database.transaction() as tx:
        day = date(2026, 11, 23 + version)
        for each in ids:
            made = arrival(each, version, day=day)
            assert made.summary is not None
            told = replace(made.summary, title_zh=f"{title} {each}")
            await papers.add(tx, [replace(made, summary=told)], rehearsal.clock.now)


async def announced(rehearsal: Rehearsal, version: int) -> None:
    """A version of the first paper is announced, and nobody has summarised it yet."""
    async with rehearsal.database.transaction() as tx:
        day = date(2026, 11, 23 + version)
        known = Arrival(replace(work(1), version=version), Announcement(IDS[0], day, "cs.LG"), None)
        await papers.add(tx, [known], rehearsal.clock.now)


async def posted(rehearsal: Rehearsal, chat: Chat, form: Form) -> list[str]:
    """Both papers are posted in their first version."""
    texts = await first_posted(rehearsal, chat, form)
    await stored(rehearsal, 2, "Second", IDS[0])
    return texts


async def first_posted(rehearsal: Rehearsal, chat: Chat = CHANNEL, form: Form = Form.CARDS) -> list[str]:
    """Both papers are posted, an hour ago."""
    await prepared(rehearsal, chat, form)
    texts = await rehearsal.queued()
    rehearsal.clock.now += timedelta(hours=1)
    return texts


async def prepared(rehearsal: Rehearsal, chat: Chat = CHANNEL, form: Form = Form.CARDS) -> None:
    """Both papers wait in the queue."""
    await stored(rehearsal, 1, "First", *IDS)
    await rehearsal.ask(await rehearsal.subscribe(chat, form=form))
    await rehearsal.news.prepare()


@pytest.mark.parametrize(("chat", "form"), [(CHANNEL, Form.CARDS), (GROUP, Form.LIST)])
async def test_a_new_version_goes_into_the_message_that_posted_the_paper_once(
    database: Database, chat: Chat, form: Form
) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
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
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await posted(rehearsal, CHANNEL, Form.CARDS)
        rehearsal.clock.now += timedelta(hours=48)
        assert await rehearsal.news.amend() == 0


async def test_a_new_version_waits_for_its_own_summary_which_is_asked_for(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(), settings=EDIT) as rehearsal:
        await first_posted(rehearsal)
        await announced(rehearsal, 2)
        assert await rehearsal.news.amend() == 0
        await rehearsal.news.summarise()
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert "First" not in edit
        assert await rehearsal.news.amend() == 0


async def test_a_summary_that_does_not_come_keeps_no_version_waiting_and_is_put_in_later(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(), settings=EDIT) as rehearsal:
        await first_posted(rehearsal)
        await announced(rehearsal, 2)
        rehearsal.clock.now += timedelta(hours=7)
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert "2026-11-25" in edit
        assert await rehearsal.news.amend() == 0
        await rehearsal.news.summarise()
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert "First" not in edit
        assert await rehearsal.news.amend() == 0


async def test_without_a_model_a_summary_that_comes_by_itself_is_put_in_too(database: Database) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await first_posted(rehearsal)
        await announced(rehearsal, 2)
        assert await rehearsal.news.amend() == 1
        await rehearsal.queued()
        await stored(rehearsal, 2, "Second", IDS[0])
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert f"Second {IDS[0]}" in edit
        assert await rehearsal.news.amend() == 0


async def test_a_version_that_comes_while_the_older_one_is_queued_goes_in_when_that_is_posted(
    database: Database,
) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await prepared(rehearsal)
        rehearsal.clock.now += timedelta(minutes=5)
        await stored(rehearsal, 2, "Second", IDS[0])
        assert await rehearsal.news.amend() == 0
        assert any(f"First {IDS[0]}" in text for text in await rehearsal.queued())
        rehearsal.clock.now += timedelta(hours=3)
        assert await rehearsal.news.amend() == 1
        (edit,) = await rehearsal.queued()
        assert f"Second {IDS[0]}" in edit


async def test_a_version_that_comes_while_an_edit_is_under_way_goes_in_after_it(database: Database) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await posted(rehearsal, CHANNEL, Form.CARDS)
        assert await rehearsal.news.amend() == 1
        async with database.transaction() as tx:
            (edit,) = await take(tx, rehearsal.clock.now)
        await stored(rehearsal, 3, "Third", IDS[0])
        assert await rehearsal.news.amend() == 0
        async with database.transaction() as tx:
            await tell(tx, edit, Sent(edit.message_id or 0), rehearsal.clock.now)
        assert await rehearsal.news.amend() == 1
        (last,) = await rehearsal.queued()
        assert f"Third {IDS[0]}" in last


async def test_two_days_are_counted_from_the_post_and_not_from_its_last_edit(database: Database) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await first_posted(rehearsal)
        rehearsal.clock.now += timedelta(hours=40)
        await stored(rehearsal, 2, "Second", IDS[0])
        assert await rehearsal.news.amend() == 1
        assert len(await rehearsal.queued()) == 1
        rehearsal.clock.now += timedelta(hours=40)
        await stored(rehearsal, 3, "Third", IDS[0])
        assert await rehearsal.news.amend() == 0


async def test_what_is_done_is_not_looked_at_again(database: Database) -> None:
    async with rehearsing(database, settings=EDIT) as rehearsal:
        await posted(rehearsal, CHANNEL, Form.CARDS)
        await rehearsal.news.amend()
        await rehearsal.queued()
        await rehearsal.news.amend()
        now = rehearsal.clock.now
        async with database.reading() as tx:
            assert await drafts.stale(tx, now - timedelta(days=7), now - timedelta(days=2), now, now) == []
