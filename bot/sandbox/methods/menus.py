"""The methods that set the menu of commands, and the order in which Telegram looks it up."""

import re

from bot.sandbox.access import named_chat
from bot.sandbox.chats import Chat, Json
from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import World

_MAX_COMMANDS = 100
_MAX_DESCRIPTION = 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}|")
_EVERYWHERE = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_IN_CHAT = frozenset({"chat", "chat_administrators", "chat_member"})


def set_my_commands(world: World, parameters: Parameters) -> bool:
    """Set the menu of one scope and language."""
    commands = parameters.json("commands", list, "BotCommand")
    if commands is None:
        raise bad_request("can't parse commands JSON object")
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_key(world, parameters)] = [_command(command) for command in commands]
    world.changes.bump()
    return True


def get_my_commands(world: World, parameters: Parameters) -> list[Json]:
    """The menu of this very scope and language, without looking further."""
    return world.commands.get(_key(world, parameters), [])


def delete_my_commands(world: World, parameters: Parameters) -> bool:
    """Take away the menu of one scope and language."""
    world.commands.pop(_key(world, parameters), None)
    world.changes.bump()
    return True


def menu(world: World, chat: Chat, user_id: int) -> list[Json]:
    """What a person sees in a chat: core.telegram.org/bots/api#determining-list-of-commands."""
    language = world.users[user_id].language_code[:2]
    for scope in _scopes(chat, user_id):
        for code in (language, ""):
            if commands := world.commands.get(f"{scope}/{code}"):
                return commands
    return []


def _scopes(chat: Chat, user_id: int) -> list[str]:
    if chat.is_private:
        return [f"chat:{chat.id}", "all_private_chats", "default"]
    is_admin = chat.member(user_id).is_admin
    scopes = [f"chat_member:{chat.id}:{user_id}"]
    scopes += [f"chat_administrators:{chat.id}"] if is_admin else []
    scopes += [f"chat:{chat.id}"]
    scopes += ["all_chat_administrators"] if is_admin else []
    return [*scopes, "all_group_chats", "default"]


def _command(item: object) -> Json:
    if not isinstance(item, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(item.get("command", "")).removeprefix("/"), str(item.get("description", ""))
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 0 < len(description.strip()) <= _MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _key(world: World, parameters: Parameters) -> str:
    scope: Json = parameters.json("scope", dict, "BotCommandScope") or {"type": "default"}
    language = parameters.text("language_code")
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("LANG_CODE_INVALID")
    kind = str(scope.get("type"))
    if kind in _EVERYWHERE:
        return f"{kind}/{language}"
    if kind not in _IN_CHAT:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    chat = named_chat(world, Parameters({"chat_id": str(scope.get("chat_id", ""))}))
    if chat is None:
        raise bad_request("chat not found")
    if kind == "chat_member":
        return f"{kind}:{chat.id}:{scope.get('user_id')}/{language}"
    return f"{kind}:{chat.id}/{language}"
