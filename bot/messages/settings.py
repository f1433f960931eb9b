"""A subscription's card, the buttons that change it, and the list of a chat's subscriptions."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.messages.size import clip
from bot.messages.wording import render, word
from bot.papers import taxonomy
from storage.records import AnnounceType, Button, Chat, Form, Keyboard, Language, Message, Subscription, TopicState

WORKDAYS = frozenset({1, 2, 3, 4, 5})
EVERY_DAY = frozenset({1, 2, 3, 4, 5, 6, 7})
SETTINGS = ("hour", "weekdays", "timezone", "form", "papers", "kinds", "when", "empty", "repeats")
KINDS = {
    "new": frozenset({AnnounceType.NEW}),
    "cross": frozenset({AnnounceType.NEW, AnnounceType.CROSS}),
    "all": frozenset(AnnounceType),
}
"""The announce types that a subscription can be set to."""
NUMBERS = (5, 10, 20, 30, 50)
TIMEZONES = (
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Australia/Sydney",
    "Asia/Kolkata",
    "Europe/Moscow",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "UTC",
)


def topic(query: str, language: Language) -> str:
    """A query as a reader would name it: a category with its name, nothing as everything."""
    if not query:
        return word(language, "button.everything")
    category = taxonomy.canonical(query) if set(query) & {".", "-"} else None  # `math` is a word, `cat:math` is not
    return f"{category} {taxonomy.name(category, language)}" if category else clip(query, 100)


def choose_topic(language: Language, place: str) -> Message:
    """The categories that most readers want, as buttons; `place` is the chat and topic they are for."""
    names = [Button(each, f"new:{place}:{each}") for each in taxonomy.POPULAR]
    rows = tuple(tuple(names[start : start + 4]) for start in range(0, len(names), 4))
    everything = Button(word(language, "button.everything"), f"new:{place}:")
    return Message(render(language, "choose_topic"), (*rows, (everything,)))


def subscription(shown: Subscription, chat: Chat, language: Language, *, fresh: bool, elsewhere: bool) -> Message:
    """One subscription: when, how, how many, with a button for each. `elsewhere`: its chat must be named."""
    values = {**_words(shown, language), **_next(shown, chat, language)}
    text = render(
        language,
        "subscription",
        fresh=fresh,
        place=chat.title if elsewhere else "",
        timezone=chat.timezone,
        **_thread(shown, chat, elsewhere=elsewhere),
        **values,
    )
    return Message(text, settings_keyboard(shown, language))


def settings_keyboard(shown: Subscription, language: Language) -> Keyboard:
    """What can be changed about a subscription."""
    rows = (
        ("hour", "weekdays", "timezone"),
        ("when", "form", "papers"),
        ("kinds", "empty", "repeats"),
        ("edit", "resume" if shown.paused else "pause"),
        ("now", "unsubscribe"),
    )
    return tuple(
        tuple(Button(word(language, f"button.{name}"), f"sub:{shown.id}:{name}") for name in names) for names in rows
    )


def choices(shown: Subscription, chat: Chat, field: str, language: Language) -> Keyboard:
    """The values that one setting can take, the present one marked."""
    current, values = _values(shown, chat, language)[field]
    buttons = [
        Button(f"✓ {label}" if value == current else label, f"sub:{shown.id}:{field}:{value}")
        for value, label in values.items()
    ]
    width = {"hour": 6, "papers": 3, "repeats": 1, "kinds": 1}.get(field, 2)
    rows = tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
    return (*rows, (Button(word(language, "button.back"), f"sub:{shown.id}:back"),))


def allows(shown: Subscription, chat: Chat, field: str, value: str) -> bool:
    """Whether a setting can take a value."""
    return field in SETTINGS and value in _values(shown, chat, chat.language)[field][1]


def subscriptions(all_: Sequence[Subscription], chat: Chat, language: Language, *, elsewhere: bool) -> Message:
    """A chat's subscriptions, numbered, with a button for each."""
    text = render(
        language,
        "subscriptions",
        place=chat.title if elsewhere else "",
        timezone=chat.timezone,
        subscriptions=[_words(each, language) | _thread(each, chat, elsewhere=elsewhere) for each in all_],
    )
    return Message(text, _numbered(all_, "show"))


def choose_one(all_: Sequence[Subscription], language: Language, *, elsewhere: bool) -> Message:
    """Which subscription is to end."""
    rows = tuple((Button(label(each, language, elsewhere=elsewhere), f"sub:{each.id}:unsubscribe"),) for each in all_)
    return Message(render(language, "choose_one"), rows)


def unsubscribed(ended: Subscription, language: Language) -> Message:
    """A subscription has ended."""
    return Message(render(language, "unsubscribed", topic=topic(ended.query, language)))


def topic_gone(rested: int, place: tuple[Chat, int], topic: TopicState, language: Language, *, here: bool) -> Message:
    """A chat's topic takes no messages, and so many subscriptions rest. `here`: it is said in the chat."""
    chat, thread_id = place
    text = render(
        language,
        "topic_gone",
        rested=rested,
        place="" if here else chat.title or str(chat.id),
        thread=thread_id,
        thread_url=_thread_url(chat, thread_id),
        closed=topic == TopicState.CLOSED,
    )
    return Message(text)


def passed_on(meant: Message, chat: Chat, language: Language) -> Message:
    """What was meant for a forum's General topic, which is closed."""
    return Message(render(language, "passed_on", place=chat.title or str(chat.id), text=Markup(meant.text)))  # noqa: S704  # it is a message already


def joined(template: str, chat: Chat, language: Language, *, forum: bool = False, may_post: bool = True) -> Message:
    """What to do next, after the bot was added: joined_channel, joined_group (to who did it), hello_group (in it)."""
    handle = f"@{chat.username}" if chat.username else str(chat.id)
    return Message(render(language, template, title=chat.title, handle=handle, forum=forum, may_post=may_post))


def label(shown: Subscription, language: Language, *, elsewhere: bool) -> str:
    """A subscription on a button, with its forum topic where that must be told."""
    name = topic(shown.query, language)
    if not elsewhere or not shown.thread_id:
        return name
    return f"{name} · {word(language, 'choice.thread', number=shown.thread_id)}"


def _thread(shown: Subscription, chat: Chat, *, elsewhere: bool) -> dict[str, Any]:
    """The forum topic, where it must be told, and a link to it: a bot is not told the names of topics."""
    return {"thread": shown.thread_id if elsewhere else 0, "thread_url": _thread_url(chat, shown.thread_id)}


def _thread_url(chat: Chat, thread_id: int) -> str:
    internal = chat.username or f"c/{-chat.id - 10**12}"  # core.telegram.org/api/links#message-links
    return f"https://t.me/{internal}/{thread_id}"


def _numbered(all_: Sequence[Subscription], action: str) -> Keyboard:
    buttons = [Button(str(number), f"sub:{each.id}:{action}") for number, each in enumerate(all_, 1)]
    return tuple(tuple(buttons[start : start + 8]) for start in range(0, len(buttons), 8))


def _words(shown: Subscription, language: Language) -> dict[str, Any]:
    after = shown.schedule.after_announcement
    return {
        "topic": topic(shown.query, language),
        "days": _days(shown.schedule.weekdays, language),
        "time": word(language, f"choice.{'latest' if after else 'at'}", time=f"{shown.schedule.hour:02}:00"),
        "after": after,
        "tell_empty": shown.tell_empty,
        "form": word(language, f"choice.{shown.form}"),
        "max_papers": shown.max_papers,
        "kinds": word(language, f"choice.kinds_{chosen}") if (chosen := _kinds(shown)) != "cross" else "",
        "paused": shown.paused,
        "why": word(language, f"choice.topic_{shown.topic}") if shown.topic else "",
    }


def _kinds(shown: Subscription) -> str:
    """The announce types as one of the choices, the widest for what is none of them."""
    return next((name for name, kinds in KINDS.items() if kinds == shown.kinds), "all")


def _next(shown: Subscription, chat: Chat, language: Language) -> dict[str, Any]:
    if shown.next_due is None:
        raise ValueError("a stored subscription has a next due time")
    local = shown.next_due.astimezone(ZoneInfo(chat.timezone))
    return {"next": local, "next_weekday": word(language, f"weekday.{local.isoweekday()}")}


def _days(weekdays: frozenset[int], language: Language) -> str:
    if weekdays == EVERY_DAY:
        return word(language, "choice.daily")
    if weekdays == WORKDAYS:
        return word(language, "choice.workdays")
    return " ".join(word(language, f"weekday.{day}") for day in sorted(weekdays))


def _values(shown: Subscription, chat: Chat, language: Language) -> dict[str, tuple[str, dict[str, str]]]:
    days = {"12345": WORKDAYS, "1234567": EVERY_DAY} | {str(day): frozenset({day}) for day in range(1, 8)}
    return {
        "hour": (str(shown.schedule.hour), {str(hour): f"{hour:02}:00" for hour in range(24)}),
        "weekdays": (
            "".join(map(str, sorted(shown.schedule.weekdays))),
            {value: _days(chosen, language) for value, chosen in days.items()},
        ),
        "timezone": (chat.timezone, {name: name for name in TIMEZONES}),
        "form": (shown.form, {form: word(language, f"choice.{form}") for form in Form}),
        "papers": (
            str(shown.max_papers),
            {str(number): word(language, "choice.papers", number=number) for number in NUMBERS},
        ),
        "kinds": (_kinds(shown), {each: word(language, f"choice.kinds_{each}") for each in KINDS}),
        "when": (
            "announced" if shown.schedule.after_announcement else "fixed",
            {each: word(language, f"choice.{each}") for each in ("fixed", "announced")},
        ),
        "empty": (
            "told" if shown.tell_empty else "quiet",
            {each: word(language, f"choice.{each}") for each in ("quiet", "told")},
        ),
        "repeats": (
            "again" if chat.repeats else "once",
            {each: word(language, f"choice.{each}") for each in ("again", "once")},
        ),
    }
