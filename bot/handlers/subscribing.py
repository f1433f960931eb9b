"""What is posted where and when: /subscribe, /unsubscribe, /subscriptions, /today, and a subscription's buttons."""

from dataclasses import replace

from bot.digests import calendar
from bot.errors import UserMistake
from bot.handlers import place
from bot.handlers.turn import Turn, number
from bot.messages import settings, wording
from storage import chats, digests, query, subscriptions
from storage.records import Chat, Form, Message, Subscription

MOST = 20  # subscriptions of one chat


async def subscribe(turn: Turn) -> None:
    """`/subscribe [@channel] [query]`: at once with the defaults, or by a choice of categories."""
    there = await place.aimed(turn)
    wanted = " ".join(there.text.split())
    if wanted:
        await turn.say(await _subscribe(turn, there, wanted))
    else:
        await turn.say(settings.choose_topic(turn.chat.language, f"{there.chat.id}.{there.thread_id}"))


async def choose_new(turn: Turn) -> None:
    """`choose`: the categories, for this chat."""
    await place.may_decide(turn, turn.chat)
    await turn.say(settings.choose_topic(turn.chat.language, f"{turn.chat.id}.{turn.thread_id}"))


async def subscribe_chosen(turn: Turn) -> None:
    """`new:<chat>.<topic>:<query>`: a category was chosen."""
    (chat_id, thread_id), wanted = turn.fields(_place, str)
    chat = await _chat(turn, chat_id)
    await place.may_decide(turn, chat)
    there = turn.elsewhere(chat)
    there.thread_id = thread_id
    await turn.edit(await _subscribe(turn, there, wanted))


async def unsubscribe(turn: Turn) -> None:
    """`/unsubscribe [@channel] [query]`: the one named, the only one, or a choice."""
    there = await place.aimed(turn)
    here = await _of(there, turn)
    wanted = " ".join(there.text.split())
    if wanted:
        here = [each for each in here if each.query.casefold() == wanted.casefold()]
        if not here:
            raise UserMistake("no_such_subscription", query=wanted[:100])
    if len(here) > 1:
        elsewhere = there.chat.id != turn.chat.id
        await turn.say(settings.choose_one(here, turn.chat.language, elsewhere=elsewhere))
        return
    await _remove(turn, here[0])
    await turn.say(settings.unsubscribed(here[0], turn.chat.language))


async def show_all(turn: Turn) -> None:
    """`/subscriptions [@channel]`."""
    there = await place.aimed(turn) if turn.text.strip() else turn
    all_ = await _of(there, turn)
    elsewhere = there.chat.id != turn.chat.id
    await turn.say(settings.subscriptions(all_, there.chat, turn.chat.language, elsewhere=elsewhere))


async def today(turn: Turn) -> None:
    """`/today [@channel]`: the newest digest of each subscription, now. The outbox posts it."""
    there = await place.aimed(turn) if turn.text.strip() else turn
    await _request(turn, await _of(there, turn), there.chat)


async def again(turn: Turn) -> None:
    """`again:<digest>`: post the last digest once more, and once only however fast it is pressed."""
    (digest_id,) = turn.fields(number)
    await place.may_decide(turn, turn.chat)
    async with turn.database.transaction() as tx:
        known = await digests.repeat(tx, digest_id, turn.chat.id, turn.now)
    if not known:
        raise UserMistake("old_button")
    await turn.notice("notice.preparing")
    turn.deps.wake()


async def press(turn: Turn) -> None:
    """`sub:<id>:<what>[:<value>]`: show, change or end a subscription."""
    subscription_id, what = turn.fields(number, rest=True)
    async with turn.database.reading() as tx:
        subscription = await subscriptions.get(tx, subscription_id)
    if subscription is None:
        raise UserMistake("old_button")
    chat = await _chat(turn, subscription.chat_id)
    await place.may_decide(turn, chat)
    match what:
        case ["show"]:
            await turn.say(_page(turn, subscription, chat))
        case ["back"]:
            await turn.edit(_page(turn, subscription, chat))
        case ["now"]:
            await _request(turn, [subscription], chat)
        case ["unsubscribe"]:
            await _remove(turn, subscription)
            await turn.edit(settings.unsubscribed(subscription, turn.chat.language))
        case [setting] if setting in settings.SETTINGS:
            await turn.edit_keyboard(settings.choices(subscription, chat, setting, turn.chat.language))
        case [setting, value] if settings.allows(subscription, chat, setting, value):
            await _change(turn, subscription, (setting, value))
        case _:
            raise UserMistake("old_button")


async def _change(turn: Turn, subscription: Subscription, setting: tuple[str, str]) -> None:
    async with turn.database.transaction() as tx:
        if setting[0] == "timezone":
            await chats.set_timezone(tx, subscription.chat_id, setting[1])
            changed = await subscriptions.of_chat(tx, subscription.chat_id)
        else:
            changed = [_changed(subscription, *setting)]
        chat = await chats.get(tx, subscription.chat_id)
        if chat is None:
            raise UserMistake("no_subscriptions")
        planned = [
            replace(each, next_due=calendar.next_due(each.schedule, chat.timezone, turn.now)) for each in changed
        ]
        for each in planned:
            await subscriptions.save(tx, each)
    await turn.notice("notice.set")
    await turn.edit(_page(turn, next(each for each in planned if each.id == subscription.id), chat))


def _changed(subscription: Subscription, what: str, value: str) -> Subscription:
    match what:
        case "hour":
            return replace(subscription, schedule=replace(subscription.schedule, hour=int(value)))
        case "weekdays":
            days = frozenset(map(int, value))
            return replace(subscription, schedule=replace(subscription.schedule, weekdays=days))
        case "when":
            after = value == "announced"
            return replace(subscription, schedule=replace(subscription.schedule, after_announcement=after))
        case "form":
            return replace(subscription, form=Form(value))
        case "empty":
            return replace(subscription, tell_empty=value == "told")
        case _:
            return replace(subscription, max_papers=int(value))


def _place(text: str) -> tuple[int, int]:
    chat_id, thread_id = text.split(".")
    return number(chat_id), number(thread_id)


async def _subscribe(turn: Turn, there: Turn, wanted: str) -> Message:
    if len(wanted) > query.MAX_LENGTH:
        raise UserMistake("query_too_long", limit=query.MAX_LENGTH)
    template = turn.deps.template
    new = replace(
        template,
        chat_id=there.chat.id,
        thread_id=there.thread_id,
        query=wanted,
        next_due=calendar.next_due(template.schedule, there.chat.timezone, turn.now),
    )
    async with turn.database.transaction() as tx:
        stored, fresh = await subscriptions.add(tx, new, turn.now)
        if fresh and len(await subscriptions.of_chat(tx, there.chat.id)) > MOST:
            raise UserMistake("too_many_subscriptions", limit=MOST)  # and the transaction takes it back
    turn.deps.wake()  # its papers may be summarised before its first hour comes
    elsewhere = there.chat.id != turn.chat.id
    return settings.subscription(stored, there.chat, turn.chat.language, fresh=fresh, elsewhere=elsewhere)


async def _remove(turn: Turn, subscription: Subscription) -> None:
    async with turn.database.transaction() as tx:
        await subscriptions.remove(tx, subscription.id)
    await turn.notice("notice.unsubscribed")


async def _request(turn: Turn, wanted: list[Subscription], there: Chat) -> None:
    """Have digests posted now, and say so to who asked; where it was asked, the posts themselves are the answer."""
    async with turn.database.transaction() as tx:
        await subscriptions.request(tx, [each.id for each in wanted], turn.now)
    turn.deps.wake()
    if there.id == turn.chat.id:
        await turn.notice("notice.preparing")
    elif turn.press is not None:
        await turn.notice("notice.preparing_there", title=there.title)
    else:
        await turn.say(Message(wording.sentence(turn.chat.language, "notice.preparing_there", title=there.title)))


async def _of(there: Turn, turn: Turn) -> list[Subscription]:
    """The subscriptions of a chat: here those of the topic, elsewhere of all topics. Raises UserMistake if none."""
    thread_id = there.thread_id if there.chat.id == turn.chat.id else None
    async with turn.database.reading() as tx:
        found = await subscriptions.of_chat(tx, there.chat.id, thread_id)
    if not found:
        raise UserMistake("no_subscriptions")
    return found


async def _chat(turn: Turn, chat_id: int) -> Chat:
    async with turn.database.reading() as tx:
        chat = await chats.get(tx, chat_id)
    if chat is None:
        raise UserMistake("no_subscriptions")
    return chat


def _page(turn: Turn, subscription: Subscription, chat: Chat) -> Message:
    elsewhere = chat.id != turn.chat.id
    return settings.subscription(subscription, chat, turn.chat.language, fresh=False, elsewhere=elsewhere)
