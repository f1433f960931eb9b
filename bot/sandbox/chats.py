"""People, chats and what stands in them, with the JSON that the Bot API writes for each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

GENERAL = 1  # the id of a forum's General topic, which no message may name (core.telegram.org/api/forum)
PRESENT = frozenset({"creator", "administrator", "member", "restricted"})
STATUSES = PRESENT | {"left", "kicked"}
RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
# What a restricted member may do: none of it here.
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    *GROUP_RIGHTS,
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody: a person, or a bot."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    def as_json(self) -> Json:
        """A Bot API User."""
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        optional = {"username": self.username, "language_code": self.language_code}
        return body | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Member:
    """What somebody is in a chat. An administrator has the `rights` named."""

    status: str = "member"
    rights: frozenset[str] = frozenset()

    @property
    def present(self) -> bool:
        """Whether they are in the chat."""
        return self.status in PRESENT

    @property
    def is_admin(self) -> bool:
        """Whether they run it."""
        return self.status in {"creator", "administrator"}

    def may(self, right: str) -> bool:
        """Whether they have a right, such as can_post_messages."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def as_json(self, user: User, chat_type: str) -> Json:
        """A Bot API ChatMember of the kind that the status names."""
        body: Json = {"user": user.as_json(), "status": self.status}
        if self.status == "creator":
            body["is_anonymous"] = False
        elif self.status == "kicked":
            body["until_date"] = 0
        elif self.status == "restricted":
            body |= {"is_member": True, "until_date": 0, **dict.fromkeys(PERMISSIONS, False)}
        elif self.status == "administrator":
            rights = (*RIGHTS, *(CHANNEL_RIGHTS if chat_type == "channel" else GROUP_RIGHTS))
            body |= {"can_be_edited": False, "is_anonymous": False}
            body |= {right: right in self.rights for right in rights}
        return body


ABSENT = Member("left")


def administrator(without: Iterable[str] = ()) -> Member:
    """An administrator with every right but some."""
    return Member("administrator", frozenset((*RIGHTS, *CHANNEL_RIGHTS, *GROUP_RIGHTS)) - frozenset(without))


@dataclass(frozen=True, slots=True)
class Topic:
    """A forum's topic; its id is that of the service message that opened it."""

    id: int
    name: str
    closed: bool = False


@dataclass(slots=True)
class Post:
    """A message as it stands (Bot API JSON), the texts it had before, and whether it is still there."""

    message: Json
    by: int = 0  # who wrote it, which a channel's message does not tell
    edits: list[Json] = field(default_factory=list)
    deleted: bool = False

    def without_reply(self) -> Json:
        """The message as another one quotes it in reply_to_message, which goes one step deep."""
        return {key: value for key, value in self.message.items() if key != "reply_to_message"}

    def as_transcript(self) -> Json:
        """The message with its history, as the page and the tests read it."""
        return {**self.message, "edits": self.edits} | ({"deleted": True} if self.deleted else {})


@dataclass(slots=True)
class Chat:
    """A place to talk. A private chat has its person's id, and is `started` once they have written to the bot."""

    id: int
    type: str
    title: str
    username: str = ""
    is_forum: bool = False
    started: bool = False
    migrated_to: int = 0
    last_id: int = 0  # of its messages, in supergroups and channels, which number their own
    topics: dict[int, Topic] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        """Whether it is between one person and the bot."""
        return self.type == "private"

    @property
    def is_group(self) -> bool:
        """Whether several people talk in it, so that group privacy and service messages apply."""
        return self.type in {"group", "supergroup"}

    def member(self, user_id: int) -> Member:
        """What somebody is here."""
        return self.members.get(user_id, ABSENT)

    def standing(self, message_id: int) -> Post | None:
        """A message that has not been deleted."""
        post = self.posts.get(message_id)
        return None if post is None or post.deleted else post

    def as_json(self) -> Json:
        """A Bot API Chat."""
        body: Json = {"id": self.id, "type": self.type, "first_name" if self.is_private else "title": self.title}
        optional: Json = {"username": self.username, "is_forum": self.is_forum}
        return body | {key: value for key, value in optional.items() if value}
