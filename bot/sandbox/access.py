"""Which chat a call means, and whether the bot may do there what it asks."""

from bot.sandbox.chats import GENERAL, Chat, Post
from bot.sandbox.errors import ApiError, bad_request, forbidden, too_many_requests
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World


def named_chat(world: World, parameters: Parameters, field: str = "chat_id") -> Chat | None:
    """The chat that a call names, if it exists."""
    raw = parameters.text(field).strip()
    if raw.startswith("@"):
        return world.find_chat(raw)
    try:
        return world.find_chat(int(raw))
    except ValueError:
        return None


def known_chat(world: World, parameters: Parameters) -> Chat:
    """The chat that a call names, which the bot has met. Raises Telegram's refusals."""
    if not parameters.text("chat_id").strip():
        raise bad_request("chat_id is empty")
    chat = named_chat(world, parameters)
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to:
        raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    if chat.is_private and not chat.started:
        raise bad_request("chat not found")
    return chat


def entered_chat(world: World, parameters: Parameters) -> Chat:
    """A chat that the bot is in."""
    chat = known_chat(world, parameters)
    _check_presence(world, chat)
    return chat


def writable_chat(world: World, parameters: Parameters, what: str = "text messages") -> Chat:
    """A chat that the bot may send to; `what` is Telegram's name for what it sends."""
    chat = named_chat(world, parameters)
    if chat is not None and chat.is_private and not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    chat = entered_chat(world, parameters)
    if chat.type == "channel" and not world.bot_in(chat).may("can_post_messages"):
        raise bad_request("need administrator rights in the channel chat")
    if world.bot_in(chat).status == "restricted":
        raise bad_request(f"not enough rights to send {what} to the chat")
    return chat


def check_limits(world: World, chat: Chat, *, paid: bool = False) -> None:
    """Count a message sent or edited, the last check of all: what Telegram refuses otherwise counts for nothing."""
    if seconds := world.traffic.admit(world.limits, chat.id, world.ticks(), paid=paid):
        raise too_many_requests(seconds)


def check_thread(world: World, chat: Chat, thread_id: int) -> None:
    """Refuse a topic that is not there or closed; General is reached only by naming none (0)."""
    if thread_id and (thread_id == GENERAL or thread_id not in chat.topics):
        raise bad_request("message thread not found")
    topic = chat.topics.get(thread_id or GENERAL)
    if topic and topic.closed and not world.bot_in(chat).may("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")


def standing_post(chat: Chat, parameters: Parameters, purpose: str) -> Post:
    """The message that a call names; `purpose` is what Telegram's refusal says it was wanted for."""
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    post = chat.standing(message_id)
    if post is None:
        raise bad_request(f"message to {purpose} not found")
    return post


def wrote(world: World, post: Post) -> bool:
    """Whether the bot wrote a message; a channel's message does not tell, so the post does."""
    return post.by == world.bot.id


def _check_presence(world: World, chat: Chat) -> None:
    status = world.bot_in(chat).status
    if chat.is_private and status == "kicked":
        raise forbidden("bot was blocked by the user")
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    if status == "left":
        raise forbidden(f"bot is not a member of the {chat.type} chat")


def require_right(world: World, chat: Chat, right: str, refusal: ApiError) -> None:
    """Refuse unless the bot has a right here; in a private chat it has them all."""
    if not chat.is_private and not world.bot_in(chat).may(right):
        raise refusal
