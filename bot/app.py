"""The only place that knows everyone: opens, builds, schedules, and closes in reverse."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, Updater

from bot.config import Settings
from bot.delivery import telegram as sending
from bot.delivery.outbox import Outbox
from bot.delivery.pace import Limits, Pace
from bot.delivery.replies import Replies
from bot.delivery.telegram import SecretBot
from bot.errors import OperatorMistake
from bot.handlers import dispatch
from bot.handlers.dispatch import App
from bot.handlers.restraint import Restraint
from bot.handlers.turn import Deps
from bot.jobs.learn import learn
from bot.jobs.prepare import prune
from bot.jobs.watch import Elsewhere, watch
from bot.newsroom import Newsroom, newsroom
from bot.opening import existing, opened
from bot.sources import polite
from bot.timetable import Timetable
from storage import lexicon, search_index, stars, state
from storage.database import Database, as_moment, as_text
from storage.records import Chat, ChatKind, Schedule, Subscription

log = logging.getLogger(__name__)

SIGN_EVERY = 30  # seconds between signs of life: `papergram health` reads the last
UNCONFIGURED = (
    "No bot token is set: put it into PAPERGRAM_TELEGRAM__TOKEN, PAPERGRAM_TELEGRAM__TOKEN_FILE or telegram.token; "
    "to look around without one, run `papergram demo`."
)
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _now() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM. Raises OperatorMistake if it cannot start."""
    if not settings.telegram.secret:
        raise OperatorMistake(UNCONFIGURED)
    async with opened(settings.storage.url) as database, running(settings, database):
        await stop_signal().wait()
        log.info("stopping")


def stop_signal() -> asyncio.Event:
    """Set by SIGINT and SIGTERM, which from now on end the program in good order."""
    stop = asyncio.Event()
    for each in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop


async def check_health(url: str) -> None:
    """Raise OperatorMistake unless a bot that works on this database gave a sign of life lately."""
    async with existing(url) as database, database.reading() as tx:
        seen = await state.get(tx, "alive")
    if not seen or _now() - as_moment(seen) > 4 * timedelta(seconds=SIGN_EVERY):
        raise OperatorMistake(f"The bot gives no sign of life; the last was at {seen or 'no time yet'}.")


@dataclass(frozen=True, slots=True)
class Running:
    """The bot at work."""

    news: Newsroom
    hurry: Callable[[str], None]  # have a job run at once, by its name


@asynccontextmanager
async def running(
    settings: Settings, database: Database, *, pace: polite.Pace | None = None, now: Callable[[], datetime] = _now
) -> AsyncIterator[Running]:
    """The bot at work on an open database: polling, jobs, outbox. Raises OperatorMistake if it cannot start.

    `pace` is arXiv's; another one is for a fake arXiv only, and so is another clock.
    """
    wanted = settings.delivery
    limits = Limits(wanted.per_second, wanted.private_per_second, group_per_minute=wanted.group_per_minute)
    delivering = Pace(limits)
    app, broadcaster = _application(settings, Replies(delivering))
    outbox = Outbox(
        database,
        partial(sending.send, broadcaster),
        pace=delivering,
        in_flight=wanted.in_flight,
        paid_per_day=wanted.paid_stars_per_day * stars.MESSAGES_PER_STAR,
        now=now,
    )
    timetable = Timetable()
    async with AsyncExitStack() as stack:
        news = await stack.enter_async_context(newsroom(settings, database, pace=pace, now=now))
        _schedule(timetable, news, outbox)
        timetable.now(lambda: _offer_menus(app))

        def wake() -> None:
            outbox.wake()
            timetable.hurry("prepare")
            timetable.hurry("summarise")

        dispatch.add_handlers(app, _deps(news, wake))
        await _initialize(app)
        stack.push_async_callback(_within, 1.5, app.shutdown)
        # Not the bot itself: that would ask Telegram once more who it is.
        await broadcaster.request.initialize()
        stack.push_async_callback(_within, 1.5, broadcaster.request.shutdown)
        await app.start()
        stack.push_async_callback(_within, 1.5, app.stop)
        await _polling(app).start_polling(allowed_updates=dispatch.UPDATES, bootstrap_retries=-1)
        working = asyncio.create_task(outbox.run())
        working.add_done_callback(_tell_of_end)
        stack.push_async_callback(_stop, app, outbox, working)
        # What is loaded now stays: collecting it again and again would stop the loop for a tenth of a second.
        gc.collect()
        gc.freeze()
        timetable.start()
        stack.push_async_callback(timetable.stop)
        log.info("@%s is running", app.bot.username)
        yield Running(news, timetable.hurry)


def _schedule(timetable: Timetable, news: Newsroom, outbox: Outbox) -> None:
    """What runs by itself, and what each job sets off when it found something."""

    async def then(found: Awaitable[int], *following: str) -> None:
        if await found:
            for name in following:
                timetable.hurry(name)

    async def posting(queued: Awaitable[int]) -> None:
        if await queued:
            outbox.wake()

    async def summarise() -> None:
        await news.summarise()
        timetable.hurry("post")
        timetable.hurry("complete")

    async def post() -> None:
        await posting(news.prepare_announced())
        await posting(news.amend())

    timetable.every(5, "prepare", lambda: posting(news.prepare()))
    timetable.every(60, "post", post)
    timetable.every(60, "collect", lambda: then(news.collect(), "summarise", "catch up"))
    timetable.every(300, "catch up", lambda: then(news.catch_up(), "summarise"))
    timetable.every(1800, "collect elsewhere", lambda: then(news.collect_elsewhere(), "summarise"))
    timetable.every(600, "summarise", summarise)
    # A job of its own: while arXiv's API refuses, what needs nothing of it is summarised all the same.
    timetable.every(600, "complete", lambda: then(news.complete(), "summarise"))
    timetable.every(300, "watch", lambda: _watch(timetable, news, outbox))
    timetable.every(SIGN_EVERY, "sign of life", lambda: _sign_of_life(news.database, outbox))
    timetable.every(60, "learn", lambda: _learn(news.database))
    timetable.daily(3, "prune", lambda: prune(news.database, news.now()))
    timetable.daily(4, "words", lambda: _learn_words(news.database))


async def _watch(timetable: Timetable, news: Newsroom, outbox: Outbox) -> None:
    operator = news.settings.operator
    chat = Chat(operator.chat_id, operator.kind, language=operator.language) if operator.chat_id else None
    resting = news.summariser.closed() if news.summariser else {}
    if await watch(news.database, chat, Elsewhere(tuple(await news.categories()), timetable.dead, resting), news.now()):
        outbox.wake()


def _application(settings: Settings, replies: Replies) -> tuple[App, SecretBot]:
    """What answers readers, and beside it the bot that delivers."""
    # Durations as timedelta, as python-telegram-bot will have them; without it every 429 prints a warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    telegram = settings.telegram
    answering, broadcaster = sending.bots(
        telegram.secret,
        telegram.base_url,
        at_once=settings.delivery.in_flight,
        limiter=sending.Patience(turn=replies.turn, flooded=replies.flooded),
    )
    app = Application.builder().bot(answering).concurrent_updates(dispatch.InOrder()).job_queue(None).build()
    return app, broadcaster


def _deps(news: Newsroom, wake: Callable[[], Any]) -> Deps:
    settings = news.settings
    digest = settings.digest
    schedule = Schedule(digest.hour, frozenset(digest.weekdays))
    return Deps(
        database=news.database,
        now=news.now,
        wake=wake,
        newcomer=Chat(0, ChatKind.PRIVATE, language=settings.chat.language, timezone=digest.timezone),
        template=Subscription(0, 0, 0, "", schedule, digest.form, digest.papers),
        desk=news,
        operator=settings.operator.chat_id,
        restraint=Restraint(settings.summaries.per_reader_per_day),
    )


async def _learn(database: Database) -> None:
    await learn(database)


async def _learn_words(database: Database) -> None:
    await lexicon.learn(database)
    await search_index.tidy(database)


async def _sign_of_life(database: Database, outbox: Outbox) -> None:
    if outbox.has_ended:
        return  # a bot that posts nothing is not alive
    async with database.transaction() as tx:
        await state.put(tx, "alive", as_text(_now()))


async def _initialize(app: App) -> None:
    pause = 1
    while True:
        try:
            return await app.initialize()
        except InvalidToken:
            await app.bot.shutdown()
            raise OperatorMistake("Telegram does not know this token; @BotFather shows the right one.") from None
        except NetworkError as error:
            log.warning("Telegram cannot be reached (%s); again in %d s", error.message, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 60)


async def _offer_menus(app: App) -> None:
    for scope, commands, language in dispatch.menus():
        try:
            await app.bot.set_my_commands(commands, scope=scope, language_code=language)
        except TelegramError as error:
            log.warning("the command menu cannot be set: %s", error.message)
            return


def _polling(app: App) -> Updater:
    if app.updater is None:
        raise AssertionError("the builder makes an updater")
    return app.updater


def _tell_of_end(working: asyncio.Task[None]) -> None:
    if not working.cancelled() and (error := working.exception()):
        log.critical("the outbox has ended; restart the bot", exc_info=error)


async def _stop(app: App, outbox: Outbox, working: asyncio.Task[None]) -> None:
    await asyncio.gather(_within(4, _polling(app).stop), outbox.stop(4), return_exceptions=True)
    await working


async def _within(seconds: float, call: Callable[[], Awaitable[Any]]) -> None:
    # The end must come within 10 s in all; what is cut off here is in the database already.
    try:
        await asyncio.wait_for(call(), seconds)
    except TimeoutError:
        log.warning("%s did not end within %g s and is cut off", getattr(call, "__name__", call), seconds)
