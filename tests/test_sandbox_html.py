import html as stdlib_html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import CODE, QUOTES, Entity, clean, trim, untangle, utf16_length
from bot.sandbox.html import MarkupError, parse


def read(markup: str) -> tuple[str, list[dict[str, Any]]]:
    text, entities = parse(markup)
    return text, [entity.as_json() for entity in untangle(entities)]


def span(kind: str, offset: int, length: int, **extra: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **extra}


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("EM", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
    ],
)
def test_a_tag_becomes_its_entity(tag: str, kind: str) -> None:
    assert read(f"a<{tag}>你好</{tag}>") == ("a你好", [span(kind, 1, 2)])


@pytest.mark.parametrize(
    ("markup", "text", "entities"),
    [
        ("<b>📄</b>x<i>y</i>", "📄xy", [span("bold", 0, 2), span("italic", 3, 1)]),
        ("<b>x</>", "x", [span("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ('<span class="tg-spoiler">x</span>', "x", [span("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [span("expandable_blockquote", 0, 1)]),
        ('<blockquote cite="" other>x</blockquote>', "x", [span("blockquote", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [span("pre", 0, 1, language="py")]),
        ('<code class="language-py">x</code>', "x", [span("code", 0, 1)]),
        ('<a href="https://arxiv.org/abs/1?a=1&amp;b=2">x</a>', "x", "https://arxiv.org/abs/1?a=1&b=2"),
        ("<a href=arxiv.org>x</a>", "x", "http://arxiv.org/"),
        ("<a href='HTTPS://ArXiv.org/Abs'>x</a>", "x", "https://arxiv.org/Abs"),
        ("<a>arxiv.org</a>", "arxiv.org", "http://arxiv.org/"),
        ('<a href="tg://resolve?domain=x">x</a>', "x", "tg://resolve?domain=x"),
        ('<a href="nowhere">x</a>', "x", []),
        ('<a href="javascript:alert(1)">x</a>', "x", []),
        ('<a href="ftp://arxiv.org">x</a>', "x", []),
        ('<a href="tg://user?id=1001">x</a>', "x", [span("text_mention", 0, 1, user={"id": 1001})]),
        ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍", [span("custom_emoji", 0, 2, custom_emoji_id="5")]),
        ('<tg-time unix="5" format="wDT">x</tg-time>', "x", "wDT"),
        ("&lt;&gt;&amp;&quot;&#20320;&#x597D;", '<>&"你好', []),
        ("&lt1 &ampx", "<1 &ampx", []),
        ("&nbsp; &hellip; &apos; &; & &#0; &#x110000;", "&nbsp; &hellip; &apos; &; & &#0; &#x110000;", []),
        ("1 > 0", "1 > 0", []),
    ],
)
def test_markup_is_read_as_telegram_reads_it(markup: str, text: str, entities: Any) -> None:
    if isinstance(entities, str) and entities.startswith(("http", "tg")):
        entities = [span("text_link", 0, utf16_length(text), url=entities)]
    elif isinstance(entities, str):
        entities = [span("date_time", 0, 1, unix_time=5, date_time_format=entities)]
    assert read(markup) == (text, entities)


@pytest.mark.parametrize(
    ("markup", "sentence"),
    [
        ("p < 0.05", 'Unsupported start tag "" at byte offset 2'),
        ("论文 <br>", 'Unsupported start tag "br" at byte offset 7'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
        ("a<b", "Unclosed start tag at byte offset 1"),
        ("a<", "Unclosed start tag at byte offset 1"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<i =x>y</i>", 'Empty attribute name in the tag "i" at byte offset 0'),
        ("<i x=a,b>y</i>", "Unexpected end of name token at byte offset 5"),
        ("<i x =  ", 'Unclosed start tag "i" at byte offset 0'),
        ("<tg-emoji emoji-id=x>y</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("<tg-time unix=5 format=rt>y</tg-time>", "Invalid date format used"),
        (
            "&#xD83D;",
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units",
        ),
    ],
)
def test_bad_markup_is_refused_in_telegrams_words(markup: str, sentence: str) -> None:
    with pytest.raises(MarkupError) as refusal:
        parse(markup)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("markup", "entities"),
    [
        ("<b>x</b><b>y</b>", [span("bold", 0, 2)]),
        ("<b>x<b>y</b></b>", [span("bold", 0, 2)]),
        ("<b>x<code>y</code>z</b>", [span("bold", 0, 1), span("code", 1, 1), span("bold", 2, 1)]),
        ("<code>x<b>y</b></code>", [span("code", 0, 2)]),
        (
            "<b>x<a href='arxiv.org'>y</a></b>",
            [span("bold", 0, 1), span("text_link", 1, 1, url="http://arxiv.org/"), span("bold", 1, 1)],
        ),
        ("<blockquote>x<blockquote>y</blockquote></blockquote>", [span("blockquote", 0, 2)]),
        ("<a href='a.bc'>x<a href='d.ef'>y</a></a>", [span("text_link", 0, 2, url="http://a.bc/")]),
    ],
)
def test_nested_entities_are_untangled(markup: str, entities: list[dict[str, Any]]) -> None:
    assert read(markup)[1] == entities


def test_outer_blanks_go_and_entities_start_at_ink() -> None:
    text, entities = parse(" \n<b> x </b> <i> </i>\n")
    text, entities = trim(*clean(text, untangle(entities)))
    assert (text, [entity.as_json() for entity in entities]) == ("x", [span("bold", 0, 1)])


def test_control_and_direction_characters_go_before_anything_is_counted() -> None:
    text, entities = clean("a\r\u202e\tb", [Entity("bold", 1, 2), Entity("italic", 3, 2)])
    assert text == "a b"
    assert entities == [Entity("italic", 1, 2)]


@given(st.text())
def test_escaped_text_comes_back_unchanged(text: str) -> None:
    assert parse(stdlib_html.escape(text, quote=False)) == (text, [])


_PIECES = st.lists(
    st.sampled_from(
        "<b> </b> <i> </i> <code> </code> <pre> </pre> <blockquote> </blockquote> </> <a\xa0href='a.bc'> </a> "
        "<a\xa0href= <tg-spoiler> </tg-spoiler> < > & &lt; &#55357; x 你 📄 \" ' = / \n".replace("\n", "").split(" ")
    )
    | st.text(max_size=3),
    max_size=12,
).map(lambda pieces: "".join(pieces).replace("\xa0", " "))


@given(_PIECES)
def test_any_markup_gives_nesting_entities_inside_the_text_or_a_sentence(markup: str) -> None:
    try:
        text, entities = parse(markup)
    except MarkupError:
        return
    text, entities = trim(*clean(text, untangle(entities)))
    entities = untangle(entities)
    for entity in entities:
        assert 0 <= entity.offset < entity.end <= utf16_length(text)
        for other in entities:
            apart = entity.end <= other.offset or other.end <= entity.offset
            inside = other.offset <= entity.offset and entity.end <= other.end
            around = entity.offset <= other.offset and other.end <= entity.end
            assert apart or inside or around
            if not apart and entity is not other and entity.type in CODE:
                assert other.type in QUOTES
    assert untangle(entities) == entities
