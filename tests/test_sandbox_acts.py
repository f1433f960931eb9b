from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, ChatMemberRestricted

from bot.sandbox.world import World, default_world
from tests.test_sandbox_server import ALICE, CHANNEL, GROUP, LAB, TEACHER, TOKEN, XIAOMING, Sandbox, running

ME = 7000000001


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        yield found


async def test_the_default_world_has_people_a_group_a_forum_and_a_channel(sandbox: Sandbox) -> None:
    chats = {chat["id"]: chat for chat in (await sandbox.http.get("/sandbox/chats")).json()}
    assert {chat_id: (chat["type"], chat["title"]) for chat_id, chat in chats.items()} == {
        XIAOMING: ("private", "小明"),
        ALICE: ("private", "Alice"),
        TEACHER: ("private", "老师"),
        GROUP: ("group", "读论文小组"),
        LAB: ("supergroup", "实验室"),
        CHANNEL: ("channel", "每日论文"),
    }
    assert [topic["name"] for topic in chats[LAB]["topics"]] == ["General", "cs.LG 论文", "闲聊"]
    assert {m["user"]["id"]: m["status"] for m in chats[CHANNEL]["members"]} == {
        XIAOMING: "creator",
        ME: "administrator",
    }
    assert chats[ALICE]["last_message"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("chats/5/messages", {"from": ALICE, "text": "x"}, 404),
        ("chats/1002/messages", {"from": 99, "text": "x"}, 400),
        ("chats/1002/messages", {"from": "1002", "text": "x"}, 400),
        ("chats/1002/messages", {"from": True, "text": "x"}, 400),
        ("chats/1002/messages", {"from": ALICE}, 400),
        ("chats/1002/messages", {"from": ALICE, "text": " "}, 400),
        ("chats/1002/messages", {"from": ALICE, "text": "x" * 4097}, 400),
        ("chats/1002/messages", {"from": ALICE, "text": "x", "reply_to_message_id": 9}, 400),
        ("chats/1002/messages", {"from": XIAOMING, "text": "x"}, 403),
        (f"chats/{GROUP}/messages", {"from": TEACHER, "text": "x"}, 403),
        (f"chats/{LAB}/messages", {"from": ALICE, "text": "x", "message_thread_id": 1}, 400),
        (f"chats/{GROUP}/topics", {"name": "x"}, 400),
        (f"chats/{LAB}/topics", {"id": 99, "closed": True}, 404),
        (f"chats/{LAB}/topics", {"id": 1, "deleted": True}, 400),
        (f"chats/{GROUP}/members", {"by": ALICE, "user": ME, "status": "kicked"}, 403),
        (f"chats/{GROUP}/members", {"by": XIAOMING, "user": ME, "status": "king"}, 400),
        (f"chats/{GROUP}/members", {"by": XIAOMING, "user": XIAOMING, "status": "left"}, 403),
        (f"chats/{GROUP}/members", {"by": XIAOMING, "user": ME, "status": "restricted"}, 400),
        (f"chats/{LAB}/members", {"by": TEACHER, "user": ALICE, "status": "restricted"}, 400),
        ("chats/1002/members", {"by": ALICE, "user": ME, "status": "administrator"}, 403),
        (f"chats/{LAB}/migrate", {}, 400),
        ("chats/1002/presses", {"from": ALICE, "message_id": 9, "data": "x"}, 404),
        ("chats", {"type": "private", "title": "x", "creator": ALICE}, 400),
        ("chats", {"type": "group", "title": "x", "creator": ALICE, "id": 5}, 400),
        ("users", {"first_name": "x", "id": ALICE}, 400),
    ],
)
async def test_what_telegrams_apps_do_not_allow_is_refused_in_one_sentence(
    sandbox: Sandbox, path: str, body: dict[str, Any], status: int
) -> None:
    assert await sandbox.denied(path, **body) == status


async def test_a_person_may_format_what_they_write(sandbox: Sandbox) -> None:
    link = {"type": "text_link", "offset": 0, "length": 2, "url": "https://arxiv.org/abs/2403.11780"}
    written = {"from": XIAOMING, "text": "论文 cs.LG", "entities": [link]}
    answer = await sandbox.http.post(f"/sandbox/chats/{XIAOMING}/messages", json=written)
    assert answer.json()["entities"] == [link]
    (update,) = await sandbox.updates()
    assert update["message"]["entities"] == [link]
    for wrong in ([{**link, "length": 99}], [{**link, "url": ""}], [{"type": "x"}], "bold"):
        answer = await sandbox.http.post(f"/sandbox/chats/{XIAOMING}/messages", json={**written, "entities": wrong})
        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_a_deep_link_starts_the_chat_with_its_payload(sandbox: Sandbox) -> None:
    sent = await sandbox.act(f"chats/{ALICE}/messages", **{"from": ALICE, "via_deep_link": "p_2403-11780"})
    assert sent["text"] == "/start p_2403-11780"


async def test_who_blocked_the_bot_writes_to_it_only_after_unblocking(sandbox: Sandbox) -> None:
    await sandbox.write(ALICE, ALICE, "x")
    await sandbox.act(f"chats/{ALICE}/members", by=ALICE, user=ME, status="kicked")
    assert await sandbox.denied(f"chats/{ALICE}/messages", **{"from": ALICE, "text": "x"}) == 403
    await sandbox.act(f"chats/{ALICE}/members", by=ALICE, user=ME, status="member")
    await sandbox.done("sendMessage", chat_id=ALICE, text="back")


async def test_a_bot_that_is_restricted_stays_and_may_not_send(sandbox: Sandbox) -> None:
    await sandbox.act(f"chats/{LAB}/members", by=TEACHER, user=ME, status="restricted")
    (update,) = await sandbox.updates()
    assert update["my_chat_member"]["new_chat_member"]["can_send_messages"] is False
    refusal = "Bad Request: not enough rights to send {} to the chat"
    assert await sandbox.refused("sendMessage", chat_id=LAB, text="x") == (400, refusal.format("text messages"))
    document = {"chat_id": LAB, "document": "https://arxiv.org/pdf/1.pdf"}
    assert await sandbox.refused("sendDocument", **document) == (400, refusal.format("documents"))
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as bot:
        assert isinstance(await bot.get_chat_member(LAB, ME), ChatMemberRestricted)
    await sandbox.act(f"chats/{LAB}/members", by=TEACHER, user=ME, status="member")
    await sandbox.done("sendMessage", chat_id=LAB, text="x")


async def test_only_an_administrator_writes_in_a_closed_topic(sandbox: Sandbox) -> None:
    topic = (await sandbox.act(f"chats/{LAB}/topics", name="新"))["id"]
    await sandbox.act(f"chats/{LAB}/topics", id=topic, closed=True)
    message = {"text": "x", "message_thread_id": topic}
    assert await sandbox.denied(f"chats/{LAB}/messages", **{"from": ALICE, **message}) == 403
    await sandbox.act(f"chats/{LAB}/messages", **{"from": TEACHER, **message})


async def test_new_people_and_chats_can_be_made_and_the_bot_added(sandbox: Sandbox) -> None:
    user = await sandbox.act("users", first_name="新人", language_code="zh")
    chat = await sandbox.act("chats", type="supergroup", title="新群", creator=user["id"], is_forum=True)
    second = await sandbox.act("chats", type="supergroup", title="又一群", creator=user["id"])
    assert len({chat["id"], second["id"]}) == 2
    assert (await sandbox.refused("sendMessage", chat_id=chat["id"], text="x"))[0] == 403
    await sandbox.act(f"chats/{chat['id']}/members", by=user["id"], user=ME, status="member")
    await sandbox.done("sendMessage", chat_id=chat["id"], text="x")


async def test_a_migrated_group_goes_on_as_a_supergroup(sandbox: Sandbox) -> None:
    new_id = (await sandbox.act(f"chats/{GROUP}/migrate"))["id"]
    refusal = await sandbox.call("sendMessage", chat_id=GROUP, text="x")
    assert refusal["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert refusal["parameters"] == {"migrate_to_chat_id": new_id}
    await sandbox.done("sendMessage", chat_id=new_id, text="x")
    assert await sandbox.denied(f"chats/{GROUP}/messages", **{"from": ALICE, "text": "x"}) == 403


async def test_messages_can_be_read_from_a_point_on(sandbox: Sandbox) -> None:
    first, second = [await sandbox.write(ALICE, ALICE, text) for text in ("1", "2")]
    assert [m["text"] for m in await sandbox.read(ALICE, f"?after={first['message_id']}")] == ["2"]
    assert await sandbox.read(ALICE, f"?after={second['message_id']}") == []
    assert (await sandbox.http.get(f"/sandbox/chats/{ALICE}/messages?after=x")).status_code == 400


async def test_a_world_survives_a_restart(tmp_path: Path) -> None:
    world = default_world()
    async with running(world) as sandbox:
        await sandbox.write(ALICE, ALICE, "/start")
        markup = {"inline_keyboard": [[{"text": "x", "callback_data": "1"}]]}
        sent = await sandbox.done("sendMessage", chat_id=ALICE, text="<b>x</b>", parse_mode="HTML", reply_markup=markup)
        await sandbox.done("editMessageText", chat_id=ALICE, message_id=sent["message_id"], text="y")
        await sandbox.done("setMyCommands", commands=[{"command": "help", "description": "x"}])
        await sandbox.done("sendDocument", chat_id=CHANNEL, document="https://arxiv.org/pdf/1.pdf")
        before = await sandbox.read(ALICE)
    world.save(tmp_path / "world.json")
    again = World.load(tmp_path / "world.json")
    assert again.to_json() == world.to_json()
    async with running(again) as sandbox:
        assert await sandbox.read(ALICE) == before
        (update,) = await sandbox.updates()
        assert update["message"]["text"] == "/start"
        later = await sandbox.done("sendMessage", chat_id=ALICE, text="z")
        assert later["message_id"] > sent["message_id"]


async def test_a_file_that_was_sent_cannot_act_in_the_pages_name(sandbox: Sandbox) -> None:
    file = sandbox.world.files.add("x.html", "text/html", b"<script>")
    answer = await sandbox.http.get(f"/sandbox/files/{file.id}")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert (await sandbox.http.get("/sandbox/files/none")).status_code == 404
