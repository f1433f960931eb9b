"""The newsroom reads a fake arXiv over HTTP: what is stored, and what is not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import pytest

from bot.jobs import collect
from bot.jobs.collect import GAP
from bot.sources import digest_markdown
from storage import feeds, papers, state
from storage.database import Database
from storage.records import Announcement, AnnounceType, Arrival, Outcome, Paper
from tests.made import paper
from tests.rehearsal import DAY, Rehearsal, rehearsing

MONDAY = DAY - timedelta(days=1)
FRIDAY = DAY - timedelta(days=4)


def made(number: int, *categories: str, **more: object) -> Paper:
    values = {"abstract": f"We study the matter {number}. It is whole.", "categories": categories or ("cs.LG",), **more}
    return replace(paper(f"2611.{number:05}", title=f"Paper {number}"), **values)  # type: ignore[arg-type]


@pytest.fixture
async def rehearsal(database: Database) -> AsyncIterator[Rehearsal]:
    async with rehearsing(database) as rehearsal:
        yield rehearsal


async def announced(rehearsal: Rehearsal, paper_id: str) -> list[Announcement]:
    async with rehearsal.database.reading() as tx:
        return await papers.announcements(tx, paper_id)


async def stored(rehearsal: Rehearsal) -> int:
    async with rehearsal.database.reading() as tx:
        return await papers.count(tx)


async def outcome(rehearsal: Rehearsal, name: str = "cs.LG") -> Outcome:
    async with rehearsal.database.reading() as tx:
        return (await feeds.looks(tx))[name].outcome


async def test_an_announcement_is_recorded_as_it_was(rehearsal: Rehearsal) -> None:
    rehearsal.announce(made(1, "cs.LG", "cs.CL", authors=("Ada Ö. Lovelace", "Deepti"), doi="10.1/x"))
    assert await rehearsal.news.collect() == 2  # once in each feed, and one paper
    assert await stored(rehearsal) == 1
    assert set(await announced(rehearsal, "2611.00001")) == {
        Announcement("2611.00001", DAY, "cs.LG", AnnounceType.NEW),
        Announcement("2611.00001", DAY, "cs.CL", AnnounceType.CROSS),
    }
    async with rehearsal.database.reading() as tx:
        (card,) = await papers.get(tx, ["2611.00001"])
    assert card.paper == made(1, "cs.LG", "cs.CL", authors=("Ada Ö. Lovelace", "Deepti"), doi="10.1/x")


async def test_the_same_batch_is_no_news_the_day_after(rehearsal: Rehearsal) -> None:
    rehearsal.announce(made(1), made(2, "cs.CL"))
    await rehearsal.news.collect()
    rehearsal.turn_to(DAY + timedelta(days=1))
    rehearsal.arxiv.faults.add({"kind": "stale", "times": None})
    assert await rehearsal.news.collect() == 0
    assert await outcome(rehearsal) == Outcome.STALE
    assert len(await announced(rehearsal, "2611.00001")) == 1


async def test_a_new_version_is_the_same_paper_and_no_news(rehearsal: Rehearsal) -> None:
    rehearsal.announce(made(1))
    await rehearsal.news.collect()
    await rehearsal.subscribe(next_due=rehearsal.clock.now)
    assert len([text for text in await _posted(rehearsal) if "Paper 1" in text]) == 1
    rehearsal.turn_to(DAY + timedelta(days=1))
    changed = replace(made(1), version=2, title="Paper 1, revised")
    rehearsal.arxiv.catalogue.announce(changed, action=AnnounceType.REPLACE)
    assert await rehearsal.news.collect() == 1
    assert await stored(rehearsal) == 1
    async with rehearsal.database.reading() as tx:
        (card,) = await papers.get(tx, ["2611.00001"])
    assert (card.paper.version, card.paper.title) == (2, "Paper 1, revised")
    rehearsal.clock.now += timedelta(days=1)
    assert await _posted(rehearsal) == []


async def test_a_truncated_answer_is_a_failed_fetch_and_is_fetched_again(rehearsal: Rehearsal) -> None:
    rehearsal.announce(*(made(number) for number in range(1, 30)))
    rehearsal.arxiv.faults.add({"kind": "truncated", "path": "/rss/cs.LG", "times": 2})
    assert await rehearsal.news.collect() == 29
    rehearsal.arxiv.faults.add({"kind": "truncated", "path": "/rss", "times": None})
    rehearsal.turn_to(DAY + timedelta(days=1))
    rehearsal.announce(made(40))
    assert await rehearsal.news.collect() == 0
    assert await stored(rehearsal) == 29
    assert await outcome(rehearsal) == Outcome.REFUSED


@pytest.mark.parametrize(
    "kind", ["refuse_429", "refuse_406", "refuse_403", "refuse_503", "rate_exceeded_200", "html_200"]
)
async def test_a_refusal_is_never_an_empty_day(rehearsal: Rehearsal, kind: str) -> None:
    rehearsal.announce(made(1))
    rehearsal.arxiv.faults.add({"kind": kind, "times": None})
    assert await rehearsal.news.collect() == 0
    assert await outcome(rehearsal) == Outcome.REFUSED
    rehearsal.arxiv.faults.clear()
    rehearsal.clock.now += timedelta(minutes=20)
    assert await rehearsal.news.collect() == 1
    assert await outcome(rehearsal) == Outcome.NEW


async def test_an_empty_feed_is_an_empty_day(rehearsal: Rehearsal) -> None:
    assert await rehearsal.news.collect() == 0
    assert await outcome(rehearsal) == Outcome.EMPTY


async def test_the_feeds_of_what_readers_subscribe_to_are_fetched_too(rehearsal: Rehearsal) -> None:
    await rehearsal.subscribe(query="quant-ph")
    rehearsal.announce(made(1, "quant-ph"))
    assert await rehearsal.news.collect() == 1


async def test_what_was_announced_while_the_bot_was_away_is_caught_up_without_repeats(rehearsal: Rehearsal) -> None:
    rehearsal.turn_to(FRIDAY)
    rehearsal.announce(made(1), made(2, "cs.CL"))
    await rehearsal.news.collect()
    rehearsal.arxiv.page = 2
    for number in range(10, 15):
        rehearsal.announce(made(number), day=MONDAY)
    rehearsal.announce(made(20, "cs.CL", "cs.LG"), day=MONDAY)
    rehearsal.announce(made(30), made(31, "cs.CL"), day=DAY)
    rehearsal.turn_to(DAY)
    assert await rehearsal.news.collect() == 2
    assert await rehearsal.news.catch_up() == 7  # five, and one in each of two feeds
    assert await stored(rehearsal) == 10
    assert await announced(rehearsal, "2611.00010") == [Announcement("2611.00010", MONDAY, "cs.LG", AnnounceType.NEW)]
    assert {each.type for each in await announced(rehearsal, "2611.00020")} == {AnnounceType.NEW, AnnounceType.CROSS}
    assert await rehearsal.news.catch_up() == 0


async def test_a_gap_that_cannot_be_closed_stays_open(rehearsal: Rehearsal) -> None:
    rehearsal.turn_to(FRIDAY)
    rehearsal.announce(made(1))
    await rehearsal.news.collect()
    rehearsal.announce(made(10), day=MONDAY)
    rehearsal.announce(made(30), day=DAY)
    rehearsal.turn_to(DAY)
    await rehearsal.news.collect()
    rehearsal.arxiv.faults.add({"kind": "refuse_503", "path": "/oai", "times": None})
    assert await rehearsal.news.catch_up() == 0
    rehearsal.arxiv.faults.clear()
    assert await rehearsal.news.catch_up() == 1
    async with rehearsal.database.reading() as tx:
        assert await state.starting(tx, GAP) == {}


async def test_one_merged_digest_makes_up_for_days_away_and_says_so(rehearsal: Rehearsal) -> None:
    rehearsal.turn_to(FRIDAY)
    rehearsal.announce(made(1))
    await rehearsal.news.collect()
    await rehearsal.subscribe(max_papers=50, next_due=rehearsal.clock.now)
    await _posted(rehearsal)
    rehearsal.announce(made(10), made(11), day=MONDAY)
    rehearsal.announce(made(30), day=DAY)
    rehearsal.turn_to(DAY, hour=22)
    await rehearsal.news.collect()
    await rehearsal.news.catch_up()
    texts = await _posted(rehearsal)
    assert len([text for text in texts if "本期" in text]) == 1
    assert "补齐 11月23日至 11月24日公布的论文" in texts[0]
    assert len(texts) == 4


async def test_votes_and_code_enrich_the_same_paper(database: Database) -> None:
    async with rehearsing(database, settings={"hugging_face": {"enabled": True}}) as rehearsal:
        rehearsal.announce(made(1), made(2))
        rehearsal.arxiv.catalogue.vote("2611.00001", 12, "https://github.com/x/y")
        await rehearsal.news.collect()
        await rehearsal.news.collect_elsewhere()
        await rehearsal.subscribe(query="hf:>=10", next_due=rehearsal.clock.now)
        texts = await _posted(rehearsal)
    assert len(texts) == 2
    assert "🤗 12" in texts[1]
    assert '<a href="https://github.com/x/y">代码</a>' in texts[1]


async def _posted(rehearsal: Rehearsal) -> list[str]:
    await rehearsal.news.prepare()
    return await rehearsal.queued()


def test_the_days_are_what_they_are_called() -> None:
    assert (FRIDAY.isoweekday(), MONDAY.isoweekday(), DAY) == (5, 1, date(2026, 11, 24))


@pytest.mark.parametrize("name", ["digest.md", "digest.xml"])
async def test_another_publishers_digest_is_read_once_and_works_without_a_model(database: Database, name: str) -> None:
    settings = {"arxiv": {"enabled": False}}
    async with rehearsing(database, settings=settings) as rehearsal:
        text = files("bot").joinpath("sample/digest.md").read_text(encoding="utf-8")
        rehearsal.arxiv.catalogue.digest = digest_markdown.read(text)
        url = f"{rehearsal.url}/{name}"
        assert await collect.publisher(database, rehearsal.news.web, url, rehearsal.clock.now) == 30
        assert await collect.publisher(database, rehearsal.news.web, url, rehearsal.clock.now) == 0
        assert [visit.status for visit in rehearsal.arxiv.log.visits] == [200, 304]
        await rehearsal.subscribe(max_papers=50, next_due=rehearsal.clock.now)
        texts = await _posted(rehearsal)
    assert len(texts) == 31
    assert "Prompt-Singer" in "".join(texts)


async def test_a_publisher_that_cannot_be_read_is_told_of_and_nothing_is_lost(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        url = f"{rehearsal.url}/rss/nowhere"
        assert await collect.publisher(database, rehearsal.news.web, url, rehearsal.clock.now) == 0
        assert await outcome(rehearsal, url) == Outcome.REFUSED


async def test_two_outages_leave_one_gap_as_long_as_both(rehearsal: Rehearsal) -> None:
    week = [DAY - timedelta(days=ago) for ago in (8, 7, 6, 5, 4)]  # Monday to Friday of the week before
    rehearsal.turn_to(week[0])
    rehearsal.announce(made(1))
    await rehearsal.news.collect()
    rehearsal.announce(made(2), day=week[1])
    rehearsal.announce(made(3), day=week[2])
    rehearsal.turn_to(week[2])
    await rehearsal.news.collect()
    rehearsal.arxiv.faults.add({"kind": "refuse_503", "path": "/oai", "times": None})
    assert await rehearsal.news.catch_up() == 0
    rehearsal.announce(made(4), day=week[3])
    rehearsal.announce(made(5), day=week[4])
    rehearsal.turn_to(week[4])
    await rehearsal.news.collect()
    await rehearsal.news.miss("cs.LG", 1)
    rehearsal.arxiv.faults.clear()
    assert await rehearsal.news.catch_up() == 2
    assert await stored(rehearsal) == 5


async def test_what_arxiv_does_not_announce_is_no_news(database: Database) -> None:
    absent = Arrival(made(1), announcement=None)
    async with database.transaction() as tx:
        assert await collect.unseen(tx, "cs.LG", [absent]) == []


async def test_a_feed_dated_in_the_future_does_not_end_the_looking(rehearsal: Rehearsal) -> None:
    rehearsal.announce(made(1))
    rehearsal.arxiv.catalogue.day = DAY  # the feed is of the 24th, and here it is the evening before
    rehearsal.clock.now -= timedelta(hours=3)
    assert await rehearsal.news.collect() == 1
    rehearsal.turn_to(DAY + timedelta(days=1))
    rehearsal.announce(made(2))
    assert await rehearsal.news.collect() == 1
    async with rehearsal.database.reading() as tx:
        assert (await feeds.looks(tx))["cs.LG"].batch_date == DAY + timedelta(days=1)
