"""How the sandbox refuses: the Bot API's error envelope to the bot, one sentence to a person."""

from typing import Any


class ApiError(Exception):
    """A Bot API call that Telegram refuses. `parameters` is what its ResponseParameters carries."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        """The envelope, as https://core.telegram.org/bots/api#making-requests describes it."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(text: str, **parameters: Any) -> ApiError:
    """A 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}", **parameters)


def forbidden(text: str) -> ApiError:
    """A 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def too_many_requests(seconds: int) -> ApiError:
    """A 429 that asks for a wait."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


class Refused(Exception):
    """A request under /sandbox/ that cannot be done; its text is the sentence to show."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
