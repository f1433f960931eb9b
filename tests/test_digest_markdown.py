"""The publisher's digest comes back byte for byte, whatever its texts hold, and a change shows in both places."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.sources.digest_entry import LAYOUT, ROW
from bot.sources.digest_markdown import HEAD, HEADING, MIDDLE, TAIL, Day, Entry, NotADigest, read, write

SAMPLE = files("bot").joinpath("sample/digest.md").read_bytes().decode()
DEFINITION = re.compile(r"^\[\^\d+\]: ", re.MULTILINE)
FIRST = Entry(
    number=1,
    title="Deep nets. (arXiv:2401.09949v1 [cs.LG])",
    link="http://arxiv.org/abs/2401.09949",
    title_zh="深度网络",
    tldr="本文介绍 | 网络 [1]。",
    tldr_en="On $|x|$.",
    abstract_zh="我们提出一种网络。",
    abstract="We propose a net",
)
SECOND = Entry(
    number=2,
    title="Bayes",
    link="https://arxiv.org/abs/2403.00001",
    title_zh="贝叶斯",
    tldr="关于贝叶斯。",
    abstract_zh="我们研究贝叶斯。",
    abstract="arXiv:2403.00001v1 Announce Type: new  Abstract: We study Bayes.",
)
PLAIN = write(Day((FIRST, SECOND)))
WORDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=()), max_size=12)
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            "\r",
            " ",
            "    ",
            "\n\n    ",
            "\n    \n",
            "\n\n",
            "\t",
            "\ufeff",
            "\u2028",
            "{",
            "}}",
            "{title}",
        ),
        *(
            "[^1]: ",
            "[^2]: ",
            "[^02]:",
            "| [^1] | ",
            "|",
            "# 详细\n",
            "# 摘要",
            HEAD,
            MIDDLE,
            "中文。",
            "English.",
            "](",
        ),
        *(
            "[x](x)",
            "\n\n    [http://a.b](http://a.b)\n\n    ",
            "[x](https://arxiv.org/abs/2401.00001)",
            " (arXiv:1 [x])",
        ),
    ]
)
WILD = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


def entries(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[Entry]]:
    names = ("title", "link", "title_zh", "tldr", "tldr_en", "abstract_zh", "abstract")
    return st.lists(st.builds(Entry, number=st.just(0), **dict.fromkeys(names, texts)), max_size=4).map(
        lambda found: [replace(entry, number=number) for number, entry in enumerate(found, start=1)]
    )


def changed(entry: Entry, **texts: str) -> Entry:
    return replace(entry, **texts)  # type: ignore[arg-type]  # mypy takes `number` for one of them


def plain(entry: Entry) -> Entry:
    return replace(entry, row=ROW, layout=LAYOUT)


def test_the_sample_comes_back_byte_for_byte_and_is_all_plain() -> None:
    day = read(SAMPLE)
    assert write(day) == SAMPLE
    assert len(day) == len(DEFINITION.findall(SAMPLE)) == 30
    assert day == Day(tuple(plain(entry) for entry in day))
    assert day.entries[-1].title.endswith("(arXiv:2106.06575v2 [cs.LG] UPDATED)")
    assert day.entries[-1].heading.endswith("and Accelerators.")


@pytest.mark.recorded
def test_every_recorded_day_comes_back_byte_for_byte_and_is_all_plain(recorded: Path) -> None:
    days = sorted(recorded.glob("digests/*.md"))
    assert len(days) >= 10
    for path in days:
        text = path.read_bytes().decode()
        day = read(text)
        assert write(day) == text, path.name
        assert len(day) == len(DEFINITION.findall(text)), path.name
        assert day == Day(tuple(plain(entry) for entry in day)), path.name
        assert all(entry.title and entry.tldr and entry.abstract for entry in day), path.name


@pytest.mark.parametrize("name", ["title", "link", "tldr"])
def test_a_changed_text_changes_in_the_table_and_below(name: str) -> None:
    day = read(PLAIN)
    other = replace(day, entries=(changed(day.entries[0], **{name: "changed"}), *day.entries[1:]))
    assert write(other).count("changed") == (3 if name == "link" else 2)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("| [^1] | [Deep nets.](", "|  [^1] |[Deep nets.]("),
        ("| [^1] | [Deep nets.](", "| [^1] | [Deep networks]("),
        ("[1]。 |\n", "[1]。|  \n"),
        ("[1]。 |\n", "[1]。 |\nsomething else\n"),
        ("\n\n    [http://arxiv.org/abs/2401.09949]", "\n\n    [link]"),
        ("\n\n    本文介绍", "\n\n\t本文介绍"),
        ("\n    \n[^2]: ", "\n\n[^2]: "),
        ("\n    \n[^2]: ", "\n    \n\n\n[^2]: "),
        ("[^1]: 深度", "[^1]:深度"),
    ],
)
def test_a_changed_text_changes_in_both_places_in_an_odd_layout_too(was: str, now: str) -> None:
    assert was in PLAIN
    text = PLAIN.replace(was, now)
    day = read(text)
    assert write(day) == text
    assert len(day) == 2
    other = replace(day, entries=(replace(day.entries[0], tldr="changed"), *day.entries[1:]))
    assert write(other) == text.replace(FIRST.tldr, "changed")


@pytest.mark.parametrize("text", ["", "\n", "# 详细\n", "摘要", " # 摘要", "# Summary\n", "<html>", "{}"])
def test_another_text_is_no_digest(text: str) -> None:
    with pytest.raises(NotADigest, match=r"^It is no digest: .*\.$"):
        read(text)


def test_an_empty_feed_is_a_day_without_entries() -> None:
    text = HEAD + MIDDLE + TAIL
    assert read(text) == Day()
    assert write(Day()) == text


def test_windows_newlines_a_byte_order_mark_and_no_final_newline_are_kept() -> None:
    text = "\ufeff" + PLAIN.replace("\n", "\r\n")[:-2]
    day = read(text)
    assert [plain(entry) for entry in day] == [FIRST, SECOND]
    assert (day.newline, day.odd_lines, day.tail) == ("\r\n", (), "")
    assert write(day) == text


def test_a_line_with_the_other_newline_is_remembered_by_its_number() -> None:
    text = PLAIN.replace("\n", "\r\n", 1)
    day = read(text)
    assert [plain(entry) for entry in day] == [FIRST, SECOND]
    assert (day.newline, day.odd_lines) == ("\n", (0,))
    assert write(day) == text


def test_entries_and_rows_keep_their_own_order() -> None:
    rows = PLAIN.splitlines(keepends=True)
    rows[4:6] = reversed(rows[4:6])
    day = read("".join(rows))
    assert [entry.number for entry in day] == [1, 2]
    assert day.order == (1, 0)
    assert [plain(entry) for entry in day] == list(day) == [FIRST, SECOND]
    swapped = write(Day((SECOND, FIRST)))
    assert [entry.number for entry in read(swapped)] == [2, 1]
    assert write(read(swapped)) == swapped


def test_an_entry_may_have_no_row_and_a_row_no_entry() -> None:
    rows = PLAIN.splitlines(keepends=True)
    without = "".join(rows[:4] + rows[5:])
    assert [entry.row for entry in read(without)] == ["", ROW]
    assert write(read(without)) == without
    extra = "".join([*rows[:6], "| [^3] | [{Gone}](x) | 无 |\n", *rows[6:]])
    assert [plain(entry) for entry in read(extra)] == [FIRST, SECOND]
    assert write(read(extra)) == extra


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("abstract", "First.\n\n    Second."),
        ("abstract", "First.\n\nSecond.\n\nThird."),
        ("abstract_zh", "第一段。\n\n    第二段。"),
        ("title", "A title\n\n    in two"),
        ("title_zh", "标题\n\n    分两段"),
        ("tldr", "第一句。\n\n    第二句。"),
        ("abstract", "See [^3]: and\n[^3]: or\n[^9]: here"),
        ("title_zh", "标题\n\n[^7]: 不是条目"),
        ("title", "Trailing \n"),
        ("tldr", "有\u2028行\tand\x00"),
        ("abstract", "| [^1] | {title} |\n# 摘要"),
    ],
)
def test_a_text_of_several_lines_stays_in_its_field(name: str, value: str) -> None:
    several = changed(FIRST, **{name: value})
    text = write(Day((several, SECOND)))
    assert [plain(entry) for entry in read(text)] == [several, SECOND]
    assert write(read(text)) == text


@pytest.mark.parametrize("missing", [("title_zh",), ("tldr_en",), ("abstract_zh", "abstract"), ("title_zh", "tldr")])
def test_an_empty_text_is_plain(missing: tuple[str, ...]) -> None:
    several = changed(FIRST, **dict.fromkeys(missing, ""))
    text = write(Day((several, SECOND)))
    assert read(text) == Day((several, SECOND))


@pytest.mark.parametrize("name", ["title_zh", "tldr_en", "abstract_zh", "abstract"])
def test_a_paragraph_that_is_not_there_leaves_its_field_empty_until_it_is_written(name: str) -> None:
    value = getattr(FIRST, name)
    text = PLAIN.replace(f"\n\n    {value}", "") if name != "title_zh" else PLAIN.replace(f"{value}\n\n    ", "", 1)
    day = read(text)
    assert write(day) == text
    assert [plain(entry) for entry in day] == [changed(FIRST, **{name: ""}), SECOND]
    restored = replace(day, entries=tuple(changed(entry, **{name: value}) for entry in day.entries[:1]))
    assert plain(read(write(restored)).entries[0]) == FIRST


def test_a_definition_without_a_link_counts_if_it_goes_on_with_the_numbers() -> None:
    bare = "[^3]: 没有链接\n\n    No link\n    \n"
    text = PLAIN[:-1] + bare + "\n"
    assert [(entry.number, entry.title) for entry in read(text)][2:] == [(3, "No link")]
    assert write(read(text)) == text
    other = text.replace("[^3]", "[^8]")
    assert [entry.number for entry in read(other)] == [1, 2]
    assert write(read(other)) == other


def test_text_stripped_of_trailing_blanks_is_read_as_before() -> None:
    text = re.sub(" +\n", "\n", PLAIN.replace(FIRST.tldr_en, ""))
    day = read(text)
    assert write(day) == text
    assert [plain(entry) for entry in day] == [replace(FIRST, tldr_en=""), SECOND]


@given(entries(WORDS))
def test_texts_of_one_line_come_back_from_the_plain_layout(found: list[Entry]) -> None:
    assert read(write(Day(tuple(found)))) == Day(tuple(found))


@given(entries(WILD))
def test_any_text_at_all_is_written_back_as_it_was_read(found: list[Entry]) -> None:
    text = write(Day(tuple(found)))
    assert write(read(text)) == text


@settings(max_examples=300)
@given(st.sampled_from(["", "\ufeff"]), WILD)
@example("", "\n\n    \n    \n[^1]:")
def test_whatever_begins_with_the_heading_comes_back(mark: str, rest: str) -> None:
    text = mark + HEADING + rest
    assert write(read(text)) == text


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mutilated_digest_comes_back(data: st.DataObject) -> None:
    text = PLAIN if data.draw(st.booleans()) else SAMPLE[: data.draw(st.integers(5, 9_000))] + SAMPLE[-6_000:]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(len(HEADING), len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 200)))
        text = text[:start] + data.draw(WILD) + text[stop:]
    day = read(text)
    assert write(day) == text
    for at, entry in enumerate(day):
        if entry.tldr and "tldr" in entry.row and "tldr" in entry.layout:
            other = replace(day, entries=(*day.entries[:at], replace(entry, tldr="改"), *day.entries[at + 1 :]))
            assert write(other).count("改") >= text.replace(entry.tldr, "").count("改") + 2
