import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.delivery.outbox import Outbox
from bot.delivery.outcome import Denied, Gone, Moved, Outcome, Refused, RetryAt, Sent, TopicGone, Uncertain, Unparsable
from bot.delivery.pace import Pace
from bot.delivery.recording import DENIED, UNREACHABLE
from bot.delivery.transport import TimeOuts, Transport
from storage import chats, digests, outbox, papers, subscriptions
from storage.database import Database, as_text
from storage.filters import EVERYTHING
from storage.records import Chat, ChatKind, ChatState, Delivery, Digest, Language, Message, Part, Posted, TopicState
from tests import queueing
from tests.conftest import NOW
from tests.made import CHANNEL, GROUP, PRIVATE, arrival, card, subscription
from tests.queueing import UNLIMITED, drain, take

PAPERS = ("2403.00001", "2403.00002", "2403.00003")
DAY, WEEK = timedelta(days=1), timedelta(days=7)


async def queue(database: Database, chat: Chat = PRIVATE, ids: Iterable[str] = PAPERS) -> None:
    """One message a paper, for one chat."""
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each) for each in ids], NOW)
        await chats.remember(tx, chat, NOW)
        stored, _ = await subscriptions.add(tx, subscription(chat, next_due=NOW), NOW)
        digest = Digest(stored, NOW, tuple(card(each) for each in ids), len(tuple(ids)))
        assert await digests.save(tx, digest, [Part(Message(each), (Posted(each),)) for each in ids], NOW)


async def claim(database: Database, now: datetime = NOW, busy: int = 0) -> list[Delivery]:
    async with database.transaction() as tx:
        return await take(tx, now, frozenset({busy}))


async def tell(database: Database, delivery: Delivery, outcome: Outcome, now: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await queueing.tell(tx, delivery, outcome, now)


async def counts(database: Database) -> dict[str, int]:
    async with database.reading() as tx:
        return await outbox.counts(tx)


async def unsent(database: Database, chat: Chat = PRIVATE) -> list[str]:
    """The papers that this chat may still get."""
    async with database.reading() as tx:
        return await queueing.unsent(tx, EVERYTHING, chat.id, NOW - timedelta(days=1))


async def test_a_chats_messages_are_claimed_one_at_a_time_in_order(database: Database) -> None:
    await queue(database)
    for paper in PAPERS:
        (delivery,) = await claim(database)
        assert await claim(database) == []
        assert delivery.message.text == paper
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
    assert await counts(database) == {"due": 1, "waiting": 2}


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
    assert await counts(database) == {"sent": 1, "gone": 1, "cancelled": 1}
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
    assert await counts(database) == {"gone": 1, "due": 1, "waiting": 1}


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
    assert await counts(database) == {"due": 1, "waiting": 2}


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
    assert await counts(database) == {"gone": 1, "cancelled": 2}


async def test_a_topic_that_is_gone_rests_alone_and_its_papers_go_nowhere_else(database: Database) -> None:
    await queue_in_topics(database)
    (first,) = await claim(database)
    assert first.thread_id == 7
    await tell(database, first, TopicGone("message thread not found"))
    async with database.reading() as tx:
        held = await subscriptions.of_chat(tx, GROUP.id)
        assert [(each.thread_id, each.topic) for each in held if each.paused] == [(7, TopicState.DELETED)]
        chat = await chats.get(tx, GROUP.id)
    assert chat is not None
    assert chat.state == ChatState.ACTIVE
    (other,) = await claim(database)
    assert (other.thread_id, other.message.text) == (8, PAPERS[2])
    await tell(database, other, Sent(1))
    (told,) = await claim(database)
    assert told.thread_id == 0
    assert "话题 7</a>已被删除" in told.message.text
    assert "1 个订阅已暂停" in told.message.text
    await tell(database, told, Sent(2))
    assert await counts(database) == {"gone": 1, "cancelled": 1, "sent": 2}
    assert await unsent(database, GROUP) == [PAPERS[1], PAPERS[0]]


async def test_a_closed_topic_is_tried_for_a_day_and_keeps_no_other_topic_waiting(database: Database) -> None:
    await queue_in_topics(database)
    (first,) = await claim(database)
    await tell(database, first, Denied("topic_closed", topic_only=True))
    (other,) = await claim(database)
    assert other.thread_id == 8
    assert await claim(database, NOW + timedelta(days=1), GROUP.id) == []  # one at a time in a chat, whatever the topic
    await tell(database, other, Sent(1))
    assert await claim(database) == []
    now = NOW
    for pause in DENIED:
        now += timedelta(seconds=pause)
        (again,) = await claim(database, now)
        assert again.id == first.id
        await tell(database, again, Denied("topic_closed", topic_only=True), now)
    assert (await counts(database))["cancelled"] == 1
    async with database.reading() as tx:
        chat = await chats.get(tx, GROUP.id)
    assert chat is not None
    assert chat.state == ChatState.ACTIVE


async def queue_in_topics(database: Database) -> None:
    """Two messages for topic 7 of a forum, then one for topic 8."""
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(each) for each in PAPERS], NOW)
        await chats.remember(tx, GROUP, NOW)
        for thread_id, ids in ((7, PAPERS[:2]), (8, PAPERS[2:])):
            wanted = subscription(GROUP, next_due=NOW, thread_id=thread_id)
            stored, _ = await subscriptions.add(tx, wanted, NOW)
            digest = Digest(stored, NOW, tuple(card(each) for each in ids), len(ids))
            await digests.save(tx, digest, [Part(Message(each), (Posted(each),)) for each in ids], NOW)


async def test_what_was_being_sent_at_a_crash_is_sent_again(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    async with database.transaction() as tx:
        assert await outbox.recover(tx, NOW) == 1
    (again,) = await claim(database)
    assert again.id == first.id


async def test_what_is_being_sent_when_its_chat_is_put_to_rest_keeps_its_own_outcome(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    async with database.transaction() as tx:
        assert await chats.rest(tx, PRIVATE.id, "blocked", NOW) == 2
    await tell(database, first, Sent(1))
    assert await counts(database) == {"sent": 1, "cancelled": 2}
    assert await unsent(database) == list(PAPERS[:0:-1])


async def test_an_outage_does_not_count_towards_the_day_after_which_a_denied_chat_rests(database: Database) -> None:
    await queue(database)
    now = NOW
    for _ in range(30):
        (first,) = await claim(database, now)
        await tell(database, first, RetryAt("no network"), now)
        now += timedelta(seconds=UNREACHABLE[-1])
    (first,) = await claim(database, now)
    await tell(database, first, Denied("not enough rights"), now)
    assert await counts(database) == {"due": 1, "waiting": 2}
    assert await claim(database, now + timedelta(seconds=DENIED[0])) != []


async def test_while_a_chat_waits_there_is_nothing_to_look_for(database: Database) -> None:
    await queue(database)
    (first,) = await claim(database)
    await tell(database, first, RetryAt("flood", 3600))
    async with database.reading() as tx:
        assert await outbox.next_due(tx) == NOW + timedelta(seconds=3600)


async def test_a_migrated_group_keeps_its_language_and_time_zone(database: Database) -> None:
    await queue(database)
    async with database.transaction() as tx:
        await chats.set_language(tx, PRIVATE.id, Language.ENGLISH)
        await chats.set_timezone(tx, PRIVATE.id, "Europe/Berlin")
        await chats.remember(tx, Chat(-100777, CHANNEL.kind), NOW)
        await chats.migrate(tx, PRIVATE.id, -100777)
        moved = await chats.get(tx, -100777)
        await chats.migrate(tx, PRIVATE.id, -100777)  # told twice: once in each chat
        assert await chats.get(tx, -100777) == moved
    assert moved is not None
    assert (moved.language, moved.timezone) == (Language.ENGLISH, "Europe/Berlin")


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
    worker = Outbox(database, telegram, pace=Pace(UNLIMITED), now=lambda: now[0])
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
    assert await counts(database) == {"sent": 1, "due": 1, "waiting": 1}


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
    assert await counts(database) == {"uncertain": 1, "waiting": 2}


async def sent_in_the_end(database: Database, telegram: Telegram) -> None:
    """Run the outbox until the one message is sent."""
    worker = Outbox(database, telegram, pace=Pace(UNLIMITED), now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while await counts(database) != {"sent": 1}:
            await asyncio.sleep(0.01)
    await worker.stop()
    await running


async def test_an_outcome_that_cannot_be_written_is_written_later_and_nothing_sent_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(database, ids=PAPERS[:1])
    real, failures = outbox.sent, [OSError("disk full")]

    async def failing(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await real(*arguments)

    monkeypatch.setattr("storage.outbox.sent", failing)
    monkeypatch.setattr("bot.delivery.outbox.RECORD_AGAIN", 0.01)
    telegram = Telegram()
    await sent_in_the_end(database, telegram)
    assert telegram.texts == [PAPERS[0]]


async def test_a_database_that_cannot_be_read_for_a_while_does_not_end_the_outbox(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(database, ids=PAPERS[:1])
    real, failures = outbox.heads, [OSError("locked"), OSError("locked")]

    async def failing(*arguments: Any) -> list[Delivery]:
        if failures:
            raise failures.pop()
        return await real(*arguments)

    monkeypatch.setattr("storage.outbox.heads", failing)
    monkeypatch.setattr("bot.delivery.outbox.RECORD_AGAIN", 0.01)
    await sent_in_the_end(database, Telegram())
    assert not failures


async def test_a_stop_that_comes_while_messages_are_claimed_leaves_them_queued(database: Database) -> None:
    await queue(database)
    telegram = Telegram()
    worker = Outbox(database, telegram, pace=Pace(UNLIMITED), now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    await worker.stop()
    await running
    after = await counts(database)
    assert "uncertain" not in after
    assert after.get("sent", 0) == len(telegram.texts)


async def queue_each(database: Database, chats_: Iterable[Chat], *texts: str) -> None:
    async with database.transaction() as tx:
        for chat in chats_:
            await chats.remember(tx, chat, NOW)
            await digests.notice(tx, chat.id, [Message(each) for each in texts], NOW)


async def until_heard(database: Database, telegram: "Telegram", number: int, **more: Any) -> None:
    """Run the outbox until so many messages were sent, on a clock that stands."""
    worker = Outbox(database, telegram, now=lambda: NOW, **more)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while len(telegram.texts) < number:
            await asyncio.sleep(0.01)
    await worker.stop()
    await running


async def test_what_one_chats_own_limit_holds_back_keeps_no_other_chat_waiting(database: Database) -> None:
    many = 300
    async with database.transaction() as tx:
        await chats.remember(tx, CHANNEL, NOW)
        await digests.notice(tx, CHANNEL.id, [Message(f"{number}") for number in range(many)], NOW)
        for each in await drain(tx, NOW, NOW):
            await outbox.amend(tx, each.id, Message(f"edited {each.part}"), NOW - timedelta(hours=1))
    await queue_each(database, [Chat(number, ChatKind.PRIVATE) for number in range(1, 26)], "news")
    telegram = Telegram()
    await until_heard(database, telegram, 26, pace=Pace(), in_flight=5)
    assert telegram.texts[0] == "edited 0"
    assert telegram.texts.count("news") == 25


async def test_chats_that_do_not_answer_keep_no_other_chat_waiting(database: Database) -> None:
    forum = Chat(-1_001_000_000_009, ChatKind.SUPERGROUP)
    async with database.transaction() as tx:
        await chats.remember(tx, forum, NOW)
        for thread_id in range(1, 60):
            wanted = subscription(forum, "cs.LG", thread_id=thread_id, next_due=NOW)
            stored, _ = await subscriptions.add(tx, wanted, NOW)
            await digests.save(tx, Digest(stored, NOW, (), 0), [Part(Message("forum"))], NOW)
    await queue_each(database, [Chat(1, ChatKind.PRIVATE)], "news")
    heard, silence = asyncio.Event(), asyncio.Event()

    async def send(delivery: Delivery) -> Outcome:
        await (silence.wait() if delivery.chat_id == forum.id else asyncio.sleep(0))
        heard.set()
        return Sent(1)

    worker = Outbox(database, send, pace=Pace(UNLIMITED), in_flight=5, now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        await heard.wait()
    silence.set()
    await worker.stop()
    await running


async def test_what_a_reader_asked_for_takes_turns_with_a_broadcast(database: Database) -> None:
    await queue_each(database, [Chat(number, ChatKind.PRIVATE) for number in range(1, 41)], "news")
    await queue(database, ids=PAPERS[:1])
    later = NOW + timedelta(minutes=1)
    async with database.transaction() as tx:
        (asked,) = await tx.scalars(text("SELECT digest_id FROM deliveries WHERE chat_id = :id"), {"id": PRIVATE.id})
        assert await digests.repeat(tx, asked, PRIVATE.id, later)
        found = await outbox.heads(tx, 10, later)
        assert (found[0].chat_id, found[0].asked) == (PRIVATE.id, True)  # what stood before it in its line goes with it
        assert [each.chat_id for each in found[1:]] == list(range(1, 10))
        assert await outbox.hurried(tx, [1, PRIVATE.id], later) == {PRIVATE.id}
        (first,) = await outbox.heads(tx, 1, later)
        await outbox.start(tx, [first.id], later)
        await queueing.tell(tx, first, Sent(1), later)
        (second,) = await outbox.heads(tx, 1, later)
        assert (second.chat_id, second.asked) == (PRIVATE.id, True)


async def test_those_who_asked_and_those_who_did_not_have_every_other_place(database: Database) -> None:
    await queue_each(database, [Chat(number, ChatKind.PRIVATE) for number in range(1, 7)], "news")
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE deliveries SET asked = 1 WHERE chat_id > 3"))
        assert [each.chat_id for each in await outbox.heads(tx, 5, NOW)] == [4, 1, 5, 2, 6]
        assert [each.chat_id for each in await outbox.heads(tx, 5, NOW, [4, 1])] == [5, 2, 6, 3]
        await tx.execute(text("UPDATE deliveries SET due = :due WHERE chat_id = 5"), {"due": as_text(NOW + WEEK)})
        await tx.execute(text("UPDATE deliveries SET due = :due WHERE chat_id = 2"), {"due": as_text(NOW + DAY)})
        assert await outbox.next_due(tx, NOW) == NOW + DAY
        assert await outbox.next_due(tx, NOW, asked=True) == NOW + WEEK


async def test_reading_the_queue_walks_its_index_and_sorts_nothing(database: Database) -> None:
    sql = """
    EXPLAIN QUERY PLAN SELECT d.id FROM deliveries d WHERE d.asked = 0 AND d.state IN ('due', 'uncertain')
      AND d.due <= '3' AND d.chat_id NOT IN (SELECT value FROM json_each('[1]')) ORDER BY d.due, d.id LIMIT 200
    """
    async with database.reading() as tx:
        plan = [row.detail for row in await tx.execute(text(sql))]
    assert plan[0] == "SEARCH d USING COVERING INDEX deliveries_queue (asked=? AND due<?)"
    assert not any("SORT" in each or "ORDER BY" in each for each in plan)


async def test_a_message_that_was_to_be_paid_for_and_is_refused_is_sent_again_unpaid(database: Database) -> None:
    people = 40
    await queue_each(database, [Chat(number, ChatKind.PRIVATE) for number in range(1, people + 1)], "news")
    paid: list[bool] = []
    sent: list[int] = []

    async def send(delivery: Delivery) -> Outcome:
        paid.append(delivery.paid)
        if delivery.paid:
            return Refused("Not enough Stars, as nobody has read it yet")
        sent.append(delivery.chat_id)
        return Sent(1)

    worker = Outbox(database, send, pace=Pace(), paid_per_day=1000, now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while await counts(database) != {"sent": people}:
            worker.wake()
            await asyncio.sleep(0.01)
    await worker.stop()
    await running
    assert any(paid)
    assert sorted(sent) == list(range(1, people + 1))


async def test_what_provably_never_left_when_the_program_stops_is_due_even_where_nothing_is_repeated(
    database: Database,
) -> None:
    await queue(database)
    async with database.transaction() as tx:
        await chats.set_repeats(tx, PRIVATE.id, repeats=False)
    busy = Transport(1, TimeOuts(pool=None, connect=None))
    await busy.initialize()
    occupied, over, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        occupied.set()
        await over.wait()
        writer.close()
        closed.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    only = asyncio.create_task(busy.do_request(url, "POST"))  # has the only connection
    await occupied.wait()
    begun = asyncio.Event()

    async def send(_: Delivery) -> Outcome:
        begun.set()
        await busy.do_request(url, "POST")
        return Sent(1)

    worker = Outbox(database, send, now=lambda: NOW)
    running = asyncio.create_task(worker.run())
    await begun.wait()
    await worker.stop(patience=0.05)
    await running
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    await busy.shutdown()
    over.set()
    await closed.wait()
    server.close()
    await server.wait_closed()
    assert await counts(database) == {"due": 1, "waiting": 2}
