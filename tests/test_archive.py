"""Every record of a folder arrives or is refused at its place; nothing that is broken stops the rest."""

import datetime
import json
import os
import random
import tracemalloc
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
import zstandard

from bot.exports import markdown
from bot.sources.archive import Refusal, read_paths
from storage.records import Arrival, Upvotes

SAMPLE = files("bot").joinpath("sample/digest.md").read_bytes()
RECORD = {"title": "Nets", "abstract": "We", "link": "https://arxiv.org/abs/2401.00001v2", "tldr": "网络。"}
LINE = json.dumps(RECORD).encode() + b"\n"


def outcomes(*paths: Path) -> list[Arrival | Refusal]:
    return [found.outcome for found in read_paths(paths)]


def refusals(*paths: Path) -> list[tuple[str, str]]:
    return [(each.where, each.reason) for each in outcomes(*paths) if isinstance(each, Refusal)]


def ids(*paths: Path) -> list[str]:
    return [each.paper.id for each in outcomes(*paths) if isinstance(each, Arrival)]


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    put(tmp_path, "b/cs.LG-2024-03-20.md", SAMPLE)
    put(tmp_path, "a/2401.00001.json", json.dumps(RECORD, indent=2).encode())
    put(tmp_path, "a/two.json", json.dumps([RECORD, RECORD]).encode())
    put(tmp_path, "c.jsonl", LINE * 2 + b"\n" + LINE)
    put(tmp_path, "d.jsonl.zst", zstandard.compress(LINE * 4) + zstandard.compress(LINE))
    found = list(read_paths([tmp_path]))
    assert len(found) == 1 + 2 + 30 + 3 + 5
    assert not refusals(tmp_path)
    digest = found[3].outcome
    assert isinstance(digest, Arrival)
    assert digest.announcement
    assert (digest.announcement.date, digest.announcement.category) == (datetime.date(2024, 3, 20), "cs.LG")
    read = [each.read for each in found]
    assert read == sorted(read)
    assert read[-1] == found[-1].total == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("plain", SAMPLE, 30),
        ("digest.txt", b"\xef\xbb\xbf" + SAMPLE, 30),
        ("digest.zst", zstandard.compress(SAMPLE), 30),
        ("one", json.dumps(RECORD).encode(), 1),
        ("lines.json", LINE * 3, 3),
        ("mark.jsonl", b"\xef\xbb\xbf" + LINE, 1),
        ("windows.jsonl", LINE.replace(b"\n", b"\r\n") * 2, 2),
        ("cut.ndjson", LINE + LINE[:-1], 2),
        ("list", b"\n [" + LINE + b"]", 1),
        ("0.md", markdown.digest([]).encode(), 0),
        ("0.json", b"[]", 0),
    ],
)
def test_a_file_is_what_its_content_says(tmp_path: Path, name: str, data: bytes, expected: int) -> None:
    path = put(tmp_path, name, data)
    assert len(ids(path)) == expected
    assert not refusals(path)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("README.md", b"# Papers\n", "It is no digest, which begins with # 摘要, no JSON and no XML."),
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0", "It is no digest, which begins with # 摘要, no JSON and no XML."),
        ("heading.md", "# 摘要生成综述\n".encode(), "It begins as a digest does, and holds no entry."),
        ("latin.md", "# 摘要\n\n".encode() + b"\xe9", "It is not UTF-8 text."),
        ("half.json", LINE[:30], "It is broken JSON."),
        ("deep.json", b"[" * 200_000, "Its JSON is nested too deeply."),
        ("number.json", b"[" + b"9" * 5_000 + b"]", "It is broken JSON."),
        ("empty.md", b"", "It is empty."),
        ("blank.json", b" \n\n", "It is empty."),
        ("empty.jsonl", b"", "It is empty."),
        ("short.jsonl.zst", zstandard.compress(LINE * 900)[:-9], "Its compressed data end too early."),
        ("extra.jsonl.zst", zstandard.compress(LINE) + b"more", "Its compressed data are broken."),
    ],
)
def test_an_unusable_file_is_refused_and_the_rest_is_read(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = put(tmp_path, name, data)
    put(tmp_path, "zz.jsonl", LINE)
    assert (str(path), reason) in refusals(tmp_path)
    assert ids(tmp_path / "zz.jsonl") == ids(tmp_path)[-1:]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "It is broken JSON."),
        (b"\xff{}", "It is not UTF-8 text."),
        (b"[" * 100_000, "Its JSON is nested too deeply."),
        (b"[]", "It is no JSON object."),
        (b"NaN", "It is no JSON object."),
        (b'{"title": NaN}', "Its title is no text."),
        (b'{"title": "x", "title": 1}', "Its title is no text."),
        (b"{}", "Neither its link nor its texts name an arXiv paper."),
        (b'{"title": "", "link": "https://arxiv.org/abs/2401.00001"}', "It has no title."),
        (b'"' + b"x" * 3_000_000 + b'"', "It is longer than 1 MB."),
    ],
)
def test_a_broken_line_is_refused_at_its_number_and_the_rest_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    for name, pack in (("a.jsonl", bytes), ("b.jsonl.zst", zstandard.compress)):
        path = put(tmp_path, name, pack(LINE + line + b"\n" + LINE))
        assert refusals(path) == [(f"{path}:2", reason)]
        assert ids(path) == ["2401.00001"] * 2


def test_a_broken_entry_is_refused_at_its_number(tmp_path: Path) -> None:
    path = put(tmp_path, "day.md", SAMPLE.replace(b"2403.15210", b"nothing"))
    assert refusals(path) == [(f"{path}[^2]", "Neither its link nor its texts name an arXiv paper.")]
    assert len(ids(path)) == 29


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    assert refusals(tmp_path / "no.md", tmp_path) == [
        (str(tmp_path / "no.md"), "There is no such file or folder."),
        (str(tmp_path / "dangling"), "There is no such file or folder."),
        (str(tmp_path / "loop"), "It cannot be read: Too many levels of symbolic links."),
        (str(tmp_path / "pipe"), "It is neither a file nor a folder."),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "secret.md", SAMPLE)
    path.chmod(0)
    assert refusals(tmp_path) == [(str(path), "It cannot be read: Permission denied.")]


def test_hidden_files_are_left_out_and_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path, ".git/a.jsonl", LINE)
    hidden = put(tmp_path, "papers/.a.jsonl", LINE)
    put(tmp_path, "papers/b.jsonl", LINE)
    (tmp_path / "papers" / "loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "papers")
    assert len(ids(tmp_path)) == 1
    assert len(ids(hidden)) == 1


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md"))
    path.write_bytes(b"")
    assert refusals(tmp_path) == [(f"{tmp_path}/\ufffd.md", "It is empty.")]


def test_lines_are_read_without_holding_the_file(tmp_path: Path) -> None:
    noise = random.Random(1)
    lines = (json.dumps(RECORD | {"abstract": noise.randbytes(500).hex()}).encode() + b"\n" for _ in range(6_000))
    path = put(tmp_path, "many.jsonl.zst", zstandard.compress(b"".join(lines)))
    tracemalloc.start()
    try:
        number = sum(isinstance(found.outcome, Arrival) for found in read_paths([path]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert number == 6_000
    assert peak < 1_000_000


FEED = b"""<rss xmlns:arxiv="http://arxiv.org/schemas/atom" version="2.0"><channel>
<title>cs.LG updates on arXiv.org</title><pubDate>Mon, 28 Sep 2026 00:00:00 -0400</pubDate>
<item><title>A &lt; B</title><guid>oai:arXiv.org:2609.00001v1</guid><description>We</description></item>
<item><title>News</title><link>https://blog.arxiv.org/</link></item></channel></rss>"""
PAPERS = json.dumps(
    [{"paper": {"id": "2609.00001", "title": "Nets", "upvotes": 3}}, {"paper": {"title": "x"}}]
).encode()


@pytest.mark.parametrize("pack", [bytes, zstandard.compress, lambda data: data.decode().encode("utf-16")])
def test_a_saved_feed_is_read_and_what_it_refuses_told_at_its_place(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = put(tmp_path, "saved", pack(FEED))
    (arrival,) = [each for each in outcomes(path) if isinstance(each, Arrival)]
    assert arrival.paper.title == "A < B"
    assert arrival.announcement
    assert (arrival.announcement.date, arrival.announcement.category) == (datetime.date(2026, 9, 28), "cs.LG")
    assert refusals(path) == [(f"{path}: entry 2", "Nothing in it names an arXiv paper.")]


def test_saved_votes_are_read_as_a_list_and_as_lines(tmp_path: Path) -> None:
    lines = b"\n".join(json.dumps(each).encode() for each in json.loads(PAPERS))
    for path in (put(tmp_path, "day.json", PAPERS), put(tmp_path, "day.jsonl", lines)):
        (arrival,) = [each for each in outcomes(path) if isinstance(each, Arrival)]
        assert (arrival.paper.id, arrival.upvotes) == ("2609.00001", Upvotes("2609.00001", 3))
        assert refusals(path) == [(f"{path}:2", "Nothing in it names an arXiv paper.")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (FEED[:-3], "It is cut off before its end."),
        (FEED.replace(b"&lt;", b"<"), "It is broken XML at line 3."),
        (b"<html><body>503</body></html>", "It is an HTML page."),
        (b"<opml/>", "It is no feed."),
        (
            FEED.replace(b"cs.LG updates on arXiv.org", b"Feed error for query: cs.XX"),
            "The server told an error: Feed error for query: cs.XX",
        ),
        (
            b'<OAI-PMH><error code="badArgument">From is late.</error></OAI-PMH>',
            "The server told an error: badArgument: From is late.",
        ),
    ],
)
def test_of_a_saved_answer_that_is_not_whole_nothing_is_taken(tmp_path: Path, data: bytes, reason: str) -> None:
    path = put(tmp_path, "answer.xml", data)
    put(tmp_path, "b.jsonl", LINE)
    assert refusals(tmp_path) == [(str(path), reason)]
    assert ids(tmp_path) == ["2401.00001"]


@pytest.mark.recorded
def test_recorded_answers_of_every_source_are_told_apart(recorded: Path) -> None:
    folder = recorded / "feeds"
    assert len(ids(folder)) == 3 * 3 + 3 + (6 + 10 + 10 + 20) + 11 + 30
    assert {(Path(where).name[:12], reason) for where, reason in refusals(folder)} == {
        ("api_error_le", "The server told an error: incorrect id format for 1234.12345"),
        ("arxivpy_id_a", "The server told an error: incorrect id format for abc"),
        ("zotero-arxiv", "It is cut off before its end."),
    }


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["cs.IR-2024-03-20", "econ-2024-03-20"])
def test_a_recorded_day_is_the_same_as_markdown_and_as_rss(recorded: Path, name: str) -> None:
    as_rss = outcomes(recorded / "digests" / f"{name}.xml")
    assert as_rss == outcomes(recorded / "digests" / f"{name}.md")
    assert all(isinstance(each, Arrival) and each.summary for each in as_rss)


@pytest.mark.recorded
def test_the_recorded_days_are_read_with_their_days_and_listings(recorded: Path) -> None:
    found = outcomes(recorded / "digests")
    assert (
        sum(isinstance(each, Arrival) for each in found) == 417 + 82 + 23 + 135 + 181 + 237 + 64 + 13 + 3 + 57 + 23 + 13
    )
    assert not refusals(recorded / "digests")
    listings = {each.announcement.category for each in found if isinstance(each, Arrival) and each.announcement}
    assert listings == {"cs.AI", "cs.CL", "cs.IR", "cs.LG", "cs.SE", "econ", "q-fin", "stat.ML"}
