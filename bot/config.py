"""The settings: from a TOML file and the environment, all mistakes reported at once."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.errors import OperatorMistake
from storage.records import Form, Language

PREFIX = "PAPERGRAM_"
_TOKEN = re.compile(r"\d+:[\w-]{5,}")


def _known_timezone(name: object) -> object:
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone name such as Asia/Shanghai") from None
    return name


def _days(value: object) -> object:
    # In the environment a list is written without brackets: 1,2,3
    if isinstance(value, str):
        return [part for part in re.split(r"[,\s\[\]]+", value) if part]
    return value


class _Section(BaseModel):
    # validate_default: a default that breaks its own rule would only be found by the user
    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)


class Telegram(_Section):
    """How the bot reaches Telegram."""

    token: SecretStr = SecretStr("")
    token_file: str = ""
    base_url: str = Field(default="https://api.telegram.org/bot", pattern=r"^https?://\S+$")

    @property
    def secret(self) -> str:
        """The token, or what `token_file` holds; empty if neither is set."""
        if token := self.token.get_secret_value():
            return token
        return Path(self.token_file).read_text(encoding="utf-8").strip() if self.token_file else ""

    @field_validator("token")
    @classmethod
    def _well_formed(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is not a bot token such as 123456:ABC-DEF (what it is instead is not shown)")
        return token

    @field_validator("token_file")
    @classmethod
    def _holds_token(cls, name: str) -> str:
        try:
            if name and not _TOKEN.fullmatch(Path(name).read_text(encoding="utf-8").strip()):
                raise ValueError("does not hold a bot token such as 123456:ABC-DEF")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read ({type(error).__name__})") from None
        return name


class Storage(_Section):
    """Where the papers are kept."""

    url: str = "sqlite:///data/papers.db"


class Digest(_Section):
    """What a new subscription starts with; its readers change it by buttons."""

    hour: int = Field(default=9, ge=0, le=23)
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], BeforeValidator(_days), Field(min_length=1)] = [
        1,
        2,
        3,
        4,
        5,
    ]
    timezone: Annotated[str, BeforeValidator(_known_timezone)] = "Asia/Shanghai"
    form: Form = Form.CARDS
    papers: int = Field(default=10, ge=1, le=50)
    window_days: int = Field(default=7, ge=1, le=90)


class Chat(_Section):
    """How the bot speaks in a chat that has not chosen."""

    language: Language = Language.CHINESE


class Delivery(_Section):
    """How the outbox sends."""

    workers: int = Field(default=8, ge=1, le=16)


class Log(_Section):
    """What is logged, to standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Settings(BaseSettings):
    """All settings. The environment wins over the file: PAPERGRAM_TELEGRAM__TOKEN and so on."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        enable_decoding=False,  # a list in the environment is written plainly, see _days
        nested_model_default_partial_update=True,
    )

    telegram: Telegram = Telegram()
    storage: Storage = Storage()
    digest: Digest = Digest()
    chat: Chat = Chat()
    delivery: Delivery = Delivery()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before what `load` read from the file."""
        return (env_settings, init_settings)


def load(path: Path | None) -> Settings:
    """The settings of a TOML file, or the defaults. Raises OperatorMistake that names every wrong key."""
    data = _read(path) if path else {}
    unknown = _unknown_variables()
    try:
        settings = Settings(**data)
    except SettingsError as error:
        raise OperatorMistake(f"The environment cannot be read: {error}.") from None
    except ValidationError as error:
        raise OperatorMistake(_report([*map(_mistake, error.errors(include_input=False)), *unknown])) from None
    if unknown:
        raise OperatorMistake(_report(unknown))
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperatorMistake(f"The configuration {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorMistake(f"The configuration {path} is not TOML: {error}.") from None


def _mistake(error: Any) -> str:
    key = ".".join(map(str, error["loc"])) or "settings"
    text = "is not an option" if error["type"] == "extra_forbidden" else error["msg"].removeprefix("Value error, ")
    return f"{key}: {text[:1].lower()}{text[1:]}"


def _unknown_variables() -> list[str]:
    sections = {name.upper() for name in Settings.model_fields}
    named = (name for name in os.environ if name.upper().startswith(PREFIX))
    return [f"{name}: is not an option" for name in named if name.upper()[len(PREFIX) :].split("__")[0] not in sections]


def _report(mistakes: list[str]) -> str:
    return "The configuration has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)
