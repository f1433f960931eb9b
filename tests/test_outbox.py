import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from bot.delivery.outbox import DENIED, UNREACHABLE, Outbox, record
from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, Sent, Uncertain, Unparsable
from storage import chats, digests, outbox, papers, subscriptions
from storage.database import Database
from storage.filters import EVERYTHING
from storage.records import Chat, ChatState, Delivery, Digest, Message, Part
from tests.conftest import NOW
from tests.made import CHANNEL, PRIVATE, arrival, card, subscription

PAPERS = ("2403.00001", "2403.00002", "2403.00003")


async def queue(database: Database, chat: Chat = PRIVATE, ids: Iterable[str] = PAPERS) -> None:
    """One message a paper, for one chat."""
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each) for each in ids], NOW)
        await chats.remember(tx, chat, NOW)
        stored, _ = await subscriptions.add(tx, subscription(chat, next_due=NOW), NOW)
        digest = Digest(stored, NOW, tuple(card(each) for each in ids), len(tuple(ids)))
        assert await digests.save(tx, digest, [Part(Message(each), (each,)) for each in ids], NOW)


async def claim(database: Database, now: datetime = NOW) -> list[Delivery]:
    async with database.transaction() as tx:
        return await outbox.claim(tx, 10, now)


async def tell(database: Database, delivery: Delivery, outcome: Outcome, now: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await record(tx, delivery, outcome, now)


async def counts(database: Database) -> dict[str, int]:
    async with database.reading() as tx:
        return await outbox.counts(tx)


async def unsent(database: Database, chat: Chat = PRIVATE) -> list[str]:
    """The papers that this chat may still get."""
    async with database.reading() as tx:
        cards, _ = await digests.candidates(tx, EVERYTHING, chat.id, NOW - timedelta(days=1), 10)
    return [each.paper.id for each in cards]


async def test_a_chats_messages_are_claimed_one_at_a_time_in_order(database: Database) -> None:
    await queue(database)
    for text in PAPERS:
        (delivery,) = await claim(database)
        assert await claim(database) == []
        assert delivery.message.text == text
        await tell(database, delivery, Sent(1))
    assert await counts(database) == {"sent": 3}


async def test_chats_do_not_wait_for_each_other(database: Database) -> None:
    await queue(database)
    await queue(database, CHANNEL)
    assert {each.chat_id for each in await claim(database)} == {PRIVATE.id, CHANNEL.id}


async def test_preparing_a_digest_twice_queues_it_once(database: Database) -> None:
    await queue(database)
    async with database.transaction() as tx:
        (again,) = await subscriptions.of_chat(tx, PRIVATE.id)
        assert not await digests.save(tx, Digest(again, NOW, (), 0), [Part(Message("x"))], NOW)
    assert await counts(database) == {"due": 3}


async def test_a_flood_limit_parks_its_chat_until_it_ends(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, RetryAt("flood", 7))
    assert await claim(database, NOW + timedelta(seconds=6)) == []
    (again,) = await claim(database, NOW + timedelta(seconds=7))
    assert (again.id, again.attempts) == (first.id, 2)


async def test_who_blocked_the_bot_rests_and_gets_the_papers_when_back(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, Sent(1))
    (second,) = await claim(database)
    await tell(database, second, Gone("Forbidden: bot was blocked by the user"))
    assert await counts(database) == {"sent": 1, "cancelled": 2}
    async with database.reading() as tx:
        chat = await chats.get(tx, PRIVATE.id)
    assert chat is not None
    assert chat.state == ChatState.RESTING
    assert await unsent(database) == [PAPERS[2], PAPERS[1]]


async def test_a_group_that_moved_gets_the_message_under_its_new_id(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, Moved(-100777))
    (again,) = await claim(database)
    assert (again.id, again.chat_id) == (first.id, -100777)
    async with database.reading() as tx:
        assert await chats.get(tx, PRIVATE.id) is None
        assert len(await subscriptions.of_chat(tx, -100777)) == 1


async def test_a_group_whose_new_chat_is_known_already_is_merged_into_it(database: Database) -> None:
    await queue(database)
    async with database.transaction() as tx:
        await chats.remember(tx, Chat(-100777, CHANNEL.kind), NOW)
        await chats.migrate(tx, PRIVATE.id, -100777)
    assert [each.chat_id for each in await claim(database)] == [-100777]
    async with database.reading() as tx:
        assert len(await subscriptions.of_chat(tx, -100777)) == 1


async def test_html_that_telegram_cannot_read_is_sent_once_as_plain_text(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, Unparsable("can't parse entities"))
    (again,) = await claim(database)
    assert (again.id, again.plain) == (first.id, True)
    await tell(database, again, Unparsable("can't parse entities"))
    assert await counts(database) == {"gone": 1, "due": 2}


async def test_a_message_that_is_refused_for_good_does_not_stop_those_behind_it(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, Refused("message is too long"))
    (second,) = await claim(database)
    assert second.part == 1
    assert await unsent(database) == [PAPERS[0]]


async def test_an_uncertain_message_is_sent_again_before_those_behind_it(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, Uncertain("timed out"))
    assert (await counts(database))["uncertain"] == 1
    (again,) = await claim(database, NOW + timedelta(seconds=UNREACHABLE[0]))
    assert again.id == first.id


async def test_no_outage_is_long_enough_to_lose_a_message(database: Database) -> None:
    await queue(database)
    now = NOW
    for _ in range(100):
        (first,) = await claim(database, now)
        await tell(database, first, RetryAt("no network"), now)
        now += timedelta(seconds=UNREACHABLE[-1])
    assert await counts(database) == {"due": 3}


async def test_rights_that_stay_lost_for_a_day_let_the_chat_rest(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(database)
    now = NOW
    for pause in DENIED:
        (first,) = await claim(database, now)
        await tell(database, first, Denied("never said before", unknown=True), now)
        assert "never said before" in caplog.text
        now += timedelta(seconds=pause)
    assert now - NOW > timedelta(hours=22)
    (last,) = await claim(database, now)
    await tell(database, last, Denied("never said before"), now)
    assert await counts(database) == {"cancelled": 3}


async def test_what_was_being_sent_at_a_crash_is_sent_again(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    async with database.transaction() as tx:
        assert await outbox.recover(tx, NOW) == 1
    (again,) = await claim(database)
    assert again.id == first.id


async def test_a_cancelled_message_is_not_brought_back_by_a_late_answer(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    async with database.transaction() as tx:
        await chats.rest(tx, PRIVATE.id, "blocked", NOW)
    await tell(database, first, RetryAt("flood", 1))
    assert await counts(database) == {"cancelled": 3}


class Telegram:
    """A send that answers from a script, then with success."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes, self.texts = list(outcomes), list[str]()

    async def __call__(self, delivery: Delivery) -> Outcome:
        outcome = self.outcomes.pop(0) if self.outcomes else Sent(len(self.texts) + 1)
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Sent):
            self.texts.append(delivery.message.text)
        return outcome


async def test_the_outbox_sends_everything_in_order_whatever_happens_in_between(database: Database) -> None:
    await queue(database)
    telegram = Telegram(RetryAt("flood", 0), Uncertain("lost"), RuntimeError("a bug"))
    now = [NOW]
    worker = Outbox(database, telegram, now=lambda: now[0])
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while len(telegram.texts) < 3:
            now[0] += timedelta(seconds=10)
            worker.wake()
            await asyncio.sleep(0.01)
    await worker.stop()
    await running
    assert telegram.texts == list(PAPERS)
    assert await counts(database) == {"sent": 3}


async def test_stopping_waits_for_the_sends_in_flight_and_leaves_the_rest_queued(database: Database) -> None:
    await queue(database)
    started, finish = asyncio.Event(), asyncio.Event()

    async def slow(_: Delivery) -> Outcome:
        started.set()
        await finish.wait()
        return Sent(1)

    worker = Outbox(database, slow, now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    await started.wait()
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    finish.set()
    await stopping
    await running
    assert await counts(database) == {"sent": 1, "due": 2}


async def test_a_send_that_does_not_end_in_time_is_uncertain_after_the_stop(database: Database) -> None:
    await queue(database)
    started = asyncio.Event()

    async def endless(_: Delivery) -> Outcome:
        started.set()
        await asyncio.Event().wait()
        return Sent(1)

    worker = Outbox(database, endless, now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    await started.wait()
    await worker.stop(patience=0.01)
    await running
    assert await counts(database) == {"uncertain": 1, "due": 2}
