"""The sandbox's world: who is there, what was said, and what the bot is told of it. In memory, saved as JSON."""

import copy
import json
import time
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from bot.sandbox.changes import Counter
from bot.sandbox.chats import GENERAL, Chat, Json, Member, Post, Topic, User, administrator
from bot.sandbox.faults import Faults
from bot.sandbox.files import Files
from bot.sandbox.limits import Counts, Limits, Traffic
from bot.sandbox.questions import Questions
from bot.sandbox.updates import Updates

BOT = User(7_000_000_001, "Papergram", "papergram_bot", is_bot=True)


class World:
    """Everything that exists. `token` None takes any; `privacy` is Telegram's group privacy mode of the bot.

    `limits` None enforces none. `clock` gives Unix seconds for dates, `ticks` those that the limits count.
    """

    def __init__(
        self,
        bot: User = BOT,
        *,
        token: str | None = None,
        privacy: bool = True,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bot, self.token, self.privacy = bot, token, privacy
        self.limits = limits or Limits(enforced=False)
        self.clock, self.ticks = clock, ticks
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.commands: dict[str, list[Json]] = {}
        self.updates = Updates()
        self.faults = Faults()
        self.files = Files()
        self.presses = Questions(first_id=4_000_000)
        self.inline_queries = Questions(first_id=9_000_000)
        self.calls: dict[str, Tally[str]] = {}
        self.traffic = Traffic()
        self.changes = Counter()
        self.stops = Counter()  # counts the server's restarts; closed when it stops for good
        self.patience = 5.0  # seconds that a press or an inline query waits for the bot
        self._last_id = 0  # of the messages in private chats and basic groups, which share their numbers

    def add_user(self, user: User) -> Chat:
        """Somebody, and their private chat with the bot, not yet started."""
        self.users[user.id] = user
        members = {user.id: Member(), self.bot.id: Member()}
        return self._add(Chat(user.id, "private", user.first_name, user.username, members=members))

    def add_chat(self, chat: Chat, creator: int, bot: Member | None = None) -> Chat:
        """A group, supergroup or channel; the bot is in it if `bot` says what it is there."""
        chat.members[creator] = Member("creator")
        if bot is not None:
            chat.members[self.bot.id] = bot
        if chat.is_forum:
            chat.topics[GENERAL] = Topic(GENERAL, "General")
            chat.last_id = max(chat.last_id, GENERAL)
        return self._add(chat)

    def add_topic(self, chat: Chat, name: str, by: int) -> Topic:
        """A topic in a forum, opened by a service message whose id is the topic's."""
        post = self.post(chat, self.users[by], forum_topic_created={"name": name, "icon_color": 0x6FB9F0})
        topic = Topic(post["message_id"], name)
        chat.topics[topic.id] = topic
        post |= {"message_thread_id": topic.id, "is_topic_message": True}
        return topic

    def find_chat(self, chat_id: int | str) -> Chat | None:
        """A chat by its id or its @username; people have no @username here, as for Telegram's bots."""
        if isinstance(chat_id, int):
            return self.chats.get(chat_id)
        name = chat_id.removeprefix("@").lower()
        public = (c for c in self.chats.values() if c.username and not c.is_private)
        return next((c for c in public if c.username.lower() == name), None)

    def bot_in(self, chat: Chat) -> Member:
        """What the bot is in a chat."""
        return chat.member(self.bot.id)

    def post(self, chat: Chat, sender: User | None, thread_id: int = 0, **content: Any) -> Json:
        """Put a message into a chat, a channel's in the channel's name; the message is live, not a copy."""
        message: Json = {"message_id": self._next_id(chat)}
        if chat.type == "channel":
            message["sender_chat"] = chat.as_json()
        elif sender:
            message["from"] = sender.as_json()
        message |= {"chat": chat.as_json(), "date": int(self.clock())}
        if thread_id:
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        message |= {key: value for key, value in content.items() if value is not None}
        chat.posts[message["message_id"]] = Post(message, sender.id if sender else 0)
        self.changes.bump()
        return message

    def seen_by_bot(self, chat: Chat, message: Json) -> Json:
        """A copy as the bot gets it: in a topic, what answers nothing else answers the topic's opening."""
        seen = copy.deepcopy(message)
        thread = message.get("message_thread_id")
        root = chat.posts.get(thread) if thread and thread != message["message_id"] else None
        if root and "reply_to_message" not in seen:
            seen["reply_to_message"] = copy.deepcopy(root.message)
        return seen

    def tell(self, kind: str, payload: Json) -> None:
        """Queue an update for the bot."""
        self.updates.put(kind, payload)
        self.changes.bump()

    def count(self, method: str, outcome: str) -> None:
        """Note how a Bot API call ended, for /sandbox/stats."""
        self.calls.setdefault(method, Tally())[outcome] += 1

    def forget_counts(self) -> None:
        """Count from nothing again; what was sent lately still counts for the limits."""
        self.calls.clear()
        self.traffic.counts = Counts()

    def restart(self) -> None:
        """Lose the calls that wait, as a server does that is started again."""
        self.stops.bump()
        self.updates.arrivals.bump()

    def open(self) -> None:
        """Take long polls."""
        for counter in (self.changes, self.updates.arrivals, self.stops):
            counter.open()

    def close(self) -> None:
        """Let every long poll go, so that a server can stop at once."""
        for counter in (self.changes, self.updates.arrivals, self.stops):
            counter.close()
        self.presses.close()
        self.inline_queries.close()

    def to_json(self) -> Json:
        """The whole world but its limits, faults and statistics."""
        return {
            "bot": asdict(self.bot),
            "users": [asdict(user) for user in self.users.values()],
            "chats": [_saved(chat) for chat in self.chats.values()],
            "commands": self.commands,
            "updates": self.updates.to_json(),
            "files": self.files.to_json(),
            "last_id": self._last_id,
        }

    @classmethod
    def from_json(cls, saved: Json) -> Self:
        """A world as `to_json` gave it."""
        world = cls(User(**saved["bot"]))
        world.users = {each["id"]: User(**each) for each in saved["users"]}
        world.chats = {each["id"]: _restored(each) for each in saved["chats"]}
        world.commands = saved["commands"]
        world.updates.restore(saved["updates"])
        world.files.restore(saved["files"])
        world._last_id = saved["last_id"]
        return world

    def save(self, path: Path) -> None:
        """Write the world to a file, whole or not at all."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(self.to_json(), ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """A world from a file that `save` wrote."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))

    def _add(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        self.changes.bump()
        return chat

    def _next_id(self, chat: Chat) -> int:
        if chat.type in {"supergroup", "channel"}:
            chat.last_id += 1
            return chat.last_id
        self._last_id += 1
        return self._last_id


def default_world(limits: Limits | None = None) -> World:
    """The world of `papergram demo`: three people, a group, a forum and a channel."""
    world = World(limits=limits)
    for user in (
        User(1001, "小明", "xiaoming", "zh"),
        User(1002, "Alice", "alice", "en"),
        User(1003, "老师", "", "zh"),
    ):
        world.add_user(user)
    group = Chat(-4001, "group", "读论文小组", members={1002: Member()})
    world.add_chat(group, creator=1001, bot=Member())
    members = {1001: administrator(), 1002: Member()}
    lab = Chat(-1_001_000_000_002, "supergroup", "实验室", is_forum=True, members=members)
    world.add_chat(lab, creator=1003, bot=Member())
    for name in ("cs.LG 论文", "闲聊"):
        world.add_topic(lab, name, by=1003)
    channel = Chat(-1_001_000_000_001, "channel", "每日论文", "daily_papers")
    world.add_chat(channel, creator=1001, bot=administrator())
    return world


def _saved(chat: Chat) -> Json:
    members = [[user, member.status, sorted(member.rights)] for user, member in chat.members.items()]
    return asdict(chat) | {
        "topics": [asdict(topic) for topic in chat.topics.values()],
        "members": members,
        "posts": [asdict(post) for post in chat.posts.values()],
    }


def _restored(saved: Json) -> Chat:
    chat = Chat(**saved)
    chat.topics = {each["id"]: Topic(**each) for each in saved["topics"]}
    chat.members = {user: Member(status, frozenset(rights)) for user, status, rights in saved["members"]}
    chat.posts = {each["message"]["message_id"]: Post(**each) for each in saved["posts"]}
    return chat
