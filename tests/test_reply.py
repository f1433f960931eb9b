"""Each answer of each provider has its outcome, nothing half is believed, and no reason tells a key or a question."""

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summaries.outcome import Busy, Garbled, NoAccount, NotTaken, Outcome, Unfit, Written
from bot.summaries.provider import Usage
from bot.summaries.refusal import Answer
from bot.summaries.reply import read

NOW = datetime.datetime(2026, 11, 24, 4, 0, tzinfo=datetime.UTC)
FIELDS = ("title_zh", "tldr_zh")
GOOD = {"title_zh": "潮汐", "tldr_zh": "TideNet预报盐度。"}
KEY = "sk-7f3a90cc1b2d4e5f"
QUESTION = "Title: A secret paper about salinity forecasting in estuaries\nAbstract: We forecast it."


def outcome(status: int, body: object, **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return read(Answer(status, names, raw, NOW), FIELDS, KEY, [QUESTION])


def completed(content: object, finish: object = "stop", usage: object = None, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return {"id": "1", "model": "m-0913", "choices": [choice], "usage": usage}


def text(fields: object = GOOD) -> str:
    return json.dumps(fields, ensure_ascii=False)


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    "content",
    [
        text(),
        f"\n\n {text()} \n",
        f"```json\n{text()}\n```",
        f"Here it is:\n{text()}\nI hope that this helps {{really}}.",
        f"<think>Perhaps {text({'title_zh': 'x', 'tldr_zh': 'y'})}?</think>\n{text()}",
        f"Perhaps {{'title_zh'}}?</think>{text()}",
        f"<think>\n</think>\n\n```\n{text()}```",
        f"{text({'a': 1})} is not it, but {text()}",
        text(GOOD | {"extra": "x"}),
        [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text()}],
    ],
)
def test_the_object_is_found_wherever_it_stands(content: object) -> None:
    assert outcome(200, completed(content)) == Written(GOOD, model="m-0913")


def test_a_tag_in_a_papers_own_text_is_no_thought() -> None:
    fields = {"title_zh": "关于<think>标签", "tldr_zh": "模型用<think>与</think>包住思考。"}
    assert outcome(200, completed(text(fields))) == Written(fields, model="m-0913")


def test_line_breaks_within_strings_are_read() -> None:
    answer = outcome(200, completed('{"title_zh": "潮\n汐", "tldr_zh": "好。"}'))
    assert isinstance(answer, Written)
    assert answer.fields["title_zh"] == "潮\n汐"


def test_blank_lines_and_a_byte_order_mark_before_the_body_are_skipped() -> None:
    assert isinstance(outcome(200, b"\n\n\r\n" + json.dumps(completed(text())).encode()), Written)
    assert isinstance(outcome(200, b"\xef\xbb\xbf" + json.dumps(completed(text())).encode()), Written)


def test_thoughts_beside_the_content_are_ignored() -> None:
    for name in ("reasoning_content", "reasoning"):
        assert isinstance(outcome(200, completed(text(), **{name: "First, {"})), Written)
        assert isinstance(outcome(200, completed(None, **{name: text()})), Garbled)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (" " * 40, "blank"),  # DeepSeek, where the output was no JSON
        ("", "blank"),
        (None, "blank"),
        ("抱歉，我无法回答。", "no JSON object"),
        (text()[:-5], "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("{" * 5000, "no JSON object"),
        ('{"a":' * 3000, "no JSON object"),
        ("<think>still thinking {", "no JSON object"),
        (text({"Title_zh": "x", "tldr_zh": "y"}), "title_zh is missing"),
        (text({"title_zh": "x", "tdlr_zh": "y"}), "tldr_zh is missing"),
        (text({"title_zh": "x", "tldr_zh": " \n "}), "tldr_zh is blank"),
        (text({"title_zh": "x", "tldr_zh": ["y"]}), "tldr_zh is no text"),
        ('{"title_zh": "\\ud835", "tldr_zh": "y"}', "half a character"),
    ],
)
def test_what_is_not_whole_is_garbled(content: object, reason: str) -> None:
    answer = outcome(200, completed(content))
    assert isinstance(answer, Garbled)
    assert reason in answer.reason
    assert not answer.cut


@pytest.mark.parametrize(
    ("finish", "kind", "cut"),
    [
        ("length", Garbled, True),
        ("max_tokens", Garbled, True),
        ("content_filter", Unfit, False),
        ("sensitive", Unfit, False),
        ("SAFETY", Unfit, False),
        ("model_context_window_exceeded", Unfit, False),
        ("insufficient_system_resource", Busy, False),
        ("network_error", Busy, False),
        ("tool_calls", Garbled, False),
        ("something_new", Garbled, False),
        (None, Garbled, False),
    ],
)
def test_only_an_answer_that_ended_by_itself_is_believed(finish: object, kind: type[Outcome], cut: bool) -> None:
    answer = outcome(200, completed(text(), finish))
    assert isinstance(answer, kind)
    assert getattr(answer, "cut", False) == cut


def test_thoughts_that_ate_the_answer_ask_for_more_tokens() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 60, "completion_tokens_details": {"reasoning_tokens": 60}}
    answer = outcome(200, completed("", "stop", usage))
    assert isinstance(answer, Garbled)
    assert answer.cut


def test_a_refusal_beside_the_content_is_the_models_no() -> None:
    assert isinstance(outcome(200, completed(None, refusal="I can't help with that.")), Unfit)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {"prompt_tokens": 900, "completion_tokens": 300, "prompt_tokens_details": {"cached_tokens": 768}},
            Usage(900, 768, 300),
        ),
        ({"prompt_tokens": 900, "completion_tokens": 300, "prompt_cache_hit_tokens": 832}, Usage(900, 832, 300)),
        ({"prompt_tokens": 900, "completion_tokens": 300, "cached_tokens": 64}, Usage(900, 64, 300)),
        ({"prompt_tokens": 5, "completion_tokens": 3, "prompt_cache_hit_tokens": 9}, Usage(5, 5, 3)),
        ({"prompt_tokens": None, "completion_tokens": "many", "prompt_tokens_details": None}, Usage()),
        ("none", Usage()),
        (None, Usage()),
    ],
)
def test_tokens_are_counted_under_each_providers_names(usage: object, expected: Usage) -> None:
    answer = outcome(200, completed(text(), "stop", usage))
    assert isinstance(answer, Written)
    assert answer.usage == expected


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # filters, in all their spellings
        (400, error("Content Exists Risk", type="invalid_request_error", code="invalid_request_error"), Unfit),
        (400, {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}, Unfit),
        (400, error("Input data may contain inappropriate content", code="data_inspection_failed"), Unfit),
        (400, error("x", type="content_filter"), Unfit),
        (400, error("The request was rejected because it was considered high risk"), Unfit),
        (400, {"error": {"code": "1301", "message": "系统检测到输入内容可能包含不安全或敏感内容"}}, Unfit),
        (400, {"error": {"code": 1301, "message": "x"}}, Unfit),
        (400, error("The response was filtered due to our content management policy", code="content_filter"), Unfit),
        (200, error("Content Exists Risk"), Unfit),
        # too long
        (400, error("n", type="exceed_context_size_error", code=400, n_prompt_tokens=9, n_ctx=4), Unfit),
        (400, error("This model's maximum context length is 4096 tokens.", code="context_length_exceeded"), Unfit),
        (400, error("Range of input length should be [1, 30720]"), Unfit),
        (400, {"error": {"code": "1261", "message": "Prompt 超长"}}, Unfit),
        (413, "", Unfit),
        # the account
        (401, error("Authentication Fails", type="authentication_error"), NoAccount),
        (402, error("Insufficient Balance", code="invalid_request_error"), NoAccount),
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}, NoAccount),
        (403, error("not allowed"), NoAccount),
        (400, {"code": "Arrearage", "message": "Access denied, please make sure your account is fine."}, NoAccount),
        (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试。"}}, NoAccount),
        (429, {"error": {"code": "x", "message": "账户余额已用完"}}, NoAccount),
        (
            429,
            error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
            NoAccount,
        ),
        (429, error("Your account is suspended", type="exceeded_current_quota_error"), NoAccount),
        (400, error("Model Not Exist"), NoAccount),
        (404, error("The model `x` does not exist", code="model_not_found"), NoAccount),
        (404, {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}, NoAccount),
        (307, "", NoAccount),
        (200, error("No auth", code=401), NoAccount),
        # it may pass
        (429, error("Rate limit reached", code="rate_limit_exceeded"), Busy),
        (429, error("The engine is currently overloaded, please try again later"), Busy),
        (429, "", Busy),
        (429, {"error": {"code": "1302", "message": "您当前使用该API的并发数过高"}}, Busy),
        (429, error("You exceeded your current quota. Please retry in 17.2s.", status="RESOURCE_EXHAUSTED"), Busy),
        (400, {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded"}, Busy),
        (500, error("Internal Server Error"), Busy),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", Busy),
        (503, {"code": 50505, "message": "Model service overloaded. Please try again later", "data": None}, Busy),
        (504, "", Busy),
        (529, "", Busy),
        (408, "", Busy),
        (200, error("server_error: insufficient_system_resource"), Busy),
        (200, error("Provider returned error", code=502), Busy),
        # the request's form
        (400, error("This response_format type is unavailable now", type="invalid_request_error"), NotTaken),
        (422, {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]}, NotTaken),
        (
            400,
            {"code": 20015, "message": "model does not support parameter `enable_thinking`.", "data": None},
            NotTaken,
        ),
        (404, error("No endpoints found that support response_format"), NotTaken),
        (400, {"error": "just text"}, NotTaken),
        (400, {"detail": "Not like this"}, NotTaken),
        (400, "", NotTaken),
        (418, "I am a teapot", NotTaken),
        # 200 that is no completion
        (200, "<html><title>Log in</title></html>", Garbled),
        (200, "", Garbled),
        (200, {"choices": []}, Garbled),
        (200, {"choices": None, "usage": []}, Garbled),
        (200, {"choices": ["x"]}, Garbled),
        (200, [], Garbled),
        (200, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}, NoAccount),
    ],
)
def test_each_refusal_of_each_provider_has_its_outcome(status: int, body: object, kind: type[Outcome]) -> None:
    assert isinstance(outcome(status, body), kind)


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry_after": "7"}, "", 7),
        ({"retry_after": "0.5"}, "", 0.5),
        ({"retry_after": "Tue, 24 Nov 2026 04:00:30 GMT"}, "", 30),
        ({"retry_after": "Tue, 24 Nov 2026 03:00:30 GMT"}, "", 0),
        ({"retry_after_ms": "1500", "retry_after": "2"}, "", 1.5),
        ({"x_ratelimit_reset_requests": "6m0s"}, "", 360),
        ({"x_ratelimit_reset": "1h2m3.5s"}, "", 3723.5),
        ({"x_ratelimit_reset_tokens": "120ms", "x_ratelimit_remaining_tokens": "0"}, "", 0.12),
        ({"x_ratelimit_reset_requests": "1s", "x_ratelimit_remaining_requests": "9"}, "", None),
        ({"x_ratelimit_reset_requests": "-1", "x_ratelimit_remaining_requests": "-1"}, "", None),  # Azure
        ({"x_ratelimit_reset": str(int(NOW.timestamp()) + 12)}, "", 12),
        ({}, "Please try again in 20s.", 20),
        ({}, "Please try again in 1m30.5s.", 90.5),
        ({}, "Please try again in 5 minutes", 300),
        ({}, "您的限额将在 2026-11-24 12:10:00 重置。", 600),  # Beijing
        ({}, "Rate limit reached", None),
        ({"retry_after": "soon"}, "", None),
        ({"retry_after": "99999999999"}, "", 86_400),
    ],
)
def test_a_wait_that_is_told_is_understood(headers: dict[str, str], message: str, seconds: float | None) -> None:
    answer = outcome(429, error(message), **headers)
    assert isinstance(answer, Busy)
    assert answer.seconds == (seconds if seconds is None else pytest.approx(seconds))


def test_a_streamed_answer_is_put_together() -> None:
    pieces = [{"role": "assistant", "content": None}, *({"content": each} for each in text()), {}]
    chunks: list[dict[str, Any]] = [{"model": "m-0913", "choices": [{"delta": each}]} for each in pieces]
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    chunks.append({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}})
    body = ": keep-alive\n\n" + "".join(f"data: {json.dumps(each)}\n\n" for each in chunks) + "data: [DONE]\n\n"
    assert outcome(200, body) == Written(GOOD, Usage(5, 0, 3), "m-0913")
    assert isinstance(outcome(200, body[: len(body) // 2]), Garbled)
    broken = body.replace("data: [DONE]", 'data: {"error": {"message": "overloaded"}}')
    assert isinstance(outcome(200, broken), Busy)


@pytest.mark.parametrize(
    "body",
    [
        error(f"Incorrect API key provided: {KEY}."),
        error("Your api key: ****4e5f is invalid", type="authentication_error"),
        error("Incorrect API key provided: sk-7f3a*********4e5f. You can find yours at the site."),
        error(f"Cannot take {QUESTION}"),
        error(json.dumps({"messages": [{"content": QUESTION}]})),
        {"detail": [{"loc": ["body", "x"], "msg": "Not permitted", "input": {"content": QUESTION, "key": KEY}}]},
        f"<html>{QUESTION} {KEY}</html>",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_reason_holds_neither_key_nor_question(status: int, body: object) -> None:
    told = repr(outcome(status, body))
    assert "4e5f" not in told
    assert "salinity" not in told
    assert f"HTTP {status}" in told


@given(st.integers(100, 599), st.binary(max_size=300))
def test_any_bytes_are_an_outcome(status: int, body: bytes) -> None:
    assert outcome(status, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "message", "choices", "usage", "delta", "content", "finish_reason", "detail"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(100, 599), JSON)
def test_any_json_is_an_outcome(status: int, body: object) -> None:
    assert outcome(status, json.dumps(body))
    assert outcome(status, f"data: {json.dumps(body)}")


@given(st.text())
def test_any_content_is_an_outcome(content: str) -> None:
    assert isinstance(outcome(200, completed(content)), Written | Garbled)


def test_tex_behind_one_backslash_is_the_macro_that_was_meant() -> None:
    spoilt = GOOD | {"tldr_zh": "复杂度为 $N \times D^{0.58}$，$\frac{a}{b}$，\n换行。"}
    read_back = outcome(200, completed(text(spoilt)))
    assert isinstance(read_back, Written)
    assert read_back.fields["tldr_zh"] == r"复杂度为 $N \times D^{0.58}$，$\frac{a}{b}$，" + "\n换行。"


@pytest.mark.parametrize(
    ("told", "kept"), [("/home/me/models/SmolLM2.gguf", "SmolLM2.gguf"), ("vendor/model", "vendor/model"), (7, "")]
)
def test_a_models_file_is_named_without_its_folders(told: object, kept: str) -> None:
    assert outcome(200, completed(text()) | {"model": told}) == Written(GOOD, model=kept)
