import pickle
import sys
from pathlib import Path

import pytest

from bot.sources import ahead, archive
from storage import papers, search, search_index
from storage.database import Database
from storage.query import parse, plain_id
from storage.records import Arrival
from tests.conftest import NOW

LINE = (
    '{"title": "Graph %d", "abstract": "Edges.", "link": "https://arxiv.org/abs/2403.%05d", "translated_title": "图"}\n'
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "saved.jsonl"
    lines = [LINE % (number, number) for number in range(1, 8)]
    file.write_text("".join([*lines[:3], "{broken\n", *lines[3:]]), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("large", [0, ahead.LARGE])
def test_another_process_reads_the_same(saved: Path, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LARGE", large)
    paths = [saved, saved / "missing.jsonl"]
    batches = list(ahead.batches(paths, 3))
    assert [len(found) for found, _ in batches] == [3, 3, 3]
    assert [each for found, _ in batches for each in found] == list(archive.read_paths(paths))
    cut = {each: words for _, found in batches for each, words in found.items()}
    assert cut.get(("title_en", "Graph 7")) == ("graph 7" if large == 0 else None)


def test_who_has_read_enough_ends_the_other_process(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LARGE", 0)
    batches = ahead.batches([saved], 1)
    assert next(batches)
    batches.close()  # joins it: this would never end


@pytest.mark.parametrize("told", [b"", pickle.dumps("a whole batch")[:-3]])
def test_a_process_that_breaks_off_is_told_of(saved: Path, told: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LARGE", 0)
    program = saved / "broken.sh"
    (saved / "told").write_bytes(told)
    program.write_text(f"#!/bin/sh\ncat {saved / 'told'}\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ChildProcessError, match="broke off"):
        list(ahead.batches([saved], 1))


async def test_what_was_cut_elsewhere_is_found_as_what_was_not(database: Database, saved: Path) -> None:
    arrivals = [each.outcome for each in archive.read_paths([saved]) if isinstance(each.outcome, Arrival)]
    cut = search_index.cut([("title_en", "Graph 1"), ("abstract_en", "Edges."), ("title_zh", "图")])
    async with database.transaction() as tx:
        await papers.add(tx, arrivals, NOW, cut)
    async with database.reading() as tx:
        found = await search.find(tx, parse("graph edges 图", lambda name: frozenset(), plain_id))
    assert len(found.ids) == len(arrivals) == 7
