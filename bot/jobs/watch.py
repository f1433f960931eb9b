"""Tells the operator of faults: once when one begins, once when it is over."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.alarms import Facts, alarms
from bot.digests import calendar
from bot.messages import status as pages
from bot.papers import taxonomy
from storage import alarms as stored
from storage import chats, days, digests, feeds, summaries
from storage.database import Database, Transaction
from storage.records import Chat

log = logging.getLogger(__name__)

SPAN = timedelta(days=40)  # holds the 20 announcement days before the last two


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the database does not know: the feeds that are read, the jobs that died, the providers that are closed."""

    feeds: tuple[str, ...] = ()
    dead: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)


async def watch(database: Database, operator: Chat | None, known: Elsewhere, now: datetime) -> int:
    """Compare what is wrong with what the operator knows, and tell the difference; how many messages."""
    async with database.transaction() as tx:
        found = alarms(await _facts(tx, known, now))
        language = operator.language if operator else pages.OPERATORS
        told = {name: pages.alarm(alarm, language) for name, alarm in found.items()}
        before = await stored.current(tx)
        begun = [pages.begun(text, language) for name, text in told.items() if name not in before]
        over = [pages.over(text, language) for name, text in before.items() if name not in told]
        await stored.replace(tx, told, now)
        if operator and (begun or over):
            chat = await chats.get(tx, operator.id) or await chats.remember(tx, operator, now)
            await digests.notice(tx, chat.id, [*begun, *over], now)
    for name in told.keys() - before.keys():
        log.error("alarm %s: %s", name, told[name])
    for name in before.keys() - told.keys():
        log.warning("alarm %s is over", name)
    return len(begun) + len(over)


async def _facts(tx: Transaction, known: Elsewhere, now: datetime) -> Facts:
    looks = await feeds.looks(tx)
    since = calendar.arxiv_day(now - SPAN)
    return Facts(
        now=now,
        looks=[looks[name] for name in known.feeds if name in looks],
        sizes=_filled(await days.sizes(tx, since), known.feeds),
        ended=await summaries.ended(tx, now - timedelta(days=1)),
        dead=known.dead,
        closed=known.closed,
    )


def _filled(sizes: Mapping[str, Mapping[date, int]], names: tuple[str, ...]) -> dict[str, dict[date, int]]:
    """The sizes of the feeds that are read, 0 on days on which only others listed papers."""
    fetched = {name: by_day for name, by_day in sizes.items() if name in names and taxonomy.is_category(name)}
    all_days = {day for by_day in fetched.values() for day in by_day}
    return {
        name: {day: by_day.get(day, 0) for day in all_days if day >= min(by_day)} for name, by_day in fetched.items()
    }
