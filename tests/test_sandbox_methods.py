from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    ChatMemberAdministrator,
    ChatMemberLeft,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken

from bot.sandbox.chats import Chat, Member
from bot.sandbox.world import World, default_world
from tests.test_sandbox_server import ALICE, CHANNEL, GROUP, LAB, TEACHER, TOKEN, XIAOMING, Sandbox, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        await found.write(ALICE, ALICE, "hi")
        found.world.updates.drop()
        yield found


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as found:
        yield found


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", **button}]]}


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({}, "message text is empty"),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "你" * 11_000}, "text is too long"),
        ({"text": "a < b", "parse_mode": "HTML"}, 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ({"text": "x", "parse_mode": "TeX"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": keyboard(callback_data="你" * 22)}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "reply_markup": keyboard(callback_data="")},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "x", "reply_markup": keyboard(url="not-a-url")},
            "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL",
        ),
        ({"text": "x", "reply_markup": keyboard(url="https://a.bc/" + "d" * 2048)}, "BUTTON_URL_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x"}] * 101]}}, "reply markup is too long"),
        ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "x", "reply_to_message_id": 999}, "message to be replied not found"),
        ({"text": "x", "message_thread_id": 999}, "message thread not found"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": 5}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "chat_id": "@alice"}, "chat not found"),
        (
            {"text": "x", "entities": [{"type": "bold", "offset": 9, "length": 1}]},
            "entity begins after the end of the text at UTF-16 offset 9",
        ),
        (
            {"text": "x", "entities": [{"type": "no", "offset": 0, "length": 1}]},
            "can't parse MessageEntity: Unsupported type specified",
        ),
        ({"text": "x", "link_preview_options": {"url": "nowhere"}}, "WEBPAGE_URL_INVALID"),
    ],
)
async def test_a_bad_message_is_refused_in_telegrams_words(
    sandbox: Sandbox, parameters: dict[str, Any], refusal: str
) -> None:
    assert await sandbox.refused("sendMessage", **{"chat_id": ALICE, **parameters}) == (400, f"Bad Request: {refusal}")
    assert len(await sandbox.read(ALICE)) == 1


@pytest.mark.parametrize(
    ("text", "mode"), [("x" * 4096, ""), ("📄" * 4096, ""), ("<b>" + "你" * 4096 + "</b>", "HTML")]
)
async def test_4096_characters_after_parsing_are_not_too_long(sandbox: Sandbox, text: str, mode: str) -> None:
    await sandbox.done("sendMessage", chat_id=ALICE, text=text, parse_mode=mode)


async def test_64_bytes_of_callback_data_are_not_too_many(sandbox: Sandbox) -> None:
    await sandbox.done("sendMessage", chat_id=ALICE, text="x", reply_markup=keyboard(callback_data="你" * 21 + "x"))


async def test_ptb_sees_each_refusal_as_it_sees_telegrams(sandbox: Sandbox, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(XIAOMING, "x")
    await sandbox.act(f"chats/{ALICE}/members", by=ALICE, user=sandbox.world.bot.id, status="kicked")
    with pytest.raises(Forbidden, match="Forbidden: bot was blocked by the user"):
        await bot.send_message(ALICE, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(12345, "x")
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(GROUP, "<x>", parse_mode="HTML")
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(LAB, "x", message_thread_id=1)
    new_id = (await sandbox.act(f"chats/{GROUP}/migrate"))["id"]
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(GROUP, "x")
    assert moved.value.new_chat_id == new_id
    with pytest.raises(InvalidToken):
        async with Bot("123:x", base_url=f"{sandbox.url}/bot"):
            pass


async def test_every_message_parses_in_ptb_with_what_was_sent(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(
        "@daily_papers",
        '<b>标题</b> <a href="https://arxiv.org/abs/2403.11780">arXiv</a> @alice arxiv.org/abs/2403.11780, /help',
        parse_mode="HTML",
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("PDF", url="https://arxiv.org/pdf/1")]]),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        protect_content=True,
    )
    assert sent.chat.id == CHANNEL
    assert sent.from_user is None
    assert sent.sender_chat is not None
    assert sent.has_protected_content
    assert sent.link_preview_options == LinkPreviewOptions(is_disabled=True)
    assert abs(sent.date.timestamp() - sandbox.world.clock()) < 60
    assert [(e.type, sent.parse_entity(e)) for e in sent.entities] == [
        ("bold", "标题"),
        ("text_link", "arXiv"),
        ("mention", "@alice"),
        ("url", "arxiv.org/abs/2403.11780"),
        ("bot_command", "/help"),
    ]


async def test_a_person_is_named_by_a_mention_with_their_whole_user(sandbox: Sandbox) -> None:
    text = '<a href="tg://user?id=1001">a</a><a href="tg://user?id=99">b</a>'
    sent = await sandbox.done("sendMessage", chat_id=ALICE, text=text, parse_mode="HTML")
    assert [entity["user"]["first_name"] for entity in sent["entities"]] == ["小明"]


async def test_a_reply_quotes_and_a_missing_one_may_be_let_go(bot: Bot) -> None:
    first = await bot.send_message(ALICE, "x")
    answer = await bot.send_message(ALICE, "y", reply_parameters=ReplyParameters(first.message_id))
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == "x"
    alone = await bot.send_message(ALICE, "z", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True))
    assert alone.reply_to_message is None


async def test_an_edit_keeps_the_earlier_text_and_says_when_nothing_changes(sandbox: Sandbox, bot: Bot) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="1")]])
    sent = await bot.send_message(ALICE, "<b>x</b>", parse_mode="HTML", reply_markup=markup)
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content and reply markup"):
        await sent.edit_text("<b>x</b>", parse_mode="HTML", reply_markup=markup)
    edited = await sent.edit_text("x", reply_markup=markup)
    assert not isinstance(edited, bool)
    assert edited.edit_date is not None
    bare = await sent.edit_reply_markup(None)
    assert not isinstance(bare, bool)
    assert bare.reply_markup is None
    versions = (await sandbox.read(ALICE))[-1]["edits"]
    assert [version.get("entities") for version in versions] == [[{"type": "bold", "offset": 0, "length": 1}], None]
    assert all("reply_markup" in version for version in versions)


async def test_only_standing_messages_of_the_bot_can_be_edited(sandbox: Sandbox) -> None:
    theirs = await sandbox.write(ALICE, ALICE, "mine")
    edit = {"chat_id": ALICE, "text": "x"}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"message_id": theirs["message_id"]}, "message can't be edited"),
        ({"message_id": 999}, "message to edit not found"),
        ({}, "message identifier is not specified"),
        ({"inline_message_id": "x"}, "MESSAGE_ID_INVALID"),
    ]
    for parameters, refusal in cases:
        assert await sandbox.refused("editMessageText", **edit, **parameters) == (400, f"Bad Request: {refusal}")


async def test_a_deleted_message_leaves_the_transcript_but_not_its_history(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(ALICE, "x")
    assert await sent.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()
    assert sent.message_id not in [m["message_id"] for m in await sandbox.read(ALICE)]
    assert (await sandbox.read(ALICE, "?deleted=1"))[-1]["deleted"]


async def test_a_message_older_than_48_hours_can_no_longer_be_deleted() -> None:
    now = [1_700_000_000.0]
    world = World(clock=lambda: now[0])
    world.users |= default_world().users
    world.add_chat(Chat(-1, "group", "g"), creator=ALICE, bot=Member())
    async with running(world) as sandbox:
        sent = await sandbox.done("sendMessage", chat_id=-1, text="x")
        now[0] += 48 * 3600 + 1
        refusal = await sandbox.refused("deleteMessage", chat_id=-1, message_id=sent["message_id"])
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_member_bot_deletes_and_pins_nothing_of_others_in_a_group(sandbox: Sandbox) -> None:
    theirs = await sandbox.write(GROUP, ALICE, "x")
    named = {"chat_id": GROUP, "message_id": theirs["message_id"]}
    assert await sandbox.refused("deleteMessage", **named) == (400, "Bad Request: message can't be deleted")
    refusal = "Bad Request: not enough rights to manage pinned messages in the chat"
    assert await sandbox.refused("pinChatMessage", **named) == (400, refusal)


async def test_a_pin_leaves_a_service_message(sandbox: Sandbox, bot: Bot) -> None:
    post = await bot.send_message(CHANNEL, "x")
    assert await post.pin()
    assert (await sandbox.read(CHANNEL))[-1]["pinned_message"]["text"] == "x"
    assert await post.unpin()


async def test_topics_are_reached_by_their_id_and_general_by_none(sandbox: Sandbox, bot: Bot) -> None:
    (topic, other) = [t["id"] for t in _chat(await _chats(sandbox), LAB)["topics"] if t["id"] != 1]
    sent = await bot.send_message(LAB, "x", message_thread_id=topic)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic, True)
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.forum_topic_created is not None
    general = await bot.send_message(LAB, "y")
    assert general.message_thread_id is None
    assert [m["text"] for m in await sandbox.read(LAB, f"?thread={topic}") if "text" in m] == ["x"]
    assert [m["text"] for m in await sandbox.read(LAB, "?thread=1") if "text" in m] == ["y"]
    await sandbox.act(f"chats/{LAB}/topics", id=topic, closed=True)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(LAB, "x", message_thread_id=topic)
    await sandbox.act(f"chats/{LAB}/topics", id=other, deleted=True)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(LAB, "x", message_thread_id=other)


@pytest.mark.parametrize(
    ("chat", "by", "status", "refusal"),
    [
        (GROUP, XIAOMING, "kicked", (403, "Forbidden: bot was kicked from the group chat")),
        (GROUP, XIAOMING, "left", (403, "Forbidden: bot is not a member of the group chat")),
        (LAB, TEACHER, "kicked", (403, "Forbidden: bot was kicked from the supergroup chat")),
        (CHANNEL, XIAOMING, "left", (403, "Forbidden: bot is not a member of the channel chat")),
        (CHANNEL, XIAOMING, "administrator", (400, "Bad Request: need administrator rights in the channel chat")),
    ],
)
async def test_a_bot_without_its_place_is_told_so(
    sandbox: Sandbox, chat: int, by: int, status: str, refusal: tuple[int, str]
) -> None:
    body = {"by": by, "user": sandbox.world.bot.id, "status": status, "can_post_messages": False}
    await sandbox.act(f"chats/{chat}/members", **body)
    assert await sandbox.refused("sendMessage", chat_id=chat, text="x") == refusal


async def test_chats_and_members_parse_in_ptb(sandbox: Sandbox, bot: Bot) -> None:
    assert (await bot.get_chat("@daily_papers")).title == "每日论文"
    assert (await bot.get_chat(LAB)).is_forum
    me = await bot.get_chat_member(CHANNEL, sandbox.world.bot.id)
    assert isinstance(me, ChatMemberAdministrator)
    assert me.can_post_messages
    assert isinstance(await bot.get_chat_member(GROUP, TEACHER), ChatMemberLeft)
    assert [member.user.id for member in await bot.get_chat_administrators(LAB)] == [XIAOMING, TEACHER]
    assert await bot.get_chat_member_count(GROUP) == 3
    with pytest.raises(BadRequest, match="There are no administrators in the private chat"):
        await bot.get_chat_administrators(ALICE)
    with pytest.raises(BadRequest, match="Participant_id_invalid"):
        await bot.get_chat_member(GROUP, 55)
    assert await bot.leave_chat(GROUP)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.get_chat(GROUP)


async def test_the_menu_is_the_narrowest_scope_in_the_persons_language(sandbox: Sandbox, bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("help", "all")])
    await bot.set_my_commands([BotCommand("help", "所有")], language_code="zh")
    await bot.set_my_commands([BotCommand("group", "groups")], scope=BotCommandScopeAllGroupChats())
    await bot.set_my_commands([BotCommand("here", "chat")], scope=BotCommandScopeChat(ALICE))

    async def menu(user: int, chat: int) -> list[str]:
        answer = await sandbox.http.get(f"/sandbox/commands?user={user}&chat={chat}")
        return [command["description"] for command in answer.json()]

    assert await menu(XIAOMING, XIAOMING) == ["所有"]
    assert await menu(ALICE, ALICE) == ["chat"]
    assert await menu(XIAOMING, GROUP) == ["groups"]
    assert await bot.delete_my_commands(scope=BotCommandScopeChat(ALICE))
    assert await menu(ALICE, ALICE) == ["all"]
    assert [command.description for command in await bot.get_my_commands(language_code="zh")] == ["所有"]


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"commands": [{"command": "Start", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "a", "description": "x"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "language_code": "zh-CN"}, "LANG_CODE_INVALID"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": 5}}, "chat not found"),
    ],
)
async def test_bad_commands_are_refused(sandbox: Sandbox, parameters: dict[str, Any], refusal: str) -> None:
    assert await sandbox.refused("setMyCommands", **parameters) == (400, f"Bad Request: {refusal}")


async def test_a_document_comes_back_byte_for_byte_and_is_sent_again_by_its_id(sandbox: Sandbox, bot: Bot) -> None:
    content = bytes(range(256)) + b"\r\n--\r\n"
    sent = await bot.send_document(ALICE, content, filename='论文 "1".md', caption="<b>x</b>", parse_mode="HTML")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size) == ('论文 "1".md', len(content))
    assert (sent.caption, sent.caption_entities[0].type) == ("x", "bold")
    file = await sandbox.http.get(f"/sandbox/files/{sent.document.file_id}")
    assert file.content == content
    again = await bot.send_document(GROUP, sent.document.file_id)
    assert again.document == sent.document
    by_url = await bot.send_document(ALICE, "https://arxiv.org/pdf/2403.11780.pdf")
    assert by_url.document is not None
    assert by_url.document.file_name == "2403.11780.pdf"
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await by_url.edit_text("x")


@pytest.mark.parametrize(
    ("method", "parameters", "refusal"),
    [
        ("sendDocument", {}, "there is no document in the request"),
        ("sendDocument", {"document": "no-such-id"}, "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendDocument", {"document": "https://a.bc/d", "caption": "x" * 1025}, "message caption is too long"),
    ],
)
async def test_bad_files_are_refused(sandbox: Sandbox, method: str, parameters: dict[str, Any], refusal: str) -> None:
    assert await sandbox.refused(method, chat_id=ALICE, **parameters) == (400, f"Bad Request: {refusal}")


async def test_a_photo_has_its_pictures_size_and_must_be_one(bot: Bot) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x07"
    sent = await bot.send_photo(ALICE, png)
    assert [(size.width, size.height) for size in sent.photo] == [(5, 7)]
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(ALICE, b"text")


async def test_chat_actions_are_taken_where_the_bot_may_write(sandbox: Sandbox, bot: Bot) -> None:
    assert await bot.send_chat_action(ALICE, "typing")
    refusal = await sandbox.refused("sendChatAction", chat_id=ALICE, action="dancing")
    assert refusal == (400, "Bad Request: wrong parameter action in request")


async def _chats(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await sandbox.http.get("/sandbox/chats")).json()
    return found


def _chat(chats: list[dict[str, Any]], chat_id: int) -> dict[str, Any]:
    return next(chat for chat in chats if chat["id"] == chat_id)
