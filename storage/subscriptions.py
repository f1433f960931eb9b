"""Subscriptions: what is posted where, and when each is due next."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from storage import direct
from storage.database import Transaction, as_moment, as_text
from storage.records import AnnounceType, Chat, ChatKind, Form, Language, Schedule, Subscription, TopicState


class Terms(NamedTuple):
    """All that decides what a subscription gets and when, as it is stored: what many share is worked out once."""

    next_due: str
    query: str
    kinds: str
    hour: int
    weekdays: str
    after_announcement: int
    form: str
    max_papers: int
    tell_empty: int
    requested_at: str | None
    batch: str
    kind: str
    language: str
    timezone: str

    @classmethod
    def read(cls, stored: str) -> "Terms":
        """The terms that a subscriber's text says."""
        return cls(*json.loads(stored))


class Subscriber(NamedTuple):
    """A subscription that is due, as it was read: its place, and its terms."""

    id: int
    chat_id: int
    thread_id: int
    terms: str  # Terms.read


@dataclass(frozen=True, slots=True)
class Planned:
    """When some subscriptions are due next, and when the batch came that they had their digest of, if it was of one."""

    ids: Sequence[int]
    next_due: datetime
    batch: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Terms as records: the subscription and its chat without their ids, and when its readers asked."""

    subscription: Subscription
    chat: Chat
    requested: datetime | None
    batch: datetime | None = None  # when the last batch came that it had its digest of, if it waits for announcements

    @classmethod
    def of(cls, terms: Terms) -> "Due":
        """What many subscriptions share."""
        schedule = Schedule(terms.hour, _days(terms.weekdays), bool(terms.after_announcement))
        subscription = Subscription(
            id=0,
            chat_id=0,
            thread_id=0,
            query=terms.query,
            schedule=schedule,
            form=Form(terms.form),
            max_papers=terms.max_papers,
            tell_empty=bool(terms.tell_empty),
            kinds=_kinds(terms.kinds),
        )
        chat = Chat(0, ChatKind(terms.kind), language=Language(terms.language), timezone=terms.timezone)
        requested = as_moment(terms.requested_at) if terms.requested_at else None
        return cls(subscription, chat, requested, as_moment(terms.batch) if terms.batch else None)


async def add(tx: Transaction, wanted: Subscription, now: datetime) -> tuple[Subscription, bool]:
    """Store a subscription (its id is ignored). The same query in the same place is that one again: False.

    If that one rests because of its topic, it is resumed.
    """
    sql = """
    INSERT INTO subscriptions (chat_id, thread_id, query, hour, weekdays, after_announcement, form, max_papers,
                               tell_empty, kinds, next_due, made_at)
    VALUES (:chat_id, :thread_id, :query, :hour, :weekdays, :after_announcement, :form, :max_papers,
            :tell_empty, :kinds, :next_due, :now)
    ON CONFLICT (chat_id, thread_id, query) DO NOTHING RETURNING *
    """
    values = {
        **_settings(wanted),
        "chat_id": wanted.chat_id,
        "thread_id": wanted.thread_id,
        "query": wanted.query,
    }
    row = (await tx.execute(text(sql), {**values, "now": as_text(now)})).first()
    if row:
        return _subscription(row), True
    again = """
    UPDATE subscriptions SET paused = 0, topic = '', next_due = :next_due
    WHERE chat_id = :chat_id AND thread_id = :thread_id AND query = :query AND topic <> ''
    """
    await tx.execute(text(again), values)
    sql = "SELECT * FROM subscriptions WHERE chat_id = :chat_id AND thread_id = :thread_id AND query = :query"
    return _subscription((await tx.execute(text(sql), values)).one()), False


async def get(tx: Transaction, subscription_id: int) -> Subscription | None:
    """A subscription by its id."""
    sql = text("SELECT * FROM subscriptions WHERE id = :id")
    row = (await tx.execute(sql, {"id": subscription_id})).first()
    return _subscription(row) if row else None


async def of_chat(tx: Transaction, chat_id: int, thread_id: int | None = None) -> list[Subscription]:
    """A chat's subscriptions, or those of one of its topics (0 is the chat outside its topics)."""
    where, values = _in(chat_id, thread_id)
    rows = await tx.execute(text(f"SELECT * FROM subscriptions WHERE {where} ORDER BY id"), values)
    return [_subscription(row) for row in rows]


async def save(tx: Transaction, changed: Subscription) -> None:
    """Store a subscription's settings and its next due time."""
    sql = """
    UPDATE subscriptions SET hour = :hour, weekdays = :weekdays, after_announcement = :after_announcement,
        form = :form, max_papers = :max_papers, tell_empty = :tell_empty, kinds = :kinds, next_due = :next_due
    WHERE id = :id
    """
    await tx.execute(text(sql), {**_settings(changed), "id": changed.id})


async def ask(tx: Transaction, subscription_id: int, query: str) -> bool:
    """Give a subscription another query; False if there is one with that query in its place, or it has ended."""
    sql = "UPDATE OR IGNORE subscriptions SET query = :query WHERE id = :id"
    return (await tx.execute(text(sql), {"id": subscription_id, "query": query})).rowcount > 0


async def pause(tx: Transaction, subscription_id: int) -> None:
    """Prepare nothing for a subscription until it is resumed, not even what was asked for already."""
    sql = text("UPDATE subscriptions SET paused = 1, topic = '', requested_at = NULL WHERE id = :id")
    await tx.execute(sql, {"id": subscription_id})


async def resume(tx: Transaction, subscription_id: int, next_due: datetime) -> None:
    """Prepare for a subscription again, the next time then."""
    sql = text("UPDATE subscriptions SET paused = 0, topic = '', next_due = :next_due WHERE id = :id AND paused = 1")
    await tx.execute(sql, {"id": subscription_id, "next_due": as_text(next_due)})


async def rest(tx: Transaction, place: tuple[int, int], topic: TopicState) -> int:
    """Pause the subscriptions of a chat's topic because it takes no messages; how many were not paused already."""
    sql = """
    UPDATE subscriptions SET paused = 1, topic = :topic, requested_at = NULL
    WHERE chat_id = :chat_id AND thread_id = :thread_id AND paused = 0
    """
    values = {"chat_id": place[0], "thread_id": place[1], "topic": topic}
    return (await tx.execute(text(sql), values)).rowcount


async def resting(tx: Transaction, place: tuple[int, int]) -> list[Subscription]:
    """Those of a chat's topic that are paused because it took no messages."""
    sql = "SELECT * FROM subscriptions WHERE chat_id = :chat_id AND thread_id = :thread_id AND topic <> '' ORDER BY id"
    rows = await tx.execute(text(sql), {"chat_id": place[0], "thread_id": place[1]})
    return [_subscription(row) for row in rows]


async def remove(tx: Transaction, subscription_id: int) -> bool:
    """End a subscription; whether there was one. What it has posted stays, what is queued is still sent."""
    gone = await tx.execute(text("DELETE FROM subscriptions WHERE id = :id"), {"id": subscription_id})
    return gone.rowcount > 0


async def remove_all(tx: Transaction, chat_id: int, thread_id: int | None = None) -> int:
    """End all of a chat's subscriptions, or those of one of its topics; how many there were."""
    where, values = _in(chat_id, thread_id)
    return (await tx.execute(text(f"DELETE FROM subscriptions WHERE {where}"), values)).rowcount


async def request(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """Have digests prepared now, besides the schedule; not those of paused subscriptions."""
    sql = text("UPDATE subscriptions SET requested_at = :now WHERE id = :id AND paused = 0")
    await tx.execute(sql, [{"now": as_text(now), "id": each} for each in ids])


async def requested(tx: Transaction, limit: int, after: Subscriber | None = None) -> list[Subscriber]:
    """Those whose readers asked for a digest, who asked first comes first; a page begins behind `after`."""
    return await _page(tx, "s.requested_at IS NOT NULL", ("s.requested_at", "s.id"), limit, after)


async def waiting(tx: Transaction, now: datetime, limit: int, after: Subscriber | None = None) -> list[Subscriber]:
    """Those whose time has come and whose readers did not ask, the longest due first and a chat's together."""
    condition = "s.next_due <= :now AND s.requested_at IS NULL"
    return await _page(tx, condition, ("s.next_due", "s.chat_id", "s.id"), limit, after, now=as_text(now))


async def awaiting(tx: Transaction, batch: datetime, limit: int, after: Subscriber | None = None) -> list[Subscriber]:
    """Those that wait for announcements and had no digest of the batch that came then, a chat's together."""
    condition = "s.after_announcement = 1 AND s.batch < :before"
    return await _page(tx, condition, ("s.batch", "s.chat_id", "s.id"), limit, after, before=as_text(batch))


async def changed(tx: Transaction, read: Iterable[Subscriber]) -> set[int]:
    """The ids of those that ended, rest or are not as they were when they were read, and so perhaps not due."""
    sql = f"""
    SELECT n.id
    FROM (SELECT json_extract(one.value, '$[0]') AS id, json_extract(one.value, '$[1]') AS chat_id,
                 json_extract(one.value, '$[2]') AS thread_id, same.key AS terms
          FROM json_each(:read) AS same JOIN json_each(same.value) AS one) AS n
    WHERE (n.chat_id, n.thread_id, n.terms) IS NOT (
        SELECT chat_id, thread_id, terms || '' FROM ({_SUBSCRIBERS} AND s.id = n.id))
    """
    places: dict[str, list[list[int]]] = {}
    for *place, terms in read:
        places.setdefault(terms, []).append(place)
    return set((await tx.execute(text(sql), {"read": json.dumps(places)})).scalars())


async def as_if_requested(tx: Transaction, subscription_id: int, now: datetime) -> Subscriber | None:
    """A subscription as if its readers had asked for its digest now."""
    found = await _subscribers(tx, f"{_SUBSCRIBERS} AND s.id = :id", {"id": subscription_id})
    if not found:
        return None
    asked = Terms.read(found[0].terms)._replace(requested_at=as_text(now))
    return found[0]._replace(terms=json.dumps(asked))


async def plan(tx: Transaction, planned: Iterable[Planned]) -> None:
    """The digests are prepared or skipped: set the next due times and the batches they were of, forget the requests."""
    sql = """
    UPDATE subscriptions SET next_due = n.next_due, requested_at = NULL, batch = COALESCE(n.batch, subscriptions.batch)
    FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS next_due,
                 json_extract(value, '$[2]') AS batch FROM json_each(:planned)) AS n
    WHERE subscriptions.id = n.id
    """
    rows: list[tuple[int, str, str | None]] = []
    for each in planned:
        moments = (as_text(each.next_due), as_text(each.batch) if each.batch else None)
        rows += [(id_, *moments) for id_ in each.ids]
    await tx.execute(text(sql), {"planned": json.dumps(rows)})


# The terms as one text, in the order of the fields of Terms: a row of so many columns costs Python four times as much.
_SUBSCRIBERS = """
SELECT s.id, s.chat_id, s.thread_id, json_array(s.next_due, s.query, s.kinds, s.hour, s.weekdays, s.after_announcement,
       s.form, s.max_papers, s.tell_empty, s.requested_at, s.batch, c.kind, c.language, c.timezone) AS terms
FROM subscriptions s JOIN chats c ON c.id = s.chat_id WHERE c.state = 'active' AND s.paused = 0
"""


async def _page(
    tx: Transaction, condition: str, order: tuple[str, ...], limit: int, after: Subscriber | None, **values: Any
) -> list[Subscriber]:
    by = ", ".join(order)
    if after:
        names = [column.removeprefix("s.") for column in order]
        condition = f"{condition} AND ({by}) > ({', '.join(f':{name}' for name in names)})"
        known = {**after._asdict(), **Terms.read(after.terms)._asdict()}
        values |= {name: known[name] for name in names}
    # CROSS JOIN keeps SQLite from beginning with the chats.
    sql = f"{_SUBSCRIBERS.replace('JOIN', 'CROSS JOIN')} AND {condition} ORDER BY {by} LIMIT :limit"
    return await _subscribers(tx, sql, {**values, "limit": limit})


async def _subscribers(tx: Transaction, sql: str, values: dict[str, Any]) -> list[Subscriber]:
    same: dict[str, str] = {}
    # The terms as a text, not as JSON within JSON.
    found = await direct.many(tx, "id, chat_id, thread_id, terms || ''", sql, values)
    return [Subscriber(id_, chat, thread, same.setdefault(terms, terms)) for id_, chat, thread, terms in found]


async def active(tx: Transaction) -> list[Subscription]:
    """Every subscription of a chat that can be posted to, without those that are paused."""
    sql = """
    SELECT s.* FROM subscriptions s JOIN chats c ON c.id = s.chat_id
    WHERE c.state = 'active' AND s.paused = 0 ORDER BY s.id
    """
    return [_subscription(row) for row in await tx.execute(text(sql))]


async def queries(tx: Transaction) -> set[str]:
    """What is asked for; by paused ones too, so that nothing is missing when they are resumed."""
    sql = "SELECT DISTINCT s.query FROM subscriptions s JOIN chats c ON c.id = s.chat_id WHERE c.state = 'active'"
    return set((await tx.execute(text(sql))).scalars())


def _in(chat_id: int, thread_id: int | None) -> tuple[str, dict[str, int]]:
    if thread_id is None:
        return "chat_id = :chat_id", {"chat_id": chat_id}
    return "chat_id = :chat_id AND thread_id = :thread_id", {"chat_id": chat_id, "thread_id": thread_id}


def _settings(subscription: Subscription) -> dict[str, Any]:
    if subscription.next_due is None:
        raise ValueError("a subscription is stored with its next due time")
    return {
        "hour": subscription.schedule.hour,
        "weekdays": "".join(map(str, sorted(subscription.schedule.weekdays))),
        "after_announcement": int(subscription.schedule.after_announcement),
        "form": subscription.form,
        "max_papers": subscription.max_papers,
        "tell_empty": int(subscription.tell_empty),
        "kinds": " ".join(sorted(subscription.kinds)),
        "next_due": as_text(subscription.next_due),
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        query=row.query,
        schedule=Schedule(row.hour, _days(row.weekdays), bool(row.after_announcement)),
        form=Form(row.form),
        max_papers=row.max_papers,
        next_due=as_moment(row.next_due),
        tell_empty=bool(row.tell_empty),
        kinds=_kinds(row.kinds),
        paused=bool(row.paused),
        topic=TopicState(row.topic),
    )


def _days(stored: str) -> frozenset[int]:
    return frozenset(map(int, stored))


def _kinds(stored: str) -> frozenset[AnnounceType]:
    return frozenset(map(AnnounceType, stored.split()))
