"""What happens to a request on its way: it is noted, and a scripted fault may strike it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.arxiv.faults import REFUSALS, Fault, Faults

CONTROL = ("/faults", "/log", "/day")
FAULT = "papergram.fault"  # where the server finds the kind of the fault that it has to play itself


@dataclass(slots=True)
class Visit:
    """One request as the fake saw it. `ended` is when its last byte went out, None while it is open."""

    time: float
    method: str
    path: str  # with its query
    user_agent: str
    accept: str
    open: int  # requests open at once, this one included
    status: int = 0  # 0: no answer
    ended: float | None = None
    fault: str = ""


@dataclass(slots=True)
class Log:
    """All requests but those under CONTROL. `clock` gives seconds."""

    clock: Callable[[], float] = time.time
    visits: list[Visit] = field(default_factory=list)

    def gaps(self) -> list[float]:
        """Seconds from each request's end to the next one's start; negative where two were open at once."""
        ends = [visit.ended if visit.ended is not None else float("inf") for visit in self.visits]
        return [later.time - max(ends[:at]) for at, later in enumerate(self.visits) if at]

    def as_json(self) -> list[dict[str, Any]]:
        """The visits in their order."""
        return [asdict(visit) for visit in self.visits]


class Wire:
    """The middleware around the server."""

    def __init__(self, app: ASGIApp, log: Log, faults: Faults) -> None:
        self._app, self._log, self._faults = app, log, faults
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        self._open += 1
        headers = Headers(scope=scope)
        path = scope["path"] + (f"?{query.decode()}" if (query := scope["query_string"]) else "")
        heard = (headers.get("user-agent", ""), headers.get("accept", ""))
        visit = Visit(self._log.clock(), scope["method"], path, *heard, self._open)
        self._log.visits.append(visit)
        try:
            await self._answer(scope, receive, self._noting(visit, send), visit)
        finally:
            self._close(visit)

    def _close(self, visit: Visit) -> None:
        if visit.ended is None:
            self._open -= 1
            visit.ended = self._log.clock()

    def _noting(self, visit: Visit, send: Send) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
            elif not message.get("more_body", False):
                self._close(visit)  # before the last byte: its reader may be quicker than the next line
            await send(message)

        return noting

    async def _answer(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        fault = self._faults.strike(scope["path"])
        visit.fault = fault.kind if fault else ""
        if fault is None and not (visit.user_agent and visit.accept):
            # arXiv refuses a request without Accept each time (facts: blazickjp/arxiv-mcp-server#277).
            fault = Fault("refuse_406")
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "drop":
            await _drop(scope, receive)
        elif fault.kind in REFUSALS:
            await _refuse(fault, send)
        elif fault.kind == "redirect_302":
            await _respond(302, [(b"location", _address(scope))], b"", send)
        else:
            await self._spoilt(fault, scope, receive, send)

    async def _spoilt(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """The server's own answer, late, cut off, or of a fault that the server plays."""
        status, headers, body = await _answered(self._app, {**scope, FAULT: fault.kind}, receive)
        if fault.kind == "slow" and not await _is_patient(receive, fault.seconds):
            return
        if fault.kind == "truncated":
            body = body[: len(body) * 2 // 3]
        await _respond(status, [each for each in headers if each[0] != b"content-length"], body, send)


async def _answered(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, collect)
    return messages[0]["status"], messages[0]["headers"], b"".join(each.get("body", b"") for each in messages[1:])


async def _is_patient(receive: Receive, seconds: float) -> bool:
    """Whether the client still waits after so many seconds."""
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        done, _ = await asyncio.wait({leaving}, timeout=seconds)
    finally:
        leaving.cancel()
    return not done


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a byte; without a connection (in a test's own process) fail as one would."""
    transport = scope.get("state", {}).get("transport")
    if transport is None:
        raise ConnectionResetError("the connection was dropped")
    transport.close()
    await _gone(receive)


async def _refuse(fault: Fault, send: Send) -> None:
    status, text = REFUSALS[fault.kind]
    kind = b"text/html" if text.startswith("<") else b"text/plain"
    headers = [(b"content-type", kind)]
    if fault.seconds:
        headers.append((b"retry-after", f"{fault.seconds:.0f}".encode()))
    await _respond(status, headers, text.encode(), send)


async def _respond(status: int, headers: list[tuple[bytes, bytes]], body: bytes, send: Send) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _address(scope: Scope) -> bytes:
    host = Headers(scope=scope).get("host", "localhost")
    query: bytes = scope["query_string"]
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return f"{scope['scheme']}://{host}".encode() + path.partition(b"?")[0] + (b"?" + query if query else b"")
