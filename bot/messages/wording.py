"""The templates: one folder a language, filled in with everything escaped."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from storage.records import Language


def render(language: Language, template: str, **values: Any) -> str:
    """A template of templates/<language>/ as Telegram HTML, without the line end that ends the file."""
    return _environment().get_template(f"{language}/{template}.html").render(**values).strip()


def sentence(language: Language, key: str, **values: str | int) -> str:
    """A text of words.toml such as `mistake.no_id`, as Telegram HTML."""
    return str(Markup(_words(language)[key]).format(**values))  # noqa: S704  # the text is ours, the values get escaped


def word(language: Language, key: str, **values: str | int) -> str:
    """A text of words.toml such as `button.save`, as plain text."""
    return _words(language)[key].format(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.messages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the files do not change, and looking at each costs more than filling it in
    )


@cache
def _words(language: Language) -> dict[str, str]:
    text = files("bot.messages").joinpath(f"templates/{language}/words.toml").read_text(encoding="utf-8")
    return {f"{table}.{key}": value for table, entries in tomllib.loads(text).items() for key, value in entries.items()}
