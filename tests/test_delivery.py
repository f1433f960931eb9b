"""The outbox with Telegram's limits, faults and choices: over HTTP against the sandbox, and at its own border."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.delivery import telegram as sending
from bot.delivery.outbox import Outbox
from bot.delivery.outcome import Denied, Flooded, Moved, Outcome, Sent, TopicGone, Uncertain
from bot.delivery.pace import Limits, Pace
from bot.delivery.patience import Patience
from bot.delivery.recording import DENIED
from bot.sandbox.limits import Limits as Enforced
from bot.sandbox.server import serve
from bot.sandbox.world import default_world
from storage import chats, digests, outbox, stars, subscriptions, texts
from storage.database import Database
from storage.records import Chat, ChatKind, Delivery, Digest, Language, Message, Part, Subscription, TopicState
from tests.conftest import NOW
from tests.made import GROUP, PRIVATE, subscription
from tests.queueing import UNLIMITED, take, tell
from tests.talk import TOKEN

FORUM = Chat(-1_001_000_000_002, ChatKind.SUPERGROUP, "实验室")
TEACHER = Chat(1003, ChatKind.PRIVATE, "老师")  # who made it


async def queue(database: Database, chat: Chat, *messages: str) -> None:
    """Messages for one chat."""
    async with database.transaction() as tx:
        await chats.remember(tx, chat, NOW)
        await digests.notice(tx, chat.id, [Message(each) for each in messages], NOW)


async def queue_in_topic(database: Database, thread_id: int, *messages: str) -> None:
    """A subscription in a topic of the forum, and its messages."""
    async with database.transaction() as tx:
        await chats.remember(tx, FORUM, NOW)
        stored, _ = await subscriptions.add(tx, subscription(FORUM, thread_id=thread_id, next_due=NOW), NOW)
        await digests.save(tx, Digest(stored, NOW, (), 0), [Part(Message(each), ()) for each in messages], NOW)


async def held(database: Database) -> list[Subscription]:
    async with database.reading() as tx:
        return await subscriptions.of_chat(tx, FORUM.id)


async def refuse_for_a_day(database: Database, *, administrators: tuple[int, ...] = ()) -> None:
    """The first message that is due meets a closed topic until the topic is given up."""
    denied, now = Denied("Topic_closed", topic_only=True, administrators=administrators), NOW
    for pause in (*DENIED, 0):
        async with database.transaction() as tx:
            (first,) = await take(tx, now)
            await tell(tx, first, denied, now)
        now += timedelta(seconds=pause)


async def counts(database: Database) -> dict[str, int]:
    async with database.reading() as tx:
        return await outbox.counts(tx)


async def until(done: Callable[[], Any]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(30):
        while not await done():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def working(worker: Outbox) -> AsyncIterator[Outbox]:
    """An outbox at work."""
    running = asyncio.create_task(worker.run())
    yield worker
    await worker.stop()
    await running


@asynccontextmanager
async def broadcasting(database: Database, people: int, pace: Pace) -> AsyncIterator[httpx.AsyncClient]:
    """The outbox at work against a sandbox that enforces Telegram's limits and in which so many people know the bot."""
    world = default_world(Enforced())
    async with serve(world) as url, httpx.AsyncClient(base_url=url) as http:
        answering, bot = sending.bots(TOKEN, f"{url}/bot", at_once=50, limiter=Patience())
        await bot.request.initialize()
        for number in range(people):
            await meet(http, 5000 + number)
        async with working(Outbox(database, lambda delivery: sending.send(bot, delivery), pace=pace)):
            yield http
        await bot.request.shutdown()
        await answering.request.shutdown()


async def meet(http: httpx.AsyncClient, user: int) -> None:
    """A new person opens the chat with the bot."""
    answer = await http.post("/sandbox/users", json={"id": user, "first_name": f"Reader {user}"})
    assert answer.status_code < 300, answer.text
    answer = await http.post(f"/sandbox/chats/{user}/messages", json={"from": user, "text": "/start"})
    assert answer.status_code == 200, answer.text


async def test_a_shared_text_is_stored_once_and_each_chat_gets_it(database: Database) -> None:
    for chat in (PRIVATE, GROUP):
        await queue(database, chat, "one", "two")
    async with database.transaction() as tx:
        ids = await texts.store(tx, [Message("one"), Message("two")])
        assert len(set(ids)) == 2
        assert max(ids) <= 2
        assert {each.message.text for each in await take(tx, NOW)} == {"one"}


async def test_everybody_gets_the_first_message_before_anybody_gets_the_third(database: Database) -> None:
    readers = [Chat(number, ChatKind.PRIVATE) for number in range(1, 20)]
    for chat in readers:
        await queue(database, chat, "first", "second", "third")
    heard: list[str] = []

    async def send(delivery: Delivery) -> Outcome:
        heard.append(delivery.message.text)
        return Sent(1)

    async def all_heard() -> bool:
        return len(heard) == 3 * len(readers)

    async with working(Outbox(database, send, pace=Pace(UNLIMITED), in_flight=3)):
        await until(all_heard)
    assert "first" not in heard[heard.index("third") :]


async def test_a_chat_that_chose_so_never_gets_a_message_twice_and_goes_on(database: Database) -> None:
    await queue(database, PRIVATE, "one", "two")
    async with database.transaction() as tx:
        await chats.set_repeats(tx, PRIVATE.id, repeats=False)
        (first,) = await take(tx, NOW)
        await tell(tx, first, Uncertain("timed out"), NOW)
        (second,) = await take(tx, NOW + timedelta(minutes=1))
        assert second.message.text == "two"
        assert await outbox.doubts(tx, NOW - timedelta(days=1)) == {"unanswered": 1}


async def test_a_crash_in_such_a_chat_leaves_its_message_unanswered(database: Database) -> None:
    await queue(database, PRIVATE, "one", "two")
    await queue(database, GROUP, "three")
    async with database.transaction() as tx:
        await chats.set_repeats(tx, PRIVATE.id, repeats=False)
        await take(tx, NOW)
    async with database.transaction() as tx:
        assert await outbox.recover(tx, NOW) == 2
    assert await counts(database) == {"due": 1, "unanswered": 1, "uncertain": 1}


async def test_a_message_that_two_answers_were_lost_of_counts_twice(database: Database) -> None:
    await queue(database, PRIVATE, "one")
    now = NOW
    for _ in range(2):
        async with database.transaction() as tx:
            (first,) = await take(tx, now)
            await tell(tx, first, Uncertain("timed out"), now)
        now += timedelta(minutes=1)
    async with database.transaction() as tx:
        (first,) = await take(tx, now)
        await tell(tx, first, Sent(1), now)
        assert await outbox.doubts(tx, NOW - timedelta(days=1)) == {"sent": 2}


async def test_a_group_that_moves_while_its_message_is_sent_loses_nothing_of_its_queue(database: Database) -> None:
    await queue(database, GROUP, "one", "two")
    async with database.transaction() as tx:
        (first,) = await take(tx, NOW)
        await chats.migrate(tx, GROUP.id, -100999)
        await tell(tx, first, Sent(1), NOW)
        (second,) = await take(tx, NOW)
        assert (second.chat_id, second.message.text) == (-100999, "two")


async def test_two_queues_that_become_one_by_a_migration_stand_in_one_line(database: Database) -> None:
    await queue(database, GROUP, "one", "two")
    await queue(database, FORUM, "three")
    async with database.transaction() as tx:
        await chats.migrate(tx, GROUP.id, FORUM.id)
        heard = []
        while taken := await take(tx, NOW):
            heard += [each.message.text for each in taken]
            for each in taken:
                await tell(tx, each, Sent(1), NOW)
    assert heard == ["one", "two", "three"]


async def test_an_outcome_that_cannot_be_written_keeps_no_other_from_being_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(database, PRIVATE, "one")
    await queue(database, GROUP, "two")

    async def broken(*_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("storage.outbox.unanswered", broken)

    async def send(delivery: Delivery) -> Outcome:
        return Uncertain("lost") if delivery.chat_id == PRIVATE.id else Sent(1)

    async def written() -> bool:
        return await counts(database) == {"due": 1, "sent": 1}

    async with working(Outbox(database, send, pace=Pace(UNLIMITED))):
        await until(written)


async def test_stars_are_counted_before_the_messages_leave_and_never_exceed_the_cap(database: Database) -> None:
    readers = [Chat(number, ChatKind.PRIVATE) for number in range(1, 61)]
    for chat in readers:
        await queue(database, chat, "one")
    paid: list[bool] = []

    async def send(delivery: Delivery) -> Outcome:
        paid.append(delivery.paid)
        return Sent(1)

    async def all_sent() -> bool:
        return await counts(database) == {"sent": len(readers)}

    async with working(Outbox(database, send, pace=Pace(), paid_per_day=30, now=lambda: NOW)):
        await until(all_sent)
    assert sum(paid) == 30
    async with database.reading() as tx:
        assert await stars.spent_today(tx, NOW) == 30


async def test_a_flood_limit_that_several_chats_meet_is_waited_out_by_all(database: Database) -> None:
    for number in range(1, 9):
        await queue(database, Chat(number, ChatKind.PRIVATE), "one")
    pace, tries = Pace(Limits(per_second=0)), list[int]()

    async def send(delivery: Delivery) -> Outcome:
        tries.append(delivery.chat_id)
        return Flooded("Too Many Requests: retry after 1000", 1000)

    async def three_tried() -> bool:
        return len(tries) >= 3

    async with working(Outbox(database, send, pace=pace, in_flight=1)):
        await until(three_tried)
        await asyncio.sleep(0.1)
    assert len(tries) == 3
    assert sum((await counts(database)).values()) == 8


async def test_at_telegrams_limits_nothing_is_refused(database: Database) -> None:
    people = 40
    for number in range(people):
        await queue(database, Chat(5000 + number, ChatKind.PRIVATE), "one")
    async with broadcasting(database, people, Pace()) as http:

        async def all_sent() -> bool:
            return await counts(database) == {"sent": people}

        await until(all_sent)
        stats = (await http.get("/sandbox/stats")).json()
    assert stats["refused_429"] == 0
    assert stats["sends"] == people
    assert stats["busiest_second"] <= 30


async def test_whatever_the_network_does_every_message_arrives_in_order(database: Database) -> None:
    people, parts = 12, ("one", "two", "three")
    for number in range(people):
        await queue(database, Chat(5000 + number, ChatKind.PRIVATE), *parts)
    async with broadcasting(database, people, Pace(UNLIMITED)) as http:
        await http.post("/sandbox/limits", json={"enforced": False})
        for kind in ("drop_before", "drop_after", "disconnect", "429", "5xx", "html"):
            fault = {"method": "sendMessage", "kind": kind, "rate": 0.05, "seed": 7, "times": 0}
            fault |= {"retry_after": 1} if kind == "429" else {}
            assert (await http.post("/sandbox/faults", json=fault)).status_code == 200

        async def all_sent() -> bool:
            return await counts(database) == {"sent": people * len(parts)}

        await until(all_sent)
        swallowed = (await http.get("/sandbox/stats")).json()["answers_swallowed"]
        repeats = 0
        for number in range(people):
            posts = (await http.get(f"/sandbox/chats/{5000 + number}/messages")).json()
            heard = [each["text"] for each in posts if each["from"]["is_bot"]]
            assert list(dict.fromkeys(heard)) == list(parts)
            repeats += len(heard) - len(parts)
    assert repeats <= swallowed


async def test_a_topic_that_stays_closed_pauses_its_subscriptions_and_is_told_of_once_in_general(
    database: Database,
) -> None:
    await queue_in_topic(database, 7, "one", "two")
    await refuse_for_a_day(database)
    (rested,) = await held(database)
    assert (rested.paused, rested.topic) == (True, TopicState.CLOSED)
    async with database.transaction() as tx:
        (notice,) = await take(tx, NOW + timedelta(days=3))
        assert notice.thread_id == 0
        assert f"话题 {rested.thread_id}" in notice.message.text
        assert "1 个订阅已暂停" in notice.message.text
        await tell(tx, notice, Sent(1), NOW)
        assert await take(tx, NOW + timedelta(days=3)) == []


async def test_general_that_stays_closed_is_told_of_in_private_and_in_no_other_topic(database: Database) -> None:
    await queue_in_topic(database, 0, "one", "two")
    async with database.transaction() as tx:
        await chats.remember(tx, TEACHER, NOW)
    await refuse_for_a_day(database, administrators=(9999, TEACHER.id))
    (rested,) = await held(database)
    assert (rested.paused, rested.topic) == (True, TopicState.CLOSED)
    async with database.transaction() as tx:
        (notice,) = await take(tx, NOW + timedelta(days=3))
        assert (notice.chat_id, notice.thread_id) == (TEACHER.id, 0)
        assert "实验室 的 General 话题已关闭" in notice.message.text


async def test_what_readers_paused_is_not_resumed_with_its_topic(database: Database) -> None:
    await queue_in_topic(database, 7, "one")
    async with database.transaction() as tx:
        (mine,) = await subscriptions.of_chat(tx, FORUM.id)
        await subscriptions.pause(tx, mine.id)
        (first,) = await take(tx, NOW)
        await tell(tx, first, TopicGone("Message thread not found"), NOW)
        assert await subscriptions.resting(tx, (FORUM.id, 7)) == []
        assert await take(tx, NOW) == []  # there is nothing to tell
        again, fresh = await subscriptions.add(tx, mine, NOW)
        assert (again.paused, fresh) == (True, False)


async def test_a_subscription_that_rests_because_of_its_topic_goes_on_when_it_is_subscribed_again(
    database: Database,
) -> None:
    await queue_in_topic(database, 7, "one")
    async with database.transaction() as tx:
        (first,) = await take(tx, NOW)
        await tell(tx, first, TopicGone("Message thread not found"), NOW)
        (mine,) = await subscriptions.resting(tx, (FORUM.id, 7))
        assert (mine.paused, mine.topic) == (True, TopicState.DELETED)
        again, fresh = await subscriptions.add(tx, mine, NOW)
        assert (again.paused, again.topic, fresh) == (False, TopicState.OPEN, False)


async def test_a_notice_that_closed_general_does_not_take_goes_to_who_runs_the_chat(database: Database) -> None:
    await queue_in_topic(database, 7, "one")
    async with database.transaction() as tx:
        await chats.remember(tx, TEACHER, NOW)
    async with broadcasting(database, 0, Pace(UNLIMITED)) as http:
        await http.post(f"/sandbox/chats/{TEACHER.id}/messages", json={"from": TEACHER.id, "text": "/start"})
        closed = await http.post(f"/sandbox/chats/{FORUM.id}/topics", json={"id": 1, "closed": True})
        assert closed.status_code == 200, closed.text

        async def told() -> bool:
            posts = (await http.get(f"/sandbox/chats/{TEACHER.id}/messages")).json()
            return any("话题 7已被删除" in each["text"] and "实验室" in each["text"] for each in posts)

        await until(told)
        forum = (await http.get(f"/sandbox/chats/{FORUM.id}/messages")).json()
    assert not [each for each in forum if each.get("from", {}).get("is_bot")]


@pytest.mark.parametrize("order", list(itertools.permutations(("outbox", "group", "supergroup"))))
async def test_whoever_tells_of_a_migration_first_the_groups_settings_stay(
    database: Database, order: tuple[str, ...]
) -> None:
    new = Chat(-100777, ChatKind.SUPERGROUP, "读论文小组")
    await queue(database, GROUP, "one", "two")
    async with database.transaction() as tx:
        await chats.set_language(tx, GROUP.id, Language.ENGLISH)
        await chats.set_timezone(tx, GROUP.id, "Europe/Berlin")
        await chats.set_repeats(tx, GROUP.id, repeats=False)
        await subscriptions.add(tx, subscription(GROUP, "cs.LG", next_due=NOW), NOW)
        (first,) = await take(tx, NOW)
        for each in order:
            if each == "outbox":
                await tell(tx, first, Moved(new.id), NOW)
            else:
                await chats.remember(tx, GROUP if each == "group" else new, NOW)
                await chats.migrate(tx, GROUP.id, new.id)
        assert await chats.get(tx, GROUP.id) is None
        found = await chats.get(tx, new.id)
        assert len(await subscriptions.of_chat(tx, new.id)) == 1
    assert found is not None
    assert (found.language, found.timezone, found.repeats) == (Language.ENGLISH, "Europe/Berlin", False)
    assert await counts(database) == {"due": 1, "waiting": 1}


async def test_all_that_belongs_to_a_chat_moves_with_it(database: Database) -> None:
    sql = """
    SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) AS f
    WHERE m.type = 'table' AND f."table" = 'chats'
    """
    async with database.reading() as tx:
        assert set((await tx.exec_driver_sql(sql)).scalars()) == set(chats.OF_CHATS)


async def test_a_doubt_of_long_ago_is_not_new_because_its_message_is_edited(database: Database) -> None:
    await queue(database, PRIVATE, "one")
    later = NOW + timedelta(days=20)
    async with database.transaction() as tx:
        (first,) = await take(tx, NOW)
        await tell(tx, first, Uncertain("timed out"), NOW)
        (first,) = await take(tx, NOW + timedelta(minutes=1))
        await tell(tx, first, Sent(5), NOW)
        assert await outbox.doubts(tx, NOW - timedelta(days=1)) == {"sent": 1}
        await outbox.amend(tx, first.id, Message("better"), later)
        (edit,) = await take(tx, later)
        await tell(tx, edit, Sent(5), later)
        assert await outbox.doubts(tx, later - timedelta(days=1)) == {}
