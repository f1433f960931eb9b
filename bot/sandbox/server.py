"""The sandbox over HTTP: the Bot API under /bot<token>/, people's acts under /sandbox/, the page at /."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox import parameters
from bot.sandbox.calls import Answer, carry_out, check_token
from bot.sandbox.control import CONTROL, refused
from bot.sandbox.errors import ApiError, Refused
from bot.sandbox.listening import Protocol, Server, cut
from bot.sandbox.webhook import deliver
from bot.sandbox.world import World

KEEP_ALIVE = 75  # seconds, nginx's: a connection that rests must not break under a call
PAGE = Path(__file__).parent / "page"
# Nothing from outside can run in the page, and after an upgrade no browser mixes its old files with new ones.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cache-Control": "no-cache",
}


def create_app(world: World) -> Starlette:
    """The whole server for one world."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        world.open()
        posting = asyncio.create_task(deliver(world))
        yield
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)

    app = Starlette(
        routes=[
            Route("/bot{token}/{method}", _bot_call, methods=["GET", "POST"]),
            Mount("/sandbox", routes=CONTROL),
            Mount("/page", _PageFiles(directory=PAGE, check_dir=False)),
            Route("/", _page),
        ],
        exception_handlers={ApiError: _api_error, Refused: refused, HTTPException: _not_there},
        lifespan=lifespan,
    )
    app.state.world = world
    return app


@contextlib.asynccontextmanager
async def serve(world: World, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve a world while the block runs; gives the server's address. Raises OSError if the port is taken."""
    app = create_app(world)
    async with _serving(app, host, port) as server:
        app.state.server = server
        try:
            yield _url(server)
        finally:
            world.close()


@contextlib.asynccontextmanager
async def serve_app(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Serve any application while the block runs; gives its address. Raises OSError if the port is taken."""
    async with _serving(app, host, port) as server:
        yield _url(server)


@contextlib.asynccontextmanager
async def _serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[Server]:
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=2,
    )
    server = Server(config, host, port)
    running = asyncio.create_task(server.run_until_stopped())
    try:
        yield server
    finally:
        server.stop()
        await running


def _url(server: Server) -> str:
    host, port = server.address
    return f"http://{host}:{port}"


class _PageFiles(StaticFiles):
    """The page's files with its headers."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """One file, or that it has not changed."""
        response = super().file_response(*args, **more)
        response.headers.update(PAGE_HEADERS)
        return response


class _Cut(Response):
    """No answer, or the beginning of one, and the connection closed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._whole = None if answer.body is None else JSONResponse(answer.body, answer.status)
        self._reset = answer.reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._whole:
            await send(
                {"type": "http.response.start", "status": self._whole.status_code, "headers": self._whole.raw_headers}
            )
            half = bytes(self._whole.body)[: len(self._whole.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        cut(scope["state"]["transport"], reset=self._reset)
        while (await receive())["type"] != "http.disconnect":
            pass  # uvicorn counts the connection as closed from here on, and reports nothing


async def _bot_call(request: Request) -> Response:
    world: World = request.app.state.world
    check_token(world, request.path_params["token"])
    given = await parameters.read(request)
    answer = await carry_out(world, request.path_params["method"], given)
    if answer.posted and (answer.cut or request.scope["state"]["transport"].is_closing()):
        world.traffic.counts.swallowed += 1
    if answer.cut:
        return _Cut(answer)
    return _nginx(answer.status) if answer.html else JSONResponse(answer.body, answer.status)


def _nginx(status: int) -> Response:
    """The page of the web server before Telegram's, which is no JSON."""
    title = f"{status} {HTTPStatus(status).phrase}"
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx/1.18.0</center>",
        "</body>",
        "</html>",
        "",
    )
    return Response("\r\n".join(lines), status, media_type="text/html")


async def _page(_: Request) -> Response:
    return FileResponse(PAGE / "index.html", headers=PAGE_HEADERS)


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.as_json(), error.code)


async def _not_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/sandbox/"):
        return JSONResponse({"error": f"{error.detail}."}, error.status_code)
    return JSONResponse({"ok": False, "error_code": error.status_code, "description": error.detail}, error.status_code)
