"""The methods that ask about chats and their members."""

from bot.sandbox.access import entered_chat, known_chat
from bot.sandbox.chats import ABSENT, Json
from bot.sandbox.errors import bad_request
from bot.sandbox.membership import change_bot
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def get_chat(world: World, parameters: Parameters) -> Json:
    """A chat, as a ChatFullInfo."""
    chat = known_chat(world, parameters)
    if not chat.username and not chat.is_private:
        entered_chat(world, parameters)
    full: Json = {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, False),
    }
    return chat.as_json() | full


def get_chat_member(world: World, parameters: Parameters) -> Json:
    """What somebody is in a chat."""
    chat = entered_chat(world, parameters)
    user = world.users.get(parameters.integer("user_id"))
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID" if parameters.integer("user_id") else "invalid user_id specified")
    return chat.members.get(user.id, ABSENT).as_json(user, chat.type)


def get_chat_administrators(world: World, parameters: Parameters) -> list[Json]:
    """Who runs a chat, other bots left out."""
    chat = entered_chat(world, parameters)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    people = ((world.users[user_id], member) for user_id, member in chat.members.items() if member.is_admin)
    return [m.as_json(user, chat.type) for user, m in people if not user.is_bot or user.id == world.bot.id]


def get_chat_member_count(world: World, parameters: Parameters) -> int:
    """How many are in a chat."""
    chat = entered_chat(world, parameters)
    return sum(member.present for member in chat.members.values())


def leave_chat(world: World, parameters: Parameters) -> bool:
    """Leave a group or channel."""
    chat = entered_chat(world, parameters)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    change_bot(world, chat, world.bot, ABSENT)
    return True
