from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.jobs import prepare as jobs
from bot.jobs.prepare import Rules
from bot.papers import asked
from storage import chats, listings, papers, subscriptions
from storage.database import Database
from storage.query import Query
from storage.records import Chat, Form, Schedule, Subscription
from tests.conftest import NOW
from tests.made import CHANNEL, GROUP, PRIVATE, arrival, subscription
from tests.queueing import drain

WEEK = timedelta(days=7)
RULES = Rules(WEEK)
THREE = ("2403.00003", "2403.00002", "2403.00001")


async def store(database: Database, *ids: str, at: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each, title=f"Paper {each}") for each in ids], at)


async def subscribe(database: Database, chat: Chat = PRIVATE, query: str = "", **more: object) -> Subscription:
    async with database.transaction() as tx:
        await chats.remember(tx, chat, NOW)
        stored, _ = await subscriptions.add(tx, subscription(chat, query, **{"next_due": NOW, **more}), NOW)
    return stored


async def prepare(database: Database, now: datetime = NOW) -> list[str]:
    """Prepare what is due, and give the texts that were queued and not yet sent, in order."""
    await jobs.prepare(database, now, RULES)
    async with database.transaction() as tx:
        return [each.message.text for each in await drain(tx, now, now + timedelta(days=365))]


def ids(texts: list[str]) -> list[str]:
    return [line.removeprefix("Paper ") for text in texts for line in text.splitlines() if line.startswith("Paper ")]


async def due(database: Database, number: int) -> datetime | None:
    async with database.reading() as tx:
        stored = await subscriptions.get(tx, number)
    return stored.next_due if stored else None


async def test_a_digest_holds_the_newest_papers_first_and_only_as_many_as_wanted(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database, max_papers=2)
    texts = await prepare(database)
    assert "符合 3 篇 · 本期 2 篇" in texts[0]
    assert ids(texts) == ["2403.00003", "2403.00002"]


async def test_what_did_not_fit_comes_next_time_and_nothing_comes_twice(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database, max_papers=2)
    first = ids(await prepare(database))
    assert await prepare(database) == []
    second = ids(await prepare(database, NOW + timedelta(days=1)))
    assert first + second == list(THREE)
    assert await prepare(database, NOW + timedelta(days=2)) == []


async def test_two_subscriptions_of_one_chat_share_what_was_posted(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database, query="")
    await subscribe(database, query="cs.SD")
    assert sorted(ids(await prepare(database))) == sorted(THREE)


async def test_each_chat_gets_its_own(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database, PRIVATE)
    await subscribe(database, CHANNEL, form=Form.CARDS)
    assert sorted(ids(await prepare(database))) == sorted(THREE * 2)


async def test_papers_that_became_known_long_ago_or_for_search_only_are_no_news(database: Database) -> None:
    await store(database, THREE[0], at=NOW - WEEK - timedelta(seconds=1))
    async with database.transaction() as tx:
        await papers.add(tx, [replace(arrival(THREE[1]), announcement=None)], NOW)
    await store(database, THREE[2], at=NOW - WEEK)
    await subscribe(database)
    assert ids(await prepare(database)) == [THREE[2]]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=11, minutes=59)])
async def test_a_missed_digest_is_sent_once_if_it_is_less_than_twelve_hours_late(
    database: Database, late: timedelta
) -> None:
    await store(database, *THREE)
    made = await subscribe(database)
    assert len(ids(await prepare(database, NOW + late))) == 3
    assert await prepare(database, NOW + late) == []
    assert await due(database, made.id) == NOW + timedelta(days=1)


async def test_a_digest_that_is_later_is_skipped_with_a_log_line(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await store(database, *THREE)
    made = await subscribe(database)
    assert await prepare(database, NOW + timedelta(hours=12)) == []
    assert "too late by 12:00:00 and skipped" in caplog.text
    assert await due(database, made.id) == NOW + timedelta(days=1)
    assert len(ids(await prepare(database, NOW + timedelta(days=1)))) == 3


async def test_after_days_away_only_the_last_digest_is_sent(database: Database) -> None:
    now = NOW + timedelta(days=2, hours=1)  # Friday, an hour after it was due
    await store(database, *THREE, at=now)
    await subscribe(database)
    texts = await prepare(database, now)
    assert len([text for text in texts if "本期" in text]) == 1
    assert await prepare(database, now) == []


async def test_a_request_is_answered_even_if_there_is_nothing(database: Database) -> None:
    made = await subscribe(database, next_due=NOW + timedelta(days=1))
    assert await prepare(database) == []
    async with database.transaction() as tx:
        await subscriptions.request(tx, [made.id], NOW)
    (answer,) = await prepare(database)
    assert "没有新的论文" in answer
    assert await prepare(database) == []


async def test_that_there_is_nothing_is_told_in_a_channel_only_if_it_wants_to_be_told(database: Database) -> None:
    told = await subscribe(database, CHANNEL, next_due=NOW + timedelta(days=1), tell_empty=True)
    async with database.transaction() as tx:
        await subscriptions.request(tx, [told.id], NOW)
    assert await prepare(database) == []
    async with database.reading() as tx:
        assert await subscriptions.requested(tx, 10) == []
    (text,) = await prepare(database, NOW + timedelta(days=1))
    assert "没有新的论文" in text


async def test_a_resting_chat_gets_nothing_and_everything_when_it_is_back(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database)
    async with database.transaction() as tx:
        await chats.rest(tx, PRIVATE.id, "blocked", NOW)
    assert await prepare(database) == []
    async with database.transaction() as tx:
        await chats.remember(tx, PRIVATE, NOW)
    assert len(ids(await prepare(database, NOW + timedelta(hours=1)))) == 3


async def test_a_subscription_that_cannot_be_prepared_keeps_nobody_waiting(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await store(database, *THREE)
    broken = await subscribe(database, query="broken")
    await subscribe(database, GROUP, query="")
    parse = asked.parse

    def fail(text: str) -> Query:
        if text == "broken":
            raise ZeroDivisionError
        return parse(text)

    monkeypatch.setattr(asked, "parse", fail)
    assert len(ids(await prepare(database))) == 3
    assert "cannot be prepared" in caplog.text
    monkeypatch.undo()
    assert await due(database, broken.id) == NOW + jobs.AGAIN


async def test_a_list_gives_its_numbers_to_abs(database: Database) -> None:
    await store(database, *THREE)
    await subscribe(database, form=Form.LIST, schedule=Schedule())
    (text,) = await prepare(database)
    assert "<b>3.</b>" in text
    async with database.reading() as tx:
        last = await listings.last(tx, PRIVATE.id, 0)
    assert last is not None
    assert last.ids == THREE
