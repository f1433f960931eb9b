"""Updates waiting for the bot: a queue, read by long polling or handed to a webhook."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.sandbox.changes import Counter
from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError

MAX_POLL = 50.0  # seconds a getUpdates may hang, as at Telegram
# Not sent unless asked for: core.telegram.org/bots/api#getupdates, allowed_updates.
_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are posted instead of being polled for."""

    url: str = ""
    secret: str = ""
    last_error: str = ""
    last_error_date: int = 0  # Unix seconds


class Updates:
    """The queue. `arrivals` turns whenever there is something new to look at."""

    def __init__(self) -> None:
        self.pending: list[Json] = []
        self.allowed: list[str] = []  # empty: everything but _ON_REQUEST
        self.webhook = Webhook()
        self.arrivals = Counter()
        self._last_id = 100_000_000
        self._poll = 0
        self._reason = ""

    def put(self, kind: str, payload: Json) -> None:
        """Queue an update, unless the bot did not ask for its kind when it happened."""
        if kind not in self.allowed if self.allowed else kind in _ON_REQUEST:
            return
        self.put_raw({kind: payload})

    def put_raw(self, update: Json) -> Json:
        """Queue anything as the next update, whether the bot asked for it or not, and give it."""
        self._last_id += 1
        numbered = {"update_id": self._last_id} | {key: each for key, each in update.items() if key != "update_id"}
        self.pending.append(numbered)
        self.arrivals.bump()
        return numbered

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Updates from `offset` on, at once or when one comes; those before it are confirmed and go."""
        if self.webhook.url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._supersede(
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        mine = self._poll
        self._confirm(offset)
        if not self.pending and seconds > 0:
            await self.arrivals.beyond(self.arrivals.value, min(seconds, MAX_POLL))
        if mine != self._poll:
            raise ApiError(409, self._reason)
        return self.pending[:limit]

    def hook(self, webhook: Webhook) -> None:
        """Set or take away the webhook; a poll under way ends."""
        self.webhook = webhook
        self._supersede("Conflict: terminated by setWebhook request")

    def drop(self) -> None:
        """Forget what waits."""
        self.pending.clear()

    def to_json(self) -> Json:
        """Everything that outlives a restart."""
        return {
            "pending": self.pending,
            "allowed": self.allowed,
            "webhook": asdict(self.webhook),
            "last_id": self._last_id,
        }

    def restore(self, saved: Json) -> None:
        """What `to_json` gave."""
        self.pending, self.allowed, self._last_id = saved["pending"], saved["allowed"], saved["last_id"]
        self.webhook = Webhook(**saved["webhook"])

    def _supersede(self, reason: str) -> None:
        self._poll += 1
        self._reason = reason
        self.arrivals.bump()

    def _confirm(self, offset: int) -> None:
        if offset < 0:  # "the last -offset updates, all previous will be forgotten"
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]


def wanted(kinds: Sequence[object]) -> list[str]:
    """An allowed_updates list as it is kept: what is no update kind is ignored, as Telegram does."""
    return [kind for kind in kinds if isinstance(kind, str)]
