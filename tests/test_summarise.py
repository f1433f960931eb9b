"""The newsroom has papers summarised by a fake model over HTTP: which, at what cost, and what is posted."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.sandbox.model import FakeModel
from bot.summaries.attempt import Attempt, Result
from bot.summaries.budget import Budget, at_most
from bot.summaries.provider import Provider
from storage import lexicon, outbox, papers, summaries
from storage.database import Database
from storage.records import AnnounceType, Card, Form, Paper, Schedule, Summary, SummaryState
from tests.made import CHANNEL, GROUP, PRIVATE
from tests.rehearsal import DAY, Rehearsal, rehearsing
from tests.test_collect import made

ABSTRACT = (
    "We present {name}, a method that learns graph embeddings from noisy data. It reaches an accuracy of 91.5% on "
    "three benchmarks, and needs 40% less memory than earlier methods. We release the code and the data sets."
)
HALF_TRADITIONAL = Summary(
    "2611.00001",
    1,
    title_zh="GraphNet1：学习图嵌入",
    tldr_zh="GraphNet1是一种从含噪数據中学习图嵌入的方法，在三個基准上達到91.5%的准确率，所需内存減少40%。",
    abstract_zh="我们提出GraphNet1，一种从含噪数据中学习图嵌入的方法。它在三个基准上达到91.5%的准确率，所需内存比先前的方法少40%。"
    "我们发布了代码和数据集。",
    tldr_en="GraphNet1 learns graph embeddings from noisy data and reaches an accuracy of 91.5% on three benchmarks.",
)
UNTRANSLATED, DRAFT = "（未翻译）", "（机器草稿）"


def work(number: int, *categories: str) -> Paper:
    name = f"GraphNet{number}"
    return replace(made(number, *categories), title=f"{name}: Learning Embeddings", abstract=ABSTRACT.format(name=name))


async def card(rehearsal: Rehearsal, number: int) -> Card:
    async with rehearsal.database.reading() as tx:
        return (await papers.get(tx, [f"2611.{number:05}"]))[0]


async def outcomes(rehearsal: Rehearsal) -> list[str]:
    async with rehearsal.database.reading() as tx:
        rows = await tx.exec_driver_sql("SELECT outcome FROM attempts ORDER BY id")
        return list(rows.scalars())


async def posted(rehearsal: Rehearsal) -> list[str]:
    await rehearsal.news.prepare()
    return await rehearsal.queued()


async def test_only_what_somebody_will_read_is_summarised_best_first(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(query="cs.CL", max_papers=2)
        rehearsal.announce(work(1), *(work(number, "cs.CL") for number in range(2, 6)))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert [number for number in range(1, 6) if (await card(rehearsal, number)).is_summarised] == [4, 5]
        assert len(rehearsal.model.requests) == 2


async def test_what_chinese_words_ask_for_is_summarised_and_posted_though_arxiv_announces_in_english(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await lexicon.keep_current(tx)
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(query="嵌入 数据", next_due=rehearsal.clock.now)
        rehearsal.announce(work(1), replace(made(2), title="Speech", abstract="We sing of many things."))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert [(await card(rehearsal, number)).is_summarised for number in (1, 2)] == [True, False]
        assert "GraphNet1" in "".join(await posted(rehearsal))


@pytest.mark.parametrize(
    ("query", "kinds", "chosen"),
    [
        ("cs.LG", {AnnounceType.NEW}, [1]),
        ("cs.LG", {AnnounceType.NEW, AnnounceType.CROSS}, [1, 2]),
        ("cs.LG", set(AnnounceType), [1, 2, 3]),
        ("cs.LG type:更新", {AnnounceType.NEW}, [3]),
    ],
)
async def test_what_is_summarised_was_announced_as_it_is_posted(
    database: Database, query: str, kinds: set[AnnounceType], chosen: list[int]
) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(query=query, kinds=frozenset(kinds), next_due=rehearsal.clock.now)
        rehearsal.announce(work(1, "cs.LG"), work(2, "cs.RO", "cs.LG"))
        rehearsal.arxiv.catalogue.announce(replace(work(3, "cs.LG"), version=2), action=AnnounceType.REPLACE)
        await rehearsal.news.collect()
        assert await posted(rehearsal) == []  # it waits for the summaries
        await rehearsal.news.summarise()
        summarised = [number for number in (1, 2, 3) if (await card(rehearsal, number)).is_summarised]
        assert (await rehearsal.news.choose(), summarised) == (len(chosen), chosen)


async def test_a_setting_summarises_all(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(), settings={"summaries": {"all": True}}) as rehearsal:
        rehearsal.announce(work(1), work(2))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert (await card(rehearsal, 1)).is_summarised


async def test_nothing_is_paid_for_twice(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe()
        await rehearsal.subscribe(GROUP)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        await rehearsal.news.summarise()
        assert len(rehearsal.model.requests) == 1
        rehearsal.turn_to(DAY + timedelta(days=1))  # a new version that changes neither title nor abstract
        rehearsal.arxiv.catalogue.announce(replace(work(1), version=2), action=AnnounceType.REPLACE)
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        shown = await card(rehearsal, 1)
        assert (shown.paper.version, shown.is_summarised) == (2, True)
        assert len(rehearsal.model.requests) == 1


async def test_a_summary_is_stored_with_who_wrote_it_and_can_be_found(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        summary = (await card(rehearsal, 1)).summary
    assert summary is not None
    assert (summary.prompt, summary.state, summary.version) == ("1", SummaryState.GOOD, 1)
    assert summary.tldr_zh
    assert summary.abstract_zh
    assert await outcomes(rehearsal) == ["good"]


async def test_a_digest_waits_for_summaries_that_are_still_to_come_and_says_so(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1), work(2))
        await rehearsal.news.collect()
        await rehearsal.news.choose()
        assert rehearsal.news.summariser is not None
        await rehearsal.news.summariser.run(limit=1)
        texts = await posted(rehearsal)
        assert "arXiv 11月24日公布 2 篇（新 2）" in texts[0]
        assert "符合 2 篇 · 本期 1 篇 · 等待摘要 1 篇" in texts[0]
        assert len(texts) == 2


async def test_a_paper_that_waited_long_enough_is_posted_untranslated_and_put_right_later(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        rehearsal.model.faults.add({"kind": "500", "times": 0})
        channels = await rehearsal.subscribe(CHANNEL)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        rehearsal.clock.now += timedelta(hours=7)
        await rehearsal.ask(channels)
        texts = await posted(rehearsal)
        assert UNTRANSLATED in texts[1]
        assert "We present GraphNet1" in texts[1]
        rehearsal.model.faults.clear()
        await rehearsal.news.summarise()
        await rehearsal.news.amend()
        (edit,) = await rehearsal.queued()
        assert UNTRANSLATED not in edit
        assert "GraphNet1" in edit
        assert await rehearsal.news.amend() == 0


async def test_a_list_is_put_right_paper_by_paper(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        groups = await rehearsal.subscribe(GROUP, form=Form.LIST)
        rehearsal.announce(work(1), work(2))
        await rehearsal.news.collect()
        rehearsal.clock.now += timedelta(hours=7)
        await rehearsal.ask(groups)
        (text,) = await posted(rehearsal)
        assert text.count(UNTRANSLATED) == 2
        await rehearsal.news.choose()
        await rehearsal.news.summarise_one("2611.00001")
        await rehearsal.news.amend()
        (edit,) = await rehearsal.queued()
        assert edit.count(UNTRANSLATED) == 1
        await rehearsal.news.summarise_one("2611.00002")
        await rehearsal.news.amend()
        (edit,) = await rehearsal.queued()
        assert UNTRANSLATED not in edit


@pytest.mark.parametrize(("on_failure", "marked"), [("draft", DRAFT), ("sentence", UNTRANSLATED)])
async def test_what_the_gate_never_takes_is_posted_marked(database: Database, on_failure: str, marked: str) -> None:
    model = FakeModel([(work(1), HALF_TRADITIONAL)])
    async with rehearsing(database, model=model, settings={"summaries": {"on_failure": on_failure}}) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        texts = await posted(rehearsal)
        assert marked in texts[1]
        assert await outcomes(rehearsal) == ["retry", "retry"]


@pytest.mark.parametrize("kind", ["english", "labels", "refusing", "injected", "malformed", "blank", "markup"])
async def test_a_bad_answer_is_never_posted(database: Database, kind: str) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        rehearsal.model.faults.add({"kind": kind, "times": 0})
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        texts = await posted(rehearsal)
        assert (await card(rehearsal, 1)).is_summarised is False
        assert UNTRANSLATED in texts[1] or DRAFT in texts[1]


async def test_without_a_model_a_sentence_of_the_abstract_is_posted_and_marked(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        texts = await posted(rehearsal)
        assert UNTRANSLATED in texts[1]


async def test_at_the_days_cap_the_best_papers_are_done_and_the_rest_waits(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(), settings={"summaries": {"yuan_per_day": "0.03"}}) as rehearsal:
        await rehearsal.subscribe(max_papers=50, next_due=rehearsal.clock.now)
        rehearsal.announce(*(work(number) for number in range(1, 31)))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        done = [number for number in range(1, 31) if (await card(rehearsal, number)).is_summarised]
        assert 0 < len(done) < 30
        status = await rehearsal.news.status()
        assert status.yuan <= status.yuan_per_day
        texts = await posted(rehearsal)
        assert f"本期 {len(done)} 篇 · 等待摘要 {30 - len(done)} 篇" in texts[0]
        rehearsal.clock.now += timedelta(days=1)
        await rehearsal.news.summarise()
        assert len([n for n in range(1, 31) if (await card(rehearsal, n)).is_summarised]) > len(done)


async def test_calls_under_way_count_against_the_cap_and_are_waited_for() -> None:
    provider = Provider("x", "http://x/v1", "", "m", price_input=Decimal(1), price_output=Decimal(4))
    cheap = Attempt("x", "m", "m", "1", "2611.00001", 1, "good", cost=Decimal("0.001"))
    budget = Budget(cap=at_most(provider) * 2)
    assert [await budget.admits(provider) for _ in range(2)] == [True, True]
    third = asyncio.create_task(budget.admits(provider))
    await asyncio.sleep(0)
    assert not third.done()
    budget.settle(cheap)
    await asyncio.sleep(0)
    assert not third.done()  # the other call may still cost all that is reserved
    budget.settle(cheap)
    assert await third is True
    budget.release(provider)
    budget.begin(budget.cap)
    assert await budget.admits(provider) is False


async def test_two_processes_never_pay_for_the_same_papers(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        with rehearsal.news.alone() as alone:
            assert alone
            await rehearsal.news.summarise()
        assert rehearsal.model.requests == []
        await rehearsal.news.summarise()
        assert len(rehearsal.model.requests) == 1


async def test_a_cut_abstract_is_completed_by_the_api_before_it_is_summarised(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        rehearsal.announce(replace(work(1), comments="12 pages"))
        await rehearsal.news.collect()
        async with rehearsal.database.transaction() as tx:
            await tx.exec_driver_sql("UPDATE papers SET abstract_cut = 1, abstract = SUBSTR(abstract, 1, 60)")
        await rehearsal.subscribe()
        await rehearsal.news.summarise()
        assert rehearsal.model.requests == []
        assert await rehearsal.news.complete() == 1
        await rehearsal.news.summarise()
        shown = await card(rehearsal, 1)
    assert (shown.paper.abstract, shown.paper.comments) == (work(1).abstract, "12 pages")
    assert shown.is_summarised
    assert "We release the code" in str(rehearsal.model.requests)


async def test_after_the_announcement_means_when_the_batch_is_in_and_summarised(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        late = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=late, next_due=rehearsal.clock.now + timedelta(hours=8))
        assert await rehearsal.news.prepare_announced() == 0
        rehearsal.announce(work(1), work(2, "cs.CL"))
        await rehearsal.news.collect()
        assert await rehearsal.news.prepare_announced() == 0  # nothing is summarised yet
        await rehearsal.news.summarise()
        assert await rehearsal.news.prepare_announced() == 3
        assert await rehearsal.news.prepare_announced() == 0
        assert len(await rehearsal.queued()) == 3


async def test_a_category_without_papers_keeps_no_announcement_waiting(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        late = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=late, next_due=rehearsal.clock.now + timedelta(hours=8))
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert await rehearsal.news.prepare_announced() == 2


async def test_a_category_that_stands_still_does(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        rehearsal.turn_to(DAY - timedelta(days=1))
        rehearsal.announce(work(1), work(2, "cs.CL"))
        await rehearsal.news.collect()
        late = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=late, next_due=rehearsal.clock.now + timedelta(days=1, hours=8))
        rehearsal.turn_to(DAY)
        rehearsal.announce(work(3), work(4, "cs.CL"))
        rehearsal.arxiv.faults.add({"kind": "stale", "path": "/rss/cs.CL"})
        await rehearsal.news.collect()
        assert await rehearsal.news.prepare_announced() == 0
        rehearsal.clock.now += timedelta(minutes=20)
        await rehearsal.news.collect()
        assert await rehearsal.news.prepare_announced() == 5


async def test_at_the_latest_hour_it_goes_out_with_what_there_is(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        late = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=late, next_due=rehearsal.clock.now + timedelta(hours=8))
        rehearsal.announce(work(1), work(2))
        await rehearsal.news.collect()
        await rehearsal.news.choose()
        assert rehearsal.news.summariser is not None
        await rehearsal.news.summariser.run(limit=1)
        rehearsal.clock.now += timedelta(hours=8)
        rehearsal.clock.now -= timedelta(hours=3)
        assert await rehearsal.news.prepare_announced() == 0
        rehearsal.clock.now += timedelta(hours=3)
        texts = await posted(rehearsal)
        assert "本期" in texts[0]


async def test_a_reader_and_the_job_never_pay_for_the_same_paper_twice(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(latency=0.05)) as rehearsal:
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        both = await asyncio.gather(rehearsal.news.summarise_one("2611.00001"), rehearsal.news.summarise())
        assert both[0] is True
        assert len(rehearsal.model.requests) == 1


async def test_the_day_adds_up(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(PRIVATE, query="cs.CL", max_papers=50, next_due=rehearsal.clock.now)
        rehearsal.model.faults.add({"kind": "refusing", "contains": "GraphNet5:", "times": 0})
        rehearsal.announce(work(1), *(work(number, "cs.CL") for number in range(2, 7)), work(9, "cs.LG", "cs.CL"))
        await rehearsal.news.collect()
        await rehearsal.news.choose()
        assert rehearsal.news.summariser is not None
        await rehearsal.news.summariser.run(limit=4)
        await posted(rehearsal)
        status = await rehearsal.news.status()
    whole, *each = status.stored.days
    assert (whole.announced, whole.new, whole.cross, whole.replaced) == (7, 7, 0, 0)
    assert whole.wanted == whole.summarised + whole.failed + whole.waiting == 6
    assert whole.failed == 1
    assert whole.waiting == 2
    by_name = {day.categories: day for day in each}
    assert (by_name[("cs.CL",)].new, by_name[("cs.CL",)].cross, by_name[("cs.LG",)].new) == (5, 1, 2)


async def test_pruning_forgets_only_what_is_old(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.choose()
        async with rehearsal.database.transaction() as tx:
            assert await summaries.prune(tx, rehearsal.clock.now - timedelta(days=1)) == 0
            assert await summaries.prune(tx, rehearsal.clock.now + timedelta(days=1)) == 1


async def test_who_asks_for_a_digest_waits_a_moment_for_its_summaries(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        stored = await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.ask(stored)
        assert await posted(rehearsal) == []
        await rehearsal.news.summarise()
        assert len(await posted(rehearsal)) == 2


async def test_who_asked_is_answered_in_the_end_also_without_them(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        stored = await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.ask(stored)
        rehearsal.clock.now += timedelta(minutes=2)
        (text,) = await posted(rehearsal)
        assert "有 1 篇在等待摘要" in text


async def test_a_batch_whose_date_is_behind_still_sets_off_its_digests(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        late = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=late, next_due=rehearsal.clock.now + timedelta(days=1, hours=8))
        assert await rehearsal.news.prepare_announced() == 2
        rehearsal.announce(work(2))  # the feed is still dated the 24th, and the papers are new
        rehearsal.clock.now += timedelta(days=1)
        await rehearsal.news.collect()
        assert await rehearsal.news.prepare_announced() == 2
        assert await rehearsal.news.prepare_announced() == 0


async def test_a_new_version_costs_nothing_and_leaves_its_day_as_it_was(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        await posted(rehearsal)
        rehearsal.turn_to(DAY + timedelta(days=1))
        changed = replace(work(1), version=2, abstract=work(1).abstract + " We add a proof.")
        rehearsal.arxiv.catalogue.announce(changed, action=AnnounceType.REPLACE)
        rehearsal.announce(work(2))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert len(rehearsal.model.requests) == 2  # the two papers, and not the new version
        status = await rehearsal.news.status()
    told = {day.date: day for day in status.stored.days if not day.categories}
    first, second = told[DAY], told[DAY + timedelta(days=1)]
    assert (first.wanted, first.summarised, first.waiting, first.posted) == (1, 1, 0, 1)
    assert (second.announced, second.new, second.replaced, second.wanted, second.posted) == (2, 1, 1, 1, 0)


async def test_what_is_queued_and_then_cancelled_was_not_posted(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.subscribe(next_due=rehearsal.clock.now)
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        await rehearsal.news.prepare()
        assert (await rehearsal.news.status()).stored.days[0].posted == 1
        async with database.transaction() as tx:
            await outbox.cancel(tx, PRIVATE.id, "blocked", rehearsal.clock.now)
        assert (await rehearsal.news.status()).stored.days[0].posted == 0


async def test_one_odd_paper_keeps_no_other_waiting(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        assert rehearsal.news.summariser is not None
        write = rehearsal.news.summariser._writer.write

        async def odd(paper: Paper) -> Result:
            if paper.id == "2611.00001":
                raise ZeroDivisionError
            return await write(paper)

        rehearsal.news.summariser._writer.write = odd  # type: ignore[method-assign]
        await rehearsal.subscribe()
        rehearsal.announce(work(1), work(2))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert (await card(rehearsal, 2)).is_summarised
    assert "2611.00001 cannot be summarised" in caplog.text


async def test_an_api_that_refuses_keeps_no_whole_abstract_from_being_summarised(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        rehearsal.arxiv.faults.add({"kind": "refuse_406", "path": "/api", "times": None})
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        assert (await card(rehearsal, 1)).is_summarised
        assert await rehearsal.news.complete() == 0


async def test_a_stop_breaks_off_what_is_being_written_and_loses_no_paper(database: Database) -> None:
    async with rehearsing(database, model=FakeModel(latency=60)) as rehearsal:
        await rehearsal.subscribe()
        rehearsal.announce(work(1))
        await rehearsal.news.collect()
        running = asyncio.create_task(rehearsal.news.summarise())
        while not rehearsal.model.requests:  # the fake has no event to wait for
            await asyncio.sleep(0.01)
        running.cancel()
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        await rehearsal.news.summarise()
        assert (await card(rehearsal, 1)).is_summarised


async def test_digests_of_one_chat_that_are_due_at_once_share_its_papers(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with rehearsing(database) as rehearsal:
        rehearsal.announce(*(work(number) for number in range(1, 9)))
        await rehearsal.news.collect()
        waits = Schedule(hour=22, weekdays=frozenset(range(1, 8)), after_announcement=True)
        await rehearsal.subscribe(schedule=waits, next_due=rehearsal.clock.now + timedelta(hours=8))
        await rehearsal.subscribe(query="cs.LG", next_due=rehearsal.clock.now)
        await asyncio.gather(rehearsal.news.prepare(), rehearsal.news.prepare_announced())
        texts = await rehearsal.queued()
    assert sum("🔗" in text for text in texts) == 8
    assert "cannot be prepared" not in caplog.text
