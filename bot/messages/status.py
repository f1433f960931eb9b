"""What the operator is told: alarms, and the state of everything."""

from zoneinfo import ZoneInfo

from bot.alarms import Alarm
from bot.messages.size import clip
from bot.messages.wording import render, word
from bot.status import MESSAGES_PER_STAR, Status
from storage.records import Chat, Language, Message

OPERATORS = Language.CHINESE  # the language of alarms that nobody is sent


def alarm(alarm: Alarm, language: Language) -> str:
    """What is wrong, as plain text."""
    return word(language, f"alarm.{alarm.key}", **alarm.values)


def begun(text: str, language: Language) -> Message:
    """A fault has begun."""
    return Message(render(language, "alarm", text=clip(text, 1000), over=False))


def over(text: str, language: Language) -> Message:
    """A fault is over."""
    return Message(render(language, "alarm", text=clip(text, 1000), over=True))


def page(shown: Status, chat: Chat) -> Message:
    """The state of everything, for the operator."""
    zone, language = ZoneInfo(chat.timezone), chat.language
    # 30 lines of 150 characters leave room for the rest in one message.
    looks = shown.stored.looks[:30]
    text = render(
        language,
        "status",
        stored=shown.stored,
        outbox=[(word(language, f"delivery.{state}"), number) for state, number in shown.stored.outbox.items()],
        doubts=[(word(language, f"delivery.{state}"), number) for state, number in shown.stored.doubts.items()],
        stars=f"{shown.stored.paid / MESSAGES_PER_STAR:g}" if shown.stored.paid else "",
        feeds=[(each, word(language, f"outcome.{each.outcome}"), each.checked_at.astimezone(zone)) for each in looks],
        days=[day for day in shown.stored.days if not day.categories],
        yuan=f"{shown.yuan:.3f}",
        yuan_per_day=f"{shown.yuan_per_day:.2f}",
        resting=shown.resting,
    )
    return Message(text)
