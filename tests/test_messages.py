"""What is sent must be what Telegram takes: the sandbox's strict parser reads every message that is made here."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import cards, digests, lists, settings, wording
from bot.messages.cards import View
from bot.messages.size import LIMIT, clip, units, visible
from bot.sandbox import html
from storage.records import (
    Card,
    Chat,
    ChatKind,
    Digest,
    Form,
    Keyboard,
    Language,
    Message,
    Paper,
    Subscription,
    Summary,
    TopicState,
)
from tests.made import CHANNEL, GROUP, PRIVATE, card, subscription

TEXTS = st.text(max_size=6000) | st.sampled_from(
    ["<" * 5000, "&amp;" * 3000, "模" * 9000, "🙂" * 5000, "0", "", "a\n" * 900]
)
CARDS = st.builds(
    lambda *texts: Card(
        Paper("2403.11780", 1, texts[0], texts[1], authors=(texts[2],) * 5, categories=("cs.SD",)),
        Summary("2403.11780", 1, texts[3], texts[4], texts[5], texts[6]),
        date(2024, 3, 18),
    ),
    *[TEXTS] * 7,
)


def accepted(message: Message) -> str:
    """The text that a reader sees, if Telegram would take the message."""
    text, _ = html.parse(message.text)
    assert text.strip()
    assert units(text) <= LIMIT
    assert len(message.text.encode()) <= 32768
    buttons = [button for row in message.keyboard for button in row]
    assert len(buttons) <= 100
    assert all(button.label for button in buttons)
    assert all(bool(button.url) != (1 <= len(button.data.encode()) <= 64) for button in buttons)
    return text


@given(CARDS, st.sampled_from(Language), st.sampled_from(ChatKind), st.sampled_from(View))
def test_any_paper_makes_a_card_that_telegram_takes(
    shown: Card, language: Language, kind: ChatKind, view: View
) -> None:
    accepted(cards.card(shown, language, kind, view=view))


@given(st.lists(CARDS, max_size=12), st.sampled_from(Form), st.sampled_from(Language), st.text(max_size=200))
def test_any_digest_makes_messages_that_telegram_takes(
    shown: list[Card], form: Form, language: Language, query: str
) -> None:
    wanted = subscription(PRIVATE, query, form=form)
    chat = Chat(PRIVATE.id, PRIVATE.kind, language=language)
    parts = digests.parts(Digest(wanted, datetime.now(UTC), tuple(shown), 99), chat)
    for part in parts:
        accepted(part.message)
    assert [each.paper_id for part in parts for each in part.papers] == [each.paper.id for each in shown]


@given(st.lists(CARDS, min_size=1, max_size=5), st.text(max_size=300), st.sampled_from(Language))
def test_any_page_of_results_is_taken(shown: list[Card], query: str, language: Language) -> None:
    page = lists.Page(shown, 2, 17, turn="find:123456789", total=999)
    accepted(lists.results(query, page, language, lists.Counted(page.total, more=True)))


def test_a_card_has_one_line_for_each_thing_and_no_hole() -> None:
    shown = Card(
        Paper("2403.11780", 1, "CO$_2$ <b>", "Abs.", authors=("A", "B", "C", "D"), categories=("cs.SD", "cs.LG")),
        Summary("2403.11780", 1, "二氧化碳", "一句话。", "摘要。"),
        date(2024, 3, 18),
    )
    assert accepted(cards.card(shown, Language.CHINESE, ChatKind.PRIVATE)).splitlines() == [
        "二氧化碳",
        "CO₂ <b>",
        "💡 一句话。",
        "👥 A、B、C 等 4 人 · cs.SD · 2024-03-18",
        "🔗 arxiv.org/abs/2403.11780",
    ]
    bare = Card(Paper("hep-th/9901001", None, "0", ""))
    assert accepted(cards.card(bare, Language.CHINESE, ChatKind.PRIVATE)).splitlines() == [
        "0",
        "🔗 arxiv.org/abs/hep-th/9901001",
    ]


def labels(keyboard: Keyboard) -> list[str]:
    return [button.label for row in keyboard for button in row]


@pytest.mark.parametrize(
    ("language", "view", "expected"),
    [
        (Language.CHINESE, View.FOLDED, ["展开摘要", "English", "PDF", "⭐"]),
        (Language.CHINESE, View.CHINESE, ["收起", "English", "PDF", "⭐"]),
        (Language.CHINESE, View.ENGLISH, ["收起", "中文摘要", "PDF", "⭐"]),
        (Language.CHINESE, View.BOTH, ["收起", "PDF", "⭐"]),
        (Language.ENGLISH, View.FOLDED, ["Abstract", "中文摘要", "PDF", "⭐"]),
        (Language.ENGLISH, View.CHINESE, ["Fold", "Abstract", "PDF", "⭐"]),
    ],
)
def test_the_buttons_lead_from_each_view_to_the_others(language: Language, view: View, expected: list[str]) -> None:
    turning, voting = cards.keyboard(card(), language, view, saved=False)
    assert labels((turning,)) == expected
    assert labels((voting,)) == ["👍", "👎", "为什么" if language == Language.CHINESE else "Why?"]


@pytest.mark.parametrize(("chinese", "english"), [(300, 9000), (9000, 300), (9000, 9000), (300, 300)])
def test_of_two_abstracts_the_shorter_leaves_its_room_to_the_longer(chinese: int, english: int) -> None:
    summary = Summary("2403.11780", 1, "题", "句。", "摘" * chinese)
    shown = Card(Paper("2403.11780", 1, "Title", "a" * english), summary)
    text = accepted(cards.card(shown, Language.CHINESE, ChatKind.PRIVATE, view=View.BOTH))
    kept = text.count("摘"), text.count("a")
    for wanted, found in zip((chinese, english), kept, strict=True):
        assert found >= min(wanted, LIMIT // 2 - 150)
    assert LIMIT - 200 < units(text) <= LIMIT or kept >= (chinese, english)


def test_a_paper_without_chinese_abstract_unfolds_in_english() -> None:
    shown = Card(Paper("2403.11780", 1, "T", "English text.", abstract_cut=True))
    folded = cards.card(shown, Language.CHINESE, ChatKind.PRIVATE)
    assert labels(folded.keyboard[:1]) == ["展开摘要", "PDF", "⭐"]
    unfolded = cards.card(shown, Language.CHINESE, ChatKind.PRIVATE, view=View.CHINESE)
    assert accepted(unfolded).endswith("English text.…（来源只给出摘要的开头）")


@pytest.mark.parametrize("chat", [GROUP, CHANNEL])
def test_where_many_read_the_abstract_is_folded_by_telegram_and_not_by_a_button(chat: Chat) -> None:
    message = cards.card(card(), Language.CHINESE, chat.kind)
    assert message.text.count("<blockquote expandable>") == 2
    assert labels(message.keyboard) == ["PDF", "⭐", "👍", "👎"]


def test_a_list_is_split_between_papers_only_and_its_numbers_go_on() -> None:
    shown = [card(f"2403.{number:05}", title="x" * 290) for number in range(1, 41)]
    messages = [part.message for part in lists.digest_list("head", shown, Language.ENGLISH)]
    assert len(messages) > 1
    numbers = [int(each) for message in messages for each in re.findall(r"<b>(\d+)\.</b>", message.text)]
    assert numbers == list(range(1, 41))
    assert [int(label) for message in messages for label in labels(message.keyboard)] == numbers


@given(st.text(max_size=300), st.integers(1, 100))
def test_clipping_never_exceeds_its_limit_and_leaves_short_texts_alone(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert units(clipped) <= limit
    assert clipped == text or units(text) > limit


def test_length_is_counted_in_utf16_units_without_markup() -> None:
    assert visible('<b>a&lt;</b>🙂<a href="https://x">中</a>') == 5


@pytest.mark.parametrize(
    "make",
    [
        lambda language: settings.choose_topic(language, "-1001000000001.123"),
        lambda language: settings.subscription(_stored(), PRIVATE, language, fresh=True, elsewhere=True),
        lambda language: settings.subscriptions([_stored()] * 20, PRIVATE, language, elsewhere=False),
        lambda language: settings.choose_one([_stored("x" * 200)], language, elsewhere=True),
        *[
            lambda language, topic=topic, here=here: settings.topic_gone(2, (GROUP, 7), topic, language, here=here)
            for topic, here in ((TopicState.CLOSED, True), (TopicState.DELETED, False))
        ],
        lambda language: settings.passed_on(Message("&lt;b&gt; <b>x</b>"), GROUP, language),
        lambda language: settings.joined("joined_channel", CHANNEL, language, may_post=False),
        lambda language: settings.joined("joined_group", GROUP, language, forum=True),
        lambda language: settings.joined("hello_group", GROUP, language, forum=True),
        lambda language: settings.unsubscribed(_stored("<b>"), language),
        *[
            lambda language, field=field: Message("x", settings.choices(_stored(), PRIVATE, field, language))
            for field in ("hour", "weekdays", "timezone", "form", "papers")
        ],
    ],
)
@pytest.mark.parametrize("language", Language)
def test_every_page_of_settings_is_taken(make: Callable[[Language], Message], language: Language) -> None:
    accepted(make(language))


def _stored(query: str = "cs.LG") -> Subscription:
    return subscription(PRIVATE, query, next_due=datetime(2024, 3, 20, tzinfo=UTC))


def test_both_languages_have_the_same_words_with_the_same_names() -> None:
    chinese, english = wording._words(Language.CHINESE), wording._words(Language.ENGLISH)
    assert chinese.keys() == english.keys()
    for key, text in chinese.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key
