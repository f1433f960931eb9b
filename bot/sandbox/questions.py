"""Questions that a person's act puts to the bot, a pressed button or an inline query, and the bot's one answer."""

from dataclasses import dataclass, field

from bot.sandbox.changes import Counter
from bot.sandbox.chats import Json
from bot.sandbox.errors import bad_request

LIFETIME = 60.0  # seconds; Telegram documents none, but refuses an answer that comes "too late"


@dataclass(slots=True)
class Question:
    """One question: when it was put (Unix seconds), and the answer as soon as there is one."""

    asked: float
    answer: Json | None = None
    answered: Counter = field(default_factory=Counter)


class Questions:
    """The questions of one kind that may still be answered."""

    def __init__(self, first_id: int) -> None:
        self._next = first_id
        self._open: dict[str, Question] = {}

    def __len__(self) -> int:
        return len(self._open)

    def ask(self, now: float) -> str:
        """Put a question; the bot gets its id."""
        for question_id, old in list(self._open.items()):
            if now - old.asked <= LIFETIME:
                break
            del self._open[question_id]
        self._next += 1
        self._open[str(self._next)] = Question(now)
        return str(self._next)

    def answer(self, question_id: str, answer: Json, now: float) -> None:
        """Take the bot's answer. A question takes one, and only while it is fresh."""
        question = self._open.get(question_id)
        if question is None or question.answer is not None or now - question.asked > LIFETIME:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        question.answer = answer
        question.answered.bump()

    def answer_to(self, question_id: str) -> Json | None:
        """The answer that a question had, as long as it is remembered."""
        question = self._open.get(question_id)
        return question.answer if question else None

    async def wait(self, question_id: str, seconds: float) -> Json | None:
        """The answer, or None if it does not come in time."""
        question = self._open[question_id]
        await question.answered.beyond(0, seconds)
        return question.answer

    def close(self) -> None:
        """Let go of whoever waits for an answer."""
        for question in self._open.values():
            question.answered.close()
