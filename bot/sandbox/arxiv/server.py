"""The fake arXiv over HTTP: /rss and /atom, /api/query, /oai, /hf, /digest; /faults, /log and /day control it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.arxiv import api, oai, others, rss
from bot.sandbox.arxiv.catalogue import BadName, Catalogue, spelled
from bot.sandbox.arxiv.faults import Faults
from bot.sandbox.arxiv.wire import FAULT, Log, Wire
from bot.sandbox.asking import body_of, take
from bot.sandbox.control import refused
from bot.sandbox.errors import Refused
from bot.sources import digest_markdown


@dataclass(slots=True)
class Arxiv:
    """One fake arXiv: what it holds, what goes wrong, what was asked. `page` is OAI-PMH's records a page."""

    catalogue: Catalogue
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    page: int = 2500


def make(day: date, *, seed: int = 0, page: int = 2500, clock: Callable[[], float] = time.time) -> Arxiv:
    """An empty arXiv on a day, US Eastern; `seed` is of the faults at random, `clock` of the log."""
    return Arxiv(Catalogue(day), Faults(seed), Log(clock), page)


def create_app(arxiv: Arxiv) -> Starlette:
    """The whole server; `bot.sandbox.server.serve_app` serves it."""
    app = Starlette(
        routes=[
            Route("/rss/{names}", _rss),
            Route("/atom/{names}", _atom),
            Route("/api/query", _api, methods=["GET", "POST"]),
            Route("/oai", _oai, methods=["GET", "POST"]),
            Route("/hf/api/daily_papers", _daily_papers),
            Route("/digest.md", _digest),
            Route("/digest.xml", _digest),
            Route("/faults", _faults),
            Route("/faults", _add_fault, methods=["POST"]),
            Route("/faults", _clear_faults, methods=["DELETE"]),
            Route("/log", _log),
            Route("/log", _clear_log, methods=["DELETE"]),
            Route("/day", _day),
            Route("/day", _set_day, methods=["POST"]),
        ],
        middleware=[Middleware(Wire, log=arxiv.log, faults=arxiv.faults)],
        exception_handlers={Refused: refused},
    )
    app.state.arxiv = arxiv
    return app


async def _rss(request: Request) -> Response:
    return _feed(request, rss.rss, "application/rss+xml")


async def _atom(request: Request) -> Response:
    return _feed(request, rss.atom, "application/atom+xml")


def _feed(request: Request, write: rss.Writer, media_type: str) -> Response:
    catalogue, query = _arxiv(request).catalogue, request.path_params["names"]
    day = catalogue.announced_before(catalogue.day) if _plays(request, "stale") else catalogue.day
    try:
        names = spelled(query)
    except BadName as error:
        return Response(write(rss.error(query, str(error), day)), 400, media_type=media_type)
    items = [] if _plays(request, "empty") else catalogue.listing(names, day)
    return _unchanged(request, write(rss.listing(names, day, items)), media_type)


async def _api(request: Request) -> Response:
    query = api.Query.of(await _parameters(request))
    status, body = api.answer(_arxiv(request).catalogue, query, empty=_plays(request, "empty"))
    return Response(body, status, media_type="application/atom+xml")


async def _oai(request: Request) -> Response:
    arxiv, asked = _arxiv(request), await _parameters(request)
    body = oai.answer(arxiv.catalogue, asked, arxiv.page, empty=_plays(request, "empty"))
    return Response(body, media_type="text/xml")


async def _daily_papers(request: Request) -> Response:
    catalogue = _arxiv(request).catalogue
    try:
        day = date.fromisoformat(request.query_params.get("date", catalogue.day.isoformat()))
    except ValueError:
        return JSONResponse({"error": "Invalid date"}, 400)
    return JSONResponse([] if _plays(request, "empty") else others.daily_papers(catalogue, day))


async def _digest(request: Request) -> Response:
    digest = _arxiv(request).catalogue.digest
    if request.url.path.endswith(".md"):
        return _unchanged(request, digest_markdown.write(digest).encode(), "text/markdown")
    return _unchanged(request, others.digest_rss(digest), "application/xml")


async def _faults(request: Request) -> Response:
    return JSONResponse(_arxiv(request).faults.as_json())


async def _add_fault(request: Request) -> Response:
    _arxiv(request).faults.add(await body_of(request))
    return await _faults(request)


async def _clear_faults(request: Request) -> Response:
    _arxiv(request).faults.clear()
    return JSONResponse([])


async def _log(request: Request) -> Response:
    return JSONResponse(_arxiv(request).log.as_json())


async def _clear_log(request: Request) -> Response:
    _arxiv(request).log.visits.clear()
    return JSONResponse([])


async def _day(request: Request) -> Response:
    return JSONResponse({"day": _arxiv(request).catalogue.day.isoformat()})


async def _set_day(request: Request) -> Response:
    try:
        _arxiv(request).catalogue.day = date.fromisoformat(take(await body_of(request), "day", str))
    except ValueError:
        raise Refused(400, "day must be a date such as 2026-09-28.") from None
    return await _day(request)


def _unchanged(request: Request, body: bytes, media_type: str) -> Response:
    """The body with its ETag, or 304 if the client has it."""
    tag = f'"{sha256(body).hexdigest()}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type=media_type, headers={"ETag": tag})


def _plays(request: Request, fault: str) -> bool:
    kind: str = request.scope.get(FAULT, "")
    return kind == fault


async def _parameters(request: Request) -> Mapping[str, str]:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        # Not request.form(), which needs python-multipart even for this.
        given = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise HTTPException(400) from None
    return {**request.query_params, **dict(given)}


def _arxiv(request: Request) -> Arxiv:
    arxiv: Arxiv = request.app.state.arxiv
    return arxiv
