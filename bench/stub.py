"""A lean Bot API server, in a process of its own so that the bot which is measured does not pay for it.

python -m bench.stub [--port 0]: prints its address, and serves until it is ended. Its requests for the benches:
  POST /set    JSON, any of Terms' fields: from now on these latencies, limits and faults
  POST /reset  the same, and what was recorded is forgotten
  POST /push   an update as JSON without its update_id; answers with the time
  GET  /stats  counts
  GET  /pace   the busiest second, and when a send was refused for the limits
  GET  /sends  ?from=N: the accepted messages from the Nth: time, chat, topic, text, message_id, swallowed
"""

import argparse
import asyncio
import contextlib
import gc
import itertools
import json
import os
import random
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from bench.stub_http import Connection, whole
from bench.stub_terms import Fate, Limits, Terms, busiest, fates

JSON = re.compile(rb"\r\ncontent-type:\s*application/json", re.I)
BOT = {"id": 1, "is_bot": True, "first_name": "Papergram", "username": "papergram_bot", "can_join_groups": True}
HTML_502 = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center>nginx</center></body>\r\n</html>"
PORTS = range(20_000, 32_000)  # below those that the kernel gives to clients, one of which might get ours in a restart


class Server:
    """What Telegram would know: the messages, the updates that wait, and how it treats its clients."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections: set[Connection] = set()
        self._listening: asyncio.Server | None = None
        self._updates: list[dict[str, Any]] = []
        self._update_ids, self._message_ids = itertools.count(1), itertools.count(1)
        self._polls: list[tuple[Connection, asyncio.TimerHandle]] = []
        self.begin(Terms())

    def begin(self, terms: Terms) -> None:
        """Forget what was recorded."""
        self.sends: list[list[Any]] = []
        self.asked: list[float] = []  # when each send or edit came, refused or not
        self.refused: list[float] = []  # for the limits
        self.counts = dict.fromkeys(("edits", "polls", "swallowed", "abandoned", "restarts"), 0)
        self.agree(terms)

    def agree(self, terms: Terms) -> None:
        """Treat clients so from now on."""
        self.terms, self.limits = terms, Limits(terms) if terms.limits else None
        self._dice = random.Random(terms.seed)  # noqa: S311

    async def listen(self) -> None:
        """Take connections, at the same port after a restart."""
        loop = asyncio.get_running_loop()
        while self._listening is None:
            port = self.port or random.choice(PORTS)  # noqa: S311
            try:
                self._listening = await loop.create_server(lambda: Connection(self), "127.0.0.1", port, backlog=1000)
                self.port = port
            except OSError:
                await asyncio.sleep(0.01)

    async def restart_at_times(self) -> None:
        """Be down for a share of the time, if the terms say so."""
        while True:
            await asyncio.sleep(0.1)
            share, down = self.terms.faults, self.terms.downtime
            if share and self._dice.random() < 0.1 * share / down / (1 - share) and self._listening:
                self.counts["restarts"] += 1
                self._listening.close()
                self._listening = None
                for each in list(self.connections):
                    each.cut()
                await asyncio.sleep(down)
                await self.listen()

    def take(self, connection: Connection, target: str, head: bytes, body: bytes) -> None:
        """One request."""
        path, _, query = target.partition("?")
        method = path.rsplit("/", 1)[-1].lower()
        if path.startswith("/bot"):
            values = json.loads(body) if JSON.search(head) else dict(parse_qsl((body or query.encode()).decode()))
            if method in {"sendmessage", "editmessagetext"}:
                self._message(connection, method, values)
            elif method == "getupdates":
                self._poll(connection, values)
            else:
                result = _RESULTS.get(method, lambda _: True)(values)
                connection.answer(_ok(result), latency=self.terms.latency)
        else:
            given = json.loads(body) if body else dict(parse_qsl(query))
            connection.answer(json.dumps(self._control(method, given)).encode())

    def _control(self, what: str, given: Any) -> Any:
        if what in {"set", "reset"}:
            terms = self.terms.changed(given)
            (self.begin if what == "reset" else self.agree)(terms)
        elif what == "push":
            self._updates.append({"update_id": next(self._update_ids), **given})
            for connection, timer in self._polls:
                timer.cancel()
                connection.answer(_ok(self._updates))
            self._polls.clear()
        elif what == "sends":
            return self.sends[int(given.get("from", 0)) :]
        elif what == "stats":
            return {"sends": len(self.sends), "too_many_requests": len(self.refused), **self.counts}
        elif what == "pace":
            return {"busiest_second": busiest(self.asked), "refused": self.refused}
        return {"time": time.monotonic()}

    def _poll(self, connection: Connection, values: dict[str, Any]) -> None:
        self.counts["polls"] += 1
        offset = int(values.get("offset", 0))
        self._updates = [each for each in self._updates if each["update_id"] >= offset]
        wait = float(values.get("timeout", 0))
        if self._updates or not wait:
            connection.answer(_ok(self._updates))
            return

        def give_up() -> None:
            self._polls.remove(poll)
            connection.answer(_ok([]))

        poll = (connection, asyncio.get_running_loop().call_later(wait, give_up))
        self._polls.append(poll)

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        for poll in [each for each in self._polls if each[0] is connection]:
            poll[1].cancel()
            self._polls.remove(poll)

    def _message(self, connection: Connection, method: str, values: dict[str, Any]) -> None:
        now = time.monotonic()
        self.asked.append(now)
        chat = int(values["chat_id"])
        fate = fates(self._dice.random(), self.terms.faults) if self.terms.faults else Fate.WELL
        if wait := self.limits.wait(chat, now) if self.limits and fate.is_accepted else 0:
            self.refused.append(now)
            connection.answer(_too_many(wait), 429)
            return
        if fate is not Fate.WELL:
            self.counts[fate] = self.counts.get(fate, 0) + 1
        record = self._accept(method, chat, now, values) if fate.is_accepted else None
        self._answer(connection, fate, _ok(_message(chat, record, values)) if record else b"", record)

    def _accept(self, method: str, chat: int, now: float, values: dict[str, Any]) -> list[Any]:
        if method == "editmessagetext":
            self.counts["edits"] += 1
            return [now, chat, 0, values["text"], int(values["message_id"]), False]
        thread = int(values.get("message_thread_id") or 0)
        record = [now, chat, thread, values["text"], next(self._message_ids), False]
        self.sends.append(record)
        return record

    def _answer(self, connection: Connection, fate: Fate, body: bytes, record: list[Any] | None) -> None:
        def lost() -> None:
            # What we cut off is our fault; a client that has left would have been answered.
            self.counts["swallowed" if connection.was_cut else "abandoned"] += 1
            if record and connection.was_cut:
                record[-1] = True

        def swallow(after: float = 0, part: bytes = b"") -> None:
            if record:
                self.counts["swallowed"] += 1
                record[-1] = True
            connection.later(after, lambda: connection.cut(part), None)

        match fate:
            case Fate.CUT_BEFORE | Fate.CUT_AFTER:
                swallow()
            case Fate.SILENT_BEFORE | Fate.SILENT_AFTER:
                swallow(self.terms.silence)
            case Fate.TRUNCATED:
                swallow(self.terms.latency, whole(body)[: -len(body) // 2])
            case Fate.FLOOD:
                connection.answer(_too_many(1), 429, self.terms.latency)
            case Fate.FLOOD_BARE:
                connection.answer(_error(429, "Too Many Requests: retry after 1"), 429, self.terms.latency)
            case Fate.RESTART:
                connection.answer(_error(500, "Internal Server Error: restart"), 500, self.terms.latency)
            case Fate.BAD_GATEWAY:
                connection.answer(HTML_502.encode(), 502, self.terms.latency)
            case Fate.WELL:
                connection.answer(body, 200, self.terms.latency, lost)


def _ok(result: Any) -> bytes:
    return json.dumps({"ok": True, "result": result}).encode()


def _error(code: int, description: str, **parameters: int) -> bytes:
    answer = {"ok": False, "error_code": code, "description": description}
    return json.dumps({**answer, **({"parameters": parameters} if parameters else {})}).encode()


def _too_many(wait: int) -> bytes:
    return _error(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


def _message(chat: int, record: list[Any], values: dict[str, Any]) -> dict[str, Any]:
    keyboard = values.get("reply_markup")
    return {
        "message_id": record[4],
        "from": BOT,
        "chat": _chat(chat),
        "date": int(time.time()),
        "text": record[3],
        **({"reply_markup": json.loads(keyboard) if isinstance(keyboard, str) else keyboard} if keyboard else {}),
    }


def _chat(chat: int) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": "Reader"}
    return {"id": chat, "type": "supergroup", "title": "A group"}


def _member(values: dict[str, Any]) -> dict[str, Any]:
    user = BOT if int(values["user_id"]) == BOT["id"] else {"id": int(values["user_id"]), "is_bot": False}
    return {"status": "member", "user": {"first_name": "Reader", **user}}


_RESULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "getme": lambda _: BOT,
    "getchat": lambda values: {**_chat(int(values["chat_id"])), "accent_color_id": 0, "max_reaction_count": 11},
    "getchatmember": _member,
    "getwebhookinfo": lambda _: {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    "editmessagereplymarkup": lambda values: _message(int(values["chat_id"]), [0, 0, 0, "", values["message_id"]], {}),
}


async def serve(port: int) -> None:
    """Serve for ever."""
    server = Server(port)
    await server.listen()
    print(f"http://127.0.0.1:{server.port}", flush=True)  # noqa: T201  # whoever started it waits for this
    gc.freeze()
    gc.disable()  # a collection would look like a pause of the bot's
    with contextlib.suppress(PermissionError):
        os.nice(-10)  # so would a wait for a busy processor
    await server.restart_at_times()


def main() -> None:
    """Read the port."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
