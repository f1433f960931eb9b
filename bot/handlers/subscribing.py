"""What is posted where and when: /subscribe, /unsubscribe, /subscriptions, /today, and a subscription's buttons."""

from dataclasses import replace

from bot.digests import calendar
from bot.errors import UserMistake
from bot.handlers import holding, place, proposing
from bot.handlers.turn import Turn, number
from bot.messages import proposals as proposal_pages
from bot.messages import settings, wording
from storage import chats, digests, subscriptions
from storage.records import Chat, Form, Message, Schedule, Subscription


async def subscribe(turn: Turn) -> None:
    """`/subscribe [@channel] [query]`: a category at once with the defaults, or by a choice of categories.

    Any other query is shown first with what it finds.
    """
    there = await place.aimed(turn)
    wanted = proposing.typed(there.text)
    if not wanted:
        await turn.say(settings.choose_topic(turn.chat.language, f"{there.chat.id}.{there.thread_id}"))
    elif proposing.needs_no_look(wanted):
        await turn.say(await _subscribe(turn, there, wanted))
    else:
        await turn.say(await _known(turn, there, wanted) or await proposing.propose(turn, there, wanted))


async def choose_new(turn: Turn) -> None:
    """`choose`: the categories, for this chat."""
    await place.may_decide(turn, turn.chat)
    await turn.say(settings.choose_topic(turn.chat.language, f"{turn.chat.id}.{turn.thread_id}"))


async def subscribe_chosen(turn: Turn) -> None:
    """`new:<chat>.<topic>:<query>`: a category was chosen."""
    (chat_id, thread_id), wanted = turn.fields(_place, str)
    chat = await holding.chat_of(turn, chat_id)
    await place.may_decide(turn, chat)
    there = turn.elsewhere(chat)
    there.thread_id = thread_id
    await turn.edit(await _subscribe(turn, there, wanted))


async def unsubscribe(turn: Turn) -> None:
    """`/unsubscribe [@channel] [query]`: the one named, the only one, or a choice."""
    there = await place.aimed(turn)
    here = await holding.of(there, turn)
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
    all_ = await holding.of(there, turn)
    elsewhere = there.chat.id != turn.chat.id
    await turn.say(settings.subscriptions(all_, there.chat, turn.chat.language, elsewhere=elsewhere))


async def today(turn: Turn) -> None:
    """`/today [@channel]`: the newest digest of each subscription, now. The outbox posts it."""
    there = await place.aimed(turn) if turn.text.strip() else turn
    await _request(turn, await holding.of(there, turn), there.chat)


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
    chat = await holding.chat_of(turn, subscription.chat_id)
    await place.may_decide(turn, chat)
    match what:
        case ["show"]:
            await turn.say(holding.page(turn, subscription, chat))
        case ["back"]:
            await turn.edit(holding.page(turn, subscription, chat))
        case ["now"]:
            await _request(turn, [subscription], chat)
        case ["pause" | "resume" as wanted]:
            await _pause(turn, subscription, chat, paused=wanted == "pause")
        case ["edit"]:
            await _tell_how_to_edit(turn, subscription, chat)
        case ["unsubscribe"]:
            await _remove(turn, subscription)
            await turn.edit(settings.unsubscribed(subscription, turn.chat.language))
        case [setting] if setting in settings.SETTINGS:
            await turn.edit_keyboard(settings.choices(subscription, chat, setting, turn.chat.language))
        case [setting, value] if settings.allows(subscription, chat, setting, value):
            await _change(turn, subscription, (setting, value))
        case _:
            raise UserMistake("old_button")


async def _pause(turn: Turn, subscription: Subscription, chat: Chat, *, paused: bool) -> None:
    planned = calendar.next_due(subscription.schedule, chat.timezone, turn.now)
    async with turn.database.transaction() as tx:
        if paused:
            await subscriptions.pause(tx, subscription.id)
        else:
            await subscriptions.resume(tx, subscription.id, planned)
        changed = await subscriptions.get(tx, subscription.id)
    await turn.notice("notice.paused" if paused else "notice.resumed")
    if changed:
        await turn.edit(holding.page(turn, changed, chat))


async def _tell_how_to_edit(turn: Turn, subscription: Subscription, chat: Chat) -> None:
    elsewhere = chat.id != turn.chat.id
    async with turn.database.reading() as tx:
        all_ = await subscriptions.of_chat(tx, chat.id, None if elsewhere else subscription.thread_id)
    at = [each.id for each in all_].index(subscription.id) + 1
    await turn.say(proposal_pages.how_to_edit(subscription, at, chat, turn.chat.language, elsewhere=elsewhere))


async def _change(turn: Turn, subscription: Subscription, setting: tuple[str, str]) -> None:
    async with turn.database.transaction() as tx:
        changed = [subscription]
        match setting:
            case ("timezone", zone):
                await chats.set_timezone(tx, subscription.chat_id, zone)
                changed = await subscriptions.of_chat(tx, subscription.chat_id)
            case ("repeats", chosen):
                await chats.set_repeats(tx, subscription.chat_id, repeats=chosen == "again")
            case (what, value):
                changed = [_changed(subscription, what, value)]
        chat = await chats.get(tx, subscription.chat_id)
        if chat is None:
            raise UserMistake("no_subscriptions")
        planned = [
            replace(each, next_due=calendar.next_due(each.schedule, chat.timezone, turn.now)) for each in changed
        ]
        for each in planned:
            await subscriptions.save(tx, each)
    await turn.notice("notice.set")
    await turn.edit(holding.page(turn, next(each for each in planned if each.id == subscription.id), chat))


def _changed(subscription: Subscription, what: str, value: str) -> Subscription:
    match what:
        case "hour" | "weekdays" | "when":
            return replace(subscription, schedule=_rescheduled(subscription.schedule, what, value))
        case "kinds":
            return replace(subscription, kinds=settings.KINDS[value])
        case "form":
            return replace(subscription, form=Form(value))
        case "empty":
            return replace(subscription, tell_empty=value == "told")
        case _:
            return replace(subscription, max_papers=int(value))


def _rescheduled(schedule: Schedule, what: str, value: str) -> Schedule:
    match what:
        case "hour":
            return replace(schedule, hour=int(value))
        case "weekdays":
            return replace(schedule, weekdays=frozenset(map(int, value)))
        case _:
            return replace(schedule, after_announcement=value == "announced")


def _place(text: str) -> tuple[int, int]:
    chat_id, thread_id = text.split(".")
    return number(chat_id), number(thread_id)


async def _subscribe(turn: Turn, there: Turn, wanted: str) -> Message:
    stored, fresh = await holding.save(turn, there, wanted)
    return holding.page(turn, stored, there.chat, fresh=fresh)


async def _known(turn: Turn, there: Turn, wanted: str) -> Message | None:
    """The page of the subscription with that query, if there is one. Raises UserMistake if there are enough."""
    async with turn.database.reading() as tx:
        all_ = await subscriptions.of_chat(tx, there.chat.id)
    for each in all_:
        if (each.thread_id, each.query) == (there.thread_id, wanted):
            return holding.page(turn, each, there.chat)
    if len(all_) >= holding.MOST:
        raise UserMistake("too_many_subscriptions", limit=holding.MOST)
    return None


async def _remove(turn: Turn, subscription: Subscription) -> None:
    async with turn.database.transaction() as tx:
        await subscriptions.remove(tx, subscription.id)
    await turn.notice("notice.unsubscribed")


async def _request(turn: Turn, wanted: list[Subscription], there: Chat) -> None:
    """Have digests posted now, and say so to who asked; where it was asked, the posts themselves are the answer."""
    active = [each.id for each in wanted if not each.paused]
    if not active:
        raise UserMistake("paused", topic=settings.topic(wanted[0].query, turn.chat.language))
    async with turn.database.transaction() as tx:
        await subscriptions.request(tx, active, turn.now)
    turn.deps.wake()
    if there.id == turn.chat.id:
        await turn.notice("notice.preparing")
    elif turn.press is not None:
        await turn.notice("notice.preparing_there", title=there.title)
    else:
        await turn.say(Message(wording.sentence(turn.chat.language, "notice.preparing_there", title=there.title)))
