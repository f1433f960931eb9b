"""The methods about the bot itself and how it gets its updates."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.chats import Json
from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.updates import Webhook, wanted
from bot.sandbox.world import World


def get_me(world: World, _: Parameters) -> Json:
    """Who the bot is."""
    return world.bot.as_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": True,
    }


async def get_updates(world: World, parameters: Parameters) -> list[Json]:
    """What happened; allowed_updates stay in force for later calls that name none."""
    _allow(world, parameters)
    limit = min(max(parameters.integer("limit", 100), 1), 100)
    return await world.updates.poll(parameters.integer("offset"), limit, parameters.integer("timeout"))


def set_webhook(world: World, parameters: Parameters) -> bool:
    """Post updates to an address; unlike Telegram, http:// will do on this machine."""
    url = parameters.text("url")
    if url and not _usable(url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _allow(world, parameters)
    world.updates.hook(Webhook(url, parameters.text("secret_token")))
    if parameters.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def delete_webhook(world: World, parameters: Parameters) -> bool:
    """Go back to long polling."""
    world.updates.hook(Webhook())
    if parameters.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def get_webhook_info(world: World, _: Parameters) -> Json:
    """Where updates are posted, and how that goes."""
    hook = world.updates.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }
    if world.updates.allowed:
        info["allowed_updates"] = world.updates.allowed
    if hook.last_error:
        info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error}
    return info


def stop(_: World, __: Parameters) -> bool:
    """Accept logOut and close, which mean nothing here."""
    return True


def _allow(world: World, parameters: Parameters) -> None:
    kinds: list[Any] | None = parameters.json("allowed_updates", list, "String")
    if kinds is not None:
        world.updates.allowed = wanted(kinds)


def _usable(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
