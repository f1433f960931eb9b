"""The routes by which a test or the page acts as a person."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.sandbox.asking import asked_chat, body_of, person, take, world_of
from bot.sandbox.chats import GENERAL, Chat, Member, User
from bot.sandbox.errors import Refused
from bot.sandbox.membership import as_member, change, migrate
from bot.sandbox.speaking import ask_inline, check_present, choose, has_button, press, say
from bot.sandbox.world import World

_MAX_QUERY = 256


async def write(request: Request) -> Response:
    """A message from a person."""
    world, chat, body = world_of(request), asked_chat(request), await body_of(request)
    payload = take(body, "via_deep_link", str, "")
    message = say(
        world,
        chat,
        person(world, body, "from"),
        f"/start {payload}" if payload else take(body, "text", str),
        entities=take(body, "entities", list, []),
        thread_id=take(body, "message_thread_id", int, 0),
        reply_to=take(body, "reply_to_message_id", int, 0),
    )
    return JSONResponse(message)


async def press_button(request: Request) -> Response:
    """A button pressed; `force` presses one that is not there, as a hostile client can."""
    world, chat, body = world_of(request), asked_chat(request), await body_of(request)
    user, data = person(world, body, "from"), take(body, "data", str)
    check_present(chat, user)
    post = chat.standing(take(body, "message_id", int))
    if post is None:
        raise Refused(404, "There is no such message.")
    if not has_button(post, data) and not take(body, "force", bool, False):
        raise Refused(400, "The message has no button with this data.")
    return JSONResponse(await press(world, chat, user, post, data))


async def inline(request: Request) -> Response:
    """An inline query; without an answer in time there are no results."""
    world, body = world_of(request), await body_of(request)
    query = take(body, "query", str, "")[:_MAX_QUERY]
    question, answer = await ask_inline(world, person(world, body, "from"), query, take(body, "offset", str, ""))
    given = answer or {"results": [], "next_offset": ""}
    return JSONResponse({"inline_query_id": question, "answered": answer is not None, **given})


async def choose_result(request: Request) -> Response:
    """One of the results of an inline query, posted in a chat."""
    world, chat, body = world_of(request), asked_chat(request), await body_of(request)
    chosen = (take(body, "inline_query_id", str), take(body, "result_id", str))
    return JSONResponse(
        choose(world, chat, person(world, body, "from"), chosen, take(body, "message_thread_id", int, 0))
    )


async def add_user(request: Request) -> Response:
    """Somebody new."""
    world, body = world_of(request), await body_of(request)
    user_id = take(body, "id", int, max([2000, *(u for u in world.users if u != world.bot.id)]) + 1)
    if user_id <= 0 or user_id in world.users:
        raise Refused(400, "id must be positive and new.")
    user = User(
        user_id,
        take(body, "first_name", str),
        take(body, "username", str, ""),
        take(body, "language_code", str, ""),
        take(body, "is_bot", bool, False),
    )
    world.add_user(user)
    return JSONResponse(user.as_json(), 201)


async def add_chat(request: Request) -> Response:
    """A new group, supergroup or channel, the bot not in it."""
    world, body = world_of(request), await body_of(request)
    kind = take(body, "type", str)
    if kind not in {"group", "supergroup", "channel"}:
        raise Refused(400, "type must be group, supergroup or channel; a private chat comes with its user.")
    chat_id = take(body, "id", int, _free_id(world, kind))
    if chat_id >= 0 or chat_id in world.chats:
        raise Refused(400, "id must be negative and new.")
    forum = kind == "supergroup" and take(body, "is_forum", bool, False)
    chat = Chat(chat_id, kind, take(body, "title", str), take(body, "username", str, ""), is_forum=forum)
    world.add_chat(chat, person(world, body, "creator").id)
    return JSONResponse(chat.as_json(), 201)


async def change_topic(request: Request) -> Response:
    """A topic opened, closed, reopened or deleted."""
    world, chat, body = world_of(request), asked_chat(request), await body_of(request)
    if not chat.is_forum:
        raise Refused(400, "This chat has no topics.")
    creator = next(user_id for user_id, member in chat.members.items() if member.status == "creator")
    if "id" not in body:
        topic = world.add_topic(chat, take(body, "name", str), by=creator)
        return JSONResponse({"id": topic.id, "name": topic.name, "closed": False}, 201)
    old = chat.topics.get(take(body, "id", int))
    if old is None:
        raise Refused(404, "There is no such topic.")
    if take(body, "deleted", bool, False):
        _delete_topic(world, chat, old.id)
        return JSONResponse({"id": old.id, "deleted": True})
    topic = replace(old, name=take(body, "name", str, old.name), closed=take(body, "closed", bool, old.closed))
    chat.topics[topic.id] = topic
    world.changes.bump()
    return JSONResponse({"id": topic.id, "name": topic.name, "closed": topic.closed})


async def change_member(request: Request) -> Response:
    """Somebody, or the bot, comes, goes, is put out or gets rights; in a private chat, block and unblock."""
    world, chat, body = world_of(request), asked_chat(request), await body_of(request)
    by, user = person(world, body, "by"), person(world, body, "user")
    member: Member = as_member(take(body, "status", str), take(body, "can_post_messages", bool, True))
    change(world, chat, by, user, member)
    return JSONResponse(member.as_json(user, chat.type))


async def migrate_chat(request: Request) -> Response:
    """A basic group becomes a supergroup."""
    world, chat = world_of(request), asked_chat(request)
    creator = next((user_id for user_id, member in chat.members.items() if member.status == "creator"), 0)
    supergroup = migrate(world, chat, world.users.get(creator, world.bot))
    return JSONResponse({"id": supergroup.id}, 201)


def _delete_topic(world: World, chat: Chat, topic_id: int) -> None:
    if topic_id == GENERAL:
        raise Refused(400, "General cannot be deleted.")
    del chat.topics[topic_id]
    for post in chat.posts.values():
        if post.message.get("message_thread_id") == topic_id:
            post.deleted = True
    world.changes.bump()


def _free_id(world: World, kind: str) -> int:
    lowest = -5000 if kind == "group" else -1_003_000_000_000
    return min([lowest, *(i for i in world.chats if i < lowest)]) - 1 if lowest in world.chats else lowest
