"""What paid broadcasts have cost: each message above Telegram's free limit costs 0.1 Star."""

from datetime import UTC, datetime

from storage import state
from storage.database import Transaction

MESSAGES_PER_STAR = 10  # https://core.telegram.org/bots/api#paid-broadcasts


async def spend(tx: Transaction, messages: int, now: datetime) -> int:
    """Count messages that are paid for; how many they are since the day began."""
    spent = await spent_today(tx, now) + messages
    if messages:
        await state.put(tx, _name(now), str(spent))
    return spent


async def spent_today(tx: Transaction, now: datetime) -> int:
    """How many messages were paid for since the day began."""
    return int(await state.get(tx, _name(now)) or 0)


def day(now: datetime) -> str:
    """The day that a cap of Stars is for, UTC."""
    return now.astimezone(UTC).date().isoformat()


def _name(now: datetime) -> str:
    return f"paid {day(now)}"
