"""The bot as python-telegram-bot knows it, mended: no update can stop it, and its `repr` is harmless."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, NetworkError
from telegram.ext import ExtBot
from telegram.request import BaseRequest

log = logging.getLogger(__name__)


class SecretBot(ExtBot[Any]):
    """A bot whose `repr` tells no token, unlike python-telegram-bot's own, and whose polling outlives any update.

    python-telegram-bot reads a batch of updates as a whole: one that it cannot read (it lags behind the Bot API) makes
    it ask for the same batch again, for ever.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}[token=<token>]"

    async def get_updates(
        self,
        offset: int | None = None,
        limit: int | None = None,
        timeout: int | timedelta | None = None,  # noqa: ASYNC109  # Telegram's: how long it holds the request
        allowed_updates: Sequence[str] | None = None,
        *,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
        api_kwargs: dict[str, Any] | None = None,
    ) -> tuple[Update, ...]:
        """As python-telegram-bot's, but an update that cannot be read is logged and comes back empty."""
        if read_timeout is BaseRequest.DEFAULT_NONE:
            read_timeout = self._request[0].read_timeout
        held = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout or 0
        data = {"timeout": timeout, "offset": offset, "limit": limit, "allowed_updates": allowed_updates}
        try:
            found = await self._post(
                "getUpdates",
                data,
                read_timeout=(read_timeout or 0) + held,
                write_timeout=write_timeout,
                connect_timeout=connect_timeout,
                pool_timeout=pool_timeout,
                api_kwargs=api_kwargs,
            )
        except InvalidToken:
            # At the start, getMe has found the token good; as InvalidToken this would end the polling for good.
            raise NetworkError("Telegram refuses the bot's token") from None
        if not isinstance(found, list):
            raise NetworkError("getUpdates was answered without a list of updates")
        updates = [update for raw in found if (update := self._read(raw))]
        for update in updates:
            self.insert_callback_data(update)
        return tuple(updates)

    def _read(self, raw: Any) -> Update | None:
        """The update; an empty one, which only confirms its number, if it cannot be read; None without a number."""
        try:
            return Update.de_json(raw, self)
        except Exception as error:
            number = raw.get("update_id") if isinstance(raw, dict) else None
            kinds = ", ".join(sorted(set(raw) - {"update_id"})) if isinstance(raw, dict) else type(raw).__name__
            log.error("update %s (%s) cannot be read and is skipped: %s", number, kinds, type(error).__name__)  # noqa: TRY400  # a traceback would show what people write
            return Update(number) if isinstance(number, int) else None
