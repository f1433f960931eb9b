"""Files that other programs read: whatever stands in a title or a name, their syntax holds and the text comes back."""

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from bot.exports import bibtex, formats, names, ris, table, tex
from bot.exports.entry import Entry, one_line, plain
from bot.exports.formats import Format
from storage.records import Card, Paper, Summary, Upvotes

PAPER = Paper(
    "2403.11780",
    2,
    "Prompt-Singer: A Unified $H_2O$ Model for BERT & 100% more",
    "We {propose} $x^2$.",
    authors=("Rafael Núñez Jr.", "Luc Van Gool", "The ATLAS Collaboration", "Plato"),
    categories=("cs.SD", "eess.AS"),
    doi="10.1103/PhysRevD.1_2",
    journal_ref="Phys. Rev. D 1 & 2",
)
ENTRY = Entry(
    Card(
        PAPER,
        Summary(PAPER.id, 2, "提示歌手", "一句话。", "摘要。"),
        date(2024, 3, 19),
        upvotes=Upvotes(PAPER.id, 7, "https://github.com/x/y"),
    ),
    ("llm", "待读"),
    datetime(2024, 3, 20, 1, tzinfo=UTC),
)

ODD = st.sampled_from(
    [
        *("{", "}", "\\", "$", "$$", "%", "#", "&", "_", "^", "~", '"', "'", "@", ",", ";", " and ", "\\'e", '\\"{o}'),
        *(
            "$x^2$",
            "$\\{",
            "\\}$",
            "{BERT}",
            "\\emph{x}",
            "\\%",
            "\\$5",
            "$5 and $10",
            "\\begin{a}",
            "\n\n",
            "\r\nTY  - ",
        ),
        *(
            "ER  - ",
            "=1+1",
            "-x",
            "@article{a,",
            "\ue000",
            "\u2028",
            "\0",
            "\ud800",
            "张三",
            "é",
            "\u202e",
            "Jr.",
            "van",
            " ",
        ),
    ]
)
TEXTS = st.lists(ODD | st.text(max_size=3), max_size=7).map("".join)
NAMES = st.lists(ODD | st.sampled_from(["Anna", "de", "la", "Cruz", "X.", "III", "Team", "et al."]), max_size=5)
PAPERS = st.builds(
    lambda number, texts, authors, tags: Entry(
        Card(
            Paper(
                f"2403.{number:05}",
                1,
                texts[0],
                texts[1],
                authors=tuple(authors),
                categories=("cs.SD",),
                doi=texts[2],
                journal_ref=texts[3],
                comments=texts[4],
            ),
            Summary(f"2403.{number:05}", 1, texts[5], texts[0]),
        ),
        tuple(tags),
    ),
    st.integers(1, 99_999),
    st.lists(TEXTS, min_size=6, max_size=6),
    st.lists(NAMES.map(" ".join), max_size=4),
    st.lists(st.sampled_from(["llm", "待读", "c++", "a_b", "100%"]), unique=True, max_size=3),
)
ENTRIES = st.lists(PAPERS, max_size=4, unique_by=lambda entry: entry.card.paper.id)


def written(format_: Format, entries: Sequence[Entry]) -> str:
    text = "".join(formats.write(format_, entries))
    text.encode()  # a lone surrogate would raise
    return text


def read_bibtex(text: str) -> list[tuple[str, dict[str, str]]]:
    """The entries of a file, by BibTeX's own rule: every brace counts, escaped or not."""
    entries, at = [], 0
    while match := re.compile(r"@misc\{([a-z0-9]+),\n").match(text, at):
        at, fields = match.end(), dict[str, str]()
        while match_field := re.compile(r"  ([a-z]+) = ").match(text, at):
            end = _value_end(text, match_field.end())
            value = text[match_field.end() : end]
            assert text[end : end + 2] == ",\n", value
            assert match_field[1] not in fields
            fields[match_field[1]] = value[1:-1] if value[0] == "{" else value
            at = end + 2
        assert text[at : at + 3] == "}\n\n"
        at += 3
        entries.append((match[1], fields))
    assert at == len(text)
    return entries


def _value_end(text: str, at: int) -> int:
    if text[at] != "{":
        return text.index(",", at)
    depth = 0
    for end, each in enumerate(text[at:], at + 1):
        depth += (each == "{") - (each == "}")
        if not depth:
            return end
    raise AssertionError(f"no end: {text[at:]}")


def outside_braces(text: str, separator: str) -> list[str]:
    """A value's parts at BibTeX's separator, which counts only outside braces."""
    parts, depth, start = [], 0, 0
    for at, each in enumerate(text):
        depth += (each == "{") - (each == "}")
        if not depth and text.startswith(separator, at):
            parts.append(text[start:at])
            start = at + len(separator)
    return [*parts, text[start:]]


ESCAPES = {
    **{f"\\{each}": each for each in "&%$#_"},
    **{"\\textbraceleft{}": "{", "\\textbraceright{}": "}", "\\textbackslash{}": "\\"},
    **{"\\textasciitilde{}": "~", "\\textasciicircum{}": "^"},
}


def as_read(value: str) -> str:
    """What TeX would set, formulas as they are typed; whatever it would stumble over is a failure."""
    pattern = "|".join(map(re.escape, ESCAPES))
    pieces = re.split(rf"({pattern}|\{{?\$(?:\\.|[^\\$])+\$\}}?)", value)
    for piece in pieces[::2]:
        assert not set(piece) & set("&%$#_^~\\"), value
    return "".join(
        piece.replace("{", "").replace("}", "") if not number % 2 else ESCAPES.get(piece, piece)
        for number, piece in enumerate(pieces)
    )


@given(ENTRIES)
def test_any_paper_is_a_bibtex_entry_that_reads_back(entries: list[Entry]) -> None:
    read = read_bibtex(written(Format.BIBTEX, entries))
    assert len({key for key, _ in read}) == len(entries)
    for entry, (_, fields) in zip(entries, read, strict=True):
        paper = entry.card.paper
        assert fields["eprint"] == paper.id
        for name, given_ in [("title", paper.title), ("abstract", paper.abstract), ("note", paper.journal_ref)]:
            said = as_read(fields.get(name, ""))
            if "$" not in said:  # no formula was kept
                assert said == plain(given_) or (name == "title" and not plain(given_) and said == one_line(given_))
        authors = [each for each in paper.authors if one_line(each.replace(",", " "))]
        assert len(outside_braces(fields.get("author", "X"), " and ")) == max(len(authors), 1)
        for author in outside_braces(fields.get("author", "X"), " and "):
            assert len(outside_braces(author, ",")) <= 3
            as_read(author)
        assert [each.strip() for each in as_read(fields.get("keywords", "")).split(",") if each] == list(entry.tags)


def test_a_bibtex_entry_says_what_a_bibliography_needs() -> None:
    ((key, fields),) = read_bibtex(written(Format.BIBTEX, [ENTRY]))
    assert key == "nunez2024prompt"
    assert fields == {
        "author": "Núñez, Jr., Rafael and Van Gool, Luc and {The ATLAS Collaboration} and {Plato}",
        "title": "Prompt-Singer: A Unified {$H_2O$} Model for {BERT} \\& 100\\% more",
        "year": "2024",
        "month": "mar",
        "eprint": "2403.11780",
        "eprinttype": "arxiv",
        "eprintclass": "cs.SD",
        "doi": "10.1103/PhysRevD.1_2",
        "url": "https://arxiv.org/abs/2403.11780",
        "note": "Phys. Rev. D 1 \\& 2",
        "annotation": "提示歌手。一句话。",
        "keywords": "llm, 待读",
        "abstract": "We propose $x^2$.",
    }


def test_of_equal_keys_the_older_paper_has_the_plain_one_whatever_the_order() -> None:
    papers = [replace(PAPER, id=each) for each in ("2403.00002", "hep-th/9901001", "2403.00001", "2403.00003")]
    for order in (papers, papers[::-1]):
        assert bibtex.keys_of(order) == {
            "hep-th/9901001": "nunez1999prompt",
            "2403.00001": "nunez2024prompt",
            "2403.00002": "nunez2024prompta",
            "2403.00003": "nunez2024promptb",
        }


@pytest.mark.parametrize(
    ("author", "title", "key"),
    [
        ("Łukasz Kaiser", "The Art of the Deal", "kaiser2024art"),
        ("Søren Ørsted", "On the Use", "orsted2024use"),
        ("Aäron van den Oord", "WaveNet", "vandenoord2024wavenet"),
        ("张三", "扩散模型", "arxiv2024"),
        ("", "A", "arxiv2024a"),
        ("OpenAI", "GPT-4 Report", "openai2024gpt"),
    ],
)
def test_a_key_is_the_family_name_the_year_and_the_first_telling_word(author: str, title: str, key: str) -> None:
    paper = replace(PAPER, authors=(author,) if author else (), title=title)
    assert bibtex.keys_of([paper]) == {paper.id: key}


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ('Nystr\\"om $M$-Hilbert', "Nyström {$M$}-Hilbert"),
        ("GPT-4 and 3D LLMs for iPhones", "{GPT}-4 and {3D} {LLMs} for {iPhones}"),
        ("Deep Learning for Gaussian Fields", "Deep Learning for Gaussian Fields"),
        ("A study of Gaussian fields in deep learning", "A study of {Gaussian} fields in deep learning"),
        ("Nets: Graph methods are all that we need", "Nets: Graph methods are all that we need"),
        ("ALL YOU NEED IS LOVE", "ALL YOU NEED IS LOVE"),
        ("BERT", "{BERT}"),
        ("Costs $5 and $10 today", "Costs \\$5 and \\$10 today"),
        ("Sets {0, 1} of it", "Sets \\textbraceleft{}0, 1\\textbraceright{} of it"),
        ("A {lone} brace { here", None),
        ("$\\{x$ is open", None),
        ("Rates of 5 % # _ ^ ~ \\unknown", None),
    ],
)
def test_titles_keep_their_capitals_and_formulas(typed: str, made: str | None) -> None:
    title = tex.title(typed)
    assert as_read(title)
    assert title.count("{") == title.count("}")
    if made is not None:
        assert title == made


@pytest.mark.parametrize(
    ("name", "inverted"),
    [
        ("Yann LeCun", "LeCun, Yann"),
        ("LeCun Y", "LeCun, Y"),
        ("Anoop C. S.", "Anoop, C. S."),
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("Sherlon Almeida da Silva", "da Silva, Sherlon Almeida"),
        ("José Ortega y Gasset", "Ortega y Gasset, José"),
        ("Luc Van Gool", "Van Gool, Luc"),
        ("Linh Van Nguyen", "Nguyen, Linh Van"),
        ("John Smith Jr.", "Smith, John, Jr."),
        ("Martin Luther King, Jr.", "King, Martin Luther, Jr."),
        ("John Smith III", "Smith, John, III"),
        ("LeCun, Yann", "LeCun, Yann"),
        ("Weiwei Ai", "Ai, Weiwei"),
        ("Plato", "Plato"),
        ("张三", "张三"),
        ("The ATLAS Collaboration", "The ATLAS Collaboration"),
        ("Gemini Team, Google", "Gemini Team Google"),
        ("Meta AI", "Meta AI"),
        ("Google DeepMind", "Google DeepMind"),
        ("OpenAI", "OpenAI"),
        ("Collin McCallum", "McCallum, Collin"),
        ("Simon and Garfunkel", "Simon and Garfunkel"),
    ],
)
def test_names_are_sorted_by_the_family(name: str, inverted: str) -> None:
    assert names.split(name).inverted == inverted


RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  - (.*)")  # as Zotero's importer reads it


def read_ris(text: str) -> list[list[tuple[str, str]]]:
    """The records of a file; a line that is none of RIS's is a failure."""
    records: list[list[tuple[str, str]]] = []
    assert "\n" not in text.replace("\r\n", "")
    for line in filter(None, text.split("\r\n")):
        match = RIS_LINE.fullmatch(line)
        assert match, line
        if match[1] == "TY":
            records.append([])
        records[-1].append((match[1], match[2]))
    assert all(record[-1] == ("ER", "") and [tag for tag, _ in record].count("ER") == 1 for record in records)
    return records


@given(ENTRIES)
def test_any_paper_is_a_ris_record_that_reads_back(entries: list[Entry]) -> None:
    for entry, record in zip(entries, read_ris(written(Format.RIS, entries)), strict=True):
        values = dict(record)
        assert values["TI"] == plain(entry.card.paper.title) if plain(entry.card.paper.title) else "TI" not in values
        assert [value for tag, value in record if tag == "KW"] == [*entry.tags, "cs.SD"]
        for author in (value for tag, value in record if tag == "AU"):
            assert author.count(",") <= 2


def test_a_ris_record_says_what_zotero_has_fields_for() -> None:
    (record,) = read_ris("".join(ris.write([ENTRY])))
    assert record == [
        ("TY", "RPRT"),
        ("TI", "Prompt-Singer: A Unified H₂O Model for BERT & 100% more"),
        ("AU", "Núñez, Rafael, Jr."),
        ("AU", "Van Gool, Luc"),
        ("AU", "The ATLAS Collaboration"),
        ("AU", "Plato"),
        ("AB", "We propose x²."),
        ("DA", "2024/03"),
        ("PY", "2024"),
        ("DO", "10.1103/PhysRevD.1_2"),
        ("UR", "https://arxiv.org/abs/2403.11780"),
        ("M3", "Preprint"),
        ("SN", "arXiv:2403.11780"),
        ("PB", "arXiv"),
        ("TT", "提示歌手"),
        ("N1", "提示歌手。一句话。"),
        ("N1", "Phys. Rev. D 1 & 2"),
        ("KW", "llm"),
        ("KW", "待读"),
        ("KW", "cs.SD"),
        ("KW", "eess.AS"),
        ("ER", ""),
    ]


@given(ENTRIES)
def test_any_paper_is_a_row_of_a_table_in_which_nothing_is_a_formula(entries: list[Entry]) -> None:
    text = written(Format.CSV, entries)
    assert text.startswith("\ufeffid,title,title_zh,")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    assert rows[0] == list(table.COLUMNS)
    assert len(rows) == len(entries) + 1
    for entry, row in zip(entries, rows[1:], strict=True):
        assert len(row) == len(table.COLUMNS)
        assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for cell in row)
        assert row[1].removeprefix("'") == plain(entry.card.paper.title).removeprefix("'")


def test_a_row_says_all_that_is_known() -> None:
    _, row = csv.reader(io.StringIO("".join(table.write([ENTRY])), newline=""))
    assert dict(zip(table.COLUMNS, row, strict=True)) == {
        "id": "2403.11780",
        "title": "Prompt-Singer: A Unified H₂O Model for BERT & 100% more",
        "title_zh": "提示歌手",
        "authors": "Rafael Núñez Jr.; Luc Van Gool; The ATLAS Collaboration; Plato",
        "categories": "cs.SD eess.AS",
        "announced": "2024-03-19",
        "tldr_zh": "一句话。",
        "tags": "#llm #待读",
        "added": "2024-03-20",
        "url": "https://arxiv.org/abs/2403.11780",
        "doi": "10.1103/PhysRevD.1_2",
        "journal_ref": "Phys. Rev. D 1 & 2",
        "comments": "",
        "code_url": "https://github.com/x/y",
        "votes": "7",
        "abstract": "We propose x².",
        "abstract_zh": "摘要。",
    }


@given(ENTRIES)
def test_any_papers_are_one_json_list(entries: list[Entry]) -> None:
    found = json.loads("".join(formats.write(Format.JSON, entries)))
    assert [each["id"] for each in found] == [entry.card.paper.id for entry in entries]
    assert all(each["tags"] == list(entry.tags) for each, entry in zip(found, entries, strict=True))
    written(Format.MARKDOWN, entries)


@pytest.mark.parametrize("format_", Format)
def test_no_papers_are_a_file_without_papers(format_: Format) -> None:
    assert "2403" not in written(format_, [])


@pytest.mark.parametrize(
    ("word", "format_"), [("BibTeX", Format.BIBTEX), (".bib", Format.BIBTEX), ("MD", Format.MARKDOWN), ("扩散", None)]
)
def test_a_format_has_several_names(word: str, format_: Format | None) -> None:
    assert formats.named(word) == format_


def real_papers(recorded: Path) -> Iterator[Entry]:
    """3,000 papers with authors, and texts that hold TeX, each as the title and abstract of a paper."""
    with (recorded / "summaries-3k.jsonl.zst").open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        found = {record["id"]: record for record in map(json.loads, lines)}
    for record in found.values():
        paper = Paper(record["id"], 1, record["title"], record["abstract"], False, tuple(record["authors"]), ("cs.LG",))
        yield Entry(Card(paper, Summary(paper.id, 1, "", record["tldr"] or "")))
    for number, each in enumerate(json.loads((recorded / "tex_strings.json").read_text(encoding="utf-8")), 1):
        yield Entry(Card(Paper(f"2001.{number:05}", 1, each["text"], each["text"], authors=("A. B",))))


@pytest.mark.recorded
def test_the_recorded_papers_make_files_that_read_back(recorded: Path) -> None:
    entries = list(real_papers(recorded))
    assert len(entries) >= 3_300
    read = read_bibtex(written(Format.BIBTEX, entries))
    assert len({key for key, _ in read}) == len(entries) == len(read_ris(written(Format.RIS, entries)))
    for _, fields in read:
        assert as_read(fields["title"])
        as_read(fields["abstract"])
    assert sum("$" in fields["title"] for _, fields in read) > 100


HARDEST = ("{", "}", "\\", "$", "a % b # c & d _ e ^ f ~ g", "$\\{", '"@{,}', "{{{ $x_{$")


@pytest.mark.recorded
@pytest.mark.skipif(shutil.which("biber") is None, reason="biber is not installed (Debian's package biber)")
def test_biber_takes_what_is_hardest_without_a_warning(recorded: Path, tmp_path: Path) -> None:
    hostile = [
        replace(PAPER, id=f"2402.{number:05}", title=text, abstract=text) for number, text in enumerate(HARDEST, 1)
    ]
    with_tex = [entry for entry in real_papers(recorded) if re.search(r"[\\$&%#_{}~^]", entry.card.paper.title)]
    file = tmp_path / "papers.bib"
    file.write_text(written(Format.BIBTEX, [ENTRY, *map(Entry, map(Card, hostile)), *with_tex[:150]]), encoding="utf-8")
    command = ["biber", "--tool", "--validate-datamodel", "--nolog", "--output-file", "read.bib", file.name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]
    assert (tmp_path / "read.bib").read_text(encoding="utf-8").count("@MISC") == len(hostile) + 151
