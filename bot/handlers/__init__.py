"""What the bot does when spoken to: every command and every button, declared once.

The handler, the menu and /help come from these tables; dispatch.py calls what they name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Flag, auto

from bot.handlers import greeting, keeping, operating, reading, subscribing
from bot.handlers.turn import Turn
from bot.messages import wording
from storage.records import Language, Message

Handler = Callable[[Turn], Awaitable[None]]


class Menu(Flag):
    """Whose command menu shows a command. It may be typed anywhere."""

    NOBODY = 0
    PRIVATE = auto()
    GROUP = auto()
    ADMINISTRATOR = auto()
    ALL = PRIVATE | GROUP | ADMINISTRATOR
    DECIDING = PRIVATE | ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what it does, its description in each language, who is shown it."""

    name: str
    handler: Handler
    zh: str
    en: str
    menu: Menu = Menu.ALL

    def description(self, language: Language) -> str:
        """What the command does, in a language."""
        return self.zh if language == Language.CHINESE else self.en


async def help_(turn: Turn) -> None:
    """`/help`: every command in a line."""
    language = turn.chat.language
    lines = [{"name": each.name, "description": each.description(language)} for each in COMMANDS if each.menu]
    await turn.say(Message(wording.render(language, "help", commands=lines)))


COMMANDS = (
    Command("start", greeting.start, "开始使用", "get started", Menu.PRIVATE),
    Command("search", reading.search, "搜索论文：/search 扩散模型", "search papers: /search diffusion"),
    Command("abs", reading.abstract, "看摘要：/abs 2403.11780", "read an abstract: /abs 2403.11780"),
    Command("today", subscribing.today, "现在发一期", "post the newest digest now"),
    Command("subscribe", subscribing.subscribe, "订阅：/subscribe cs.LG", "subscribe: /subscribe cs.LG", Menu.DECIDING),
    Command("subscriptions", subscribing.show_all, "查看和修改订阅", "see and change subscriptions", Menu.DECIDING),
    Command("unsubscribe", subscribing.unsubscribe, "取消订阅", "end a subscription", Menu.DECIDING),
    Command("saved", keeping.saved, "我的收藏", "papers that you keep", Menu.PRIVATE),
    Command("language", greeting.language, "切换语言 / language", "change the language / 切换语言", Menu.DECIDING),
    Command("status", operating.status, "运行状态", "the bot's state", Menu.NOBODY),
    Command("help", help_, "全部命令", "all commands"),
)

# The first word of a button's data. Buttons of old posts are pressed for years: a word is never given a new meaning.
BUTTONS: dict[str, Handler] = {
    "card": reading.turn_card,
    "open": reading.open_card,
    "find": reading.turn_page,
    "arxiv": reading.search_arxiv,
    "save": keeping.keep,
    "drop": keeping.drop,
    "kept": keeping.turn_saved,
    "choose": subscribing.choose_new,
    "new": subscribing.subscribe_chosen,
    "sub": subscribing.press,
    "again": subscribing.again,
    "lang": greeting.choose_language,
}
