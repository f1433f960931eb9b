"""The state of everything at a glance, for /status and `papergram status`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from storage import alarms, days, feeds, outbox, papers, stars, state, subscriptions, summaries
from storage.database import Transaction
from storage.records import Day, Overview

DAYS = 3  # of announcements that are shown


async def overview(tx: Transaction, now: datetime, midnight: datetime) -> Overview:
    """All counts; those of money since midnight."""
    looks = await feeds.looks(tx)
    return Overview(
        now=now,
        alive=await state.get(tx, "alive"),
        papers=await papers.count(tx),
        subscriptions=len(await subscriptions.active(tx)),
        looks=tuple(looks.values()),
        days=tuple(await _days(tx, [name for name, look in looks.items() if look.batch_date])),
        outbox=await outbox.counts(tx),
        doubts=await outbox.doubts(tx, now - timedelta(days=1)),
        paid=await stars.spent_today(tx, now),
        spent=tuple((await summaries.spent(tx, midnight)).values()),
        alarms=tuple((await alarms.current(tx)).values()),
    )


async def _days(tx: Transaction, categories: Sequence[str]) -> list[Day]:
    told: list[Day] = []
    for day in await days.lately(tx, DAYS):
        each = [await days.counts(tx, day, [category]) for category in categories]
        told += [await days.counts(tx, day), *(counts for counts in each if counts.announced)]
    return told
