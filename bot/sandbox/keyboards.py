"""The reply_markup of a message, checked as Telegram checks it."""

from typing import Any

from bot.sandbox.chats import Chat, Json
from bot.sandbox.errors import bad_request
from bot.sandbox.formatting import checked_url
from bot.sandbox.parameters import Parameters

MAX_BUTTONS = 100
_MAX_DATA = 64  # bytes of UTF-8
_MAX_URL = 2048
_MAX_COPIED = 256
_OTHER_KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
_ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_MAY_BE_EMPTY = frozenset({"switch_inline_query", "switch_inline_query_current_chat"})


def read_markup(parameters: Parameters, chat: Chat) -> Json | None:
    """The inline keyboard for a message, None for any other markup: only that one becomes part of the message."""
    markup = parameters.json("reply_markup", dict, "reply keyboard markup")
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        if not any(key in markup for key in _OTHER_KEYBOARDS):
            raise bad_request("object expected as reply markup")
        return None
    return inline_keyboard(markup, chat.type)


def inline_keyboard(markup: Json, chat_type: str) -> Json | None:
    """The keyboard with its links in their kept form, None for an empty one."""
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: row must be of type Array")
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    kept = [[_button(button, chat_type) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _button(button: Any, chat_type: str) -> Json:
    broken = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad_request(broken + "InlineKeyboardButton must be an Object")
    text = button.get("text")
    if text is None:
        raise bad_request(broken + 'Can\'t find field "text"')
    if not isinstance(text, str):
        raise bad_request(broken + 'Field "text" must be of type String')
    if not text.strip():
        raise bad_request("button text must be non-empty")
    action = next((name for name in _ACTIONS if button.get(name) or (name in _MAY_BE_EMPTY and name in button)), "")
    match action:
        case "":
            raise bad_request(broken + "Text buttons are unallowed in the inline keyboard")
        case "callback_data":
            _check_data(button[action])
        case "url":
            return {**button, "url": _checked_address(str(button[action]))}
        case "web_app" if chat_type != "private":
            raise bad_request("BUTTON_TYPE_INVALID")
        case "copy_text":
            _check_copied(button[action])
        case "pay" | "callback_game":
            raise bad_request("BUTTON_TYPE_INVALID")
    return button


def _check_data(data: Any) -> None:
    if not isinstance(data, str):
        raise bad_request('can\'t parse inline keyboard button: Field "callback_data" must be of type String')
    if len(data.encode()) > _MAX_DATA:
        raise bad_request("BUTTON_DATA_INVALID")


def _checked_address(address: str) -> str:
    url = checked_url(address, "inline keyboard button URL")
    if len(url) > _MAX_URL:
        raise bad_request("BUTTON_URL_INVALID")
    return url


def _check_copied(value: Any) -> None:
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_COPIED:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
