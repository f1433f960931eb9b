"""Over real HTTP: capabilities are found out once, places are kept to, and nothing that breaks raises."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.model import FakeModel, serve_model
from bot.summaries import prompt
from bot.summaries.client import Client
from bot.summaries.dialect import Form
from bot.summaries.outcome import Busy, Garbled, NoAccount, NotTaken, Outcome, Unfit, Written
from bot.summaries.provider import Provider
from storage.records import Paper

PAPER = Paper(
    "2403.11780",
    1,
    "Prompt-Singer: Controllable Singing-Voice-Synthesis with Natural Language Prompt",
    "Recent singing-voice-synthesis methods lack the capability to control the style explicitly. We propose "
    "Prompt-Singer, the first method that enables attribute control on singer gender and volume with natural language.",
)


def provider(base_url: str, **more: Any) -> Provider:
    known: dict[str, Any] = {"name": "fake", "base_url": base_url, "key": "sk-sandbox-9c1", "model": "fake-1"}
    return Provider(**(known | more))


@contextlib.asynccontextmanager
async def running(*faults: dict[str, Any], **more: Any) -> AsyncIterator[tuple[FakeModel, Client, Provider]]:
    model = FakeModel(faults=faults, **more)
    async with serve_model(model) as url, Client() as client:
        yield model, client, provider(url)


async def ask(client: Client, asked: Provider, **more: Any) -> Outcome:
    return await client.ask(asked, prompt.messages(PAPER), prompt.SCHEMA, **more)


async def test_a_paper_goes_out_and_its_summary_comes_back() -> None:
    async with running(key="sk-sandbox-9c1") as (model, client, fake):
        answer = await ask(client, fake)
        assert isinstance(answer, Written)
        assert answer.fields["title_zh"].startswith("Prompt-Singer：")
        assert answer.model == "fake-1"
        assert answer.usage.output
        again = await ask(client, fake)
        assert isinstance(again, Written)
        assert again.usage.cached > answer.usage.cached == 0
        assert model.kinds == {"good": 2}
        assert isinstance(await ask(client, provider(fake.base_url, name="other", key="sk-wrong")), NoAccount)


@pytest.mark.parametrize(
    ("lacks", "left"),
    [
        (["no_json_schema"], {"form": Form.OBJECT}),
        (["no_json_schema", "no_json_object"], {"form": Form.TEXT}),
        (["no_max_tokens"], {"limit_keys": ("max_completion_tokens",)}),
        (["no_temperature"], {"temperature": False}),
        (["no_system"], {"system_role": False}),
        (["no_whole"], {"stream": True}),
        (
            ["no_whole", "no_system", "no_temperature", "no_max_tokens", "no_json_schema", "no_json_object"],
            {"form": Form.TEXT, "temperature": False, "system_role": False, "stream": True},
        ),
    ],
)
async def test_what_a_server_does_not_take_is_found_out_once(lacks: list[str], left: dict[str, object]) -> None:
    async with running(*({"kind": each, "times": 0} for each in lacks)) as (model, client, fake):
        assert isinstance(await ask(client, fake), Written)
        assert len(model.requests) == len(lacks) + 1
        for _ in range(3):
            assert isinstance(await ask(client, fake), Written)
        assert len(model.requests) == len(lacks) + 4
        assert {name: getattr(client.dialect(fake), name) for name in left} == left


async def test_many_that_find_it_out_together_learn_it_once() -> None:
    async with running({"kind": "no_json_schema", "times": 0}, latency=0.02) as (model, client, fake):
        answers = await asyncio.gather(*(ask(client, fake) for _ in range(30)))
        assert all(isinstance(each, Written) for each in answers)
        assert model.kinds["no_json_schema"] <= fake.concurrency
        assert client.dialect(fake).form is Form.OBJECT


async def test_what_cannot_be_left_out_is_told() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"message": "tools are needed"}})

    async with Client(transport=httpx.MockTransport(never)) as client:
        assert isinstance(await ask(client, provider("https://x.example/v1")), NotTaken)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((each, Garbled) for each in ("malformed", "misspelt", "cut", "blank", "only_thoughts")),
        *((each, Unfit) for each in ("filter_deepseek", "filter_dashscope", "filter_zhipu", "filter_moonshot")),
        *((each, Unfit) for each in ("filter_openai", "finish_filter", "finish_sensitive", "refusal", "too_long")),
        *((each, NoAccount) for each in ("401", "402", "403", "arrearage", "zhipu_1113", "insufficient_quota", "404")),
        *((each, Busy) for each in ("429", "500", "503", "html", "drop", "finish_overloaded")),
        *((each, Written) for each in ("thinking", "prose", "english", "half", "labels", "refusing", "slow")),
    ],
)
async def test_each_failure_at_the_wire_has_its_outcome(kind: str, expected: type[Outcome]) -> None:
    async with running({"kind": kind, "seconds": 0.01}) as (_, client, fake):
        answer = await ask(client, fake)
        assert isinstance(answer, expected)
        assert "sk-sandbox" not in repr(answer)
        assert isinstance(await ask(client, fake), Written)


async def test_retry_after_comes_through() -> None:
    async with running({"kind": "429", "wait": "7"}, {"kind": "429"}) as (_, client, fake):
        first, second = await ask(client, fake), await ask(client, fake)
        assert isinstance(first, Busy)
        assert isinstance(second, Busy)
        assert (first.seconds, second.seconds) == (7, None)


async def test_no_more_questions_are_open_than_the_provider_has_places() -> None:
    async with running(latency=0.02) as (model, client, fake):
        few = provider(fake.base_url, concurrency=3)
        await asyncio.gather(*(ask(client, few) for _ in range(12)))
        assert model.most_at_once == 3


async def test_an_answer_that_does_not_end_is_given_up() -> None:
    async with running({"kind": "slow", "seconds": 30}) as (_, client, fake):
        assert isinstance(await ask(client, provider(fake.base_url, timeout=0.05, concurrency=1)), Busy)
        assert isinstance(await ask(client, provider(fake.base_url, concurrency=1)), Written)


async def test_a_server_that_trickles_blank_lines_is_given_up() -> None:
    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"\n"
                await asyncio.sleep(0.005)

    def trickling(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Trickle())

    async with Client(transport=httpx.MockTransport(trickling)) as client:
        assert isinstance(await ask(client, provider("https://x.example/v1"), within=0.05), Busy)


async def test_a_cancelled_question_gives_its_place_back() -> None:
    async with running({"kind": "slow", "seconds": 30}) as (model, client, fake):
        one = provider(fake.base_url, concurrency=1)
        hanging = asyncio.create_task(ask(client, one))
        while not model.requests:
            await asyncio.sleep(0.001)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert isinstance(await ask(client, one), Written)


async def test_where_nobody_listens_the_provider_is_busy() -> None:
    async with running() as (_, client, fake):
        dead = provider(fake.base_url)
    async with Client() as client:
        assert isinstance(await ask(client, dead), Busy)


@pytest.mark.parametrize("base_url", ["ftp://x.example", "x.example/v1", "http://x:y", ""])
async def test_an_address_that_is_none_is_a_wrong_configuration(base_url: str) -> None:
    async with Client() as client:
        assert isinstance(await ask(client, provider(base_url)), NoAccount)


async def test_a_key_follows_no_redirect() -> None:
    asked: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://evil.example/v1/chat/completions"})

    async with Client(transport=httpx.MockTransport(elsewhere)) as client:
        assert isinstance(await ask(client, provider("https://x.example/v1/")), NoAccount)
    assert asked == ["x.example"]


async def test_the_limit_of_tokens_can_be_raised_for_one_question() -> None:
    async with running() as (model, client, fake):
        await ask(client, fake, max_tokens=4000)
        await ask(client, fake)
        assert [each["max_tokens"] for each in model.requests] == [4000, 2000]


async def test_faults_are_scripted_over_http_and_calls_are_counted() -> None:
    async with running() as (_, client, fake), httpx.AsyncClient(base_url=fake.base_url.removesuffix("/v1")) as http:
        assert (await http.post("/faults", json=[{"kind": "500"}, {"kind": "cut", "contains": "no such"}])).is_success
        assert isinstance(await ask(client, fake), Busy)
        assert isinstance(await ask(client, fake), Written)
        assert (await http.get("/calls")).json() == {"calls": 2, "kinds": {"500": 1, "good": 1}, "most_at_once": 1}
        assert [each["kind"] for each in (await http.get("/faults")).json()] == ["cut"]
        assert (await http.delete("/faults")).json() == []
        for wrong in ({"kind": "x"}, {"kind": "500", "often": 1}, {"kind": "500", "times": "1"}):
            refused = await http.post("/faults", json=wrong)
            assert refused.status_code == 400
            assert refused.json()["error"]["message"].endswith(".")


async def test_chance_is_the_same_for_the_same_seed() -> None:
    async def kinds(seed: int) -> list[str]:
        async with running({"kind": "500", "times": 0, "probability": 0.5}, seed=seed) as (_, client, fake):
            return [type(await ask(client, fake)).__name__ for _ in range(12)]

    first = await kinds(1)
    assert set(first) == {"Busy", "Written"}
    assert await kinds(1) == first != await kinds(2)


async def test_a_fault_spares_other_models_other_texts_and_the_first_calls() -> None:
    faults: list[dict[str, Any]] = [
        {"kind": "402", "model": "fake-2"},
        {"kind": "402", "contains": "no such words"},
        {"kind": "500", "after": 1, "contains": "Prompt-Singer"},
    ]
    async with running(*faults) as (_, client, fake):
        answers = [await ask(client, fake) for _ in range(3)]
        assert [type(each) for each in answers] == [Written, Busy, Written]
        assert isinstance(await ask(client, provider(fake.base_url, model="fake-2")), NoAccount)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        json.dumps([]),
        json.dumps({"model": "m"}),
        json.dumps({"messages": [{"role": "user", "content": "x"}]}),
        json.dumps({"model": "m", "messages": [{"role": "developer", "content": "x"}]}),
        json.dumps({"model": "m", "messages": ["x"]}),
        json.dumps(
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_object"}}
        ),
    ],
)
async def test_the_fake_is_strict_about_the_wire_format(body: str) -> None:
    async with running() as (_, _client, fake), httpx.AsyncClient() as http:
        assert (await http.post(f"{fake.base_url}/chat/completions", content=body)).status_code == 400
