"""The settings: from a TOML file and the environment, all mistakes reported at once."""

import json
import os
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.errors import OperatorMistake
from bot.papers import taxonomy
from storage.records import ChatKind, Form, Language

PREFIX = "PAPERGRAM_"
# In words: what looks like a token is hidden wherever it is printed.
_TOKENS_FORM = "a bot token: digits, a colon, then letters and digits"
_TOKEN = re.compile(r"\d+:[\w-]{5,}")


def _known_timezone(name: object) -> object:
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone name such as Asia/Shanghai") from None
    return name


def _list(value: object) -> object:
    # In the environment a list is written without brackets: 1,2,3
    if isinstance(value, str):
        return [part for part in re.split(r"[,\s\[\]]+", value) if part]
    return value


def _whole(value: object) -> object:
    # To pydantic `true` is 1 and 30.0 is 30. The environment holds texts.
    try:
        return int(str(value))
    except ValueError:
        raise ValueError("is not a whole number") from None


_HTTP = r"^https?://\S+$"
# Addresses are logged and shown in /status: one with a name and password in it is refused.
_Address = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(?:/\S*)?$")]
_Names = Annotated[list[str], BeforeValidator(_list)]
_Whole = Annotated[int, BeforeValidator(_whole)]
_FREE = 30  # messages a second: https://core.telegram.org/bots/faq#broadcasting-to-users


class _Section(BaseModel):
    # validate_default: a default that breaks its own rule would only be found by the user
    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)


class Telegram(_Section):
    """How the bot reaches Telegram."""

    token: SecretStr = SecretStr("")
    token_file: str = ""
    base_url: str = Field(default="https://api.telegram.org/bot", pattern=_HTTP)

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
            raise ValueError(f"is not {_TOKENS_FORM} (what it is instead is not shown)")
        return token

    @field_validator("token_file")
    @classmethod
    def _holds_token(cls, name: str) -> str:
        try:
            if name and not _TOKEN.fullmatch(Path(name).read_text(encoding="utf-8").strip()):
                raise ValueError(f"does not hold {_TOKENS_FORM}")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read ({type(error).__name__})") from None
        return name


class Arxiv(_Section):
    """What is read of arXiv, and as whom."""

    enabled: bool = True
    categories: _Names = ["cs.AI", "cs.CL", "cs.CV", "cs.LG"]
    contact: str = ""
    catch_up_days: int = Field(default=14, ge=0, le=90)
    feed_url: _Address = "https://rss.arxiv.org/rss"
    api_url: _Address = "https://export.arxiv.org/api/query"
    oai_url: _Address = "https://oaipmh.arxiv.org/oai"

    @field_validator("categories")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        if unknown := [name for name in names if not taxonomy.resolve(name)]:
            raise ValueError(f"{', '.join(unknown)} is no category or archive of arXiv, such as cs.LG or cs")
        return names


class HuggingFace(_Section):
    """Hugging Face's daily papers, whose votes and code links are added to the same papers."""

    enabled: bool = False
    url: _Address = "https://huggingface.co/api/daily_papers"


class Publishers(_Section):
    """Digests that others publish in the reference format."""

    urls: Annotated[list[_Address], BeforeValidator(_list)] = []


class Provider(_Section):
    """A language model behind an OpenAI-compatible endpoint. Prices are in yuan per million tokens."""

    name: str = Field(min_length=1)
    base_url: str = Field(pattern=_HTTP)
    model: str = Field(min_length=1)
    key: SecretStr = SecretStr("")
    key_file: str = ""
    concurrency: int = Field(default=8, ge=1, le=200)
    requests_per_minute: int = Field(default=0, ge=0)
    tokens_per_minute: int = Field(default=0, ge=0)
    price_input: Decimal = Field(default=Decimal(0), ge=0)
    price_cached: Decimal | None = Field(default=None, ge=0)
    price_output: Decimal = Field(default=Decimal(0), ge=0)
    timeout: float = Field(default=180, gt=0)
    max_tokens: int = Field(default=2000, ge=200)
    extra: dict[str, Any] = {}

    @property
    def secret(self) -> str:
        """The key, or what `key_file` holds; empty for a server that asks for none."""
        return self.key.get_secret_value() or _content(self.key_file)

    @field_validator("key_file")
    @classmethod
    def _readable(cls, name: str) -> str:
        try:
            _content(name)
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read ({type(error).__name__})") from None
        return name


def _content(name: str) -> str:
    return Path(name).read_text(encoding="utf-8").strip() if name else ""


def _tables(value: object) -> object:
    # In the environment a list of tables is written as JSON.
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "[]")
    except ValueError:
        raise ValueError("is not a JSON list of providers") from None


class Summaries(_Section):
    """Who writes the Chinese, for which papers, and what it may cost."""

    all: bool = False
    on_failure: Literal["draft", "sentence"] = "draft"
    wait_hours: float = Field(default=6, ge=0, le=48)
    yuan_per_day: Decimal = Field(default=Decimal(10), ge=0)
    per_reader_per_day: int = Field(default=20, ge=0)
    providers: Annotated[list[Provider], BeforeValidator(_tables)] = []

    @field_validator("providers")
    @classmethod
    def _told_apart(cls, providers: list[Provider]) -> list[Provider]:
        names = [each.name for each in providers]
        if len(set(names)) < len(names):
            raise ValueError("two providers have the same name")
        return providers


class Operator(_Section):
    """Who runs the bot: told of faults, and the only one whom /status answers."""

    chat_id: int = 0
    language: Language = Language.CHINESE

    @property
    def kind(self) -> ChatKind:
        """A user's chat has a positive id, all others a negative one."""
        return ChatKind.PRIVATE if self.chat_id > 0 else ChatKind.SUPERGROUP


class Storage(_Section):
    """Where the papers are kept."""

    url: str = "sqlite:///data/papers.db"


class Digest(_Section):
    """What a new subscription starts with; its readers change it by buttons."""

    hour: int = Field(default=9, ge=0, le=23)
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], BeforeValidator(_list), Field(min_length=1)] = [
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
    """How fast and how the outbox sends. The limits are Telegram's; 0 is none."""

    in_flight: _Whole = Field(default=100, ge=1, le=500)
    per_second: _Whole = Field(default=_FREE, ge=0)
    private_per_second: _Whole = Field(default=1, ge=0)
    group_per_minute: _Whole = Field(default=20, ge=0)
    paid_stars_per_day: _Whole = Field(default=0, ge=0)
    new_versions: Literal["leave", "edit"] = "leave"

    @field_validator("per_second")
    @classmethod
    def _free(cls, number: int) -> int:
        if number > _FREE:
            raise ValueError(
                f"is more than the {_FREE} a second that Telegram takes for free; what is to be paid for beyond them "
                "is set by paid_stars_per_day"
            )
        return number


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
        enable_decoding=False,  # a list in the environment is written plainly, see _list
    )

    telegram: Telegram = Telegram()
    storage: Storage = Storage()
    arxiv: Arxiv = Arxiv()
    hugging_face: HuggingFace = HuggingFace()
    publishers: Publishers = Publishers()
    summaries: Summaries = Summaries()
    operator: Operator = Operator()
    digest: Digest = Digest()
    chat: Chat = Chat()
    delivery: Delivery = Delivery()
    log: Log = Log()

    @property
    def secrets(self) -> list[str]:
        """All that must never be written down."""
        return [self.telegram.secret, *(each.secret for each in self.summaries.providers)]

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


# In place of pydantic's own, which speak of Python.
_SENTENCES = {
    "extra_forbidden": "is not an option",
    "model_type": "is a section, whose options are written below its name in brackets",
}


def _mistake(error: Any) -> str:
    key = ".".join(map(str, error["loc"])) or "settings"
    text = _SENTENCES.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return f"{key}: {text[:1].lower()}{text[1:]}"


def _unknown_variables() -> list[str]:
    sections = {name.upper() for name in Settings.model_fields}
    named = (name for name in os.environ if name.upper().startswith(PREFIX))
    return [f"{name}: is not an option" for name in named if name.upper()[len(PREFIX) :].split("__")[0] not in sections]


def _report(mistakes: list[str]) -> str:
    return "The configuration has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)
