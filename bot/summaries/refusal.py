"""What a provider's error means: its body in any of the shapes that are about, as an outcome. Pure.

The wordings are those of DeepSeek, DashScope, Zhipu, Moonshot, SiliconFlow, OpenAI, Azure, vLLM and llama.cpp.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.summaries import waits
from bot.summaries.outcome import Busy, NoAccount, NotTaken, Outcome, Unfit

_LONGEST_REASON = 300  # characters
_ECHO = 20  # so many letters and digits in a row that are the question's too are an echo of it

_CODES: dict[str, type[Unfit | NoAccount | Busy]] = {
    # Zhipu's business codes (docs.bigmodel.cn/cn/api/api-code)
    **dict.fromkeys(("1301", "1261"), Unfit),
    **dict.fromkeys(("1113", "1110", "1111", "1112", "1000", "1001", "1002", "1003", "1004"), NoAccount),
    **dict.fromkeys(("1302", "1303", "1304", "1305", "1308", "1310", "1312"), Busy),
}
_FILTER = re.compile(
    r"""content\ exists\ risk | data_?inspection_?failed | inappropriate\ content | content_?filter
      | considered\ high\ risk | 敏感 | content_policy | content\ management\ policy | responsibleaipolicy
      | \b(?:flagged|rejected)\b.*\b(?:moderation|safety)\b | sensitive\ content""",
    re.VERBOSE,
)
_TOO_LONG = re.compile(
    r"""context_length | context\ (?:length|window|size) | exceed_context | maximum\ context | prompt\ is\ too\ long
      | range\ of\ input\ length | input\ (?:is\ too\ long|length) | too\ many\ (?:input\ )?tokens""",
    re.VERBOSE,
)
_NO_MONEY = re.compile(
    r"""insufficient_quota | insufficient[_ ](?:balance|funds|credit) | arrearage | overdue | 余额 | 欠费
      | exceeded_current_quota | credit\ balance | (?:not\ enough|out\ of)\ credits? | payment\ required
      | is\ suspended""",
    re.VERBOSE,
)
_QUOTA = re.compile(r"billing|exceeded your current quota|free ?tier ?only|allocationquota")  # or a rate limit
_KEY = re.compile(
    r"""(?:invalid|incorrect|wrong|no)[_ ]?api[_ ]?key | invalidapikey | api\ key\ (?:is\ )?(?:not\ valid|invalid)
      | unauthori[sz]ed | authentication_error | authentication\ fail | account_deactivated | account[_ ]?disabled""",
    re.VERBOSE,
)
_NO_MODEL = re.compile(
    r"model[_ ]?not[_ ]?(?:exist|found)|model .{0,80}(?:does not|doesn't) exist|no such model|unknown model|模型不存在"
    r"|model .{0,80}not found|not a valid model"
)
_OVERLOADED = re.compile(
    r"rate[_ ]?limit|too[_ ]many[_ ]requests|throttl|overload|insufficient_system_resource|server[_ ]busy"
    r"|temporarily unavailable|limit_requests|limit_burst|请求过多|频率"
)
_LOOKS_SECRET = re.compile(
    r"""\b (?: sk | pk | ak | key | bearer | token ) [-_\ :=]+ (?=\S*[\d*]) [^\s,;"']{4,}
      | \S*\*\*\S* | \b (?=\S*\d) (?=\S*[a-z]) [\w-]{32,}""",
    re.IGNORECASE | re.VERBOSE,
)
_HTML_TITLE = re.compile(r"<title>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_BUSY = frozenset({408, 409, 425, 429})
_CLOSED = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 405})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over HTTP. `headers` have lower-case names; `now` is the time it came, for dates in it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: datetime.datetime


def refused(answer: Answer, body: object, key: str, asked: Sequence[str]) -> Outcome:  # noqa: PLR0911  # a table
    """What an error means. The key and the question's texts are kept out of the reason."""
    status = _status(answer.status, body)
    said = " ".join(dict.fromkeys(_said(body)))
    text = said.lower()
    told = without_private(" ".join(said.split())[:_LONGEST_REASON], key, asked)
    reason = f"HTTP {status}: {told}" if told else f"HTTP {status}"
    wait = waits.told(answer.headers, said, answer.now)
    kinds = {_CODES[code] for code in _codes(body) if code in _CODES}
    if Unfit in kinds or _FILTER.search(text) or status == 451:
        return Unfit(reason)
    if NoAccount in kinds or _NO_MONEY.search(text) or (_QUOTA.search(text) and wait is None):
        return NoAccount(reason)
    if Busy in kinds or status in _BUSY:
        return Busy(reason, wait)
    if _TOO_LONG.search(text) or status == 413:
        return Unfit(reason)
    if status >= 500 or _OVERLOADED.search(text):
        return Busy(reason, wait)
    if _KEY.search(text) or _NO_MODEL.search(text):
        return NoAccount(reason)
    # OpenRouter answers 404 where no server behind it takes response_format.
    if status in _CLOSED and "response_format" not in text:
        return NoAccount(reason)
    return NotTaken(reason)


def is_error(body: object) -> bool:
    """Whether this JSON is an error, whatever its status: some gateways send one with 200."""
    if not isinstance(body, dict):
        return False
    return bool(body.get("error")) or ("choices" not in body and bool({"code", "message", "detail"} & body.keys()))


def _said(body: object, depth: int = 0) -> Iterator[str]:
    """Codes, names of parameters and sentences. Other keys may echo the question: pydantic's `input` does."""
    if isinstance(body, str):
        title = _HTML_TITLE.search(body)
        yield title[1] if title else body
    elif isinstance(body, int) and not isinstance(body, bool):
        yield str(body)
    elif isinstance(body, list) and depth < 6:
        for each in body[:20]:
            yield from _said(each, depth + 1)
    elif isinstance(body, dict) and depth < 6:
        for key in ("code", "error_code", "type", "status", "param", "loc", "message", "msg", "error_msg", "reason"):
            yield from _said(body.get(key), depth + 1)
        for key in ("detail", "details", "error", "errors", "innererror", "retryDelay"):
            inner = body.get(key)
            yield from (
                (f"retry after {each}" for each in _said(inner)) if key == "retryDelay" else _said(inner, depth + 1)
            )


def _status(status: int, body: object) -> int:
    """The status that an error with 200 would have had: gateways pass their provider's on in its code."""
    codes = [int(each) for each in _codes(body) if re.fullmatch(r"[45]\d\d", each)] if status < 300 else []
    return codes[0] if codes else status


def _codes(body: object) -> Iterator[str]:
    if isinstance(body, dict):
        yield str(body.get("code", ""))
        yield from _codes(body.get("error"))


def without_private(text: str, key: str, asked: Sequence[str]) -> str:
    """The text without a key, and only up to where it begins to repeat the question."""
    text = _LOOKS_SECRET.sub("…", text.replace(key, "…") if key else text)
    letters = [(place, each.lower()) for place, each in enumerate(text) if each.isalnum()]
    joined = "".join(each for _, each in letters)
    question = "\n".join("".join(filter(str.isalnum, each.lower())) for each in asked)
    for start in range(len(joined) - _ECHO + 1):
        if joined[start : start + _ECHO] in question:
            return f"{text[: letters[start][0]].rstrip()}…"
    return text


def parsed(body: bytes) -> object:
    """The JSON of a body, blank lines and a byte order mark before it allowed; the text itself if it is none."""
    text = body.decode("utf-8-sig", "replace").strip()
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found
