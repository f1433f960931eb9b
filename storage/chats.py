"""The chats that the bot knows: what they are, how they want to be spoken to, whether they can be."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from storage import outbox
from storage.database import Transaction, as_text
from storage.records import Chat, ChatKind, ChatState, Language

# The tables whose rows belong to a chat.
OF_CHATS = ("subscriptions", "digests", "deliveries", "posts", "listings", "reads", "votes", "tastes", "proposals")


async def get(tx: Transaction, chat_id: int) -> Chat | None:
    """A chat by Telegram's id."""
    row = (await tx.execute(text("SELECT * FROM chats WHERE id = :id"), {"id": chat_id})).first()
    return as_chat(row, row.id) if row else None


async def moved(tx: Transaction, chat_id: int) -> Chat | None:
    """The supergroup that a group became, by the group's id."""
    sql = "SELECT c.* FROM moves m JOIN chats c ON c.id = m.new_id WHERE m.old_id = :id"
    row = (await tx.execute(text(sql), {"id": chat_id})).first()
    return as_chat(row, row.id) if row else None


async def remember(tx: Transaction, seen: Chat, now: datetime) -> Chat:
    """Store a chat that was seen; it is active, and keeps the language and time zone it has chosen.

    A group that became a supergroup is that supergroup, as it is stored.
    """
    if supergroup := await moved(tx, seen.id):
        return supergroup
    sql = """
    INSERT INTO chats (id, kind, title, username, language, timezone, state, state_reason, seen_at)
    VALUES (:id, :kind, :title, :username, :language, :timezone, 'active', '', :now)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, username = excluded.username,
        state = 'active', state_reason = '', seen_at = excluded.seen_at
    RETURNING *
    """
    values = {
        "id": seen.id,
        "kind": seen.kind,
        "title": seen.title,
        "username": seen.username,
        "language": seen.language,
        "timezone": seen.timezone,
        "now": as_text(now),
    }
    return as_chat((await tx.execute(text(sql), values)).one(), seen.id)


async def set_language(tx: Transaction, chat_id: int, language: Language) -> None:
    """Choose the language that a chat is spoken to in."""
    await tx.execute(text("UPDATE chats SET language = :value WHERE id = :id"), {"id": chat_id, "value": language})


async def set_timezone(tx: Transaction, chat_id: int, timezone: str) -> None:
    """Choose a chat's time zone, an IANA name. Its subscriptions are to be planned anew by the caller."""
    await tx.execute(text("UPDATE chats SET timezone = :value WHERE id = :id"), {"id": chat_id, "value": timezone})


async def set_repeats(tx: Transaction, chat_id: int, *, repeats: bool) -> None:
    """Choose whether a message that had no answer is sent again in a chat."""
    await tx.execute(text("UPDATE chats SET repeats = :value WHERE id = :id"), {"id": chat_id, "value": int(repeats)})


async def talking(tx: Transaction, users: Iterable[int]) -> Chat | None:
    """The private chat of the first of those users to whom the bot may write."""
    for user_id in users:
        chat = await get(tx, user_id)
        if chat and chat.state == ChatState.ACTIVE:
            return chat
    return None


async def rest(tx: Transaction, chat_id: int, reason: str, now: datetime) -> int:
    """The chat cannot be posted to any more: nothing is prepared for it, its queue is cancelled; how many were."""
    sql = "UPDATE chats SET state = 'resting', state_reason = :reason, seen_at = :now WHERE id = :id"
    await tx.execute(text(sql), {"id": chat_id, "reason": reason, "now": as_text(now)})
    return await outbox.cancel(tx, chat_id, reason, now)


async def migrate(tx: Transaction, old: int, new: int) -> None:
    """A group became a supergroup: all that it has goes on under its new id, with the settings that the group had.

    The outbox, the group and the supergroup each tell it, in any order; what is told again changes nothing.
    """
    told = "INSERT INTO moves (old_id, new_id) VALUES (:old, :new) ON CONFLICT DO NOTHING"
    await tx.execute(text(told), {"old": old, "new": new})
    if await get(tx, old) is None:
        return
    known = await tx.scalar(text("SELECT 1 FROM chats WHERE id = :new"), {"new": new})
    if not known:
        sql = "UPDATE chats SET id = :new, kind = 'supergroup' WHERE id = :old"
        await tx.execute(text(sql), {"old": old, "new": new})
        return
    # The supergroup spoke before its migration was known: what the group had moves over, as far as it is new there.
    columns = "language, timezone, repeats"
    sql = f"UPDATE chats SET ({columns}) = (SELECT {columns} FROM chats WHERE id = :old) WHERE id = :new"
    await tx.execute(text(sql), {"old": old, "new": new})
    for table in OF_CHATS:
        move = f"UPDATE OR IGNORE {table} SET chat_id = :new WHERE chat_id = :old"
        await tx.execute(text(move), {"old": old, "new": new})
    await tx.execute(text("DELETE FROM chats WHERE id = :old"), {"old": old})
    await outbox.line_up(tx, new)


def as_chat(row: Row[Any], chat_id: int) -> Chat:
    """A row that holds the columns of `chats` as a record."""
    return Chat(
        id=chat_id,
        kind=ChatKind(row.kind),
        title=row.title,
        username=row.username,
        language=Language(row.language),
        timezone=row.timezone,
        state=ChatState(row.state),
        repeats=bool(row.repeats),
    )


async def subscribed(tx: Transaction) -> list[Chat]:
    """The chats that can be posted to and have a subscription."""
    sql = """
    SELECT * FROM chats c WHERE c.state = 'active' AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.chat_id = c.id)
    ORDER BY c.id
    """
    return [as_chat(row, row.id) for row in await tx.execute(text(sql))]
