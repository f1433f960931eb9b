"""What the operator is told: through the queue, once when a fault begins and once when it is over."""

from dataclasses import replace
from datetime import timedelta

from bot.jobs.watch import Elsewhere, watch
from bot.sandbox.model import FakeModel
from storage import alarms
from storage.database import Database
from storage.records import Chat, ChatKind, Language
from tests.rehearsal import DAY, Rehearsal, rehearsing
from tests.test_collect import made
from tests.test_summarise import work

OPERATOR = Chat(1001, ChatKind.PRIVATE)
FEEDS = Elsewhere(("cs.LG", "cs.CL"))


async def look(rehearsal: Rehearsal, known: Elsewhere = FEEDS, operator: Chat | None = OPERATOR) -> list[str]:
    await watch(rehearsal.database, operator, known, rehearsal.clock.now)
    return await rehearsal.queued()


async def test_an_alarm_is_sent_once_and_once_when_it_is_over(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        rehearsal.turn_to(DAY - timedelta(days=1))
        rehearsal.announce(made(1), made(2, "cs.CL"))
        await rehearsal.news.collect()
        assert await look(rehearsal) == []
        rehearsal.turn_to(DAY, hour=12)
        (begun,) = await look(rehearsal)
        assert begun.startswith("⚠️ <b>出了问题</b>")
        assert "cs.CL, cs.LG" in begun
        assert await look(rehearsal) == []
        rehearsal.announce(made(3), made(4, "cs.CL"))
        await rehearsal.news.collect()
        (over,) = await look(rehearsal)
        assert over.startswith("✅ <b>已恢复</b>")
        assert await look(rehearsal) == []


async def test_it_is_told_in_the_operators_language(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        dead = Elsewhere(dead={"collect": "ValueError: <b>"})
        (told,) = await look(rehearsal, dead, replace(OPERATOR, language=Language.ENGLISH))
        assert "The job collect died: ValueError: &lt;b&gt;" in told


async def test_without_an_operator_it_is_remembered_and_logged(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        assert await look(rehearsal, Elsewhere(dead={"collect": "x"}), operator=None) == []
        async with database.reading() as tx:
            assert list(await alarms.current(tx)) == ["job:collect"]


async def test_failing_summaries_and_a_closed_provider_are_told(database: Database) -> None:
    async with rehearsing(database, model=FakeModel()) as rehearsal:
        rehearsal.model.faults.add({"kind": "english", "times": 0})
        await rehearsal.subscribe(max_papers=50)
        rehearsal.announce(*(work(number) for number in range(1, 13)))
        await rehearsal.news.collect()
        await rehearsal.news.summarise()
        (told,) = await look(rehearsal)
        assert "12 篇论文里有 12 篇没能写出合格的摘要" in told
        rehearsal.model.faults.clear()
        rehearsal.model.faults.add({"kind": "402", "times": 0})
        rehearsal.clock.now += timedelta(hours=3)
        await rehearsal.news.summarise()
        assert rehearsal.news.summariser is not None
        closed = rehearsal.news.summariser.closed()
        assert list(closed) == ["fake"]
        texts = await look(rehearsal, Elsewhere(closed=closed))
        assert "模型服务 fake 不可用" in "".join(texts)


async def test_a_category_that_dried_up_is_told(database: Database) -> None:
    async with rehearsing(database) as rehearsal:
        number = 0
        for ago in range(12, 0, -1):
            for _ in range(30 if ago > 2 else 1):
                number += 1
                rehearsal.announce(made(number), day=DAY - timedelta(days=ago))
        rehearsal.announce(*(made(9000 + n, "cs.CL") for n in range(3)))
        for ago in range(12, -1, -1):
            rehearsal.turn_to(DAY - timedelta(days=ago))
            await rehearsal.news.collect()
        texts = await look(rehearsal)
        assert "cs.LG 连续两天的论文不到平时（约 30 篇）的十分之一" in "".join(texts)
