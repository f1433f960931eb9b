"""One of the clients that bench/throughput.py compares, in a process of its own; it needs only its own library.

python -m bench.throughput_client NAME: for each line {"url", "concurrency", "messages"} it is given, it
sends so many messages and answers with a line {"seconds", "cpu"}, CPU of the whole process.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

TOKEN = "1:sandbox"  # noqa: S105  # the stub takes any
TEXT = (
    "<b>面向长尾分布的扩散模型：一个统一的视角</b>\n"
    '<a href="https://arxiv.org/abs/2403.11780">A Unified View of Diffusion Models for Long-Tailed Data</a>\n'
    "💡 本文提出一种统一的训练目标，在三个长尾数据集上把少数类的准确率提高了 4.2 个百分点。\n"
    "👥 Ana Núñez, Deepti Rao 等 6 人 · cs.LG · <i>2024-03-18</i>"
)
BUTTONS = (("展开摘要", "abs:2403.11780:zh"), ("English", "abs:2403.11780:en"))

Post = Callable[[int], Awaitable[Any]]  # send the message to a chat


async def aiohttp(work: dict[str, Any]) -> dict[str, float]:
    """Nothing between the message and the connection: the most that can be had."""
    import aiohttp as library  # noqa: PLC0415  # each process has only its own

    url = f"{work['url']}/bot{TOKEN}/sendMessage"
    keyboard = json.dumps({"inline_keyboard": [[{"text": label, "callback_data": data} for label, data in BUTTONS]]})
    fields = {"text": TEXT, "parse_mode": "HTML", "reply_markup": keyboard}
    async with library.ClientSession(connector=library.TCPConnector(limit=work["concurrency"])) as session:

        async def post(chat: int) -> None:
            async with session.post(url, data={"chat_id": str(chat), **fields}) as answer:
                await answer.json()

        return await timed(post, work)


async def aiogram(work: dict[str, Any]) -> dict[str, float]:
    """Aiogram's bot as it comes."""
    from aiogram import Bot  # noqa: PLC0415  # as above
    from aiogram.client.session.aiohttp import AiohttpSession  # noqa: PLC0415  # as above
    from aiogram.client.telegram import TelegramAPIServer  # noqa: PLC0415  # as above
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup  # noqa: PLC0415  # as above

    session = AiohttpSession(api=TelegramAPIServer.from_base(work["url"]), limit=work["concurrency"])
    async with Bot(TOKEN, session=session) as bot:

        def post(chat: int) -> Awaitable[Any]:
            row = [InlineKeyboardButton(text=label, callback_data=data) for label, data in BUTTONS]
            return bot.send_message(
                chat, TEXT, parse_mode="HTML", reply_markup=InlineKeyboardMarkup(inline_keyboard=[row])
            )

        return await timed(post, work)


async def ptb(work: dict[str, Any]) -> dict[str, float]:
    """python-telegram-bot on the carrier that it comes with."""
    from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup  # noqa: PLC0415  # as above
    from telegram.request import HTTPXRequest  # noqa: PLC0415  # as above

    request = HTTPXRequest(read_timeout=60, pool_timeout=60)
    async with Bot(TOKEN, base_url=f"{work['url']}/bot", request=request) as bot:

        def post(chat: int) -> Awaitable[Any]:
            row = [InlineKeyboardButton(label, callback_data=data) for label, data in BUTTONS]
            return bot.send_message(chat, TEXT, parse_mode="HTML", reply_markup=InlineKeyboardMarkup([row]))

        return await timed(post, work)


async def timed(post: Post, work: dict[str, Any]) -> dict[str, float]:
    """Send all messages, so many at a time, once the connections are there."""
    chats = iter(range(1, work["messages"] + 1))

    async def sender() -> None:
        for chat in chats:
            await post(chat)

    await asyncio.gather(*(post(chat) for chat in range(1, work["concurrency"] + 1)))
    begun, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(sender() for _ in range(work["concurrency"])))
    return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


async def papergram(work: dict[str, Any]) -> dict[str, float]:
    """The outbox as shipped, on a database with the queue: from its start to the record of the last message."""
    from bot.delivery import telegram as sending  # noqa: PLC0415  # as above
    from storage.database import Database  # noqa: PLC0415  # as above

    at_once = work["concurrency"]
    _, bot = sending.bots(TOKEN, f"{work['url']}/bot", at_once=at_once, limiter=sending.Patience())
    await bot.request.initialize()
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite:///{Path(folder) / 'papers.db'}")
        try:
            await queue(database, work["messages"])
            await asyncio.gather(*(bot.send_message(1, TEXT) for _ in range(at_once)))  # the connections
            result = await work_off(database, lambda delivery: sending.send(bot, delivery), work)
            await check(database, work["messages"])
        finally:
            await bot.request.shutdown()
            await database.close()
    return result


async def work_off(database: Any, send: Callable[[Any], Awaitable[Any]], work: dict[str, Any]) -> dict[str, float]:
    """Run an outbox until all is sent and recorded."""
    from bot.delivery.outbox import Outbox  # noqa: PLC0415  # as above
    from bot.delivery.pace import Limits, Pace  # noqa: PLC0415  # as above

    left, over = iter(range(work["messages"] - 1)), asyncio.Event()

    async def counted(delivery: Any) -> Any:
        outcome = await send(delivery)
        if next(left, None) is None:
            over.set()
        return outcome

    pace = Pace(Limits(per_second=0, private_per_second=0, group_per_minute=0))
    outbox = Outbox(database, counted, pace=pace, in_flight=work["concurrency"])
    begun, cpu = time.perf_counter(), time.process_time()
    running = asyncio.create_task(outbox.run())
    await over.wait()
    await outbox.stop()
    await running
    return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


async def queue(database: Any, number: int) -> None:
    """One message to each of so many chats."""
    from datetime import UTC, datetime  # noqa: PLC0415  # as above

    from storage import chats, digests  # noqa: PLC0415  # as above
    from storage.records import Button, Chat, ChatKind, Message  # noqa: PLC0415  # as above

    message = Message(TEXT, (tuple(Button(label, data) for label, data in BUTTONS),))
    now = datetime.now(UTC)
    async with database.transaction() as tx:
        for chat in range(1, number + 1):
            await chats.remember(tx, Chat(chat, ChatKind.PRIVATE), now)
            await digests.notice(tx, chat, [message], now)


async def check(database: Any, number: int) -> None:
    """Raise RuntimeError unless all are recorded as sent."""
    from storage import outbox  # noqa: PLC0415  # as above

    async with database.reading() as tx:
        counts = await outbox.counts(tx)
    if counts != {"sent": number}:
        raise RuntimeError(f"not all were sent: {counts}")


CLIENTS = {each.__name__: each for each in (papergram, aiogram, ptb, aiohttp)}


def main() -> None:
    """Work off the lines."""
    client = CLIENTS[sys.argv[1]]
    for line in sys.stdin:
        print(json.dumps(asyncio.run(client(json.loads(line)))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
