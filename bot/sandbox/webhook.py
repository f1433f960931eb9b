"""Updates posted to the bot's webhook, one at a time, again until it takes them."""

import asyncio
import contextlib
import json
import urllib.request
from dataclasses import replace
from urllib.error import URLError

from bot.sandbox.chats import Json
from bot.sandbox.updates import Webhook
from bot.sandbox.world import World

RETRY = 1.0  # seconds; Telegram waits longer and longer, a sandbox need not
_PATIENCE = 10.0  # seconds for one answer


async def deliver(world: World) -> None:
    """Post updates for as long as the server runs."""
    updates = world.updates
    while not updates.arrivals.closed:
        seen = updates.arrivals.value
        if not updates.webhook.url or not updates.pending:
            await updates.arrivals.beyond(seen, _PATIENCE)
            continue
        update, hook = updates.pending[0], updates.webhook
        error = await asyncio.to_thread(_post, hook, update)
        if not error:
            with contextlib.suppress(ValueError):
                updates.pending.remove(update)
            continue
        if updates.webhook == hook:
            updates.webhook = replace(hook, last_error=error, last_error_date=int(world.clock()))
        await updates.arrivals.beyond(updates.arrivals.value, RETRY)


def _post(hook: Webhook, update: Json) -> str:
    headers = {"Content-Type": "application/json"}
    if hook.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(hook.url, json.dumps(update).encode(), headers)  # noqa: S310  # polling.set_webhook checked it
    try:
        with direct.open(request, timeout=_PATIENCE):
            return ""
    except urllib.request.HTTPError as error:
        error.close()
        return f"Wrong response from the webhook: {error.code} {error.reason}"
    except (URLError, OSError) as error:
        return str(getattr(error, "reason", error))
