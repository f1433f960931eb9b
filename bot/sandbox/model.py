"""A fake model server: OpenAI's chat completions under /v1, its script under /faults, what was asked under /calls."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.sandbox.chats import Json
from bot.sandbox.composing import compose
from bot.sandbox.errors import Refused
from bot.sandbox.model_answers import Said, completion, events, refusal, said
from bot.sandbox.model_faults import ANSWERS, Fault, ModelFaults
from bot.sandbox.server import serve_app
from storage.records import Paper, Summary

_QUESTION = re.compile(r"<<<(?P<marker>\w+)\nTitle: (?P<title>.*)\nAbstract: (?P<abstract>.*)\n(?P=marker)>>>")
_CACHE_BLOCK = 64  # tokens, as DeepSeek caches


class FakeModel:
    """One server's state: what it knows, what it is scripted to do, what it was asked.

    `known` papers are answered with their summaries, others with composed Chinese. `latency` is in seconds.
    """

    def __init__(
        self,
        known: Iterable[tuple[Paper, Summary]] = (),
        *,
        faults: Iterable[Json] = (),
        latency: float = 0.0,
        key: str = "",
        seed: int = 0,
    ) -> None:
        self.known = {_squeezed(paper.title): summary for paper, summary in known}
        self.latency = latency
        self.key = key
        self.faults = ModelFaults(seed)
        for each in faults:
            self.faults.add(each)
        self.requests: list[Json] = []
        self.kinds: Counter[str] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._prefixes: set[str] = set()

    @contextlib.asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Count a call while it is being answered."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            self._at_once -= 1

    def answer(self, kind: str, question: str) -> Said:
        """What it says to a question."""
        asked = next(reversed(list(_QUESTION.finditer(question))), None)
        title, abstract = (asked["title"], asked["abstract"]) if asked else ("", question[-2000:])
        fields = compose(title, abstract)
        known = self.known.get(_squeezed(title))
        if known:
            fields |= {name: text for name in fields if (text := getattr(known, name))}
        return said(kind, title, abstract, fields)

    def usage(self, messages: list[Json], answer: Said) -> Json:
        """Tokens, roughly; the messages before the last are cached once they have been seen."""
        beginning = json.dumps(messages[:-1], ensure_ascii=False)
        cached = len(beginning) // 4 // _CACHE_BLOCK * _CACHE_BLOCK if beginning in self._prefixes else 0
        self._prefixes.add(beginning)
        reasoning = len(answer.reasoning) // 4
        written = len(answer.content) // 2 + reasoning
        return {
            "prompt_tokens": len(json.dumps(messages, ensure_ascii=False)) // 4,
            "completion_tokens": written,
            "prompt_cache_hit_tokens": cached,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }


def create_app(model: FakeModel) -> Starlette:
    """The whole server for one fake model."""
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", _complete, methods=["POST"]),
            Route("/faults", _faults, methods=["GET", "POST", "DELETE"]),
            Route("/calls", _calls),
        ],
        exception_handlers={Refused: _refused},
    )
    app.state.model = model
    return app


@contextlib.asynccontextmanager
async def serve_model(model: FakeModel, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve it while the block runs; gives the base_url for a provider. Raises OSError if the port is taken."""
    async with serve_app(create_app(model), host, port) as url:
        yield f"{url}/v1"


async def _complete(request: Request) -> Response:
    model: FakeModel = request.app.state.model
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with model.present():
        body = await _body(request)
        if model.key and request.headers.get("authorization") != f"Bearer {model.key}":
            return _refuse("401")
        question = body["messages"][-1]["content"]
        model.requests.append(body)
        fault = model.faults.strike(body, question)
        kind = fault.kind if fault else "good"
        model.kinds[kind] += 1
        answer = _answered(model, body, fault)  # what it takes is part of the latency, not added to it
        until = begun + model.latency + (fault.seconds if fault and kind == "slow" else 0.0)
        gone = await _wait(request, until - loop.time())
        return _Dropped() if gone or kind == "drop" else answer


def _answered(model: FakeModel, body: Json, fault: Fault | None) -> Response:
    kind = fault.kind if fault else "good"
    if fault and kind not in {"slow", "drop", *ANSWERS}:
        return _refuse(kind, fault)
    answer = model.answer(kind, body["messages"][-1]["content"])
    usage = model.usage(body["messages"], answer)
    if body.get("stream"):
        return Response(events(str(body["model"]), answer, usage), media_type="text/event-stream")
    return JSONResponse(completion(str(body["model"]), answer, usage))


def _refuse(kind: str, fault: Fault | None = None) -> Response:
    status, body = refusal(kind)
    headers = {"Retry-After": fault.wait} if fault and fault.wait else None
    if isinstance(body, str):
        return HTMLResponse(body, status, headers)
    return JSONResponse(body, status, headers)


async def _wait(request: Request, seconds: float) -> bool:
    """Take so long over an answer; whether the asker has hung up meanwhile."""
    if seconds <= 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _body(request: Request) -> Json:
    """The request's JSON. Raises Refused where the wire format is not kept."""
    try:
        body: Json = await request.json()
    except ValueError:
        raise Refused(400, "The body is no JSON.") from None
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages or not body.get("model"):
        raise Refused(400, "model and messages are needed.")
    for each in messages:
        if set(each) != {"role", "content"} or each["role"] not in {"system", "user", "assistant"}:
            raise Refused(400, "A message has a role (system, user, assistant) and a content.")
    form = (body.get("response_format") or {}).get("type", "text")
    if form not in {"text", "json_object", "json_schema"}:
        raise Refused(400, f"There is no response_format {form!r}.")
    if form == "json_object" and not any("json" in each["content"].lower() for each in messages):
        raise Refused(400, "Prompt must contain the word 'json' to use 'response_format' of type 'json_object'.")
    return body


async def _faults(request: Request) -> Response:
    model: FakeModel = request.app.state.model
    if request.method == "DELETE":
        model.faults.clear()
    if request.method == "POST":
        body = await request.json()
        for each in body if isinstance(body, list) else [body]:
            model.faults.add(each)
    return JSONResponse(model.faults.as_json())


async def _calls(request: Request) -> Response:
    model: FakeModel = request.app.state.model
    told = {"calls": sum(model.kinds.values()), "kinds": dict(model.kinds), "most_at_once": model.most_at_once}
    return JSONResponse(told)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": {"message": error.sentence, "type": "invalid_request_error"}}, error.status)


class _Dropped(Response):
    """No answer: the connection closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["transport"].close()
        while (await receive())["type"] != "http.disconnect":
            pass  # uvicorn counts the connection as closed from here on, and reports nothing


def _squeezed(title: str) -> str:
    return " ".join(title.split()).lower()
