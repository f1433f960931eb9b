"""A broadcast at Telegram's limits, while a reader types: how near the limit's own time, and how fast the answers come.

python -m bench.broadcast [--json] [--chats 3000] [--latency 0.05] [--seed 1]     (100 s; --chats 600 takes 20)

The real program works off a queue of one message a chat, nine of ten chats private, against a stub that enforces the
limits. A reader of another chat types throughout. All times are the stub's: from the update to the reading of the
answer, and from the first message to the last. `messages` are both, since they share the limit.
"""

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.program import Program, Send, Stub, furnish, message, program, show, stub

LIMIT = 30  # a second
READER = 77
TYPED = ("/help", "/search 扩散模型", "/start", "/search cat:cs.LG")  # each has one message for an answer
PAUSE = (2.2, 3.4)  # seconds between two of them: 30 a minute is all that one reader may ask
PATIENCE = 30.0  # seconds without a send after which it is over


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--chats", type=int, default=3000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that the stub takes for an answer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.db"
        asyncio.run(furnish(file, {chat: [message("#")] for chat in chats(options.chats)}))
        with stub(latency=options.latency, limits=True) as server, program(file, server.url) as bot:
            pushed = read(server, bot, options.chats, random.Random(options.seed))  # noqa: S311
            result = figures(server, pushed)
            result["stop_s"] = round(bot.stop(), 2)
    show(result, as_json=options.json)


def chats(number: int) -> list[int]:
    """Ids, each tenth of a group."""
    return [1_000_000 + at if at % 10 else -1_000_000 - at for at in range(number)]


def read(server: Stub, bot: Program, expected: int, dice: random.Random) -> list[float]:
    """Type until all chats have had their message; when."""
    pushed: list[float] = []
    sent, moved = 0, time.monotonic()
    while sent < expected + len(pushed) and time.monotonic() < moved + PATIENCE:
        bot.check()
        if (now := server.stats()["sends"]) > sent:
            sent, moved = now, time.monotonic()
        if sent and expected + len(pushed) - sent > LIMIT:  # at the end only the last answers are waited for
            pushed.append(server.push(READER, TYPED[len(pushed) % len(TYPED)]))
        time.sleep(dice.uniform(*PAUSE) if sent else 0.05)
    return pushed


def figures(server: Stub, pushed: list[float]) -> dict[str, Any]:
    """What is printed."""
    sends, pace = server.sends(), server.pace()
    answers = [each.time for each in sends if each.chat == READER]
    waits = sorted(answer - asked for asked, answer in zip(pushed, answers, strict=False))
    seconds = sends[-1].time - sends[0].time
    return {
        "ratio": round(seconds / (len(sends) / LIMIT), 4),
        "too_many_requests": len(pace["refused"]),
        "busiest_second": pace["busiest_second"],
        **replies(waits),
        "messages": len(sends),
        "seconds": round(seconds, 2),
        "repeated": repeated(sends),
        "replies": len(answers),
        "asked": len(pushed),
        "refused_at_s": [round(each - sends[0].time, 2) for each in pace["refused"]],
    }


def replies(waits: list[float]) -> dict[str, float]:
    """Seconds until an answer was on its way: the median, the slowest twentieth, the worst."""
    parts = quantiles(waits, n=20, method="inclusive")
    names = {"reply_p50_s": parts[9], "reply_p95_s": parts[18], "reply_max_s": waits[-1]}
    return {name: round(value, 3) for name, value in names.items()}


def repeated(sends: list[Send]) -> int:
    """How many messages of the broadcast a chat got once more."""
    broadcast = [each.chat for each in sends if each.chat != READER]
    return len(broadcast) - len(set(broadcast))


if __name__ == "__main__":
    main()
