"""uvicorn, made to stop at once, to cut a connection in the middle and to be away for a while."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds


class Protocol(H11Protocol):
    """HTTP that lets a request see its connection, so that a scripted failure can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the connection beside the application's state."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server(uvicorn.Server):
    """A uvicorn that leaves signals to the program around it and stops when it is told, not at its next tick."""

    def __init__(self, config: uvicorn.Config, host: str, port: int) -> None:
        super().__init__(config)
        listener = socket.create_server((host, port))
        self._listener = _without_delay(listener)
        self.address: tuple[str, int] = listener.getsockname()
        self._stopping = asyncio.Event()

    async def run_until_stopped(self) -> None:
        """Serve until `stop`."""
        await self.serve([self._listener])

    def stop(self) -> None:
        """End `run_until_stopped`."""
        self._stopping.set()

    async def be_away(self, seconds: float) -> None:
        """Cut every connection and refuse new ones for so long, then listen at the same address again."""
        if self._stopping.is_set() or not self._listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return
        for server in self.servers:
            server.close()
        # Bound without listening: nobody else gets the port, and whoever connects is refused.
        self._listener = _without_delay(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self.address)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set():
            self._listener.close()
            return
        loop = asyncio.get_running_loop()
        self.servers = [await loop.create_server(self._protocol, sock=self._listener, backlog=self.config.backlog)]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def main_loop(self) -> None:
        """Wait for `stop`."""
        await self.on_tick(0)
        await self._stopping.wait()

    def _protocol(self) -> Protocol:
        return Protocol(self.config, self.server_state, self.lifespan.state)


def cut(transport: asyncio.Transport, *, reset: bool = False) -> None:
    """Close a connection after what was written, or reset it at once."""
    if not reset:
        transport.close()
        return
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def _without_delay(listener: socket.socket) -> socket.socket:
    # Connections inherit it. asyncio sets it only on sockets that name their protocol, and each answer took 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
