"""Hugging Face's daily papers give votes and code for arXiv's papers, and never an announcement."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources import huggingface
from bot.sources.huggingface import HuggingFaceError, read
from bot.sources.reading import Malformed, Refusal
from storage.records import Arrival, Paper, Upvotes

PAPER = {
    "id": "2606.12730",
    "authors": [{"name": "Nikola Pižurica"}, {"name": "Nobody", "hidden": True}, {"name": " Deepti ", "hidden": False}],
    "title": "A title\nin two lines",
    "summary": "We study\n$x < y$.",
    "upvotes": 5,
    "githubRepo": "https://github.com/a/b",
}


def answer(**changes: object) -> bytes:
    return json.dumps([{"paper": PAPER | changes, "title": "outer", "summary": "outer"}]).encode()


def test_a_paper_comes_with_its_votes_and_code() -> None:
    paper = Paper(
        "2606.12730", None, "A title in two lines", "We study $x < y$.", authors=("Nikola Pižurica", "Deepti")
    )
    votes = Upvotes("2606.12730", 5, "https://github.com/a/b")
    assert read(answer()).arrivals == (Arrival(paper, upvotes=votes),)


@pytest.mark.parametrize(
    ("changes", "votes"),
    [
        ({"upvotes": None, "githubRepo": None}, Upvotes("2606.12730", 0)),
        ({"upvotes": -1, "githubRepo": "javascript:alert(1)"}, Upvotes("2606.12730", 0)),
        ({"upvotes": True, "githubRepo": 7}, Upvotes("2606.12730", 0)),
    ],
)
def test_what_is_no_count_and_no_link_is_none(changes: dict[str, object], votes: Upvotes) -> None:
    assert read(answer(**changes)).arrivals[0].upvotes == votes


def test_what_the_paper_lacks_is_read_beside_it() -> None:
    (arrival,) = read(answer(title=None, summary="", authors=None)).arrivals
    assert (arrival.paper.title, arrival.paper.abstract, arrival.paper.authors) == ("outer", "outer", ())


def test_one_that_cannot_be_used_is_told_and_the_rest_is_read() -> None:
    data = json.dumps([1, {}, {"paper": {"id": "blog/post", "title": "x"}}, {"paper": PAPER}]).encode()
    reading = read(data)
    assert [each.paper.id for each in reading.arrivals] == ["2606.12730"]
    assert reading.refused == (
        Refusal("paper 1", "It holds no paper."),
        Refusal("paper 2", "It holds no paper."),
        Refusal("paper 3", "Nothing in it names an arXiv paper."),
    )


@pytest.mark.parametrize("data", [b"", b"<html>", b"[{", b"{}", b"\xff", b"[" * 100_000, b"Rate exceeded."])
def test_what_is_no_list_is_refused_whole(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


def test_an_error_in_words_is_told() -> None:
    with pytest.raises(HuggingFaceError, match="Invalid date"):
        read(b'{"error": "Invalid date"}')


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.sampled_from([*PAPER, "paper"]), JSON))
def test_no_json_defeats_it(value: dict[str, object]) -> None:
    huggingface.read(json.dumps([value, {"paper": PAPER | value}]).encode())


@pytest.mark.recorded
def test_the_recorded_day_is_read_whole(recorded: Path) -> None:
    reading = read((recorded / "feeds" / "hf" / "sotawhat_hf_daily_papers.json").read_bytes())
    assert not reading.refused
    votes = [each.upvotes for each in reading.arrivals if each.upvotes]
    assert (len(reading.arrivals), len(votes), sum(bool(each.code_url) for each in votes)) == (30, 30, 16)
    assert all(each.paper.abstract and each.paper.authors and not each.announcement for each in reading.arrivals)
