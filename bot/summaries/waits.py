"""How long a provider asks to wait: from its headers, or from the error's own words. Pure."""

import datetime
import email.utils
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

LONGEST = 86_400.0  # seconds: who tells more, or a date far off, is believed for a day

# Go's duration, as OpenAI's x-ratelimit-reset-* have it: 6m0s, 1h2m3.5s, 120ms
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (86_400, 3_600, 60, 1, 0.001)
_SAID = re.compile(
    r"""(?: try\ again | retry ) \ (?: in | after ) \s+ ( (?: \d+ (?:\.\d+)? (?: ms | [dhms] ) )+ ) \b
      | (?: try\ again | retry (?:[-_ ]?(?:delay|after))? | wait ) \W+ (?: (?: in | after | for | of ) \W+ )?
        (\d+ (?:\.\d+)?) \s* ( ms | milliseconds? | s | sec(?:ond)?s? | m | min(?:ute)?s? | h(?:our)?s? )? \b""",
    re.IGNORECASE | re.VERBOSE,
)
# GLM 1308: `您的限额将在 2026-11-24 18:00:00 重置`, Beijing time
_RESET = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)")
_BEIJING = ZoneInfo("Asia/Shanghai")


def told(headers: Mapping[str, str], text: str, now: datetime.datetime) -> float | None:
    """Seconds to wait, or None where nothing was told that can be understood. `headers` have lower-case names."""
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return _bounded(milliseconds / 1000)
    if (seconds := _retry_after(headers.get("retry-after", ""), now)) is not None:
        return _bounded(seconds)
    if (seconds := _in_words(text, now)) is not None:
        return _bounded(seconds)
    resets = [_reset(headers, kind, now) for kind in ("requests", "tokens", "")]
    return _bounded(max((each for each in resets if each is not None), default=None))


def _retry_after(value: str, now: datetime.datetime) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if (seconds := _number(value)) is not None:
        return seconds
    if (seconds := duration(value)) is not None:
        return seconds
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:  # `-0000`
        when = when.replace(tzinfo=datetime.UTC)
    return (when - now).total_seconds()


def _reset(headers: Mapping[str, str], kind: str, now: datetime.datetime) -> float | None:
    """The reset of a limit that is used up; one with something left (Azure sends -1 and 0 at will) says nothing."""
    suffix = f"-{kind}" if kind else ""
    for prefix in ("x-ratelimit-", "ratelimit-"):
        value = headers.get(f"{prefix}reset{suffix}", "").strip()
        remaining = _number(headers.get(f"{prefix}remaining{suffix}", ""))
        if not value or (remaining is not None and remaining > 0):
            continue
        seconds = _number(value)
        if seconds is None:
            seconds = duration(value)
        if seconds is not None and seconds > 1e11:  # Unix time in milliseconds
            seconds /= 1000
        if seconds is not None and seconds > 1e8:  # Unix time
            seconds -= now.timestamp()
        if seconds is not None and seconds > 0:
            return seconds
    return None


def _in_words(text: str, now: datetime.datetime) -> float | None:
    said = _SAID.search(text)
    if said and said[1]:
        return duration(said[1])
    if said:
        unit = (said[3] or "s").lower()
        scale = 0.001 if unit.startswith(("ms", "milli")) else {"m": 60, "h": 3600}.get(unit[0], 1)
        return float(said[2]) * scale
    reset = _RESET.search(text)
    if not reset:
        return None
    try:
        when = datetime.datetime.fromisoformat(reset[1]).replace(tzinfo=_BEIJING)
    except ValueError:
        return None
    return (when - now).total_seconds() if when > now else None


def duration(text: str) -> float | None:
    """The seconds of `6m0s`; None for what is no duration."""
    match = _DURATION.fullmatch(text.strip().lower())
    if not match or not any(match.groups()):
        return None
    return sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS, strict=True) if part)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,9})?\s*", text) else None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)
