"""Who comes, goes, blocks and runs a chat, and what the bot is told of it."""

from bot.sandbox.chats import PRESENT, STATUSES, Chat, Json, Member, User, administrator
from bot.sandbox.errors import Refused
from bot.sandbox.world import World


def change(world: World, chat: Chat, by: User, user: User, member: Member) -> None:
    """Somebody, perhaps the bot, becomes `member` of a chat through `by`."""
    _check(chat, by, user, member)
    if user.id == world.bot.id:
        change_bot(world, chat, by, member)
        return
    update = _update(world, chat, by, user, member)
    chat.members[user.id] = member
    if world.bot_in(chat).is_admin:
        world.tell("chat_member", update)
    _announce(world, chat, by, user, (update["old_chat_member"]["status"], member.status))


def change_bot(world: World, chat: Chat, by: User, member: Member) -> None:
    """The bot becomes `member` of a chat; in a private chat, kicked and member are blocked and unblocked."""
    update = _update(world, chat, by, world.bot, member)
    chat.members[world.bot.id] = member
    world.tell("my_chat_member", update)
    _announce(world, chat, by, world.bot, (update["old_chat_member"]["status"], member.status))


def as_member(status: str, can_post: bool) -> Member:
    """The member that a status means."""
    if status not in STATUSES - {"creator"}:
        raise Refused(400, "status must be member, administrator, restricted, left or kicked.")
    if status == "administrator":
        return administrator(() if can_post else ("can_post_messages",))
    return Member(status)


def migrate(world: World, group: Chat, by: User) -> Chat:
    """Turn a basic group into a supergroup, as Telegram does when it grows or gets a username."""
    if group.type != "group" or group.migrated_to:
        raise Refused(400, "Only a basic group can become a supergroup, and only once.")
    new_id = -1_002_000_000_000 + group.id
    supergroup = Chat(new_id, "supergroup", group.title, members=dict(group.members))
    world.chats[new_id] = supergroup
    leaving = world.post(group, by, migrate_to_chat_id=new_id)
    arriving = world.post(supergroup, by, migrate_from_chat_id=group.id)
    group.migrated_to = new_id
    if world.bot_in(supergroup).present:
        world.tell("message", world.seen_by_bot(group, leaving))
        world.tell("message", world.seen_by_bot(supergroup, arriving))
    return supergroup


def _check(chat: Chat, by: User, user: User, member: Member) -> None:
    actor = chat.member(by.id)
    if member.status == "restricted" and (chat.type != "supergroup" or not user.is_bot):
        raise Refused(400, "Only the bot can be restricted, and only in a supergroup.")
    if chat.is_private:
        if by.id != chat.id or not user.is_bot or member.status not in {"member", "kicked"}:
            raise Refused(403, "In a private chat its person can block the bot (kicked) or unblock it (member).")
        return
    if chat.migrated_to:
        raise Refused(403, f"This group became the supergroup {chat.migrated_to}.")
    free = user.id == by.id and member.status == "left"
    invites = chat.is_group and member.status == "member" and actor.present
    if not actor.is_admin and not free and not invites:
        raise Refused(403, f"{by.first_name} does not run this chat.")
    if chat.member(user.id).status == "creator":
        raise Refused(403, "A chat's creator stays what they are.")


def _update(world: World, chat: Chat, by: User, user: User, member: Member) -> Json:
    return {
        "chat": chat.as_json(),
        "from": by.as_json(),
        "date": int(world.clock()),
        "old_chat_member": chat.member(user.id).as_json(user, chat.type),
        "new_chat_member": member.as_json(user, chat.type),
    }


def _announce(world: World, chat: Chat, by: User, user: User, turn: tuple[str, str]) -> None:
    """Groups say who came and went by a service message; one that was put out does not see it."""
    was, now = (status in PRESENT for status in turn)
    world.changes.bump()
    if not chat.is_group or was == now:
        return
    content: Json = {"new_chat_members": [user.as_json()]} if now else {"left_chat_member": user.as_json()}
    message = world.post(chat, by, **content)
    if world.bot_in(chat).present and by.id != world.bot.id:
        world.tell("message", world.seen_by_bot(chat, message))
