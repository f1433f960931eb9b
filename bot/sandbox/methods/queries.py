"""The methods that answer a pressed button and an inline query."""

import re
from typing import Any

from bot.sandbox.chats import Json
from bot.sandbox.errors import bad_request
from bot.sandbox.formatting import read_text
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_MAX_NOTICE = 200
_MAX_RESULTS = 50
_MAX_ID = 64  # bytes
_MAX_CACHE = 2**31 - 1  # seconds
_START_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    """Answer a pressed button, once."""
    text = parameters.text("text")
    if len(text) > _MAX_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = {
        "text": text,
        "show_alert": parameters.flag("show_alert"),
        "url": parameters.text("url"),
    }
    world.presses.answer(parameters.text("callback_query_id"), answer, world.clock())
    return True


def answer_inline_query(world: World, parameters: Parameters) -> bool:
    """Answer an inline query; the text of each result is read as strictly as a message's."""
    given: list[Any] = parameters.json("results", list, "InlineQueryResult") or []
    if len(given) > _MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len(parameters.text("next_offset").encode()) > _MAX_ID:
        raise bad_request("NEXT_OFFSET_INVALID")
    results = [_result(world, item) for item in given]
    if len({result["id"] for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    cached = parameters.integer("cache_time", 300)
    if not 0 <= cached <= _MAX_CACHE:
        raise bad_request("CACHE_TIME_INVALID")
    answer = {
        "results": results,
        "next_offset": parameters.text("next_offset"),
        "cache_time": cached,
        "is_personal": parameters.flag("is_personal"),
        "button": _button(parameters.json("button", dict, "InlineQueryResultsButton")),
    }
    world.inline_queries.answer(parameters.text("inline_query_id"), answer, world.clock())
    return True


def _result(world: World, item: Any) -> Json:
    if not isinstance(item, dict) or "type" not in item:
        raise bad_request("can't parse inline query result: Can't find field \"type\"")
    identifier = item.get("id")
    if not isinstance(identifier, str) or not 0 < len(identifier.encode()) <= _MAX_ID:
        raise bad_request("RESULT_ID_INVALID")
    if item["type"] == "article" and "title" not in item:
        raise bad_request("can't parse inline query result: Can't find field \"title\"")
    if item["type"] == "article" and not str(item["title"]).strip():
        raise bad_request("ARTICLE_TITLE_EMPTY")
    content = item.get("input_message_content")
    if item["type"] == "article" and not isinstance(content, dict):
        raise bad_request("can't parse inline query result: Can't find field \"input_message_content\"")
    result = dict(item)
    if isinstance(content, dict) and "message_text" in content:
        result["input_message_content"] = content | _read_content(world, content)
    if isinstance(item.get("reply_markup"), dict) and "inline_keyboard" in item["reply_markup"]:
        result["reply_markup"] = inline_keyboard(item["reply_markup"], "inline")
    return result


def _button(button: Json | None) -> Json | None:
    """What stands above the results: a text that leads to a private chat with the bot, or to a Web App."""
    if button is None:
        return None
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline query results button: Can't find field \"text\"")
    parameter = button.get("start_parameter")
    if (parameter is None) == (button.get("web_app") is None):
        raise bad_request("can't parse inline query results button: exactly one of the optional fields must be used")
    if parameter is not None and not _START_PARAMETER.fullmatch(str(parameter)):
        raise bad_request("START_PARAM_INVALID")
    return button


def _read_content(world: World, content: Json) -> Json:
    texts = {"text": str(content["message_text"]), "parse_mode": str(content.get("parse_mode") or "")}
    return read_text(Parameters(texts), world.users)
