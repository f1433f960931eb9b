"""/edit gives a subscription another query; and the buttons by which a query that was looked at is taken or not."""

from bot.errors import UserMistake
from bot.handlers import holding, place, proposing
from bot.handlers.restraint import Act
from bot.handlers.turn import Turn, number
from bot.messages import proposals as pages
from bot.messages import wording
from storage import proposals, subscriptions
from storage.records import Chat, Message, Proposal, Subscription


async def edit(turn: Turn) -> None:
    """`/edit [@channel] [number] query`: the one of that number, the only one, or a choice; first it is looked at."""
    there = await place.aimed(turn)
    here = await holding.of(there, turn)
    first, *rest = there.text.split(maxsplit=1) or [""]
    numbered = first.isdecimal() and len(first) <= 2  # more digits are a word
    wanted = proposing.typed("".join(rest) if numbered else there.text)
    if not wanted:
        raise UserMistake("empty_edit")
    if numbered and not 0 < int(first) <= len(here):
        raise UserMistake("no_such_subscription_number", number=int(first))
    if numbered or len(here) == 1:
        edited = here[int(first) - 1] if numbered else here[0]
        await turn.say(await proposing.propose_edit(turn, there, edited, wanted))
        return
    async with turn.database.transaction() as tx:
        proposal = await proposals.add(tx, (there.chat.id, there.thread_id), wanted, turn.now)
    elsewhere = there.chat.id != turn.chat.id
    await turn.say(pages.choose_edited(proposal, here, turn.chat.language, elsewhere=elsewhere))


async def press(turn: Turn) -> None:
    """`proposal:<id>:take`, `:drop`, or `:<subscription>`: take the query, forget it, or say whose it is to be."""
    proposal_id, what = turn.fields(number, str)
    async with turn.database.reading() as tx:
        proposal = await proposals.get(tx, proposal_id)
    if proposal is None:
        raise UserMistake("old_button")
    chat = await holding.chat_of(turn, proposal.chat_id)
    await place.may_decide(turn, chat)
    if proposal.taken:  # a double press, or another administrator was faster
        await turn.edit(holding.page(turn, await _subscription(turn, proposal.subscription_id), chat))
    elif what == "take":
        await _take(turn, proposal, chat)
    elif what == "drop":
        async with turn.database.transaction() as tx:
            await proposals.remove(tx, proposal.id)
        await turn.edit(Message(wording.sentence(turn.chat.language, "notice.cancelled")))
    else:
        await _choose(turn, proposal, chat, what)


async def _choose(turn: Turn, proposal: Proposal, chat: Chat, chosen: str) -> None:
    if not chosen.isdecimal():
        raise UserMistake("old_button")
    edited = await _subscription(turn, number(chosen) if len(chosen) < 19 else 0)
    if edited.chat_id != chat.id:
        raise UserMistake("old_button")
    turn.spend(Act.SEARCH)
    await turn.edit(await proposing.propose_edit(turn, turn.elsewhere(chat), edited, proposal.query))


async def _take(turn: Turn, proposal: Proposal, chat: Chat) -> None:
    if proposal.subscription_id:
        stored, fresh = await _changed(turn, proposal), False
        await turn.notice("notice.edited")
    else:
        there = turn.elsewhere(chat)
        there.thread_id = proposal.thread_id
        stored, fresh = await holding.save(turn, there, proposal.query)
    async with turn.database.transaction() as tx:
        await proposals.take(tx, proposal.id, stored.id)
    await turn.edit(holding.page(turn, stored, chat, fresh=fresh))


async def _changed(turn: Turn, proposal: Proposal) -> Subscription:
    async with turn.database.transaction() as tx:
        if not await subscriptions.ask(tx, proposal.subscription_id, proposal.query):
            raise UserMistake("same_subscription", query=proposal.query[:100])
    turn.deps.wake()  # its papers may be summarised before its next hour comes
    return await _subscription(turn, proposal.subscription_id)


async def _subscription(turn: Turn, subscription_id: int) -> Subscription:
    async with turn.database.reading() as tx:
        found = await subscriptions.get(tx, subscription_id)
    if found is None:
        raise UserMistake("old_button")
    return found
