"""kill -9 at random moments of a broadcast, with faults of every kind: what is lost, repeated, out of order.

python -m bench.survive [--json] [--kills 200] [--faults 0.05] [--seed 1]     (10 minutes; --kills 12 takes one)

The real program works off a queue against the stub, which keeps what it accepted; it is killed up to 1.5 s after the
first message of its run, and started again on the same database. At the end it works off the rest, without faults.
A repetition is owed if the answer was swallowed by a fault, or the message was marked as being sent when the program
was killed; `accepted_at_kills` are those of the latter that had been accepted in that run.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from bench.program import NO_LIMITS, Program, Send, Stub, furnish, program, show, stub, wait

CHATS = 400
FEW = 3000  # messages: with no more than these in the queue some are added before the next run
MANY = 8  # messages for each chat that are queued at a time
AFTER = 1.5  # seconds after the first message of a run, at the latest
DRAIN = 300.0  # seconds that the last run may take


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--faults", type=float, default=0.05, help="the share of sends that meets each kind of fault")
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    terms = {"latency": options.latency, "faults": options.faults, "seed": options.seed}
    with tempfile.TemporaryDirectory() as folder, stub(**terms) as server:
        trial = Trial(Path(folder) / "papers.db", server, random.Random(options.seed))  # noqa: S311
        for _ in range(options.kills):
            trial.run_and_kill()
        trial.drain()
        show(trial.figures(), as_json=options.json)


@dataclass
class Trial:
    """A database that outlives the programs which work on it."""

    file: Path
    server: Stub
    dice: random.Random
    kills: int = 0
    in_flight: int = 0
    accepted: int = 0
    queued: int = 0
    start_s: list[float] = field(default_factory=list)
    _marks: count = field(default_factory=count)

    def run_and_kill(self) -> None:
        """One run of the program, up to its sudden end."""
        self._fill()
        before = self.server.stats()["sends"]
        with program(self.file, self.server.url, NO_LIMITS) as bot:
            begun = time.monotonic()
            wait(lambda: self._sends_more(bot, before), 60, pause=0.01)
            self.start_s.append(time.monotonic() - begun)
            time.sleep(self.dice.uniform(0, AFTER))
            bot.check()
            bot.kill()
        self.kills += 1
        sending = {self._mark_of(each) for each in self._ids("sending")}
        self.in_flight += len(sending)
        self.accepted += len(sending & {mark(each) for each in self.server.sends(before) if not each.swallowed})

    def drain(self) -> None:
        """Let a last run send the rest, without faults."""
        self.server.set(faults=0)
        with program(self.file, self.server.url, NO_LIMITS) as bot:
            wait(lambda: self._is_over(bot), DRAIN, pause=0.5)
            bot.stop()

    def figures(self) -> dict[str, Any]:
        """What is printed."""
        sends, stats = self.server.sends(), self.server.stats()
        often = Counter(map(mark, sends))
        return {
            "kills": self.kills,
            "messages": self.queued,
            "lost": self.queued - len(often),
            "duplicated": len(sends) - len(often),
            "in_flight_at_kills": self.in_flight,
            "answers_swallowed": stats["swallowed"],
            "out_of_order": out_of_order(sends),
            "accepted_at_kills": self.accepted,
            "start_s": round(sorted(self.start_s)[len(self.start_s) // 2], 2),
            "faults": {name: stats[name] for name in stats if name not in {"sends", "swallowed"}},
        }

    def _fill(self) -> None:
        if self.file.exists() and len(self._ids("due", "waiting", "uncertain", "sending")) > FEW:
            return
        chats = [5000 + at if at % 10 else -5000 - at for at in range(CHATS)]
        queues = {chat: [f"#{next(self._marks)}#" for _ in range(MANY)] for chat in chats}
        asyncio.run(furnish(self.file, queues))
        self.queued += CHATS * MANY

    def _sends_more(self, bot: Program, before: int) -> bool:
        bot.check()
        return self.server.stats()["sends"] > before

    def _is_over(self, bot: Program) -> bool:
        bot.check()
        return not self._ids("due", "waiting", "uncertain", "sending")

    def _ids(self, *states: str) -> list[int]:
        with closing(sqlite3.connect(self.file)) as database:
            names = ", ".join("?" * len(states))
            sql = f"SELECT id FROM deliveries WHERE state IN ({names})"
            return [row[0] for row in database.execute(sql, states)]

    def _mark_of(self, delivery_id: int) -> int:
        return delivery_id - 1  # both count what is queued, in the same order


def mark(send: Send) -> int:
    """The number that stands in a message's text."""
    return int(send.text.split("#", 2)[1])


def out_of_order(sends: list[Send]) -> int:
    """How often a message came to a chat for the first time after one that was queued later."""
    newest: dict[int, int] = {}
    seen, wrong = set[int](), 0
    for each in sends:
        number = mark(each)
        if number not in seen:
            seen.add(number)
            wrong += number < newest.get(each.chat, -1)
            newest[each.chat] = max(number, newest.get(each.chat, -1))
    return wrong


if __name__ == "__main__":
    main()
