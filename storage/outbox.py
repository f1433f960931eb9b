"""The outbox: messages that are to be sent, one line for each chat and topic, of which only the first is due.

    waiting --the one before it ended--> due --start--> sending --> sent
                                                                --> due         (not accepted: again at a later time)
                                                                --> uncertain   (no answer came: see below)
                                                                --> gone        (never to be accepted)
    waiting, due, uncertain --> cancelled                       (the chat cannot be posted to any more)
    sent --amend--> due                                         (another text: what has a message id is edited)

What is due is sent in the order of its time, and a message becomes due when the one before it has ended: so a
large broadcast reaches everybody's first message before anybody's second. What a reader asked for takes turns with
that order, and so does what stands before it in its line: it need not wait for a broadcast to end.

The rule for uncertain messages, here and nowhere else. The Bot API cannot be asked whether a message arrived. By
default they are sent again: a message is never lost, and at worst each send that was in flight at a crash or whose
answer was lost comes twice. In a chat that chose never to get anything twice they end as `unanswered`.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice, zip_longest
from typing import Any

from sqlalchemy import Row, text

from storage import texts
from storage.database import Transaction, among, as_moment, as_text
from storage.records import Delivery, Message

Place = tuple[int, int, int]  # digest, chat, topic

_OPEN = "state IN ('waiting', 'due', 'sending', 'uncertain')"  # as the index deliveries_line says it
_QUEUED = "state IN ('due', 'uncertain')"  # as the index deliveries_queue says it
_NEVER_SENT = "message_id IS NULL"
_ENDED = "CASE WHEN message_id IS NULL THEN '{}' ELSE 'sent' END"


async def add(tx: Transaction, place: Place, messages: Sequence[Message], now: datetime) -> list[int]:
    """Queue a digest's messages in that order; their ids."""
    await add_many(tx, [([place], messages)], now)
    sql = (
        "SELECT id FROM deliveries WHERE digest_id = :digest AND chat_id = :chat AND thread_id = :thread ORDER BY part"
    )
    return list((await tx.execute(text(sql), dict(zip(("digest", "chat", "thread"), place, strict=True)))).scalars())


async def add_many(
    tx: Transaction,
    shared: Iterable[tuple[Sequence[Place], Sequence[Message]]],
    now: datetime,
    *,
    asked: bool = False,
) -> None:
    """Queue messages for many digests, each of its own chat or topic: of each pair the messages for all the places.

    `asked`: readers asked for them. Some ten thousand messages at a time is well.
    """
    # A line's first message may be due. What this statement adds, it does not see itself: hence `first`.
    sql = f"""
    INSERT INTO deliveries (digest_id, chat_id, thread_id, part, text_id, asked, state, due, changed_at)
    SELECT n.digest_id, n.chat_id, n.thread_id, n.part, n.text_id, :asked, CASE WHEN n.first = 0 OR EXISTS (
        SELECT 1 FROM deliveries d
        WHERE d.chat_id = n.chat_id AND d.thread_id = n.thread_id AND d.{_OPEN} AND d.{_NEVER_SENT}
    ) THEN 'waiting' ELSE 'due' END, :now, :now
    FROM (SELECT json_extract(value, '$[0]') AS digest_id, json_extract(value, '$[1]') AS chat_id,
                 json_extract(value, '$[2]') AS thread_id, json_extract(value, '$[3]') AS part,
                 json_extract(value, '$[4]') AS text_id, json_extract(value, '$[5]') AS first
          FROM json_each(:rows)) AS n
    """
    shared = list(shared)
    ids = iter(await texts.store(tx, [message for _, messages in shared for message in messages]))
    rows: list[tuple[int, ...]] = []
    lines: set[tuple[int, int]] = set()
    for places, messages in shared:
        text_ids = list(islice(ids, len(messages)))
        for digest, chat, thread in places:
            first = (chat, thread) not in lines
            lines.add((chat, thread))
            rows += [(digest, chat, thread, part, id_, first and not part) for part, id_ in enumerate(text_ids)]
    if rows:
        await tx.execute(text(sql), {"rows": json.dumps(rows), "asked": int(asked), "now": as_text(now)})
    if rows and asked:
        await _hasten(tx, [place[0] for places, _ in shared for place in places])


async def repeat(tx: Transaction, digest_id: int, new_id: int, now: datetime) -> None:
    """Queue the messages of a digest once more, as those of another digest, for a reader who asked for them."""
    sql = """
    INSERT INTO deliveries (digest_id, chat_id, thread_id, part, text_id, plain, asked, state, due, changed_at)
    SELECT :new_id, chat_id, thread_id, part, text_id, plain, 1, 'waiting', :now, :now
    FROM deliveries WHERE digest_id = :id ORDER BY part RETURNING id
    """
    values = {"id": digest_id, "new_id": new_id, "now": as_text(now)}
    await follow(tx, dict.fromkeys((await tx.execute(text(sql), values)).scalars(), now))
    await _hasten(tx, [new_id])


async def _hasten(tx: Transaction, digests: Sequence[int]) -> None:
    """What stands in a line before what a reader asked for goes with it."""
    sql = f"""
    UPDATE deliveries SET asked = 1 WHERE asked = 0 AND {_OPEN} AND (chat_id, thread_id) IN (
        SELECT chat_id, thread_id FROM deliveries WHERE digest_id IN (SELECT value FROM json_each(:digests)))
    """
    await tx.execute(text(sql), {"digests": json.dumps(digests)})


async def heads(tx: Transaction, limit: int, now: datetime, aside: Iterable[int] = ()) -> list[Delivery]:
    """The messages that may be sent now, the longest due first, by turns those that readers asked for and the others.

    Without those of the chats that are put `aside`, so that what these may not get yet keeps nobody waiting.
    """
    sql = f"""
    SELECT d.*, t.text, t.keyboard FROM deliveries d JOIN texts t ON t.id = d.text_id
    WHERE d.asked = :asked AND d.{_QUEUED} AND d.due <= :now
      AND d.chat_id NOT IN (SELECT value FROM json_each(:aside)) ORDER BY d.due, d.id LIMIT :limit
    """
    values = {"limit": limit, "now": as_text(now), "aside": json.dumps(list(aside))}
    asked, others = [
        [_delivery(row) for row in await tx.execute(text(sql), {**values, "asked": each})] for each in (1, 0)
    ]
    turns = chain.from_iterable(zip_longest(asked, others))
    return list(islice((each for each in turns if each is not None), limit))


async def hurried(tx: Transaction, chats: Iterable[int], now: datetime) -> set[int]:
    """The chats among these in which a reader waits for a message that is due."""
    sql = f"""
    SELECT DISTINCT chat_id FROM deliveries
    WHERE asked = 1 AND {_QUEUED} AND due <= :now AND chat_id IN (SELECT value FROM json_each(:chats))
    """
    values = {"chats": json.dumps(list(chats)), "now": as_text(now)}
    return set((await tx.execute(text(sql), values)).scalars())


async def start(tx: Transaction, ids: Collection[int], now: datetime) -> set[int]:
    """Mark messages as being sent; those that still are to be sent. To be committed before the call is made."""
    if not ids:
        return set()
    # What the update returns decides: another may have been cancelled meanwhile.
    sql = f"""
    UPDATE deliveries SET state = 'sending', attempts = attempts + 1, changed_at = :now
    WHERE id IN :ids AND {_QUEUED} RETURNING id
    """
    return set((await tx.execute(among(sql, "ids"), {"ids": list(ids), "now": as_text(now)})).scalars())


async def sent(tx: Transaction, accepted: Sequence[tuple[Delivery, int]], now: datetime) -> None:
    """Telegram accepted the messages, each as the message of that id."""
    sql = """
    UPDATE deliveries SET state = 'sent', message_id = :message_id, changed_at = :now, sent_at = COALESCE(sent_at, :now)
    WHERE id = :id
    """
    moment = as_text(now)
    rows = [{"id": delivery.id, "message_id": message_id, "now": moment} for delivery, message_id in accepted]
    if rows:
        await tx.execute(text(sql), rows)


async def follow(tx: Transaction, ended: Mapping[int, datetime]) -> int:
    """After the outcomes of sends are written: what stood behind each is due if it ended, when its chat is ready.

    How many messages came forward.
    """
    # By the row, not by what was claimed: the chat may have got another id meanwhile.
    sql = f"""
    UPDATE deliveries SET state = 'due', due = CASE WHEN due < :ready THEN :ready ELSE due END
    WHERE state = 'waiting' AND id = (
        SELECT e.id FROM deliveries d JOIN deliveries e ON e.chat_id = d.chat_id AND e.thread_id = d.thread_id
        WHERE d.id = :id AND e.{_OPEN} AND e.{_NEVER_SENT} ORDER BY e.id LIMIT 1)
    """
    rows = [{"id": delivery_id, "ready": as_text(ready)} for delivery_id, ready in ended.items()]
    return (await tx.execute(text(sql), rows)).rowcount if rows else 0


async def line_up(tx: Transaction, chat_id: int) -> None:
    """After two chats became one: only the first of each line is due."""
    sql = f"""
    UPDATE deliveries SET state = 'waiting'
    WHERE chat_id = :chat_id AND {_OPEN} AND {_QUEUED} AND {_NEVER_SENT} AND EXISTS (
        SELECT 1 FROM deliveries e WHERE e.chat_id = :chat_id AND e.thread_id = deliveries.thread_id
          AND e.id < deliveries.id AND e.{_OPEN} AND e.{_NEVER_SENT})
    """
    await tx.execute(text(sql), {"chat_id": chat_id})


async def amend(tx: Transaction, delivery_id: int, message: Message, now: datetime) -> None:
    """Put another text and keyboard in place of a message that was sent, by the queue like any other."""
    (text_id,) = await texts.store(tx, [message])
    papers = """
    INSERT INTO text_papers (text_id, paper, version)
    SELECT :text_id, paper, version FROM text_papers WHERE text_id = (SELECT text_id FROM deliveries WHERE id = :id)
    ON CONFLICT DO NOTHING
    """
    await tx.execute(text(papers), {"id": delivery_id, "text_id": text_id})
    sql = """
    UPDATE deliveries SET text_id = :text_id, state = 'due', due = :now, attempts = 0, asked = 0, plain = 0,
        changed_at = :now
    WHERE id = :id AND state = 'sent' AND message_id IS NOT NULL
    """
    await tx.execute(text(sql), {"id": delivery_id, "text_id": text_id, "now": as_text(now)})


async def again(tx: Transaction, delivery: Delivery, at: datetime, reason: str) -> None:
    """Telegram did not accept the message: send it again at a later time, and its chat nothing before."""
    sql = "UPDATE deliveries SET state = 'due', reason = :reason WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery.id, "reason": reason})
    await _park(tx, delivery, at)


async def unanswered(tx: Transaction, delivery: Delivery, now: datetime, at: datetime, reason: str) -> bool:
    """No answer came: whether the message is sent again, at that time, or never, as the chat chose."""
    # An edit that is made twice is seen once.
    sql = """
    UPDATE deliveries SET doubts = doubts + 1, doubted_at = :now, reason = :reason, changed_at = :now,
        state = CASE WHEN message_id IS NULL AND EXISTS (
                    SELECT 1 FROM chats c WHERE c.id = deliveries.chat_id AND c.repeats = 0)
                THEN 'unanswered' ELSE 'uncertain' END
    WHERE id = :id RETURNING state
    """
    state = await tx.scalar(text(sql), {"id": delivery.id, "reason": reason, "now": as_text(now)})
    await _park(tx, delivery, at)
    return bool(state == "uncertain")


async def denied(tx: Transaction, delivery: Delivery, at: datetime, reason: str, *, topic_only: bool = False) -> None:
    """Telegram refuses the chat, or only one topic of it, for now: like `again`, and counted."""
    sql = "UPDATE deliveries SET state = 'due', denials = denials + 1, reason = :reason WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery.id, "reason": reason})
    await _park(tx, delivery, at, topic_only=topic_only)


async def as_plain(tx: Transaction, delivery_id: int, reason: str) -> None:
    """Telegram cannot parse the message: send it again as plain text, at once."""
    sql = "UPDATE deliveries SET state = 'due', plain = 1, reason = :reason WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "reason": reason})


async def gone(tx: Transaction, delivery_id: int, reason: str, now: datetime) -> None:
    """This one message will never be accepted: the queue goes on behind it, its papers count as not posted."""
    # What was sent once stays sent: only its edit is given up.
    sql = f"UPDATE deliveries SET state = {_ENDED.format('gone')}, reason = :reason, changed_at = :now WHERE id = :id"
    await tx.execute(text(sql), {"id": delivery_id, "reason": reason, "now": as_text(now)})
    # A chat's posts are found by their key; by their delivery, all posts would be read.
    posts = f"""
    DELETE FROM posts WHERE delivery_id = :id
        AND chat_id IN (SELECT chat_id FROM deliveries WHERE id = :id AND {_NEVER_SENT})
    """
    await tx.execute(text(posts), {"id": delivery_id})


async def cancel(tx: Transaction, chat_id: int, reason: str, now: datetime) -> int:
    """Cancel all that a chat has waiting, so that its papers count as not posted; how many messages.

    What is being sent is left to its outcome, which comes soon and is the truth.
    """
    return await _cancel(tx, "TRUE", {"chat_id": chat_id, "reason": reason, "now": as_text(now)})


async def cancel_topic(tx: Transaction, topic: tuple[int, int], reason: str, now: datetime) -> int:
    """The same for one topic of a chat."""
    values = {"chat_id": topic[0], "thread_id": topic[1], "reason": reason, "now": as_text(now)}
    return await _cancel(tx, "thread_id = :thread_id", values)


async def _cancel(tx: Transaction, which: str, values: dict[str, Any]) -> int:
    waiting = f"chat_id = :chat_id AND {_OPEN} AND state <> 'sending' AND {which}"
    posts = f"""
    DELETE FROM posts WHERE chat_id = :chat_id
        AND delivery_id IN (SELECT id FROM deliveries WHERE {waiting} AND {_NEVER_SENT})
    """
    await tx.execute(text(posts), values)
    ended = f"state = {_ENDED.format('cancelled')}, reason = :reason, changed_at = :now"
    return (await tx.execute(text(f"UPDATE deliveries SET {ended} WHERE {waiting}"), values)).rowcount


async def notices(tx: Transaction, chat_id: int) -> list[Delivery]:
    """The messages of digests.notice that a chat has not got yet."""
    sql = f"""
    SELECT d.*, t.text, t.keyboard
    FROM deliveries d JOIN texts t ON t.id = d.text_id JOIN digests g ON g.id = d.digest_id
    WHERE d.chat_id = :chat_id AND d.thread_id = 0 AND d.{_OPEN} AND d.{_NEVER_SENT}
      AND g.subscription_id IS NULL AND g.chosen = 0 AND g.due = g.prepared_at ORDER BY d.id
    """
    return [_delivery(row) for row in await tx.execute(text(sql), {"chat_id": chat_id})]


async def release(tx: Transaction, chat_id: int, now: datetime, thread_id: int | None = None) -> int:
    """A chat, or one of its topics, takes messages again: what was put off is due now; how many messages."""
    topic = "" if thread_id is None else "AND thread_id = :thread_id"
    sql = f"""
    UPDATE deliveries SET due = :now, denials = 0
    WHERE chat_id = :chat_id {topic} AND {_OPEN} AND {_QUEUED} AND due > :now
    """
    values = {"chat_id": chat_id, "thread_id": thread_id, "now": as_text(now)}
    return (await tx.execute(text(sql), values)).rowcount


async def recover(tx: Transaction, now: datetime) -> int:
    """After a stop or a crash: what was being sent had no answer; how many messages."""
    # The second condition says to SQLite that the partial index holds them all.
    sql = f"SELECT * FROM deliveries WHERE state = 'sending' AND {_OPEN} ORDER BY id"
    interrupted = [_delivery(row, Message("")) for row in await tx.execute(text(sql))]
    for each in interrupted:
        await unanswered(tx, each, now, now, "interrupted")
    await follow(tx, {each.id: now for each in interrupted})
    return len(interrupted)


async def next_due(tx: Transaction, after: datetime | None = None, *, asked: bool = False) -> datetime | None:
    """When the next message may be sent that is due later than a moment; None if nothing waits.

    `asked`: of those that readers asked for.
    """
    sql = f"""
    SELECT MIN((SELECT due FROM deliveries WHERE asked = a.value AND {_QUEUED} AND due > :after ORDER BY due LIMIT 1))
    FROM json_each(:asked) AS a
    """
    values = {"after": as_text(after) if after else "", "asked": "[1]" if asked else "[0, 1]"}
    due: str | None = await tx.scalar(text(sql), values)
    return as_moment(due) if due else None


async def counts(tx: Transaction) -> dict[str, int]:
    """How many messages are in each state."""
    rows = await tx.execute(text("SELECT state, COUNT(*) AS number FROM deliveries GROUP BY state ORDER BY state"))
    return {row.state: row.number for row in rows}


async def doubts(tx: Transaction, since: datetime) -> dict[str, int]:
    """How often sends had no answer of messages that had none since a moment, by the state that each is in now."""
    sql = """
    SELECT state, SUM(doubts) AS number FROM deliveries WHERE doubts > 0 AND doubted_at >= :since
    GROUP BY state ORDER BY state
    """
    return {row.state: row.number for row in await tx.execute(text(sql), {"since": as_text(since)})}


async def _park(tx: Transaction, delivery: Delivery, at: datetime, *, topic_only: bool = False) -> None:
    # All that the chat or topic has due, so that neither `heads` nor `next_due` meets what may not be sent.
    topic = "AND thread_id = :thread_id" if topic_only else ""
    sql = f"""
    UPDATE deliveries SET due = :at
    WHERE chat_id = :chat_id {topic} AND {_OPEN} AND state <> 'waiting' AND (id = :id OR due < :at)
    """
    values = {"id": delivery.id, "chat_id": delivery.chat_id, "thread_id": delivery.thread_id, "at": as_text(at)}
    await tx.execute(text(sql), values)


def _delivery(row: Row[Any], message: Message | None = None) -> Delivery:
    return Delivery(
        id=row.id,
        digest_id=row.digest_id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        part=row.part,
        message=texts.as_message(row) if message is None else message,
        attempts=row.attempts,
        denials=row.denials,
        plain=bool(row.plain),
        message_id=row.message_id,
        asked=bool(row.asked),
    )
