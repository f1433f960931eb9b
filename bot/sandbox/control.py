"""The routes under /sandbox/: what the page and the tests read of the world, and script into it.

Bodies and answers are JSON objects; what cannot be done is refused with {"error": one sentence}.

What is read
    GET    /chats  /chats/{id}/messages?after=&thread=&deleted=1  /files/{id}  /commands?chat=&user=  /health
    GET    /changes?since=N        {"counter"}, as soon as it is beyond N, or after 25 s
    GET    /stats                  {"calls": {method: {outcome: times}}, "sends": messages and edits taken,
                                   "refused_429": by the limits, "busiest_second": most sends within any second,
                                   "paid_messages", "answers_swallowed": messages that stand though their answer was
                                   cut by a fault or nobody waited for it any more, and what there is now}
    DELETE /stats                  counts from nothing again
What people do (acts.py)
    POST   /users                  {"first_name", "id", "username", "language_code", "is_bot"}
    POST   /chats                  {"type", "title", "creator", "id", "username", "is_forum"}
    POST   /chats/{id}/messages    {"from", "text" or "via_deep_link", "entities", "message_thread_id",
                                   "reply_to_message_id"}
    POST   /chats/{id}/presses     {"from", "message_id", "data", "force"}
    POST   /chats/{id}/topics      {"name"} opens; {"id", "closed" or "deleted" or "name"} changes
    POST   /chats/{id}/members     {"by", "user", "status", "can_post_messages"}; kicked in a private chat blocks
                                   the bot, restricted in a supergroup takes its right to send
    POST   /chats/{id}/migrate     {}
    POST   /inline                 {"from", "query", "offset"}; gives "inline_query_id" and what the bot answered
    POST   /chats/{id}/chosen      {"from", "inline_query_id", "result_id", "message_thread_id"}
What is scripted
    GET, POST /limits              {"overall_per_second", "private_per_second", "private_burst", "group_per_minute",
                                   "paid_per_second", "enforced"}; what is not named stays (limits.py)
    GET, POST, DELETE /faults      {"kind", ...}: faults.py says which kinds there are and what each takes
    POST   /restart                {"seconds"}: every connection is cut and new ones are refused for so long
    POST   /updates                any object becomes the next update, whatever the bot asked for and can read
"""

from dataclasses import asdict
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import acts
from bot.sandbox.asking import (
    asked_chat,
    asked_number,
    body_of,
    optional_number,
    refuse_others,
    take,
    take_seconds,
    world_of,
)
from bot.sandbox.chats import GENERAL, Chat, Json
from bot.sandbox.errors import Refused
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.menus import menu
from bot.sandbox.world import World

_LONGEST_WAIT = 25.0  # seconds
_LONGEST_ABSENCE = 3600  # seconds


async def refused(_: Request, error: Exception) -> Response:
    """What cannot be done, in one sentence."""
    assert isinstance(error, Refused)
    return JSONResponse({"error": error.sentence}, error.status)


async def _chats(request: Request) -> Response:
    world = world_of(request)
    return JSONResponse([_summary(world, chat) for chat in world.chats.values()])


async def _messages(request: Request) -> Response:
    chat = asked_chat(request)
    after, thread = optional_number(request, "after"), optional_number(request, "thread")
    posts = [
        post
        for message_id, post in chat.posts.items()
        if message_id > after and (not post.deleted or request.query_params.get("deleted") == "1")
    ]
    if thread:
        posts = [post for post in posts if post.message.get("message_thread_id", GENERAL) == thread]
    return JSONResponse([post.as_transcript() for post in posts])


async def _file(request: Request) -> Response:
    file = world_of(request).files.get(request.path_params["file_id"])
    if file is None or file.content is None:
        raise Refused(404, "There is no such file here, or it was given by its address alone.")
    name = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(file.name)}"}
    # Nothing that a bot sends may run in the page's name.
    guard = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(file.content, media_type=file.mime, headers=name | guard)


async def _commands(request: Request) -> Response:
    world = world_of(request)
    chat = world.find_chat(asked_number(request, "chat"))
    if chat is None:
        raise Refused(404, "There is no such chat.")
    user = asked_number(request, "user")
    if user not in world.users:
        raise Refused(400, "There is no such user.")
    return JSONResponse(menu(world, chat, user))


async def _add_fault(request: Request) -> Response:
    world, body = world_of(request), await body_of(request)
    if take(body, "method", str, "").lower() not in {"", *METHODS}:
        raise Refused(400, "The sandbox has no such method, so the fault would never strike.")
    world.faults.add(body)
    return JSONResponse(world.faults.as_json())


async def _faults(request: Request) -> Response:
    return JSONResponse(world_of(request).faults.as_json())


async def _clear_faults(request: Request) -> Response:
    world_of(request).faults.clear()
    return JSONResponse([])


async def _limits(request: Request) -> Response:
    return JSONResponse(asdict(world_of(request).limits))


async def _set_limits(request: Request) -> Response:
    world = world_of(request)
    world.limits = world.limits.changed(await body_of(request))
    return await _limits(request)


async def _restart(request: Request) -> Response:
    world, body = world_of(request), await body_of(request)
    refuse_others(body, ("seconds",))
    seconds = take_seconds(body, "seconds", _LONGEST_ABSENCE)

    async def restart() -> None:
        world.restart()
        await request.app.state.server.be_away(seconds)

    return JSONResponse({"seconds": seconds}, background=BackgroundTask(restart))


async def _add_update(request: Request) -> Response:
    return JSONResponse(world_of(request).updates.put_raw(await body_of(request)), 201)


async def _stats(request: Request) -> Response:
    world = world_of(request)
    counts = world.traffic.counts
    return JSONResponse(
        {
            "calls": world.calls,
            "sends": counts.sends,
            "refused_429": counts.refused,
            "paid_messages": counts.paid,
            "busiest_second": counts.busiest,
            "answers_swallowed": counts.swallowed,
            "updates_pending": len(world.updates.pending),
            "chats": len(world.chats),
            "messages": sum(len(chat.posts) for chat in world.chats.values()),
            "faults": len(world.faults.as_json()),
        }
    )


async def _forget_counts(request: Request) -> Response:
    world_of(request).forget_counts()
    return await _stats(request)


async def _changes(request: Request) -> Response:
    counter = world_of(request).changes
    since = optional_number(request, "since")
    # A page that was open before a restart has seen more than there is now: it is told at once.
    current = counter.value if since > counter.value else await counter.beyond(since, _LONGEST_WAIT)
    return JSONResponse({"counter": current})


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True})


def _summary(world: World, chat: Chat) -> Json:
    newest = next((post.message for post in reversed(chat.posts.values()) if not post.deleted), None)
    return chat.as_json() | {
        "title": chat.title,
        "topics": [{"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in chat.topics.values()],
        "members": [
            {"user": world.users[user_id].as_json(), "status": member.status, "is_bot": world.users[user_id].is_bot}
            for user_id, member in chat.members.items()
        ],
        "last_message": newest,
        **({"migrated_to": chat.migrated_to} if chat.migrated_to else {}),
    }


CONTROL = [
    Route("/health", _health),
    Route("/chats", _chats),
    Route("/chats", acts.add_chat, methods=["POST"]),
    Route("/users", acts.add_user, methods=["POST"]),
    Route("/chats/{chat_id}/messages", _messages),
    Route("/chats/{chat_id}/messages", acts.write, methods=["POST"]),
    Route("/chats/{chat_id}/presses", acts.press_button, methods=["POST"]),
    Route("/chats/{chat_id}/topics", acts.change_topic, methods=["POST"]),
    Route("/chats/{chat_id}/members", acts.change_member, methods=["POST"]),
    Route("/chats/{chat_id}/migrate", acts.migrate_chat, methods=["POST"]),
    Route("/inline", acts.inline, methods=["POST"]),
    Route("/chats/{chat_id}/chosen", acts.choose_result, methods=["POST"]),
    Route("/commands", _commands),
    Route("/files/{file_id}", _file),
    Route("/faults", _faults),
    Route("/faults", _add_fault, methods=["POST"]),
    Route("/faults", _clear_faults, methods=["DELETE"]),
    Route("/limits", _limits),
    Route("/limits", _set_limits, methods=["POST"]),
    Route("/restart", _restart, methods=["POST"]),
    Route("/updates", _add_update, methods=["POST"]),
    Route("/stats", _stats),
    Route("/stats", _forget_counts, methods=["DELETE"]),
    Route("/changes", _changes),
]
