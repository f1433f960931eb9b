import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.sandbox.server import serve
from bot.sandbox.world import World, default_world

TOKEN = "123:sandbox"
GROUP, LAB, CHANNEL = -4001, -1001000000002, -1001000000001
XIAOMING, ALICE, TEACHER = 1001, 1002, 1003


class Sandbox:
    """A running sandbox and both ways into it: the bot's and a person's."""

    def __init__(self, world: World, url: str, http: httpx.AsyncClient) -> None:
        self.world, self.url, self.http = world, url, http

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call the Bot API with a JSON body; the whole envelope."""
        answer = await self.http.post(f"/bot{TOKEN}/{method}", json=parameters)
        body: dict[str, Any] = answer.json()
        assert answer.status_code == body.get("error_code", 200)
        return body

    async def done(self, method: str, **parameters: Any) -> Any:
        """Call the Bot API; the result of a call that must succeed."""
        body = await self.call(method, **parameters)
        assert body["ok"], body
        return body["result"]

    async def refused(self, method: str, **parameters: Any) -> tuple[int, str]:
        """Call the Bot API; the code and text of a refusal."""
        body = await self.call(method, **parameters)
        assert not body["ok"], body
        return body["error_code"], body["description"]

    async def act(self, path: str, **body: Any) -> Any:
        """Do something as a person."""
        answer = await self.http.post(f"/sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def denied(self, path: str, **body: Any) -> int:
        """Try as a person what cannot be done; the status, with one sentence behind it."""
        answer = await self.http.post(f"/sandbox/{path}", json=body)
        assert set(answer.json()) == {"error"}
        assert answer.json()["error"].endswith(".")
        return answer.status_code

    async def write(self, chat: int, user: int, text: str, **more: Any) -> Any:
        """Write a message as a person."""
        return await self.act(f"chats/{chat}/messages", **{"from": user, "text": text, **more})

    async def read(self, chat: int, query: str = "") -> Any:
        """The transcript of a chat."""
        return (await self.http.get(f"/sandbox/chats/{chat}/messages{query}")).json()

    async def updates(self, **parameters: Any) -> Any:
        """What waits for the bot, confirmed at once."""
        found = await self.done("getUpdates", **parameters)
        if found:
            await self.done("getUpdates", offset=found[-1]["update_id"] + 1)
        return found


@contextlib.asynccontextmanager
async def running(world: World | None = None) -> AsyncIterator[Sandbox]:
    """A sandbox over HTTP, with the default world unless another is given."""
    world = world or default_world()
    async with serve(world) as url, httpx.AsyncClient(base_url=url, timeout=20) as http:
        yield Sandbox(world, url, http)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        yield found


async def test_an_unmodified_ptb_application_polls_answers_and_edits(sandbox: Sandbox) -> None:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("展开", callback_data="open")]])
        await update.message.reply_text("<b>你好</b> &amp; hi", parse_mode="HTML", reply_markup=keyboard)

    async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert isinstance(update.callback_query, CallbackQuery)
        await update.callback_query.edit_message_text("<blockquote expandable>摘要</blockquote>", parse_mode="HTML")
        await update.callback_query.answer("好", show_alert=True)

    app = Application.builder().token(TOKEN).base_url(f"{sandbox.url}/bot").build()
    app.add_handlers([CommandHandler("start", start), CallbackQueryHandler(pressed)])
    async with app:
        assert app.updater is not None
        await app.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        await app.start()
        counter = sandbox.world.changes.value
        await sandbox.write(XIAOMING, XIAOMING, "/start")
        while len(await sandbox.read(XIAOMING)) < 2:
            changed = await sandbox.http.get(f"/sandbox/changes?since={counter}")
            counter = changed.json()["counter"]
        sent = (await sandbox.read(XIAOMING))[-1]
        press = {"from": XIAOMING, "message_id": sent["message_id"], "data": "open"}
        answer = await sandbox.act(f"chats/{XIAOMING}/presses", **press)
        edited = (await sandbox.read(XIAOMING))[-1]
        await app.updater.stop()
        await app.stop()

    assert sent["text"] == "你好 & hi"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert answer["answered"]
    assert (answer["text"], answer["show_alert"]) == ("好", True)
    assert edited["text"] == "摘要"
    assert "reply_markup" not in edited
    assert [before["text"] for before in edited["edits"]] == ["你好 & hi"]


async def test_a_taken_port_is_an_oserror(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        async with serve(World(), port=port):
            pass


async def test_the_server_stops_at_once_under_open_long_polls() -> None:
    world = default_world()
    async with httpx.AsyncClient(timeout=60) as http, serve(world) as url:
        await http.post(f"{url}/sandbox/faults", json={"kind": "delay", "method": "getMe", "seconds": 60})
        addresses = (f"bot{TOKEN}/getUpdates?timeout=50", "sandbox/changes?since=9", f"bot{TOKEN}/getMe")
        world.changes.value = 9
        waiting = [asyncio.create_task(http.get(f"{url}/{address}")) for address in addresses]
        while world.faults.as_json():
            await asyncio.sleep(0)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]


@pytest.mark.parametrize("token", ["nonsense", "123", "abc:defgh", "123:x"])
async def test_what_is_no_token_is_not_found(sandbox: Sandbox, token: str) -> None:
    answer = await sandbox.http.get(f"/bot{token}/getMe")
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert answer.status_code == 404


async def test_a_world_with_a_token_refuses_every_other() -> None:
    async with running(World(token="1:right-one")) as sandbox:
        wrong = await sandbox.http.get("/bot1:wrong-one/getMe")
        right = await sandbox.http.get("/bot1:right-one/getMe")
    assert wrong.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert right.json()["result"]["username"] == "papergram_bot"


async def test_an_unknown_method_is_not_found_in_telegrams_words(sandbox: Sandbox) -> None:
    assert await sandbox.refused("sendNonsense") == (404, "Not Found: method not found")


async def test_a_methods_case_does_not_matter(sandbox: Sandbox) -> None:
    assert (await sandbox.done("GETME"))["is_bot"]


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json"])
async def test_parameters_may_come_in_each_of_the_four_ways(sandbox: Sandbox, way: str) -> None:
    await sandbox.write(ALICE, ALICE, "hi")
    values = {"chat_id": str(ALICE), "text": "<i>你好</i> & 1+1=2", "parse_mode": "HTML"}
    values["reply_markup"] = '{"inline_keyboard":[[{"text":"x","callback_data":"1"}]]}'
    path = f"/bot{TOKEN}/sendMessage"
    if way == "query":
        answer = await sandbox.http.get(path, params=values)
    elif way == "form":
        answer = await sandbox.http.post(path, data=values)
    elif way == "multipart":
        answer = await sandbox.http.post(path, data=values, files={"unused": ("a.txt", b"x")})
    else:
        answer = await sandbox.http.post(path, json={**values, "chat_id": ALICE})
    message = answer.json()["result"]
    assert message["text"] == "你好 & 1+1=2"
    assert message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "1"


@pytest.mark.parametrize("body", [b"[1]", b"{", b'"x"'])
async def test_a_json_body_that_is_no_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await sandbox.http.post(f"/bot{TOKEN}/getMe", content=body, headers=headers)
    assert answer.status_code == 400


async def test_half_a_surrogate_pair_is_refused_everywhere(sandbox: Sandbox) -> None:
    await sandbox.write(ALICE, ALICE, "hi")
    headers = {"content-type": "application/json"}
    body = b'{"chat_id":1002,"text":"\\ud83d"}'
    answer = await sandbox.http.post(f"/bot{TOKEN}/sendMessage", content=body, headers=headers)
    assert answer.json()["description"] == "Bad Request: strings must be encoded in UTF-8"
    markup = '{"inline_keyboard":[[{"text":"\\ud83d","callback_data":"1"}]]}'
    code, _ = await sandbox.refused("sendMessage", chat_id=ALICE, text="x", reply_markup=markup)
    assert code == 400


async def test_the_page_and_its_health_are_served(sandbox: Sandbox) -> None:
    assert (await sandbox.http.get("/sandbox/health")).json() == {"ok": True}
    assert "<html" in (await sandbox.http.get("/")).text
    assert (await sandbox.http.get("/page/none.js")).status_code == 404
    assert (await sandbox.http.get("/sandbox/none")).json() == {"error": "Not Found."}


async def test_the_page_hears_of_a_change_at_once_and_of_a_restart_too(sandbox: Sandbox) -> None:
    seen = sandbox.world.changes.value
    waiting = asyncio.create_task(sandbox.http.get(f"/sandbox/changes?since={seen}"))
    await sandbox.write(ALICE, ALICE, "hi")
    assert (await waiting).json()["counter"] > seen
    after_restart = await sandbox.http.get("/sandbox/changes?since=999999")
    assert after_restart.json()["counter"] < 999999
