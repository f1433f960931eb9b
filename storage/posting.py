"""Writes prepared digests, many at a time: the same few statements for one chat and for a thousand.

What many chats get is written as rows of JSON that SQLite takes apart and joins: a row that Python makes and binds by
itself costs several times as much as storing it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from storage import direct, outbox
from storage.database import Transaction, as_text
from storage.outbox import Place
from storage.paper_rows import ordinal
from storage.records import Digest, Form, Message, Part


@dataclass(frozen=True, slots=True)
class Prepared:
    """A digest with its messages, and who gets it: subscription, chat, topic. The digest's own ids do not count.

    `asked`: their readers asked for it, and wait.
    """

    digest: Digest
    parts: tuple[Part, ...]
    subscribers: Sequence[tuple[int, int, int]]
    asked: bool = False


@dataclass(frozen=True, slots=True)
class _Saved:
    """A prepared digest as it was written: its places, without those that had their digest of that time already."""

    prepared: Prepared
    places: tuple[Place, ...]

    @property
    def messages(self) -> tuple[tuple[Place, ...], list[Message]]:
        """Where its messages go, and these."""
        return self.places, [part.message for part in self.prepared.parts]


async def save(tx: Transaction, prepared: Sequence[Prepared], now: datetime) -> int:
    """Write digests, their messages, papers and numbers; how many messages were queued.

    A due time that has its digest already gets no other. A subscription may stand in `prepared` once. What takes more
    than some ten thousand rows (messages and papers) keeps the one writer for long.
    """
    saved = await _digests(tx, prepared, as_text(now))
    for asked in (True, False):
        places = [each.messages for each in saved if each.prepared.asked == asked]
        await outbox.add_many(tx, places, now, asked=asked)
    await _posts(tx, saved)
    await _listings(tx, saved, as_text(now))
    return sum(len(each.places) * len(each.prepared.parts) for each in saved)


async def _digests(tx: Transaction, prepared: Sequence[Prepared], now: str) -> list[_Saved]:
    sql = f"""
    INSERT INTO digests (subscription_id, chat_id, due, matched, chosen, waiting, prepared_at)
    SELECT n.subscription_id, n.chat_id, n.due, n.matched, n.chosen, n.waiting, :now
    FROM ({_rows("rows", "subscription_id", "chat_id", "due", "matched", "chosen", "waiting")}) AS n WHERE TRUE
    ON CONFLICT (subscription_id, due) DO NOTHING
    """
    rows = []
    for each in prepared:
        digest = each.digest
        counts = (as_text(digest.due), digest.matched, len(digest.cards), digest.waiting)
        rows += [(subscription, chat, *counts) for subscription, chat, _ in each.subscribers]
    before = await tx.scalar(text("SELECT MAX(id) FROM digests"))
    await tx.execute(text(sql), {"rows": json.dumps(rows), "now": now})
    written = "SELECT subscription_id, id FROM digests WHERE id > :before"
    ids = dict(await direct.many(tx, "subscription_id, id", written, {"before": before or 0}))
    return [
        _Saved(each, tuple((ids[one], chat, thread) for one, chat, thread in each.subscribers if one in ids))
        for each in prepared
    ]


async def _posts(tx: Transaction, saved: Sequence[_Saved]) -> None:
    # That a paper is posted to a chat only once is a rule of the table: what breaks it is not queued at all.
    sql = f"""
    WITH told AS MATERIALIZED ({_rows("papers", "number", "part", "paper", "draft", "version")})
    INSERT INTO posts (chat_id, paper, delivery_id, draft, version)
    SELECT d.chat_id, told.paper, d.id, told.draft, told.version
    FROM ({_rows("runs", "number", "first", "last")}) AS n
    CROSS JOIN deliveries d ON d.digest_id BETWEEN n.first AND n.last
    CROSS JOIN told ON told.number = n.number AND told.part = d.part
    """
    papers = [
        (number, part, ordinal(posted.paper_id), posted.draft, posted.version)
        for number, each in enumerate(saved)
        for part, made in enumerate(each.prepared.parts)
        for posted in made.papers
    ]
    if not papers:
        return
    papers.sort(key=lambda row: row[2])  # a chat's rows then stand side by side in the table
    values = {"papers": json.dumps(papers, ensure_ascii=False), "runs": _runs(saved)}
    await tx.execute(text(sql), values)
    texts = f"""
    INSERT INTO text_papers (text_id, paper)
    SELECT d.text_id, told.paper
    FROM ({_rows("runs", "number", "first")}) AS n
    JOIN deliveries d ON d.digest_id = n.first
    JOIN ({_rows("papers", "number", "part", "paper")}) AS told ON told.number = n.number AND told.part = d.part
    WHERE TRUE ON CONFLICT DO NOTHING
    """
    await tx.execute(text(texts), values)


async def _listings(tx: Transaction, saved: Sequence[_Saved], now: str) -> None:
    """Let `/abs 3` mean the third paper of a list."""
    sql = f"""
    WITH shown AS MATERIALIZED ({_rows("shown", "number", "query", "total", "papers")})
    INSERT INTO listings (chat_id, thread_id, query, total, exact, more, papers, made_at)
    SELECT d.chat_id, d.thread_id, shown.query, shown.total, shown.total, 0, shown.papers, :now
    FROM ({_rows("runs", "number", "first", "last")}) AS n
    CROSS JOIN deliveries d ON d.digest_id BETWEEN n.first AND n.last AND d.part = 0
    CROSS JOIN shown ON shown.number = n.number
    """
    shown = [
        (number, digest.subscription.query, len(digest.cards), " ".join(card.paper.id for card in digest.cards))
        for number, digest in enumerate(each.prepared.digest for each in saved)
        if digest.subscription.form == Form.LIST and digest.cards
    ]
    if shown:
        values = {"shown": json.dumps(shown, ensure_ascii=False), "runs": _runs(saved), "now": now}
        await tx.execute(text(sql), values)


def _runs(saved: Sequence[_Saved]) -> str:
    """The ids of the digests of each that was prepared, as runs without a gap."""
    runs: list[list[int]] = []
    for number, each in enumerate(saved):
        for digest in sorted(place[0] for place in each.places):
            if runs and runs[-1][0] == number and runs[-1][2] == digest - 1:
                runs[-1][2] = digest
            else:
                runs.append([number, digest, digest])
    return json.dumps(runs)


def _rows(name: str, *columns: str) -> str:
    """A parameter that holds a JSON list of lists, as a table."""
    taken = [f"json_extract(value, '$[{index}]') AS {column}" for index, column in enumerate(columns)]
    return f"SELECT {', '.join(taken)} FROM json_each(:{name})"
