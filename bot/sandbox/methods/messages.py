"""The methods that send, edit, delete and pin messages."""

import re
from typing import Any

from bot.sandbox.access import (
    check_limits,
    check_thread,
    entered_chat,
    require_right,
    standing_post,
    writable_chat,
    wrote,
)
from bot.sandbox.chats import Chat, Json, Post
from bot.sandbox.errors import bad_request
from bot.sandbox.formatting import read_text
from bot.sandbox.keyboards import read_markup
from bot.sandbox.links import checked_link
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_DELETABLE = 48 * 3600  # seconds, core.telegram.org/bots/api#deletemessage
_ACTIONS = re.compile(
    r"typing|choose_sticker|find_location|upload_(photo|video|voice|document|video_note|audio)"
    r"|record_(video|voice|video_note|audio)"
)


def send_message(world: World, parameters: Parameters) -> Json:
    """Send a text."""
    content = read_text(parameters, world.users) | {"link_preview_options": _preview(parameters)}
    return send(world, parameters, content)


def send(world: World, parameters: Parameters, content: Json, what: str = "text messages") -> Json:
    """Put the bot's message into the chat that the call names, with what every kind of message can have."""
    chat = writable_chat(world, parameters, what)
    content |= {
        "reply_markup": read_markup(parameters, chat),
        "has_protected_content": parameters.flag("protect_content") or None,
    }
    thread_id = parameters.integer("message_thread_id")
    if answered := _answered(chat, parameters):
        content["reply_to_message"] = answered.without_reply()
        thread_id = thread_id or answered.message.get("message_thread_id", 0)
    check_thread(world, chat, thread_id)
    check_limits(world, chat, paid=parameters.flag("allow_paid_broadcast"))
    return world.seen_by_bot(chat, world.post(chat, world.bot, thread_id, **content))


def edit_message_text(world: World, parameters: Parameters) -> Json:
    """Replace a text; without a keyboard the old one goes."""
    content = read_text(parameters, world.users) | {"link_preview_options": _preview(parameters)}
    chat, post = _editable(world, parameters)
    if "text" not in post.message:
        raise bad_request("there is no text in the message to edit")
    return _edit(world, chat, post, content | {"reply_markup": read_markup(parameters, chat)})


def edit_message_reply_markup(world: World, parameters: Parameters) -> Json:
    """Replace a keyboard alone."""
    chat, post = _editable(world, parameters)
    return _edit(world, chat, post, {"reply_markup": read_markup(parameters, chat)})


def delete_message(world: World, parameters: Parameters) -> bool:
    """Delete a message of the bot's, or of others where it may."""
    chat = entered_chat(world, parameters)
    post = standing_post(chat, parameters, "delete")
    if not wrote(world, post):
        require_right(world, chat, "can_delete_messages", bad_request("message can't be deleted"))
    elif world.clock() - post.message["date"] > _DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    post.deleted = True
    world.changes.bump()
    return True


def pin_chat_message(world: World, parameters: Parameters) -> bool:
    """Pin a message; the service message about it goes to the chat, not to the bot that pinned."""
    chat = entered_chat(world, parameters)
    _require_pinning(world, chat)
    post = standing_post(chat, parameters, "pin")
    world.post(chat, world.bot, pinned_message=post.message.copy())
    return True


def unpin_chat_message(world: World, parameters: Parameters) -> bool:
    """Unpin a message, the newest one if none is named."""
    chat = entered_chat(world, parameters)
    _require_pinning(world, chat)
    if parameters.integer("message_id"):
        standing_post(chat, parameters, "unpin")
    return True


def send_chat_action(world: World, parameters: Parameters) -> bool:
    """Say what the bot is doing, of which nothing remains."""
    chat = writable_chat(world, parameters)
    if not _ACTIONS.fullmatch(parameters.text("action").lower()):
        raise bad_request("wrong parameter action in request")
    check_thread(world, chat, parameters.integer("message_thread_id"))
    return True


def _editable(world: World, parameters: Parameters) -> tuple[Chat, Post]:
    if parameters.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = entered_chat(world, parameters)
    post = standing_post(chat, parameters, "edit")
    if not wrote(world, post) or "pinned_message" in post.message:
        raise bad_request("message can't be edited")
    return chat, post


def _edit(world: World, chat: Chat, post: Post, content: Json) -> Json:
    message = post.message
    kept = ("text", "entities", "reply_markup") if "text" in content else ("reply_markup",)
    if all(message.get(key) == content.get(key) for key in kept):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    check_limits(world, chat)
    before: Json = {"date": message.get("edit_date", message["date"])}
    before |= {key: message[key] for key in ("text", "entities", "reply_markup") if key in message}
    post.edits.append(before)
    for key in (*kept, *content):
        message.pop(key, None)
    message |= {key: value for key, value in content.items() if value is not None}
    message["edit_date"] = int(world.clock())
    world.changes.bump()
    return world.seen_by_bot(chat, message)


def _answered(chat: Chat, parameters: Parameters) -> Post | None:
    given: Any = parameters.json("reply_parameters", dict, "ReplyParameters")
    if given is None:
        given = {
            "message_id": parameters.integer("reply_to_message_id"),
            "allow_sending_without_reply": parameters.flag("allow_sending_without_reply"),
        }
    elif "message_id" not in given:
        raise bad_request('can\'t find field "message_id"')
    message_id = given["message_id"]
    if not isinstance(message_id, int) or message_id <= 0:
        return None
    post = chat.standing(message_id)
    if post is None and given.get("allow_sending_without_reply") is not True:
        raise bad_request("message to be replied not found")
    return post


def _preview(parameters: Parameters) -> Json | None:
    options: Json | None = parameters.json("link_preview_options", dict, "LinkPreviewOptions")
    if options is None:
        return {"is_disabled": True} if parameters.flag("disable_web_page_preview") else None
    for key, value in options.items():
        if key != "url" and not isinstance(value, bool):
            raise bad_request(f'field "{key}" must be of type Boolean')
    if options.get("url") and not checked_link(str(options["url"])):
        raise bad_request("WEBPAGE_URL_INVALID")
    return {key: value for key, value in options.items() if value} or None


def _require_pinning(world: World, chat: Chat) -> None:
    right = "can_edit_messages" if chat.type == "channel" else "can_pin_messages"
    require_right(world, chat, right, bad_request("not enough rights to manage pinned messages in the chat"))
