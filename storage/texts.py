"""The texts that messages are made of: each is stored once, however many chats it goes to."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, text

from storage.database import Transaction, as_text
from storage.records import Button, Keyboard, Message


async def store(tx: Transaction, messages: Sequence[Message]) -> list[int]:
    """The ids of those texts, in that order."""
    named = {id(message): _row(message) for message in messages}  # what many digests share is one object
    rows = {row[0]: row for row in named.values()}
    known = "SELECT hash, id FROM texts WHERE hash IN (SELECT value FROM json_each(:hashes))"
    ids = {row[0]: row[1] for row in await tx.execute(text(known), {"hashes": json.dumps(list(rows))})}
    if missing := [row for hash_, row in rows.items() if hash_ not in ids]:
        sql = """
        INSERT INTO texts (hash, text, keyboard)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(:rows) WHERE TRUE ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash RETURNING hash, id
        """
        ids |= {
            row[0]: row[1] for row in await tx.execute(text(sql), {"rows": json.dumps(missing, ensure_ascii=False)})
        }
    return [ids[named[id(message)][0]] for message in messages]


async def forget(tx: Transaction, before: datetime) -> int:
    """Drop the texts that no message needs which is unfinished or was finished since then; how many."""
    sql = """
    DELETE FROM texts WHERE NOT EXISTS (
        SELECT 1 FROM deliveries d WHERE d.text_id = texts.id
          AND (d.state IN ('waiting', 'due', 'sending', 'uncertain') OR d.changed_at >= :before))
    """
    return (await tx.execute(text(sql), {"before": as_text(before)})).rowcount


def as_message(row: Row[Any]) -> Message:
    """The message of a row that holds a text."""
    return Message(row.text, _keyboard(row.keyboard))


def _row(message: Message) -> tuple[str, str, str]:
    """The hash, text and keyboard as they are stored."""
    keyboard = _keyboard_text(message.keyboard)
    digest = hashlib.sha256(f"{message.text}\0{keyboard}".encode()).hexdigest()[:32]
    return digest, message.text, keyboard


def _keyboard_text(keyboard: Keyboard) -> str:
    return json.dumps([[[b.label, b.data, b.url] for b in row] for row in keyboard], ensure_ascii=False)


@lru_cache(maxsize=256)  # a broadcast has few keyboards and many messages
def _keyboard(stored: str) -> Keyboard:
    return tuple(tuple(Button(*button) for button in buttons) for buttons in json.loads(stored))
