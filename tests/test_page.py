"""The sandbox's chat page in a real Chromium, against the real sandbox."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.test_sandbox_server import CHANNEL, GROUP, LAB, XIAOMING, Sandbox, running

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ABSTRACT = "近期的唱歌声音合成方法取得了显著的音频质量和自然度，然而它们缺乏显式控制合成唱歌风格属性的能力。" * 6
CARD = (
    "<b>带自然语言提示的可控唱歌声音合成</b>\n💡 一句话摘要\n"
    '🔗 <a href="https://arxiv.org/abs/2403.11780">arxiv.org/abs/2403.11780</a>\n'
    f"<blockquote expandable>{ABSTRACT}</blockquote>"
)
ENTITIES = [
    ("😀ab", [("bold", 2, 1)], "😀<strong>a</strong>b"),
    ("abc", [("bold", 0, 3), ("italic", 1, 1)], "<strong>a<em>b</em>c</strong>"),
    ("abc", [("bold", 0, 2), ("italic", 1, 2)], "<strong>a<em>b</em></strong><em>c</em>"),
    ("ab", [("italic", 1, 9)], "a<em>b</em>"),
    ("a\nb\nc", [("blockquote", 2, 1)], "a\n<blockquote>b</blockquote>c"),
    ("a<b", [("unknown", 0, 3)], "a&lt;b"),
    ("javascript:alert(1)", [("url", 0, 19)], "<span>javascript:alert(1)</span>"),
]
RICH_TEXT = """async ([text, entities]) => {
    const { richText } = await import("/page/rich_text.js");
    const box = document.createElement("div");
    box.append(richText(text, entities));
    return box.innerHTML;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on PATH"),
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass
class Reader:
    """A person before the page, and the sandbox behind it. `problems` is what the browser complained of."""

    page: Page
    sandbox: Sandbox
    problems: list[str] = field(default_factory=list)

    async def post(self, chat: int, text: str, **more: Any) -> int:
        """Have the bot post; the message's id."""
        sent = await self.sandbox.done("sendMessage", chat_id=chat, text=text, parse_mode="HTML", **more)
        return int(sent["message_id"])

    async def open(self, chat: int, topic: int = 0) -> None:
        """Go to a chat."""
        await self.page.goto(f"{self.sandbox.url}/#{chat}/{topic}")
        await expect(self.page.locator("#chat-bar")).to_be_visible()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        await started.close()


@contextlib.asynccontextmanager
async def reading(browser: Browser, sandbox: Sandbox, **look: Any) -> AsyncIterator[Reader]:
    """A fresh browser profile of one look; whatever the browser complains of fails the test."""
    context = await browser.new_context(**{"locale": "zh-CN", **look})
    context.set_default_timeout(5000)
    reader = Reader(await context.new_page(), sandbox)
    page, problems = reader.page, reader.problems
    page.on("console", lambda said: problems.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(sandbox.url) else problems.append(asked.url))
    yield reader
    await context.close()
    assert problems == []


@pytest_asyncio.fixture(loop_scope="module")
async def reader(browser: Browser) -> AsyncIterator[Reader]:
    async with running() as sandbox, reading(browser, sandbox) as opened:
        yield opened


async def test_every_chat_is_listed_with_its_last_message(reader: Reader) -> None:
    await reader.post(CHANNEL, "<b>3月18日</b>\narXiv 论文")
    await reader.open(XIAOMING)
    rows = reader.page.locator(".chat")
    await expect(rows).to_have_count(6)
    await expect(rows.filter(has_text="每日论文")).to_contain_text("3月18日 arXiv 论文")


async def test_a_post_appears_formatted_and_its_folded_quote_unfolds(reader: Reader) -> None:
    await reader.open(GROUP)
    await reader.post(GROUP, CARD)
    message = reader.page.locator("article")
    await expect(message.locator("strong")).to_have_text("带自然语言提示的可控唱歌声音合成")
    link = message.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://arxiv.org/abs/2403.11780")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    body, toggle = message.locator(".quote-body"), message.get_by_role("button", name="展开")
    folded = await body.evaluate("node => node.clientHeight")
    await toggle.click()
    assert await body.evaluate("node => node.clientHeight") > 2 * folded
    await message.get_by_role("button", name="收起").click()
    assert await body.evaluate("node => node.clientHeight") == folded


async def test_a_quote_of_three_lines_has_nothing_to_unfold(reader: Reader) -> None:
    await reader.post(GROUP, "<blockquote expandable>短</blockquote>")
    await reader.open(GROUP)
    await expect(reader.page.locator(".quote-body")).to_be_visible()
    await expect(reader.page.locator(".quote-toggle")).to_be_hidden()


async def test_a_typed_command_reaches_the_bot(reader: Reader) -> None:
    await reader.open(XIAOMING)
    await reader.page.fill("#text", "/search 扩散模型")
    await reader.page.press("#text", "Enter")
    await expect(reader.page.locator("article.mine")).to_contain_text("/search 扩散模型")
    await expect(reader.page.locator("#text")).to_have_value("")
    [update] = await reader.sandbox.updates()
    assert (update["message"]["text"], update["message"]["from"]["id"]) == ("/search 扩散模型", XIAOMING)


async def test_a_line_is_broken_by_shift_and_enter(reader: Reader) -> None:
    await reader.open(XIAOMING)
    await reader.page.fill("#text", "一")
    await reader.page.press("#text", "Shift+Enter")
    await reader.page.keyboard.type("二")
    await reader.page.press("#text", "Enter")
    await expect(reader.page.locator("article.mine")).to_be_visible()
    assert [update["message"]["text"] for update in await reader.sandbox.updates()] == ["一\n二"]


async def test_the_menu_narrows_and_completes_the_bots_commands(reader: Reader) -> None:
    commands = [{"command": name, "description": f"关于 {name}"} for name in ("search", "subscribe", "today")]
    await reader.sandbox.done("setMyCommands", commands=commands)
    await reader.open(XIAOMING)
    await reader.page.get_by_role("button", name="机器人的命令").click()
    options = reader.page.get_by_role("listbox").get_by_role("option")
    await expect(options).to_have_count(3)
    await reader.page.keyboard.type("s")
    await expect(options).to_have_count(2)
    await reader.page.keyboard.press("ArrowDown")
    await reader.page.keyboard.press("ArrowDown")
    await reader.page.keyboard.press("Enter")
    await expect(reader.page.locator("#text")).to_have_value("/subscribe ")


@pytest.mark.parametrize("alert", [False, True])
async def test_a_press_waits_for_the_bot_and_shows_its_answer(reader: Reader, alert: bool) -> None:
    keyboard = {"inline_keyboard": [[{"text": "⭐", "callback_data": "save:1"}]]}
    await reader.post(GROUP, "论文", reply_markup=keyboard)
    await reader.open(GROUP)
    button = reader.page.locator("button.key")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    [update] = await reader.sandbox.updates(timeout=5)
    pressed = update["callback_query"]
    assert (pressed["data"], pressed["from"]["id"]) == ("save:1", XIAOMING)
    answer = {"callback_query_id": pressed["id"], "text": "已收藏", "show_alert": alert}
    await reader.sandbox.done("answerCallbackQuery", **answer)
    await expect(reader.page.get_by_role("dialog" if alert else "status")).to_contain_text("已收藏")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_an_edit_shows_in_place_without_moving_what_is_read(reader: Reader) -> None:
    first = await reader.post(GROUP, "第一版")
    posted = [await reader.post(GROUP, f"{number}\n二\n三") for number in range(30)]
    await reader.open(GROUP)
    read = reader.page.locator(f"[data-message='{posted[15]}']")
    await read.evaluate("node => node.scrollIntoView()")
    before = await read.bounding_box()
    edit = {"chat_id": GROUP, "message_id": first, "text": "<b>第二版</b>\n多\n了\n几\n行", "parse_mode": "HTML"}
    await reader.sandbox.done("editMessageText", **edit)
    edited = reader.page.locator(f"[data-message='{first}']")
    await expect(edited.locator("strong")).to_have_text("第二版")
    after = await read.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) <= 1
    await edited.get_by_role("button", name="已编辑").click()
    await expect(reader.page.get_by_role("dialog")).to_contain_text("第一版")


async def test_who_reads_the_end_is_kept_there_and_who_reads_above_is_told(reader: Reader) -> None:
    for number in range(30):
        await reader.post(GROUP, f"{number}\n二\n三")
    await reader.open(GROUP)
    await expect(reader.page.locator("article").last).to_be_in_viewport()
    await reader.post(GROUP, "新的一条")
    await expect(reader.page.locator("article", has_text="新的一条")).to_be_in_viewport()
    await reader.page.evaluate("document.getElementById('scroller').scrollTop = 0")
    await expect(reader.page.locator("#to-bottom")).to_be_visible()
    await reader.post(GROUP, "又一条")
    await expect(reader.page.locator("#unseen")).to_have_text("1")
    await reader.page.get_by_role("button", name="跳到最新消息").click()
    await expect(reader.page.locator("article", has_text="又一条")).to_be_in_viewport()


async def test_hostile_text_is_shown_as_it_is(reader: Reader) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\u200f\u202eabc"
    await reader.sandbox.done("sendMessage", chat_id=GROUP, text=hostile)
    await reader.open(GROUP)
    text = reader.page.locator("article .text")
    await expect(text).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>")
    assert await text.locator("img, script").count() == 0
    assert await text.evaluate("node => getComputedStyle(node).unicodeBidi") == "plaintext"


async def test_entities_count_utf16_units_and_may_nest_and_cross(reader: Reader) -> None:
    await reader.open(XIAOMING)
    for text, entities, html in ENTITIES:
        given = [{"type": kind, "offset": offset, "length": length} for kind, offset, length in entities]
        assert await reader.page.evaluate(RICH_TEXT, [text, given]) == html


async def test_a_deep_link_to_the_bot_starts_it_in_the_readers_private_chat(reader: Reader) -> None:
    await reader.post(CHANNEL, '<a href="https://t.me/papergram_bot?start=p_2403.11780">详情</a>')
    await reader.open(CHANNEL)
    await reader.page.get_by_role("link", name="详情", exact=True).click()
    await expect(reader.page.locator("#chat-title")).to_have_text("小明")
    await expect(reader.page.locator("article.mine")).to_contain_text("/start p_2403.11780")
    [update] = await reader.sandbox.updates()
    assert update["message"]["chat"]["id"] == XIAOMING


async def test_each_topic_of_a_forum_shows_its_own_messages(reader: Reader) -> None:
    chats = (await reader.sandbox.http.get("/sandbox/chats")).json()
    topic = next(chat for chat in chats if chat["id"] == LAB)["topics"][1]
    await reader.post(LAB, "全体")
    await reader.post(LAB, "论文一篇", message_thread_id=topic["id"])
    await reader.open(LAB)
    await expect(reader.page.locator("article")).to_have_count(1)
    await reader.page.get_by_role("link", name=topic["name"]).click()
    await expect(reader.page.locator("article")).to_contain_text("论文一篇")
    await reader.page.fill("#text", "/today")
    await reader.page.press("#text", "Enter")
    await expect(reader.page.locator("article.mine")).to_be_visible()
    [update] = await reader.sandbox.updates()
    assert update["message"]["message_thread_id"] == topic["id"]


async def test_a_forum_opens_where_something_was_said_last_and_stays_where_one_went(reader: Reader) -> None:
    chats = (await reader.sandbox.http.get("/sandbox/chats")).json()
    topic = next(chat for chat in chats if chat["id"] == LAB)["topics"][1]
    await reader.post(LAB, "论文一篇", message_thread_id=topic["id"])
    await reader.page.goto(f"{reader.sandbox.url}/#{XIAOMING}")
    await reader.page.locator(f".chat[data-chat='{LAB}']").click()
    await expect(reader.page.locator("article")).to_contain_text("论文一篇")
    await reader.page.locator(f".topic[href='#{LAB}/0']").click()
    await expect(reader.page.locator("article")).to_have_count(0)
    await reader.post(LAB, "论文两篇", message_thread_id=topic["id"])
    await expect(reader.page.locator(f".chat[data-chat='{LAB}']")).to_contain_text("论文两篇")
    await expect(reader.page.locator("article")).to_have_count(0)


async def test_one_acts_as_whom_one_chooses(reader: Reader) -> None:
    await reader.open(GROUP)
    await reader.page.get_by_label("以谁的身份操作").select_option(label="Alice")
    await reader.page.fill("#text", "/today")
    await reader.page.press("#text", "Enter")
    await expect(reader.page.locator("article.mine")).to_be_visible()
    [update] = await reader.sandbox.updates()
    assert update["message"]["from"]["first_name"] == "Alice"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_follows_the_systems_colours_until_it_is_switched(browser: Browser, scheme: str) -> None:
    async with running() as sandbox, reading(browser, sandbox, color_scheme=scheme) as reader:
        await reader.open(XIAOMING)
        lightness = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
        assert (await reader.page.evaluate(lightness) > 127) == (scheme == "light")
        await reader.page.get_by_role("button", name="切换浅色和深色").click()
        assert (await reader.page.evaluate(lightness) > 127) == (scheme == "dark")
        await reader.page.reload()
        assert (await reader.page.evaluate(lightness) > 127) == (scheme == "dark")


async def test_the_page_speaks_the_browsers_language_until_it_is_switched(browser: Browser) -> None:
    async with running() as sandbox, reading(browser, sandbox, locale="en-US") as reader:
        await reader.open(XIAOMING)
        await expect(reader.page.locator("#chat-subtitle")).to_have_text("Private chat with Papergram")
        await reader.page.get_by_role("button", name="切换到中文").click()
        await expect(reader.page.locator("#chat-subtitle")).to_have_text("与 Papergram 的私聊")


async def test_a_phone_shows_the_list_or_a_chat(browser: Browser) -> None:
    async with running() as sandbox, reading(browser, sandbox, viewport={"width": 390, "height": 844}) as reader:
        await reader.page.goto(sandbox.url)
        await expect(reader.page.locator(".chat-pane")).to_be_hidden()
        await reader.page.locator(".chat", has_text="读论文小组").click()
        await expect(reader.page.locator(".list-pane")).to_be_hidden()
        await reader.page.get_by_role("button", name="返回对话列表").click()
        await expect(reader.page.locator(".list-pane")).to_be_visible()
        assert await reader.page.evaluate("document.documentElement.scrollWidth") == 390


async def test_the_box_to_type_in_is_whole_on_a_phone_that_showed_the_list_first(browser: Browser) -> None:
    async with running() as sandbox, reading(browser, sandbox, viewport={"width": 390, "height": 844}) as reader:
        await reader.page.goto(sandbox.url)
        await expect(reader.page.locator(".chat-pane")).to_be_hidden()
        await reader.page.locator(".chat", has_text="读论文小组").click()
        box = reader.page.locator("#text")
        await expect(box).to_be_visible()
        whole = "node => node.clientHeight >= node.scrollHeight && node.clientHeight >= 24"
        assert await box.evaluate(whole)
        await box.fill("/search 扩散\n模型")
        assert await box.evaluate(whole)


async def test_a_server_that_stops_is_noticed(browser: Browser) -> None:
    async with contextlib.AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(running())
        reader = await stack.enter_async_context(reading(browser, sandbox))
        await reader.open(XIAOMING)
        sandbox.world.close()
        await reader.page.context.set_offline(True)
        await expect(reader.page.get_by_role("alert")).to_contain_text("连不上沙盒服务器")
        reader.problems.clear()


async def test_what_the_bot_offers_while_one_types_is_posted_by_a_click(reader: Reader) -> None:
    await reader.open(GROUP)
    await reader.page.fill("#text", "@papergram_bot 扩散")
    (update,) = await reader.sandbox.done("getUpdates", timeout=20)
    asked = update["inline_query"]
    assert asked["query"] == "扩散"
    content = {"message_text": CARD, "parse_mode": "HTML"}
    results = [
        {
            "type": "article",
            "id": str(n),
            "title": f"论文 {n}",
            "description": "一句话",
            "input_message_content": content,
        }
        for n in range(30)
    ]
    await reader.sandbox.done("answerInlineQuery", inline_query_id=asked["id"], results=results, next_offset="30")
    rows = reader.page.locator(".result")
    await expect(rows).to_have_count(30)
    await reader.page.locator("#inline").evaluate("node => node.scrollTo(0, node.scrollHeight)")
    (update,) = await reader.sandbox.done("getUpdates", timeout=20, offset=update["update_id"] + 1)
    assert update["inline_query"]["offset"] == "30"
    more = [{**results[0], "id": "30", "title": "论文 30"}]
    await reader.sandbox.done("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=more)
    await expect(rows).to_have_count(31)
    await rows.last.click()
    posted = reader.page.locator("article", has_text="via @papergram_bot")
    await expect(posted).to_contain_text("带自然语言提示的可控唱歌声音合成")
    await expect(rows).to_have_count(0)
    assert await reader.page.locator("#text").input_value() == ""


async def test_no_result_is_said_and_the_bots_button_leads_to_it(reader: Reader) -> None:
    await reader.open(GROUP)
    await reader.page.fill("#text", "@papergram_bot zebra")
    (update,) = await reader.sandbox.done("getUpdates", timeout=20)
    button = {"text": "没有找到", "start_parameter": "inline"}
    question = {"inline_query_id": update["inline_query"]["id"]}
    await reader.sandbox.done("answerInlineQuery", **question, results=[], button=button)
    await reader.page.locator(".result-button", has_text="没有找到").click()
    await expect(reader.page.locator("article.mine").last).to_contain_text("/start inline")
