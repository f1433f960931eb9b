import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.jobs import laying_out
from bot.jobs import prepare as jobs
from bot.jobs import round as rounds
from bot.jobs.laying_out import Page
from bot.jobs.prepare import Rules
from bot.jobs.round import Round
from bot.messages import digests as digest_messages
from bot.papers import asked
from storage import chats, listings, outbox, papers, search, subscriptions
from storage.database import Database
from storage.news_index import NewsIndex
from storage.query import All
from storage.records import (
    Announcement,
    AnnounceType,
    Chat,
    ChatKind,
    Digest,
    Form,
    Message,
    Part,
    Schedule,
    Subscription,
)
from tests.conftest import NOW
from tests.made import arrival, subscription
from tests.queueing import drain, unsent

WEEK = timedelta(days=7)
RULES = Rules(WEEK)
TOMORROW = NOW + timedelta(days=1)
IDS = tuple(f"2403.{number:05}" for number in range(1, 13))
WORDS = ("speech", "vision", "graphs")


async def store(database: Database, ids: Sequence[str] = IDS, type_: AnnounceType | None = None) -> None:
    """Papers with one of the words each; replacements are no news."""
    arrivals = []
    for number, each in enumerate(ids):
        is_news = type_ not in {AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS}
        listed = Announcement(each, category="cs.SD", type=type_, news=is_news)
        arrivals.append(replace(arrival(each, title=f"On {WORDS[number % 3]}"), announcement=listed))
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW)


async def subscribe(database: Database, *wanted: tuple[int, str], **more: object) -> list[Subscription]:
    """Private chats by their ids, each with a query."""
    made = []
    async with database.transaction() as tx:
        for id_, query in wanted:
            chat = Chat(id_, ChatKind.PRIVATE)
            await chats.remember(tx, chat, NOW)
            values = {"next_due": NOW, "max_papers": 3, **more}
            made.append((await subscriptions.add(tx, subscription(chat, query, **values), NOW))[0])
    return made


async def posted(database: Database) -> dict[int, list[str]]:
    """The papers that each chat was posted, by the table."""
    sql = "SELECT o.chat_id, p.id FROM posts o JOIN papers p ON p.ordinal = o.paper ORDER BY o.delivery_id, p.id DESC"
    found: dict[int, list[str]] = defaultdict(list)
    async with database.reading() as tx:
        for chat_id, paper_id in await tx.execute(text(sql)):
            found[chat_id].append(paper_id)
    return dict(found)


async def count(database: Database, table: str) -> int:
    async with database.reading() as tx:
        return int((await tx.execute(text(f"SELECT COUNT(*) FROM {table}"))).scalar_one())


async def due(database: Database, number: int) -> datetime | None:
    async with database.reading() as tx:
        stored = await subscriptions.get(tx, number)
    return stored.next_due if stored else None


async def test_what_many_chats_get_is_stored_once_and_queued_for_each(database: Database) -> None:
    many = 2 * jobs.AT_ONCE + 1
    await store(database)
    await subscribe(database, *[(id_, "") for id_ in range(1, many + 1)], form=Form.LIST)
    assert await jobs.prepare(database, NOW, RULES) == many
    assert await count(database, "texts") == 1
    assert await posted(database) == {id_: list(IDS[:-4:-1]) for id_ in range(1, many + 1)}
    async with database.reading() as tx:
        last = await listings.last(tx, many, 0)
    assert last is not None
    assert last.ids == IDS[:-4:-1]
    assert await jobs.prepare(database, NOW, RULES) == 0


async def test_messages_stand_in_their_order_and_only_the_first_of_each_chat_is_due(database: Database) -> None:
    await store(database)
    await subscribe(database, (1, ""), (2, ""), (1, "speech"), form=Form.CARDS)
    assert await jobs.prepare(database, NOW, RULES) == 4 + 4 + 4
    sql = "SELECT chat_id FROM deliveries WHERE state = 'due' ORDER BY chat_id"
    async with database.transaction() as tx:
        assert (await tx.execute(text(sql))).scalars().all() == [1, 2]
        sent = [each for each in await drain(tx, NOW, TOMORROW) if each.chat_id == 1]
    assert [each.part for each in sent] == [0, 1, 2, 3] * 2


async def test_whatever_the_pages_digests_are_as_if_prepared_one_after_the_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 3)
    monkeypatch.setattr(jobs, "ROWS", 8)
    monkeypatch.setattr(laying_out, "LAYOUTS", 2)
    monkeypatch.setattr(rounds, "CARDS", 2)
    monkeypatch.setattr(rounds, "QUERIES", 2)
    dice = random.Random(4)
    queries = ["", "speech", "vision OR graphs", "-speech", "cat:cs.SD -graphs", "nothing"]
    wanted = [(chat, query) for chat in range(1, 12) for query in dice.sample(queries, dice.randint(1, 4))]
    dice.shuffle(wanted)
    await store(database)
    made = await subscribe(database, *wanted)
    expected: dict[int, list[str]] = {}
    for each in sorted(made, key=lambda one: (one.chat_id, one.id)):
        had = expected.setdefault(each.chat_id, [])
        async with database.reading() as tx:
            found = await unsent(tx, search.matching(asked.parse(each.query)), 0, NOW - WEEK)
        had += [paper_id for paper_id in found if paper_id not in had][: each.max_papers]
    await jobs.prepare(database, NOW, RULES)
    assert await posted(database) == {chat: ids for chat, ids in expected.items() if ids}


async def test_next_day_a_chat_gets_what_it_was_not_sent(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    await store(database)
    every_day = Schedule(weekdays=frozenset(range(1, 8)))
    await subscribe(database, *[(chat, "") for chat in range(1, 6)], schedule=every_day)
    for day in range(5):
        await jobs.prepare(database, NOW + timedelta(days=day), RULES)
    assert await posted(database) == {chat: list(reversed(IDS)) for chat in range(1, 6)}


async def test_who_ended_or_changed_while_it_was_laid_out_gets_nothing_by_the_old_terms(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(database)
    gone, changed, moved, _ = await subscribe(database, *[(chat, "") for chat in range(1, 5)])
    write = jobs._write_page

    async def late(database: Database, page: Page, round_: Round) -> int:
        if not page.laid:
            return 0
        async with database.transaction() as tx:
            await subscriptions.remove(tx, gone.id)
            await subscriptions.save(tx, replace(changed, max_papers=1))
            await chats.migrate(tx, moved.chat_id, 77)
        return await write(database, page, round_)

    monkeypatch.setattr(jobs, "_write_page", late)
    await jobs.prepare(database, NOW, RULES)
    assert set(await posted(database)) == {4}
    monkeypatch.undo()
    await jobs.prepare(database, NOW, RULES)
    assert {chat: len(ids) for chat, ids in (await posted(database)).items()} == {2: 1, 4: 3, 77: 3}


async def test_one_that_cannot_be_written_keeps_nobody_waiting(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await store(database)
    made = await subscribe(database, *[(chat, "") for chat in range(1, 6)])
    async with database.transaction() as tx:
        refuse = (
            "CREATE TRIGGER t BEFORE INSERT ON deliveries WHEN NEW.chat_id = 3 BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        await tx.execute(text(refuse))
    await jobs.prepare(database, NOW, RULES)
    assert set(await posted(database)) == {1, 2, 4, 5}
    assert await count(database, "digests") == 4
    assert "cannot be prepared, again in 0:10:00: 3" in caplog.text
    assert await due(database, made[2].id) == NOW + jobs.AGAIN
    assert await due(database, made[3].id) == TOMORROW


async def test_one_that_cannot_be_laid_out_is_told_once_for_all_its_chats(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await store(database)
    made = await subscribe(database, *[(chat, "vision" if chat % 2 else "speech") for chat in range(1, 21)])
    parts = digest_messages.parts

    def fail(digest: Digest, chat: Chat, pieces: digest_messages.Pieces) -> list[Part]:
        if digest.subscription.query == "vision":
            raise ZeroDivisionError
        return parts(digest, chat, pieces)

    monkeypatch.setattr(digest_messages, "parts", fail)
    await jobs.prepare(database, NOW, RULES)
    assert set(await posted(database)) == set(range(2, 21, 2))
    assert caplog.text.count("Traceback") == 1
    assert await due(database, made[0].id) == NOW + jobs.AGAIN


async def test_with_many_queries_papers_are_found_in_memory_as_in_the_store(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(database)
    queries = [f"{word} -nothing{number}" for number, word in enumerate(WORDS * 5)]
    await subscribe(database, *[(number, query) for number, query in enumerate(queries, 1)])
    asked_in_memory = []
    find = NewsIndex.find

    def watched(index: NewsIndex, tree: All) -> int:
        asked_in_memory.append(tree)
        return find(index, tree)

    monkeypatch.setattr(NewsIndex, "find", watched)
    await jobs.prepare(database, NOW, RULES)
    assert 0 < len(asked_in_memory) < len(queries)
    ids = {word: [each for number, each in enumerate(IDS) if number % 3 == at][::-1] for at, word in enumerate(WORDS)}
    assert await posted(database) == {number: ids[query.split()[0]][:3] for number, query in enumerate(queries, 1)}


async def test_a_paper_is_posted_if_it_was_announced_as_the_subscription_wants(database: Database) -> None:
    for number, kind in enumerate((None, *AnnounceType)):
        await store(database, [IDS[number]], kind)
    both = frozenset({AnnounceType.NEW, AnnounceType.REPLACE})
    (default,) = await subscribe(database, (1, ""), max_papers=10)
    await subscribe(database, (2, ""), max_papers=10, kinds=both)
    assert default.kinds == {AnnounceType.NEW, AnnounceType.CROSS}
    await jobs.prepare(database, NOW, RULES)
    assert await posted(database) == {1: [IDS[2], IDS[1], IDS[0]], 2: [IDS[3], IDS[1], IDS[0]]}


async def test_a_replacement_that_a_publisher_chose_is_news(database: Database) -> None:
    listed = Announcement(IDS[0], category="cs.SD", type=AnnounceType.REPLACE)
    async with database.transaction() as tx:
        await papers.add(tx, [replace(arrival(IDS[0]), announcement=listed)], NOW)
    await subscribe(database, (1, ""))
    await jobs.prepare(database, NOW, RULES)
    assert await posted(database) == {1: [IDS[0]]}


async def test_a_replacement_of_what_a_chat_was_sent_is_no_new_post(database: Database) -> None:
    await store(database, IDS[:2])
    await subscribe(database, (1, ""), kinds=frozenset(AnnounceType))
    await jobs.prepare(database, NOW, RULES)
    await store(database, IDS[:3], AnnounceType.REPLACE)
    assert await jobs.prepare(database, TOMORROW, RULES) == 2
    assert await posted(database) == {1: [IDS[1], IDS[0], IDS[2]]}


async def test_the_version_that_is_posted_is_known(database: Database) -> None:
    await store(database, IDS[:1])
    async with database.transaction() as tx:
        await papers.add(tx, [arrival(IDS[1], 3), arrival(IDS[2], None)], NOW)
    await subscribe(database, (1, ""), form=Form.LIST)
    await subscribe(database, (2, ""), form=Form.CARDS)
    await jobs.prepare(database, NOW, RULES)
    sql = "SELECT o.chat_id, o.version FROM posts o ORDER BY o.chat_id, o.paper"
    async with database.reading() as tx:
        assert (await tx.execute(text(sql))).all() == [(chat, version) for chat in (1, 2) for version in (1, 3, 0)]


async def test_each_that_is_told_of_nothing_is_offered_its_own_last_digest(database: Database) -> None:
    await store(database, IDS[:1])
    await subscribe(database, (1, ""), (2, ""), (3, "nothing"), tell_empty=True)
    await jobs.prepare(database, NOW, RULES)
    async with database.transaction() as tx:
        await drain(tx, NOW, TOMORROW)
    assert await jobs.prepare(database, TOMORROW, RULES) == 3
    async with database.transaction() as tx:
        told = {each.chat_id: each.message.keyboard for each in await drain(tx, TOMORROW, TOMORROW)}
        own = {row[0]: row[1] for row in await tx.execute(text("SELECT chat_id, id FROM digests WHERE chosen > 0"))}
    assert {chat: rows[0][0].data for chat, rows in told.items() if rows} == {
        chat: f"again:{digest}" for chat, digest in own.items()
    }
    assert set(own) == {1, 2}


async def test_a_preview_is_what_would_be_posted_and_writes_nothing(database: Database) -> None:
    await store(database)
    (made,) = await subscribe(database, (1, "speech"), form=Form.CARDS)
    parts = await jobs.preview(database, made.id, NOW, RULES)
    assert await count(database, "digests") == 0
    await jobs.prepare(database, NOW, RULES)
    async with database.transaction() as tx:
        sent = [each.message for each in await drain(tx, NOW, TOMORROW)]
    assert [part.message for part in parts][1:] == sent[1:]
    assert await jobs.preview(database, 99, NOW, RULES) == ()


async def test_only_the_digest_that_a_reader_asked_for_is_marked_and_no_edit_of_it(database: Database) -> None:
    await store(database)
    asked, _ = await subscribe(database, (1, ""), (2, ""))
    async with database.transaction() as tx:
        await subscriptions.request(tx, [asked.id], NOW)
    await jobs.prepare(database, NOW, RULES)
    async with database.transaction() as tx:
        sent = await drain(tx, NOW, TOMORROW)
        assert {each.chat_id: each.asked for each in sent} == {1: True, 2: False}
        await outbox.amend(tx, sent[0].id, Message("edited"), NOW)
        (edit,) = await outbox.heads(tx, 9, NOW)
    assert (edit.id, edit.asked) == (sent[0].id, False)
