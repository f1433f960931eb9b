"""The real program and the stub as processes of their own, and a database with a queue for it to work off."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot import demo
from bot.opening import opened
from storage import chats, digests, papers
from storage.records import Button, Chat, ChatKind, Message

TICK = os.sysconf("SC_CLK_TCK")
# The settings that take the limits away.
NO_LIMITS = {f"PAPERGRAM_DELIVERY__{name}": "0" for name in ("PER_SECOND", "PRIVATE_PER_SECOND", "GROUP_PER_MINUTE")}


class Stub:
    """What a bench asks of bench/stub.py; all times are the stub's."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.url = (process.stdout or sys.stdin).readline().strip()
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def set(self, **terms: Any) -> None:
        """From now on these terms of bench/stub_terms.py."""
        self._ask("POST", "/set", terms)

    def reset(self, **terms: Any) -> None:
        """The same, with nothing recorded."""
        self._ask("POST", "/reset", terms)

    def push(self, user: int, text: str) -> float:
        """A reader types in the private chat with the bot; when."""
        who = {"id": user, "is_bot": False, "first_name": "Reader", "language_code": "zh"}
        command = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        message = {
            "message_id": time.monotonic_ns() // 1_000_000,
            "date": int(time.time()),
            "chat": {"id": user, "type": "private", "first_name": "Reader"},
            "from": who,
            "text": text,
            **({"entities": command} if text.startswith("/") else {}),
        }
        return self._ask("POST", "/push", {"message": message})["time"]

    def stats(self) -> dict[str, Any]:
        """Counts."""
        return self._ask("GET", "/stats")

    def pace(self) -> dict[str, Any]:
        """The most sends in any second, and the times of those that were refused for the limits."""
        return self._ask("GET", "/pace")

    def sends(self, start: int = 0) -> list["Send"]:
        """The accepted messages, from the one of that number on."""
        return [Send(*each) for each in self._ask("GET", f"/sends?from={start}")]

    def _ask(self, verb: str, path: str, body: Any = None) -> Any:
        while True:
            try:
                return self._http.request(verb, path, json=body).json()
            except httpx.TransportError:
                if self._process.poll() is not None:
                    raise RuntimeError("the stub has ended") from None
                time.sleep(0.05)  # it plays a restart


@dataclass(frozen=True, slots=True)
class Send:
    """A message that the stub accepted."""

    time: float
    chat: int
    thread: int
    text: str
    message_id: int
    swallowed: bool  # the bot was not given the whole answer


@contextmanager
def stub(**terms: Any) -> Iterator[Stub]:
    """A stub while the block runs."""
    command = [sys.executable, "-m", "bench.stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # its own
        try:
            server = Stub(process)
            server.set(**terms)
            yield server
        finally:
            process.kill()


class Program:
    """`papergram run` on a database, against a stub."""

    def __init__(self, database: Path, url: str, settings: dict[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PAPERGRAM_")}
        own = {
            "PAPERGRAM_TELEGRAM__TOKEN": demo.TOKEN,
            "PAPERGRAM_TELEGRAM__BASE_URL": f"{url}/bot",
            "PAPERGRAM_STORAGE__URL": f"sqlite:///{database}",
            "PAPERGRAM_ARXIV__ENABLED": "false",
            "PAPERGRAM_LOG__LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "bot", "run"]
        self._log = database.with_suffix(".log")
        with self._log.open("a") as log:
            self._process = subprocess.Popen(command, env={**clean, **own, **settings}, stderr=log)  # noqa: S603  # its own

    @property
    def cpu(self) -> float:
        """Seconds of CPU until now."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    @property
    def memory(self) -> float:
        """Resident MB."""
        return resident("VmRSS", self._process.pid)

    def check(self) -> None:
        """Raise RuntimeError if it has ended by itself."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the program has ended: {self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> float:
        """SIGTERM; after how many seconds it ended."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        return time.monotonic() - begun


@contextmanager
def program(database: Path, url: str, settings: dict[str, str] | None = None) -> Iterator[Program]:
    """The program while the block runs; killed at its end unless it was stopped."""
    running = Program(database, url, settings or {})
    try:
        yield running
    finally:
        running.kill()


def resident(what: str, pid: int | str = "self") -> float:
    """A line of /proc/PID/status in MB: VmRSS now, VmHWM at the most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


async def furnish(file: Path, queues: dict[int, Sequence[str]]) -> None:
    """A database with the sample day, and for each chat these texts queued, all in the order given."""
    now = datetime.now(UTC)
    async with opened(f"sqlite:///{file}") as database, database.transaction() as tx:
        if not await papers.count(tx):
            await papers.add(tx, demo.sample(), now)
        for chat, texts in queues.items():
            await chats.remember(tx, Chat(chat, ChatKind.PRIVATE if chat > 0 else ChatKind.SUPERGROUP), now)
            await digests.notice(tx, chat, [message(each) for each in texts], now)


def message(mark: str) -> Message:
    """About 300 characters of HTML with two buttons, as a card of a digest is; `mark` stands first."""
    text = (
        f"{mark} <b>面向长尾分布的扩散模型：一个统一的视角</b>\n"
        '<a href="https://arxiv.org/abs/2403.11780">A Unified View of Diffusion Models for Long-Tailed Data</a>\n'
        "💡 本文提出一种统一的训练目标，在三个长尾数据集上把少数类的准确率提高了 4.2 个百分点。\n"
        "👥 Ana Núñez, Deepti Rao 等 6 人 · cs.LG · <i>2024-03-18</i>"
    )
    return Message(
        text, ((Button("展开摘要", "abs:2403.11780:zh"), Button("PDF", url="https://arxiv.org/pdf/2403.11780")),)
    )


def wait(done: Callable[[], object], seconds: float, pause: float = 0.05) -> None:
    """Until `done()`, which is asked again and again. Raises TimeoutError after so many seconds."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(pause)


def show(result: dict[str, Any], *, as_json: bool) -> None:
    """Print the figures, as one JSON object or as lines."""
    print(json.dumps(result) if as_json else "\n".join(f"{name:24} {value}" for name, value in result.items()))  # noqa: T201
