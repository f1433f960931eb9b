"""A category is known by every name that it has had."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.papers import taxonomy

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "arxiv_taxonomy.json"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cs.LG", "cs.LG"),
        ("CS.lg", "cs.LG"),
        (" cs.LG ", "cs.LG"),
        ("COND-MAT.MES-HALL", "cond-mat.mes-hall"),
        ("cs", "cs"),
        ("hep-th", "hep-th"),
        ("cs.NA", "math.NA"),
        ("math.NA", "math.NA"),
        ("math.MP", "math-ph"),
        ("cmp-lg", "cs.CL"),
        ("supr-con", "cond-mat.supr-con"),
        ("test", None),
        ("test.soft", None),
        ("bad-arch", None),
        ("cs.XX", None),
        ("physics.LG", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_every_name_leads_to_the_one_in_use(name: str, expected: str | None) -> None:
    assert taxonomy.canonical(name) == expected


@pytest.mark.parametrize("name", ["math.NA", "cs.NA", "CS.na"])
def test_a_category_matches_under_all_its_names(name: str) -> None:
    assert taxonomy.resolve(name) == {"math.NA", "cs.NA"}


def test_an_archive_matches_its_categories_under_all_their_names() -> None:
    carried = taxonomy.resolve("cs")
    assert carried >= {"cs.LG", "cs.CL", "cmp-lg", "cs.NA", "math.NA", "cs.SY", "eess.SY", "cs.IT", "math.IT"}
    assert not carried & {"math.AG", "eess.IV", "stat.ML"}


def test_an_archive_matches_the_papers_older_than_its_classes() -> None:
    assert {"astro-ph", "astro-ph.GA"} <= taxonomy.resolve("astro-ph")
    assert taxonomy.resolve("hep-th") == {"hep-th"}
    assert taxonomy.resolve("math-ph") == {"math-ph", "math.MP"}


def test_an_unknown_name_matches_nothing() -> None:
    assert taxonomy.resolve("cs.XX") == frozenset()


@pytest.mark.parametrize(
    ("category", "zh", "en"),
    [
        ("cs.LG", "机器学习", "Machine Learning"),
        ("cs.cl", "计算与语言", "Computation and Language"),
        ("hep-th", "高能物理-理论", "High Energy Physics - Theory"),
        ("cs", "计算机科学", "Computer Science"),
        ("cs.NA", "数值分析", "Numerical Analysis"),
        ("cs.XX", "cs.XX", "cs.XX"),
    ],
)
def test_names_in_both_languages(category: str, zh: str, en: str) -> None:
    assert taxonomy.name(category, "zh") == zh
    assert taxonomy.name(category, "en") == en


@pytest.mark.parametrize(
    ("name", "category", "archive"),
    [
        ("cs.LG", True, False),
        ("cs", False, True),
        ("astro-ph", False, True),
        ("gr-qc", True, True),
        ("cmp-lg", True, False),
        ("nothing", False, False),
    ],
)
def test_categories_and_archives_are_told_apart(name: str, category: bool, archive: bool) -> None:
    assert taxonomy.is_category(name) is category
    assert taxonomy.is_archive(name) is archive


def test_the_lists_hold_canonical_names_only() -> None:
    for category in (*taxonomy.POPULAR, *taxonomy.categories()):
        assert taxonomy.canonical(category) == category
        assert taxonomy.is_category(category)
        assert category in taxonomy.resolve(category)
    assert all(taxonomy.is_archive(archive) for archive in taxonomy.archives())
    assert len(set(taxonomy.POPULAR)) == len(taxonomy.POPULAR)
    assert taxonomy.categories("econ") == ("econ.EM", "econ.GN", "econ.TH")
    assert taxonomy.categories("hep-th") == ("hep-th",)
    assert len(taxonomy.categories()) == 149


def test_every_chinese_name_is_chinese() -> None:
    everything = {*taxonomy.archives(), *taxonomy.categories(), *taxonomy.resolve("cs"), *taxonomy.resolve("physics")}
    assert all(any("\u4e00" <= char <= "\u9fff" for char in taxonomy.name(key, "zh")) for key in everything)


def test_nothing_is_read_at_import() -> None:
    code = "from bot.papers import taxonomy; assert taxonomy._table.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)


@given(st.text())
def test_no_name_raises(text: str) -> None:
    assert bool(taxonomy.resolve(text)) == (taxonomy.canonical(text) is not None)
    assert taxonomy.name(text, "zh") or text == ""


@pytest.mark.recorded
def test_the_table_agrees_with_arxivs_own() -> None:
    if not RECORDED.exists():
        pytest.skip("no recorded data beside the project")
    theirs: dict[str, dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    successors = theirs["aliases"] | theirs["archives_subsumed"]
    for key, row in (theirs["archives"] | theirs["categories"]).items():
        if key.startswith(("test", "bad-arch")):
            assert taxonomy.canonical(key) is None
            continue
        assert taxonomy.canonical(key) == successors.get(key, key)
        assert taxonomy.name(key, "en") == row["name"]
        assert taxonomy.is_category(key) == (
            theirs["categories"].get(key, {}).get("active", False) or key in successors
        )
    assert set(taxonomy.archives()) == {
        key for key, row in theirs["archives"].items() if row["active"] and key != "test"
    }
