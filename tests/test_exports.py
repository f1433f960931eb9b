"""What is exported can be read back, and says as much as the format has room for."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exports import json_lines, markdown
from bot.sources import digest_markdown
from bot.sources.archive import read_paths
from bot.sources.publisher import Refused, Texts
from storage.records import Announcement, AnnounceType, Arrival, Card, Paper, Summary

SAMPLE = files("bot").joinpath("sample/digest.md").read_text(encoding="utf-8")
PAPER = Paper("2401.09949", 2, "Nets", "We propose.", authors=("A", "B"), categories=("cs.LG", "cs.AI"))
SUMMARY = Summary("2401.09949", 2, "网络", "本文。", "我们。", "This.", "deepseek-flash")
ODD = st.sampled_from(
    [
        *(
            "网络",
            "摘要：",
            "标题：",
            "翻译",
            "（arXiv:2401.09949v2 [cs.LG] UPDATED）",
            "en_tdlr: x",
            "已更新",
            "《",
            "》",
            "。",
        ),
        *("Nets", " (arXiv:2401.09949v2 [cs.LG])", " (arXiv:2401.09949)", " (arXiv:2301.00001v1 [cs.CL] UPDATED)", "|"),
        *(
            "arXiv:2401.09949v1 Announce Type: new  Abstract: ",
            "arXiv:2401.09949v1 公告类型：新 摘要：",
            "\n\n    ",
            "w" * 998,
        ),
        *("[^2]: ", "[x](http://arxiv.org/abs/1)", "\n    \n", "{title}", "\u2028", "\ud800", " ", "0", "\u200f"),
    ]
)
TEXTS = st.lists(ODD | st.text(max_size=2), max_size=5).map("".join)


def read_back(text: str) -> list[Arrival]:
    return [entry.arrival() for entry in digest_markdown.read(text)]


@given(st.lists(st.builds(Texts, TEXTS, st.just("https://arxiv.org/abs/2401.09949"), *[TEXTS] * 5), max_size=3))
def test_what_was_read_once_is_read_from_an_export_as_the_same(found: list[Texts]) -> None:
    arrivals = []
    for texts in found:
        with contextlib.suppress(Refused):  # of a title nothing may be left
            arrivals.append(texts.arrival())
    again = read_back(markdown.digest(arrivals))
    assert [(each.paper, each.summary) for each in again] == [(each.paper, each.summary) for each in arrivals]


def test_the_sample_is_exported_as_the_same_papers_announcements_and_summaries() -> None:
    arrivals = read_back(SAMPLE)
    text = markdown.digest(arrivals)
    for before, after in zip(arrivals, read_back(text), strict=True):
        assert (after.paper, after.summary) == (before.paper, before.summary)
        assert before.announcement
        assert after.announcement
        assert after.announcement.type == before.announcement.type
    assert markdown.digest(read_back(text)) == text


@pytest.mark.recorded
def test_the_recorded_days_are_exported_as_the_same_papers_and_summaries(recorded: Path) -> None:
    found = [each.outcome for each in read_paths(sorted(recorded.glob("digests/*.md")))]
    arrivals = [each for each in found if isinstance(each, Arrival)]
    assert len(arrivals) > 1_200
    again = read_back(markdown.digest(arrivals))
    assert [(each.paper, each.summary) for each in again] == [(each.paper, each.summary) for each in arrivals]
    known = [(a, b) for a, b in zip(arrivals, again, strict=True) if a.announcement and a.announcement.type]
    assert all(b.announcement and a.announcement and a.announcement.type == b.announcement.type for a, b in known)


@pytest.mark.parametrize("type_", AnnounceType)
@pytest.mark.parametrize("version", [None, 3])
@pytest.mark.parametrize("categories", [(), ("hep-th",)])
def test_version_type_and_first_category_are_kept(
    type_: AnnounceType, version: int | None, categories: tuple[str, ...]
) -> None:
    paper = Paper("hep-th/9901001", version, "Strings", "We.", categories=categories)
    (found,) = read_back(markdown.digest([Arrival(paper, Announcement(paper.id, type=type_))]))
    assert found == Arrival(paper, Announcement(paper.id, type=type_))


def test_a_stored_paper_looks_as_the_publisher_writes_it() -> None:
    text = markdown.digest(
        [Card(PAPER, SUMMARY, date(2024, 1, 19)), Card(replace(PAPER, id="2401.00001", version=None))]
    )
    assert "| [^1] | [Nets](https://arxiv.org/abs/2401.09949) | 本文。 |\n" in text
    assert text.endswith(
        "[^2]: \n\n    Nets (arXiv:2401.00001 [cs.LG])\n\n"
        "    [https://arxiv.org/abs/2401.00001](https://arxiv.org/abs/2401.00001)\n\n"
        "    \n\n    \n\n    \n\n    We propose.\n    \n\n"
    )
    first, second = read_back(text)
    assert first.paper == replace(PAPER, authors=(), categories=("cs.LG",))
    assert first.summary == replace(SUMMARY, model="cn-chat-arxiv")
    assert second.summary is None


@pytest.mark.parametrize("length", [10, 997, 998, 999, 1000, 1001, 1500])
@pytest.mark.parametrize("cut", [True, False])
def test_a_cut_abstract_comes_back_cut_and_a_whole_one_whole(*, cut: bool, length: int) -> None:
    paper = replace(PAPER, abstract="w" * length, abstract_cut=cut, authors=(), categories=())
    (found,) = read_back(markdown.digest([Card(paper)]))
    assert found.paper == replace(paper, abstract_cut=cut and length <= 1000)


def test_no_papers_are_an_empty_page() -> None:
    assert digest_markdown.read(markdown.digest([])) == digest_markdown.Day()


def test_an_export_comes_in_pieces() -> None:
    def cards() -> Iterator[Card]:
        for number in range(1, 2_001):
            yield Card(replace(PAPER, id=f"2401.{number:05}"))

    pieces = list(markdown.stream(cards()))
    assert len(pieces) > 4_000
    assert max(map(len, pieces)) < 400
    assert len(digest_markdown.read("".join(pieces))) == 2_000


def test_a_json_line_holds_the_whole_card_in_a_fixed_order() -> None:
    line = json_lines.line(Card(PAPER, SUMMARY, date(2024, 1, 19)))
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert "网络" in line
    assert list(json.loads(line).items()) == [
        ("id", "2401.09949"),
        ("version", 2),
        ("title", "Nets"),
        ("abstract", "We propose."),
        ("abstract_cut", False),
        ("authors", ["A", "B"]),
        ("affiliations", []),
        ("categories", ["cs.LG", "cs.AI"]),
        ("comments", ""),
        ("doi", ""),
        ("journal_ref", ""),
        ("licence", ""),
        ("announced", "2024-01-19"),
        ("announce_type", None),
        ("votes", None),
        ("code_url", ""),
        ("title_zh", "网络"),
        ("tldr_zh", "本文。"),
        ("abstract_zh", "我们。"),
        ("tldr_en", "This."),
        ("model", SUMMARY.model),
        ("summary_state", "good"),
        ("url", "https://arxiv.org/abs/2401.09949"),
    ]


def test_a_json_line_without_a_summary_has_the_same_keys() -> None:
    bare = json.loads(json_lines.line(Card(replace(PAPER, version=None, title="a\nb"))))
    assert list(bare) == list(json.loads(json_lines.line(Card(PAPER, SUMMARY))))
    assert (bare["version"], bare["announced"], bare["title_zh"], bare["title"]) == (None, None, "", "a\nb")
