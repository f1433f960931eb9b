"""The routes under /sandbox/: what the page and the tests read of the world, and script into it."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import acts
from bot.sandbox.asking import asked_chat, asked_number, body_of, optional_number, take, world_of
from bot.sandbox.chats import GENERAL, Chat, Json
from bot.sandbox.errors import Refused
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.menus import menu
from bot.sandbox.world import World

_LONGEST_WAIT = 25.0  # seconds


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


async def _stats(request: Request) -> Response:
    world = world_of(request)
    return JSONResponse(
        {
            "calls": world.calls,
            "updates_pending": len(world.updates.pending),
            "chats": len(world.chats),
            "messages": sum(len(chat.posts) for chat in world.chats.values()),
            "faults": len(world.faults.as_json()),
        }
    )


async def _changes(request: Request) -> Response:
    counter = world_of(request).changes
    since = optional_number(request, "since")
    # A page that was open before a restart has seen more than there is now: it is told at once.
    current = counter.value if since > counter.value else await counter.beyond(since, _LONGEST_WAIT)
    return JSONResponse({"counter": current})


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True})


def _summary(world: World, chat: Chat) -> Json:
    standing = [post.message for post in chat.posts.values() if not post.deleted]
    return chat.as_json() | {
        "title": chat.title,
        "topics": [{"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in chat.topics.values()],
        "members": [
            {"user": world.users[user_id].as_json(), "status": member.status, "is_bot": world.users[user_id].is_bot}
            for user_id, member in chat.members.items()
        ],
        "last_message": standing[-1] if standing else None,
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
    Route("/commands", _commands),
    Route("/files/{file_id}", _file),
    Route("/faults", _faults),
    Route("/faults", _add_fault, methods=["POST"]),
    Route("/faults", _clear_faults, methods=["DELETE"]),
    Route("/stats", _stats),
    Route("/changes", _changes),
]
