"""A server that does on each connection what a test tells it: it answers, stalls, resets or lies."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Behaviour = Callable[[Reader, Writer], Awaitable[None]]


@dataclass
class Request:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its url-encoded parameters."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Wire:
    """Where the server listens, what it was asked, and over how many connections."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def read(self, reader: Reader) -> Request:
        """The next request of a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
        request = Request(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))
        self.requests.append(request)
        return request


@asynccontextmanager
async def wire(behave: Callable[[Wire, Reader, Writer], Awaitable[None]]) -> AsyncIterator[Wire]:
    """A server whose every connection behaves so; all end with the test."""
    busy: set[asyncio.Task[None]] = set()

    async def connected(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task
        busy.add(task)
        here.connections += 1
        try:
            await behave(here, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            busy.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    here = Wire(server.sockets[0].getsockname()[1])
    try:
        yield here
    finally:
        server.close()
        for each in list(busy):
            each.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


def http(status: int, body: bytes | dict[str, object], *, claim: int | None = None) -> bytes:
    """An answer on the wire; `claim`: the length that it claims, if that is a lie."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(text) if claim is None else claim
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, length, text)


def answering(*answers: bytes) -> Callable[[Wire, Reader, Writer], Awaitable[None]]:
    """Read requests and give these answers, the last one again and again."""

    async def behave(here: Wire, reader: Reader, writer: Writer) -> None:
        while True:
            await here.read(reader)
            writer.write(answers[min(len(here.requests), len(answers)) - 1])
            await writer.drain()

    return behave


def reset(writer: Writer) -> None:
    """End a connection with a TCP reset."""
    plug = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
