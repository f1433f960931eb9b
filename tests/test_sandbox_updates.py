import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update

from bot.sandbox import server, webhook
from bot.sandbox.changes import Counter
from bot.sandbox.errors import ApiError
from tests.test_sandbox_server import ALICE, CHANNEL, GROUP, LAB, TEACHER, TOKEN, XIAOMING, Sandbox, running

ME = 7000000001


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        yield found


async def waiting_poll(sandbox: Sandbox, **parameters: Any) -> asyncio.Task[dict[str, Any]]:
    """A getUpdates that has arrived at the server and hangs."""
    before = sandbox.world.updates.arrivals.value
    poll = asyncio.create_task(sandbox.call("getUpdates", timeout=20, **parameters))
    await sandbox.world.updates.arrivals.beyond(before, 5)
    return poll


async def test_a_long_poll_returns_as_soon_as_somebody_writes(sandbox: Sandbox) -> None:
    poll = await waiting_poll(sandbox)
    await sandbox.write(ALICE, ALICE, "/start@papergram_bot 你好")
    (update,) = (await poll)["result"]
    assert update["message"]["text"] == "/start@papergram_bot 你好"
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 20}]


async def test_an_update_comes_again_until_a_later_offset_confirms_it(sandbox: Sandbox) -> None:
    for text in ("1", "2", "3"):
        await sandbox.write(ALICE, ALICE, text)
    first = await sandbox.done("getUpdates", limit=2)
    assert [u["message"]["text"] for u in first] == ["1", "2"]
    assert await sandbox.done("getUpdates", limit=2) == first
    rest = await sandbox.done("getUpdates", offset=first[0]["update_id"] + 1)
    assert [u["message"]["text"] for u in rest] == ["2", "3"]
    last = await sandbox.done("getUpdates", offset=-1)
    assert [u["message"]["text"] for u in last] == ["3"]
    assert await sandbox.done("getUpdates", offset=last[0]["update_id"] + 1) == []


async def test_any_object_can_be_put_in_as_an_update_and_wakes_the_poll(sandbox: Sandbox) -> None:
    await sandbox.done("getUpdates", allowed_updates=["message"])
    poll = await waiting_poll(sandbox)
    poison = {"message": {"message_id": "x", "chat": None}, "新": [1.5, {"deep": []}], "update_id": 7}
    given = await sandbox.act("updates", **poison)
    assert (await poll)["result"] == [given] == [{**poison, "update_id": given["update_id"]}]
    await sandbox.write(ALICE, ALICE, "after it")
    ids = [update["update_id"] for update in await sandbox.updates()]
    assert ids == [given["update_id"], given["update_id"] + 1]
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as bot:
        await sandbox.act("updates", **poison)
        with pytest.raises(KeyError, match="date"):
            await bot.get_updates()


@pytest.mark.parametrize("body", ["[]", "{", "7", '{"x": NaN}', '{"x": "\\ud83d"}', '{"x":' + "[" * 100_000])
async def test_what_could_not_be_given_to_the_bot_is_no_update(sandbox: Sandbox, body: str) -> None:
    for path in ("updates", f"chats/{ALICE}/messages"):
        answer = await sandbox.http.post(f"/sandbox/{path}", content=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "The body must be a JSON object.")
    assert await sandbox.updates() == []


async def test_of_two_that_poll_the_earlier_is_told_of_the_conflict(sandbox: Sandbox) -> None:
    earlier = await waiting_poll(sandbox)
    later = await waiting_poll(sandbox)
    assert await earlier == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    }
    await sandbox.write(ALICE, ALICE, "x")
    assert (await later)["ok"]


async def test_polling_and_a_webhook_exclude_each_other(sandbox: Sandbox) -> None:
    poll = await waiting_poll(sandbox)
    await sandbox.done("setWebhook", url="https://example.org/hook")
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
    code, text = await sandbox.refused("getUpdates")
    assert (code, text.partition(";")[0]) == (409, "Conflict: can't use getUpdates method while webhook is active")
    await sandbox.done("deleteWebhook")
    assert await sandbox.done("getUpdates") == []


async def test_allowed_updates_stay_in_force_until_they_are_named_again(sandbox: Sandbox) -> None:
    await sandbox.done("getUpdates", allowed_updates=["my_chat_member"])
    await sandbox.write(ALICE, ALICE, "x")
    assert await sandbox.done("getUpdates") == []
    await sandbox.done("getUpdates", allowed_updates=[])
    await sandbox.write(ALICE, ALICE, "y")
    assert [u["message"]["text"] for u in await sandbox.done("getUpdates")] == ["y"]


@pytest.mark.parametrize(
    ("text", "reaches"),
    [
        ("hello", False),
        ("/search x", True),
        ("/search@Papergram_Bot x", True),
        ("/search@other_bot x", False),
        ("hey @papergram_bot", True),
    ],
)
async def test_privacy_mode_lets_only_what_is_meant_for_the_bot_through(
    sandbox: Sandbox, text: str, reaches: bool
) -> None:
    await sandbox.write(GROUP, ALICE, text)
    assert bool(await sandbox.updates()) is reaches


async def test_a_reply_to_the_bot_reaches_it_and_an_admin_bot_hears_all(sandbox: Sandbox) -> None:
    sent = await sandbox.done("sendMessage", chat_id=GROUP, text="x")
    await sandbox.write(GROUP, ALICE, "why", reply_to_message_id=sent["message_id"])
    (update,) = await sandbox.updates()
    assert update["message"]["reply_to_message"]["from"]["id"] == ME
    await sandbox.act(f"chats/{GROUP}/members", by=XIAOMING, user=ME, status="administrator")
    await sandbox.updates()
    await sandbox.write(GROUP, ALICE, "anything")
    assert len(await sandbox.updates()) == 1


async def test_a_channels_post_is_the_channels(sandbox: Sandbox) -> None:
    await sandbox.write(CHANNEL, XIAOMING, "x")
    (update,) = await sandbox.updates()
    assert update["channel_post"]["sender_chat"]["username"] == "daily_papers"
    assert "from" not in update["channel_post"]
    assert await sandbox.denied(f"chats/{CHANNEL}/messages", **{"from": ALICE, "text": "x"}) == 403


async def test_coming_going_and_blocking_tell_the_bot(sandbox: Sandbox) -> None:
    async def told(chat: int, by: int, status: str) -> list[tuple[str, ...]]:
        await sandbox.act(f"chats/{chat}/members", by=by, user=ME, status=status)
        found: list[tuple[str, ...]] = []
        for update in await sandbox.updates():
            if change := update.get("my_chat_member"):
                found.append((change["old_chat_member"]["status"], change["new_chat_member"]["status"]))
            else:
                found.append(tuple(k for k in ("new_chat_members", "left_chat_member") if k in update["message"]))
        return found

    assert await told(ALICE, ALICE, "kicked") == [("member", "kicked")]
    assert await told(ALICE, ALICE, "member") == [("kicked", "member")]
    assert await told(GROUP, XIAOMING, "kicked") == [("member", "kicked")]
    assert await told(GROUP, ALICE, "member") == [("kicked", "member"), ("new_chat_members",)]
    assert await told(LAB, TEACHER, "administrator") == [("member", "administrator")]
    assert await told(CHANNEL, XIAOMING, "left") == [("administrator", "left")]


async def test_every_update_parses_in_ptb(sandbox: Sandbox) -> None:
    topic = sandbox.world.chats[LAB].topics
    await sandbox.write(ALICE, ALICE, "/start")
    await sandbox.write(LAB, ALICE, "/x", message_thread_id=max(topic))
    await sandbox.write(CHANNEL, XIAOMING, "x")
    await sandbox.act(f"chats/{GROUP}/members", by=XIAOMING, user=ME, status="administrator")
    await sandbox.act(f"chats/{GROUP}/members", by=XIAOMING, user=TEACHER, status="member")
    await sandbox.act(f"chats/{GROUP}/migrate")
    async with Bot(TOKEN, base_url=f"{sandbox.url}/bot") as bot:
        updates = await bot.get_updates()
    assert not any(update.api_kwargs for update in updates)
    assert updates[1].message is not None
    assert updates[1].message.is_topic_message
    migrated = [u.message.migrate_from_chat_id for u in updates if u.message and u.message.migrate_from_chat_id]
    assert migrated == [GROUP]


async def test_chat_members_changes_are_told_only_on_request_and_to_an_admin(sandbox: Sandbox) -> None:
    await sandbox.done("getUpdates", allowed_updates=Update.ALL_TYPES)
    await sandbox.act(f"chats/{CHANNEL}/members", by=XIAOMING, user=ALICE, status="member")
    assert [list(update)[1] for update in await sandbox.updates()] == ["chat_member"]
    await sandbox.done("getUpdates", allowed_updates=[])
    await sandbox.act(f"chats/{CHANNEL}/members", by=XIAOMING, user=ALICE, status="kicked")
    assert await sandbox.updates() == []


async def test_a_press_waits_for_its_answer_and_takes_only_one(sandbox: Sandbox) -> None:
    await sandbox.write(ALICE, ALICE, "/start")
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "go"}]]}
    sent = await sandbox.done("sendMessage", chat_id=ALICE, text="x", reply_markup=markup)
    press = {"from": ALICE, "message_id": sent["message_id"], "data": "go"}
    await sandbox.updates()
    pressing = asyncio.create_task(sandbox.act(f"chats/{ALICE}/presses", **press))
    (update,) = await sandbox.done("getUpdates", timeout=20)
    query = update["callback_query"]
    assert (query["data"], query["message"]["message_id"]) == ("go", sent["message_id"])
    assert query["chat_instance"]
    await sandbox.done("answerCallbackQuery", callback_query_id=query["id"], text="好", show_alert=True)
    answer = await pressing
    assert answer == {
        "callback_query_id": query["id"],
        "answered": True,
        "text": "好",
        "show_alert": True,
        "url": "",
    }
    late = await sandbox.refused("answerCallbackQuery", callback_query_id=query["id"])
    stale = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert late == (400, stale)


async def test_a_press_nobody_answers_ends_and_an_old_one_cannot_be_answered(sandbox: Sandbox) -> None:
    await sandbox.write(ALICE, ALICE, "/start")
    sent = await sandbox.done("sendMessage", chat_id=ALICE, text="x")
    sandbox.world.patience = 0.0
    press = {"from": ALICE, "message_id": sent["message_id"], "data": "forged"}
    assert await sandbox.denied(f"chats/{ALICE}/presses", **press) == 400
    answer = await sandbox.act(f"chats/{ALICE}/presses", **press, force=True)
    assert not answer["answered"]
    now = sandbox.world.clock()
    sandbox.world.clock = lambda: now + 3600
    code, text = await sandbox.refused("answerCallbackQuery", callback_query_id=answer["callback_query_id"])
    assert (code, "query is too old" in text) == (400, True)


async def test_presses_of_long_ago_are_forgotten(sandbox: Sandbox) -> None:
    now = sandbox.world.clock()
    old = [sandbox.world.presses.ask(now) for _ in range(100)]
    new = sandbox.world.presses.ask(now + 61)
    with pytest.raises(ApiError, match="query is too old"):
        sandbox.world.presses.answer(old[-1], {}, now + 61)
    sandbox.world.presses.answer(new, {}, now + 61)
    assert len(sandbox.world.presses) == 1


async def test_an_inline_query_gives_the_bots_results_read_as_strictly_as_messages(sandbox: Sandbox) -> None:
    asking = asyncio.create_task(sandbox.act("inline", **{"from": ALICE, "query": "扩散"}))
    (update,) = await sandbox.done("getUpdates", timeout=20)
    query = update["inline_query"]
    assert (query["query"], query["from"]["id"]) == ("扩散", ALICE)

    def article(text: str, identifier: str = "1") -> dict[str, Any]:
        content = {"message_text": text, "parse_mode": "HTML"}
        return {"type": "article", "id": identifier, "title": "t", "input_message_content": content}

    answer = {"inline_query_id": query["id"]}
    for results, refusal in (
        ([article("<x>")], 'can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
        ([article("x"), article("y")], "RESULT_ID_DUPLICATE"),
        ([article("x", "y" * 65)], "RESULT_ID_INVALID"),
        ([article("x", str(n)) for n in range(51)], "RESULTS_TOO_MUCH"),
    ):
        found = await sandbox.refused("answerInlineQuery", **answer, results=results)
        assert found == (400, f"Bad Request: {refusal}")
    for more, refusal in (
        ({"cache_time": -1}, "CACHE_TIME_INVALID"),
        ({"next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
        ({"button": {"text": "x", "start_parameter": "a b"}}, "START_PARAM_INVALID"),
        (
            {"button": {"text": "x"}},
            "can't parse inline query results button: exactly one of the optional fields must be used",
        ),
        ({"results": [{**article("x"), "title": " "}]}, "ARTICLE_TITLE_EMPTY"),
    ):
        found = await sandbox.refused("answerInlineQuery", **{**answer, "results": [], **more})
        assert found == (400, f"Bad Request: {refusal}")
    await sandbox.done("answerInlineQuery", **answer, results=[article("<b>x</b>")], next_offset="2")
    given = await asking
    assert given["next_offset"] == "2"
    assert given["results"][0]["input_message_content"]["entities"] == [{"type": "bold", "offset": 0, "length": 1}]


async def test_a_result_is_posted_by_who_asked_and_reaches_the_bot(sandbox: Sandbox) -> None:
    asking = asyncio.create_task(sandbox.act("inline", **{"from": ALICE, "query": "扩散"}))
    (update,) = await sandbox.done("getUpdates", timeout=20)
    content = {"message_text": "<b>x</b>", "parse_mode": "HTML"}
    keyboard = {"inline_keyboard": [[{"text": "arXiv", "url": "https://arxiv.org/abs/2403.11780"}]]}
    card = {"type": "article", "id": "1", "title": "t", "input_message_content": content, "reply_markup": keyboard}
    query = update["inline_query"]["id"]
    await sandbox.done("answerInlineQuery", inline_query_id=query, results=[card])
    assert (await asking)["inline_query_id"] == query
    chosen = {"from": ALICE, "inline_query_id": query, "result_id": "1"}
    posted = await sandbox.act(f"chats/{GROUP}/chosen", **chosen)
    assert (posted["from"]["id"], posted["text"]) == (ALICE, "x")
    assert posted["via_bot"]["username"] == "papergram_bot"
    assert posted["reply_markup"]["inline_keyboard"][0][0]["url"].endswith("2403.11780")
    (seen,) = await sandbox.done("getUpdates", offset=update["update_id"] + 1)
    assert seen["message"]["via_bot"]["is_bot"]
    for wrong in ({**chosen, "result_id": "2"}, {**chosen, "inline_query_id": "1"}):
        assert await sandbox.denied(f"chats/{GROUP}/chosen", **wrong) == 404
    assert await sandbox.denied(f"chats/{CHANNEL}/chosen", **chosen) == 403


async def test_a_webhook_gets_each_update_with_the_secret_until_it_takes_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "RETRY", 0.01)
    got: list[tuple[str | None, str]] = []
    taken = Counter()

    async def hook(request: Request) -> Response:
        got.append((request.headers.get("x-telegram-bot-api-secret-token"), (await request.json())["message"]["text"]))
        if len(got) == 1:
            return Response(status_code=500)
        taken.bump()
        return Response()

    async with _serving(Starlette(routes=[Route("/hook", hook, methods=["POST"])])) as url:
        await sandbox.done("setWebhook", url=f"{url}/hook", secret_token="s3cret")
        await sandbox.write(ALICE, ALICE, "1")
        await sandbox.write(ALICE, ALICE, "2")
        assert await taken.beyond(1, 10) == 2
    assert got == [("s3cret", "1"), ("s3cret", "1"), ("s3cret", "2")]
    info = await sandbox.done("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_a_webhook_must_be_https_save_on_this_machine(sandbox: Sandbox) -> None:
    refusal = await sandbox.refused("setWebhook", url="http://example.org/")
    assert refusal == (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")


def _serving(app: Starlette) -> Any:
    return server.serve_app(app, "127.0.0.1", 0)
