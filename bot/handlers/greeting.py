"""Meeting the bot: /start, /help, /language."""

from dataclasses import replace

from bot.errors import UserMistake
from bot.handlers import fetching, place
from bot.handlers.turn import Turn
from bot.messages import settings, wording
from bot.messages.cards import View
from bot.papers import arxiv_id
from storage import chats
from storage.records import Button, ChatKind, Language, Message


async def start(turn: Turn) -> None:
    """`/start [payload]`: a greeting, or with `p_<id>` that paper."""
    payload = turn.text.strip()
    if payload.startswith("p_"):
        await fetching.paper(turn, paper_of(payload), View.BOTH)
        return
    language = turn.chat.language
    if turn.chat.kind == ChatKind.CHANNEL:
        raise UserMistake("private_only")
    if not turn.private:
        # Words and links are taken for a search in private only: a group is told what holds there.
        forum = bool(turn.update.effective_chat and turn.update.effective_chat.is_forum)
        await turn.say(settings.joined("hello_group", turn.chat, language, forum=forum))
        return
    keyboard = (
        (Button(wording.word(language, "button.subscribe"), "choose"),),
        (Button(wording.word(language, "button.language"), f"lang:{_other(language)}"),),
    )
    await turn.say(Message(wording.render(language, "start"), keyboard))


def paper_of(payload: str) -> str:
    """The paper of a deep link. Its payload may hold only A-Za-z0-9_- (core.telegram.org/bots/features#deep-linking).

    So the id's dot or slash is written as `_`: `p_2403_11780`, `p_hep-th_9901001`; the plain id is taken too.
    """
    given = payload.removeprefix("p_")
    for separator in (".", "/"):
        if found := arxiv_id.parse(given.replace("_", separator, 1)):
            return found.id
    raise UserMistake("no_id", given=given[:60])


async def language(turn: Turn) -> None:
    """`/language`: which one it is, and a button for the other."""
    await place.may_decide(turn, turn.chat)
    await turn.say(_language_page(turn.chat.language))


async def choose_language(turn: Turn) -> None:
    """`lang:<language>`: speak it here from now on."""
    await place.may_decide(turn, turn.chat)
    (chosen,) = turn.fields(Language)
    async with turn.database.transaction() as tx:
        await chats.set_language(tx, turn.chat.id, chosen)
    turn.chat = replace(turn.chat, language=chosen)
    await turn.notice("notice.set")
    await turn.edit(_language_page(chosen))


def _language_page(spoken: Language) -> Message:
    button = Button(wording.word(spoken, "button.language"), f"lang:{_other(spoken)}")
    return Message(wording.render(spoken, "language"), ((button,),))


def _other(spoken: Language) -> Language:
    return Language.ENGLISH if spoken == Language.CHINESE else Language.CHINESE
