"""A known server is spoken to in its own way, an unknown one is found out, and what it refuses is dropped once."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summaries.dialect import Dialect, Form, first_dialect, narrower, request_body
from bot.summaries.provider import Provider, Usage, cost

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
SCHEMA: dict[str, Any] = {"type": "object", "required": ["a"]}
DISABLED = {"type": "disabled"}


def provider(**more: Any) -> Provider:
    known: dict[str, Any] = {"name": "p", "base_url": "https://x.example/v1", "key": "sk-1", "model": "m"}
    return Provider(**(known | more))


def body(dialect: Dialect, **more: Any) -> dict[str, Any]:
    return request_body(provider(**more), MESSAGES, SCHEMA, dialect)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (
            "https://api.deepseek.com/v1",
            {"response_format": {"type": "json_object"}, "thinking": DISABLED, "max_tokens": 2000, "temperature": 0.3},
        ),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            {
                "response_format": {"type": "json_object"},
                "enable_thinking": False,
                "max_tokens": 2000,
                "temperature": 0.3,
            },
        ),
        (
            "https://open.bigmodel.cn/api/paas/v4",
            {"response_format": {"type": "json_object"}, "thinking": DISABLED, "max_tokens": 2000, "temperature": 0.3},
        ),
        (
            "https://api.siliconflow.cn/v1",
            {
                "response_format": {"type": "json_object"},
                "enable_thinking": False,
                "max_tokens": 2000,
                "temperature": 0.3,
            },
        ),
    ],
)
def test_a_known_host_is_asked_in_its_own_way(base_url: str, expected: dict[str, Any]) -> None:
    asked = body(first_dialect(base_url))
    assert {name: value for name, value in asked.items() if name not in {"model", "messages"}} == expected


@pytest.mark.parametrize(
    ("base_url", "limit", "temperature", "off"),
    [
        ("https://api.moonshot.cn/v1", "max_completion_tokens", False, {"thinking": DISABLED}),
        ("https://api.openai.com/v1", "max_completion_tokens", False, {}),
        ("http://localhost:11434/v1", "max_tokens", True, {"reasoning_effort": "none"}),
        (
            "http://127.0.0.1:8000/v1",
            "max_tokens",
            True,
            {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        ),
        ("https://llm.example.edu/v1", "max_tokens", True, {}),
        ("llm.example.edu", "max_tokens", True, {}),
    ],
)
def test_where_a_schema_is_taken_it_is_asked_for(
    base_url: str, limit: str, temperature: bool, off: dict[str, Any]
) -> None:
    asked = body(first_dialect(base_url))
    assert asked["response_format"]["json_schema"] == {"name": "summary", "strict": True, "schema": SCHEMA}
    assert asked[limit] == 2000
    assert ("temperature" in asked) == temperature
    assert off.items() <= asked.items()


def test_a_host_that_only_sounds_alike_is_unknown() -> None:
    assert first_dialect("https://deepseek.com.evil.example/v1") == Dialect()
    assert first_dialect("https://notdeepseek.com/v1") == Dialect()
    assert first_dialect("http://[") == Dialect()
    assert first_dialect("https://user@api.deepseek.com:443/v1").form is Form.OBJECT


START = Dialect(thinking_off={"thinking": DISABLED})
SECOND_KEY = START.limit_keys[1:]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("This response_format type is unavailable now", replace(START, form=Form.OBJECT)),
        (
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported",
            replace(START, form=Form.OBJECT),
        ),
        ("failed to parse grammar", replace(START, form=Form.OBJECT)),
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
            replace(START, limit_keys=SECOND_KEY),
        ),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 1024]", replace(START, most_tokens=1024)),
        (
            "max_tokens is too large: 2000. This model supports at most 512 completion tokens",
            replace(START, most_tokens=512),
        ),
        (
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) is supported.",
            replace(START, temperature=False),
        ),
        ("invalid temperature: only 1 is allowed for this model", replace(START, temperature=False)),
        ("Unrecognized request argument supplied: thinking", replace(START, thinking_off={})),
        ("System role not supported", replace(START, system_role=False)),
        ("unknown variant `developer`, expected one of `system`, `user`", replace(START, system_role=False)),
        ("This model only supports stream mode, please set stream=true", replace(START, stream=True)),
    ],
)
def test_what_an_error_names_is_left_out(error: str, expected: Dialect) -> None:
    assert narrower(START, error) == expected


@pytest.mark.parametrize("error", ["", "Bad Request", "tools are not supported", "Invalid value for 'model'"])
def test_an_error_that_names_nothing_leaves_nothing_out(error: str) -> None:
    assert narrower(START, error) is None


def test_schema_gives_way_to_object_and_that_to_text() -> None:
    assert narrower(replace(START, form=Form.OBJECT), "response_format") == replace(START, form=Form.TEXT)
    assert narrower(replace(START, form=Form.TEXT), "response_format") is None
    assert "response_format" not in body(replace(START, form=Form.TEXT))


def test_thinking_is_switched_off_where_the_server_asks_for_it() -> None:
    error = "parameter.enable_thinking must be set to false for non-streaming calls"
    found = narrower(Dialect(), error)
    assert found
    assert body(found)["enable_thinking"] is False


def test_without_a_system_role_the_rules_stand_before_the_question() -> None:
    asked = body(Dialect(system_role=False))
    assert asked["messages"] == [{"role": "user", "content": "Be brief.\n\nHello"}]
    assert MESSAGES[1]["content"] == "Hello"


def test_nobody_is_spoken_to_as_a_developer() -> None:
    said = [{"role": "developer", "content": "Be brief."}, MESSAGES[1]]
    assert request_body(provider(), said, SCHEMA, Dialect())["messages"] == MESSAGES


def test_what_the_operator_adds_has_the_last_word() -> None:
    asked = body(START, extra={"thinking": {"type": "enabled"}, "top_k": 5})
    assert asked["thinking"] == {"type": "enabled"}
    assert asked["top_k"] == 5


def test_the_longest_answer_that_the_server_allows_is_kept_to() -> None:
    dialect = replace(START, most_tokens=1024)
    assert body(dialect)["max_tokens"] == 1024
    assert body(dialect, max_tokens=500)["max_tokens"] == 500


@given(
    st.lists(
        st.text() | st.sampled_from(["max_tokens", "temperature", "response_format", "thinking", "stream", "role"])
    )
)
def test_narrowing_ends(errors: Sequence[str]) -> None:
    dialect, steps = START, 0
    error = " ".join(errors)
    while (found := narrower(dialect, error)) is not None:
        dialect, steps = found, steps + 1
        assert steps < 12
    assert body(dialect)["messages"]


def test_the_key_is_not_shown() -> None:
    assert "sk-1" not in repr(provider())


def test_cached_input_costs_its_own_price() -> None:
    priced = provider(price_input=Decimal(1), price_cached=Decimal("0.02"), price_output=Decimal(4))
    assert cost(priced, Usage(1000, 600, 300, 100)) == Decimal("0.001612")
    assert cost(replace(priced, price_cached=None), Usage(1000, 600, 300)) == Decimal("0.0022")
    assert cost(provider(), Usage(10**9, 0, 10**9)) == 0
