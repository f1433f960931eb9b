"""What a person writes and presses, and which of it reaches the bot."""

import re
from collections.abc import Sequence
from typing import Any

from bot.sandbox.chats import GENERAL, Chat, Json, Post, User
from bot.sandbox.errors import ApiError, Refused
from bot.sandbox.formatting import MAX_TEXT, typed
from bot.sandbox.world import World

_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,64}(?:@([A-Za-z0-9_]+))?(?=\s|$)")


def say(
    world: World,
    chat: Chat,
    user: User,
    text: str,
    *,
    entities: Sequence[Any] = (),
    thread_id: int = 0,
    reply_to: int = 0,
) -> Json:
    """A person writes a message. Raises Refused where Telegram's apps would not let them."""
    _check_may_write(world, chat, user, thread_id)
    try:
        content: dict[str, Any] = typed(text, entities)
    except ApiError as error:
        raise Refused(400, error.description) from None
    if not content["text"] or len(content["text"]) > MAX_TEXT:
        raise Refused(400, f"A message has 1 to {MAX_TEXT} characters.")
    answered = chat.standing(reply_to) if reply_to else None
    if reply_to and answered is None:
        raise Refused(400, f"There is no message {reply_to} to answer here.")
    if answered:
        content["reply_to_message"] = answered.without_reply()
        thread_id = thread_id or answered.message.get("message_thread_id", 0)
    chat.started = chat.started or chat.is_private
    message = world.post(chat, user, thread_id, **content)
    if _reaches_bot(world, chat, message["text"], answered):
        world.tell("channel_post" if chat.type == "channel" else "message", world.seen_by_bot(chat, message))
    return message


async def press(world: World, chat: Chat, user: User, post: Post, data: str) -> Json:
    """A person presses a button with `data` and waits for the bot's answer."""
    question = world.presses.ask(world.clock())
    update = {
        "id": question,
        "from": user.as_json(),
        "message": world.seen_by_bot(chat, post.message),
        "chat_instance": str(abs(chat.id) * 7919),
        "data": data,
    }
    world.tell("callback_query", update)
    answer = await world.presses.wait(question, world.patience)
    notice: Json = {"text": "", "show_alert": False, "url": ""} if answer is None else answer
    return {"callback_query_id": question, "answered": answer is not None, **notice}


async def ask_inline(world: World, user: User, query: str, offset: str) -> tuple[str, Json | None]:
    """A person types @bot and a query; gives the question's id, and the bot's answer if it comes."""
    question = world.inline_queries.ask(world.clock())
    update = {
        "id": question,
        "from": user.as_json(),
        "query": query,
        "offset": offset,
        "chat_type": "sender",
    }
    world.tell("inline_query", update)
    return question, await world.inline_queries.wait(question, world.patience)


def choose(world: World, chat: Chat, user: User, chosen: tuple[str, str], thread_id: int = 0) -> Json:
    """A person posts a result in a chat. `chosen`: the inline query's id and the result's. Raises Refused."""
    question, result_id = chosen
    _check_may_write(world, chat, user, thread_id)
    answer = world.inline_queries.answer_to(question)
    result = next((each for each in answer["results"] if each["id"] == result_id), None) if answer else None
    content = (result or {}).get("input_message_content", {})
    if result is None or "text" not in content:
        raise Refused(404, "There is no such result any more: ask again.")
    kept = {name: content[name] for name in ("text", "entities", "link_preview_options") if name in content}
    chat.started = chat.started or chat.is_private
    message = world.post(
        chat, user, thread_id, **kept, via_bot=world.bot.as_json(), reply_markup=result.get("reply_markup")
    )
    # Privacy mode keeps from a bot what people write, but not what they post through it.
    if world.bot_in(chat).present:
        world.tell("channel_post" if chat.type == "channel" else "message", world.seen_by_bot(chat, message))
    return message


def has_button(post: Post, data: str) -> bool:
    """Whether a message's keyboard has a button with this callback data."""
    rows = post.message.get("reply_markup", {}).get("inline_keyboard", [])
    return any(button.get("callback_data") == data for row in rows for button in row)


def check_present(chat: Chat, user: User) -> None:
    """Refuse what only somebody in the chat can do; a public channel is everybody's."""
    if chat.is_private and chat.id != user.id:
        raise Refused(403, "That is somebody else's private chat.")
    if chat.migrated_to:
        raise Refused(403, f"This group became the supergroup {chat.migrated_to}.")
    if not chat.member(user.id).present and not (chat.type == "channel" and chat.username):
        raise Refused(403, f"{user.first_name} is not in this chat.")


def _check_may_write(world: World, chat: Chat, user: User, thread_id: int) -> None:
    check_present(chat, user)
    member = chat.member(user.id)
    if chat.type == "channel" and not member.may("can_post_messages"):
        raise Refused(403, "Only its administrators write in a channel.")
    if chat.is_private and world.bot_in(chat).status == "kicked":
        raise Refused(403, "The bot is blocked here: unblock it first.")
    if thread_id and (thread_id == GENERAL or thread_id not in chat.topics):
        raise Refused(400, "There is no such topic; General is written to without one.")
    topic = chat.topics.get(thread_id or GENERAL)
    if topic and topic.closed and not member.is_admin:
        raise Refused(403, "This topic is closed.")


def _reaches_bot(world: World, chat: Chat, text: str, answered: Post | None) -> bool:
    """Telegram's privacy mode: core.telegram.org/bots/features#privacy-mode."""
    bot = world.bot_in(chat)
    if not bot.present:
        return False
    if not chat.is_group or not world.privacy or bot.is_admin:
        return True
    command = _COMMAND.match(text)
    if command:
        return command[1] is None or command[1].lower() == world.bot.username.lower()
    mentioned = re.search(rf"@{re.escape(world.bot.username)}\b", text, re.IGNORECASE)
    return bool(mentioned) or (answered is not None and answered.by == world.bot.id)
