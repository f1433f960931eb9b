"""What the bot does when spoken to: every command and every button, declared once.

The handler, the menu and /help come from these tables; dispatch.py calls what they name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Flag, auto

from bot.handlers import (
    counting,
    editing,
    finding,
    greeting,
    keeping,
    looking_back,
    operating,
    reading,
    subscribing,
    taking_away,
    voting,
)
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
    Command("search", finding.find, "搜索论文：/search 扩散模型", "search papers: /search diffusion"),
    Command("abs", reading.abstract, "看摘要：/abs 2403.11780", "read an abstract: /abs 2403.11780"),
    Command("similar", finding.similar, "找相近的论文：/similar 3", "papers like one: /similar 3"),
    Command("today", subscribing.today, "现在发一期", "post the newest digest now"),
    Command("subscribe", subscribing.subscribe, "订阅：/subscribe cs.LG", "subscribe: /subscribe cs.LG", Menu.DECIDING),
    Command("subscriptions", subscribing.show_all, "查看和修改订阅", "see and change subscriptions", Menu.DECIDING),
    Command("edit", editing.edit, "修改订阅：/edit 2 扩散", "change a query: /edit 2 diffusion", Menu.DECIDING),
    Command("unsubscribe", subscribing.unsubscribe, "取消订阅", "end a subscription", Menu.DECIDING),
    Command("saved", keeping.saved, "我的收藏：/saved #llm 扩散", "papers that you keep: /saved #llm", Menu.PRIVATE),
    Command("tag", keeping.tag, "给收藏加标签：/tag #llm", "tag a paper: /tag #llm", Menu.PRIVATE),
    Command("export", taking_away.export, "导出 BibTeX、RIS、CSV", "export as BibTeX, RIS or CSV"),
    Command("history", looking_back.history, "这里发过的论文", "papers posted here"),
    Command("weekly", looking_back.weekly, "近 7 天最受欢迎的论文", "the week's favourite papers"),
    Command("like", voting.like, "喜欢一篇：/like 3", "like a paper: /like 3"),
    Command("dislike", voting.dislike, "不喜欢一篇：/dislike 3", "dislike a paper: /dislike 3"),
    Command("why", voting.why, "为什么选了这篇：/why 3", "why a paper was chosen: /why 3"),
    Command("stats", counting.stats, "这里的论文统计", "what was posted and read here"),
    Command("language", greeting.language, "切换语言 / language", "change the language / 切换语言", Menu.DECIDING),
    Command("status", operating.status, "运行状态", "the bot's state", Menu.NOBODY),
    Command("help", help_, "全部命令", "all commands"),
)

# The first word of a button's data. Buttons of old posts are pressed for years: a word is never given a new meaning.
BUTTONS: dict[str, Handler] = {
    "card": reading.turn_card,
    "open": reading.open_card,
    "find": finding.turn_page,
    "sort": finding.sort,
    "arxiv": finding.search_arxiv,
    "save": keeping.keep,
    "drop": keeping.drop,
    "kept": keeping.turn_saved,
    "tagged": keeping.choose_tag,
    "tags": keeping.open_tags,
    "tag": keeping.toggle,
    "export": taking_away.press,
    "past": looking_back.turn_history,
    "up": voting.press_like,
    "down": voting.press_dislike,
    "why": voting.press_why,
    "choose": subscribing.choose_new,
    "new": subscribing.subscribe_chosen,
    "sub": subscribing.press,
    "proposal": editing.press,
    "again": subscribing.again,
    "lang": greeting.choose_language,
}
