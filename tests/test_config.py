import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings, load
from bot.errors import OperatorMistake
from bot.secrecy import hide

EXAMPLE = Path(__file__).resolve().parents[1] / "config.example.toml"
TOKEN = "123456:ABC-secret-DEF"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PAPERGRAM_"):
            monkeypatch.delenv(name)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "papergram.toml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes(file: Path | None) -> list[str]:
    with pytest.raises(OperatorMistake) as raised:
        load(file)
    return str(raised.value).splitlines()[1:]


def test_the_example_names_every_option_with_its_default() -> None:
    assert load(EXAMPLE) == load(None)
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    options = {name: set(type(section).model_fields) for name, section in load(None)}
    assert {name: set(section) for name, section in example.items()} == options


def test_every_option_of_the_example_has_a_line_of_why() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    options = [at for at, line in enumerate(lines) if re.match(r"\w+ =", line)]
    assert options
    assert all(lines[at - 1].startswith("# ") for at in options)


def test_all_mistakes_are_reported_at_once_each_with_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(
        tmp_path,
        f"""
        [telegram]
        token = "not a token: {TOKEN}x!"
        base_url = "ftp://x"
        [digest]
        hour = 24
        weekdays = [0]
        timezone = "Mars/Olympus"
        minute = 5
        [nonsense]
        x = 1
        """,
    )
    monkeypatch.setenv("PAPERGRAM_LOG__LEVEL", "LOUD")
    monkeypatch.setenv("PAPERGRAM_TYPO__X", "1")
    found = mistakes(file)
    keys = {line.split(":")[0].strip() for line in found}
    assert keys == {
        *("telegram.token", "telegram.base_url", "digest.hour", "digest.weekdays.0", "digest.timezone"),
        *("digest.minute", "nonsense", "log.level", "PAPERGRAM_TYPO__X"),
    }
    assert "secret" not in "".join(found)
    assert hide("".join(found)) == "".join(found)  # else the sentence would lose what explains it


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "[digest]\nhour = 7\npapers = 20\n")
    monkeypatch.setenv("PAPERGRAM_DIGEST__HOUR", "21")
    monkeypatch.setenv("PAPERGRAM_DIGEST__WEEKDAYS", "1,3, 5")
    monkeypatch.setenv("PAPERGRAM_STORAGE__URL", "sqlite:///x.db")
    settings = load(file)
    assert (settings.digest.hour, settings.digest.papers, settings.digest.weekdays) == (21, 20, [1, 3, 5])
    assert settings.storage.url == "sqlite:///x.db"


def test_the_token_comes_from_file_or_environment_and_hides_in_every_repr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n", encoding="utf-8")
    monkeypatch.setenv("PAPERGRAM_TELEGRAM__TOKEN_FILE", str(secret))
    assert load(None).telegram.secret == TOKEN
    monkeypatch.setenv("PAPERGRAM_TELEGRAM__TOKEN", "99:from-the-environment")
    settings: Any = load(None)
    assert settings.telegram.secret == "99:from-the-environment"
    assert "from-the-environment" not in f"{settings!r}{settings}{settings.model_dump()}"


@pytest.mark.parametrize("content", [None, "", "not a token", "\xff"])
def test_a_token_file_without_a_token_is_one_of_the_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    secret = tmp_path / "token"
    if content is not None:
        secret.write_bytes(content.encode("latin-1"))
    monkeypatch.setenv("PAPERGRAM_TELEGRAM__TOKEN_FILE", str(secret))
    (line,) = mistakes(None)
    assert line.strip().startswith("telegram.token_file: ")
    assert hide(line) == line


@pytest.mark.parametrize("text", ["[telegram", "a = ", "\x00"])
def test_a_file_that_is_no_toml_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(OperatorMistake, match="is not TOML"):
        load(written(tmp_path, text))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OperatorMistake, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().digest = load(None).digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[delivery]\nper_second = true", ["delivery.per_second: is not a whole number"]),
        ("[delivery]\nprivate_per_second = true", ["delivery.private_per_second: is not a whole number"]),
        ("[delivery]\ngroup_per_minute = 20.0", ["delivery.group_per_minute: is not a whole number"]),
        ('[delivery]\nin_flight = "many"', ["delivery.in_flight: is not a whole number"]),
        (
            "[delivery]\nper_second = 100000",
            [
                "delivery.per_second: is more than the 30 a second that Telegram takes for free; what is to be paid "
                "for beyond them is set by paid_stars_per_day"
            ],
        ),
        ("delivery = 5", ["delivery: is a section, whose options are written below its name in brackets"]),
    ],
)
def test_a_wrong_limit_is_one_clear_sentence(tmp_path: Path, text: str, told: list[str]) -> None:
    assert [line.strip() for line in mistakes(written(tmp_path, text))] == told


def test_a_limit_may_be_lowered_taken_away_and_set_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERGRAM_DELIVERY__PER_SECOND", "20")
    limits = load(written(tmp_path, "[delivery]\nprivate_per_second = 0")).delivery
    assert (limits.per_second, limits.private_per_second) == (20, 0)
    monkeypatch.setenv("PAPERGRAM_DELIVERY__PER_SECOND", "true")
    assert [line.strip() for line in mistakes(None)] == ["delivery.per_second: is not a whole number"]
