"""HTTP/1.1 for bench/stub.py, as far as a Bot API client uses it: connections that are kept, or cut off."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Protocol

LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.I)


class Server(Protocol):
    """Who answers."""

    connections: set["Connection"]

    def take(self, connection: "Connection", target: str, head: bytes, body: bytes) -> None:
        """A request."""

    def leave(self, connection: "Connection") -> None:
        """A connection has ended."""


class Connection(asyncio.Protocol):
    """HTTP/1.1 with connections that are kept, as far as a Bot API client uses it."""

    def __init__(self, server: Server) -> None:
        self._server, self._buffer, self.was_cut = server, bytearray(), False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio, as the others here."""
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left, or was cut off."""
        self._server.leave(self)

    def data_received(self, data: bytes) -> None:
        """A piece of a request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            length = LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body = bytes(self._buffer[end + 4 : whole])
            del self._buffer[:whole]
            self._server.take(self, head.split(b" ", 2)[1].decode(), head, body)

    def answer(
        self, body: bytes, status: int = 200, latency: float = 0, lost: Callable[[], None] | None = None
    ) -> None:
        """Answer after a while; `lost` is called if there is no one to answer any more."""
        data = whole(body, status)
        self.later(latency, lambda: self._transport.write(data), lost)

    def later(self, seconds: float, act: Callable[[], None], lost: Callable[[], None] | None) -> None:
        """Do something with the connection, unless it has ended by then."""

        def when_time() -> None:
            if not self._transport.is_closing():
                act()
            elif lost:
                lost()

        if seconds:
            asyncio.get_running_loop().call_later(seconds, when_time)
        else:
            when_time()

    def cut(self, part: bytes = b"") -> None:
        """End the connection in the middle of an answer."""
        self.was_cut = True
        if part:
            self._transport.write(part)
        self._transport.abort()


def whole(body: bytes, status: int = 200) -> bytes:
    """An answer with its head."""
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
