import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import papers
from storage.database import Database
from storage.errors import CannotOpen
from storage.paper_rows import ordinal
from storage.papers import Change
from storage.records import Announcement, Arrival, Card
from tests.conftest import NOW
from tests.made import arrival, paper, summary


async def add(database: Database, *arrivals: Arrival) -> list[Change]:
    async with database.transaction() as tx:
        return await papers.add(tx, arrivals, NOW)


async def stored(database: Database, paper_id: str = "2403.11780") -> Card:
    async with database.reading() as tx:
        return (await papers.get(tx, [paper_id]))[0]


async def test_adding_the_same_paper_twice_changes_nothing(database: Database) -> None:
    assert await add(database, arrival()) == [Change.NEW]
    before = await stored(database)
    assert await add(database, arrival(), arrival()) == [Change.UNCHANGED, Change.UNCHANGED]
    assert await stored(database) == before


async def test_a_newer_version_replaces_the_text_and_an_older_one_is_ignored(database: Database) -> None:
    await add(database, arrival(version=2, title="second"))
    assert await add(database, arrival(version=1, title="first")) == [Change.UNCHANGED]
    assert (await stored(database)).paper.title == "second"
    assert await add(database, arrival(version=3, title="third")) == [Change.UPDATED]
    assert (await stored(database)).paper.title == "third"


async def test_a_newer_version_keeps_the_place_among_the_papers(database: Database) -> None:
    await add(database, arrival("2403.00001"), arrival("2403.00002"))
    await add(database, arrival("2403.00001", 2))
    async with database.reading() as tx:
        assert [each.paper.id async for each in papers.stream(tx)] == ["2403.00002", "2403.00001"]


async def test_a_version_that_no_source_told_is_older_than_any(database: Database) -> None:
    await add(database, arrival(version=None, title="unknown"))
    assert await add(database, arrival(version=1, title="first")) == [Change.UPDATED]
    assert await add(database, arrival(version=None, title="unknown")) == [Change.UNCHANGED]
    assert (await stored(database)).paper.title == "first"


async def test_the_same_version_fills_in_what_was_missing_and_nothing_else(database: Database) -> None:
    cut = Arrival(paper(abstract="We pres", abstract_cut=True), None, summary(title_zh=""))
    whole = Arrival(paper(abstract="We present."), None, summary(title_zh="标题", tldr_zh="另一句。"))
    assert await add(database, cut) == [Change.NEW]
    assert await add(database, whole) == [Change.UPDATED]
    after = await stored(database)
    assert (after.paper.abstract, after.paper.abstract_cut) == ("We present.", False)
    assert after.summary is not None
    assert (after.summary.title_zh, after.summary.tldr_zh) == ("标题", summary().tldr_zh)
    assert await add(database, cut) == [Change.UNCHANGED]


async def test_a_new_version_keeps_the_old_summary_until_it_has_its_own(database: Database) -> None:
    await add(database, arrival())
    await add(database, Arrival(paper(version=2, title="second")))
    shown = (await stored(database)).summary
    assert shown is not None
    assert (shown.version, shown.title_zh) == (1, "提示歌手")


async def test_announcements_are_kept_as_they_were_and_the_last_day_is_shown(database: Database) -> None:
    first, second = date(2024, 3, 18), date(2024, 3, 20)
    await add(database, arrival(day=first), arrival(day=second), arrival(day=first))
    assert (await stored(database)).announced == second
    async with database.reading() as tx:
        assert await papers.announcements(tx, "2403.11780") == [
            Announcement("2403.11780", second, "cs.SD"),
            Announcement("2403.11780", first, "cs.SD"),
        ]
        assert [each.paper.id async for each in papers.stream(tx, papers.announced_on(first))] == ["2403.11780"]
        assert [each async for each in papers.stream(tx, papers.announced_on(date(2024, 1, 1)))] == []


async def test_old_and_new_identifiers_sort_by_age(database: Database) -> None:
    by_age = ["hep-th/9901001", "hep-th/9901002", "math/0309136", "0704.0001", "1412.9999", "1501.00001", "2403.11780"]
    await add(database, *(arrival(each) for each in sorted(by_age)))
    async with database.reading() as tx:
        assert [each.paper.id async for each in papers.stream(tx)] == by_age[::-1]


NEW = st.builds("{:02}{:02}.{:05}".format, st.integers(15, 90), st.integers(1, 12), st.integers(1, 99_999))
NAMES = st.sampled_from(["hep-th", "math", "cond-mat", "q-bio", "cs", "supr-con", "acc-phys"])
OLD = st.builds("{}/{:02}{:02}{:03}".format, NAMES, st.integers(92, 99), st.integers(1, 12), st.integers(1, 999))


@given(NEW | OLD, NEW | OLD)
def test_two_identifiers_share_a_place_only_if_they_are_one(one: str, other: str) -> None:
    assert 0 < ordinal(one) < 2**63
    assert (ordinal(one) == ordinal(other)) == (one == other)


async def test_a_record_without_a_version_still_brings_its_announcement_and_summary(database: Database) -> None:
    await add(database, Arrival(paper(version=1, title="first")))
    assert await add(database, arrival(version=None, title="unknown")) == [Change.UPDATED]
    assert await add(database, arrival(version=None, title="unknown")) == [Change.UNCHANGED]
    after = await stored(database)
    assert after.paper.title == "first"
    assert after.summary is not None
    async with database.reading() as tx:
        assert len(await papers.announcements(tx, "2403.11780")) == 1


async def test_a_new_version_without_authors_or_abstract_keeps_those_that_are_known(database: Database) -> None:
    await add(database, Arrival(paper(version=1, abstract="Known.", authors=("A",))))
    await add(database, Arrival(paper(version=2, title="second", abstract="")))
    after = (await stored(database)).paper
    assert (after.title, after.abstract, after.authors) == ("second", "Known.", ("A",))


@pytest.mark.parametrize("wrong", ["", "2403", "cs.LG", "hep-th/", "2403.1178O"])
def test_what_is_no_identifier_has_no_place(wrong: str) -> None:
    with pytest.raises(ValueError, match="not an arXiv id"):
        ordinal(wrong)


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await papers.add(tx, [arrival()], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.reading() as tx:
        assert await papers.count(tx) == 0


async def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'papers.db'}"
    await (await Database.open(url)).close()
    with sqlite3.connect(tmp_path / "papers.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(CannotOpen, match="newer Papergram"):
        await Database.open(url)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be read as one" * 100])
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "papers.db"
    file.write_bytes(content)
    with pytest.raises(CannotOpen, match="cannot be opened"):
        await Database.open(f"sqlite:///{file}")
    assert file.read_bytes() == content


@pytest.mark.parametrize("url", ["papers.db", "sqlite://", "sqlite:///:memory:", "postgresql://u:secret@h/d", ""])
async def test_a_url_that_names_no_file_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(CannotOpen) as refused:
        await Database.open(url)
    assert "secret" not in str(refused.value)


async def test_what_was_migrated_once_opens_again(database: Database, tmp_path: Path) -> None:
    await add(database, arrival())
    again = await Database.open(f"sqlite:///{tmp_path / 'papers.db'}")
    assert json.dumps((await stored(again)).paper.authors) == "[]"
    await again.close()
