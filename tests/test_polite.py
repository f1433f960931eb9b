import asyncio
import logging
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Unavailable
from bot.sandbox.virtual_time import run_virtual, virtual_now
from bot.sources.neighbours import Neighbours
from bot.sources.polite import ACCEPT, Pace, Polite, Rejected, client, user_agent
from bot.sources.reading import Malformed
from bot.sources.turns import Clock

URL = "https://rss.arxiv.org/rss/cs.LG"
XML = b"<?xml version='1.0'?><rss/>"
WALL = datetime(2026, 9, 28, 4, 5, tzinfo=UTC).timestamp()

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Server:
    """arXiv as a test scripts it: an answer for each request, then good ones; each takes `seconds`."""

    def __init__(self, *script: httpx.Response | Exception, seconds: float = 1.0) -> None:
        self.script, self.seconds = list(script), seconds
        self.requests: list[httpx.Request] = []
        self.spans: list[tuple[float, float]] = []
        self.open = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        assert not self.open, "two requests at once"
        self.open += 1
        self.requests.append(request)
        start = virtual_now()
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.open -= 1
            self.spans.append((start, virtual_now()))
        answer = self.script.pop(0) if self.script else httpx.Response(200, content=XML)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def gaps(self) -> list[float]:
        return [later[0] - earlier[1] for earlier, later in zip(self.spans, self.spans[1:], strict=False)]

    def polite(self, seed: int = 0, **more: Any) -> Polite:
        clock = Clock(virtual_now, lambda: WALL + virtual_now() - 1000)
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return Polite(http, user_agent("mailto:a@b.org"), clock=clock, rng=random.Random(seed), **more)


def same(data: bytes) -> bytes:
    return data


def refuse(status: int = 429, text: str = "Rate exceeded.", **headers: str) -> httpx.Response:
    return httpx.Response(status, text=text, headers=headers)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_virtual(work())


def test_requests_of_all_callers_go_one_at_a_time_three_seconds_after_the_last_one_ended() -> None:
    async def scenario() -> None:
        server = Server(seconds=2.5)
        polite = server.polite()
        await asyncio.gather(*(polite.get(f"https://{host}.arxiv.org/x", read=same) for host in "abcde"))
        assert [request.url.host[0] for request in server.requests] == list("abcde")
        assert all(3 <= gap < 3.01 for gap in server.gaps)

    run(scenario)


def test_each_request_says_who_asks_and_what_it_takes() -> None:
    async def scenario() -> None:
        server = Server()
        await server.polite().get(URL, {"id_list": "2604.26951", "max_results": "5"}, read=same)
        (request,) = server.requests
        assert request.headers["Accept"] == ACCEPT
        assert request.headers["User-Agent"].startswith("Papergram/")
        assert request.headers["User-Agent"].endswith(" (+mailto:a@b.org)")
        assert str(request.url) == f"{URL}?id_list=2604.26951&max_results=5"

    run(scenario)


@pytest.mark.parametrize("contact", ["", "  ", "名字", "a\r\nX-Evil: 1", "https://例.org/\u2028"])
async def test_any_contact_makes_a_header(contact: str) -> None:
    agent = user_agent(contact)
    assert agent.isascii()
    assert agent.isprintable()
    async with client() as http:
        http.build_request("GET", URL, headers={"User-Agent": agent})


REFUSALS: list[httpx.Response | Exception] = [
    *(httpx.Response(status, text="no") for status in (403, 406, 429, 500, 502, 503, 504)),
    httpx.Response(406, content=XML),
    httpx.Response(200, text="Rate exceeded."),
    httpx.Response(200, content=b"\xef\xbb\xbf  Rate exceeded.\n"),
    httpx.Response(200, text="<p>Rate exceeded.</p>"),
    httpx.Response(200, text="<!DOCTYPE html><html><body>Down</body></html>"),
    httpx.Response(200, text="<?xml version='1.0'?>\n<!-- a -->\n<html xmlns='http://www.w3.org/1999/xhtml'/>"),
    httpx.Response(200, text="{}"),
    httpx.Response(200, text="  \n"),
    httpx.Response(204),
    httpx.Response(302, headers={"Location": "ftp://arxiv.org/x"}),
    httpx.Response(302),
    httpx.ConnectError("[Errno -3] Temporary failure in name resolution"),
    httpx.ReadTimeout(""),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.DecodingError("Error -3 while decompressing data"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: repr(each)[:60])
def test_a_refusal_is_waited_out_and_never_taken_for_an_answer(
    refusal: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server = Server(refusal)
        polite = server.polite()
        task = asyncio.create_task(polite.get(URL, {"search_query": "all:private"}, read=same))
        await asyncio.sleep(2)
        assert polite.refused_since == datetime(2026, 9, 28, 4, 5, 1, tzinfo=UTC)
        assert polite.last_reason
        assert await task == XML
        assert 30 <= server.gaps[0] <= 37.5
        assert polite.refused_since is None

    run(scenario)
    (line,) = caplog.messages
    assert line.startswith("rss.arxiv.org/rss/cs.LG refuses: ")
    assert "private" not in line


def test_a_good_feed_may_speak_of_html_and_of_rates() -> None:
    async def scenario() -> None:
        long = b"<?xml version='1.0'?><rss><!-- " + b"x" * 600 + b" --><d>Rate exceeded. &lt;html&gt;</d></rss>"
        server = Server(httpx.Response(200, content=long))
        assert await server.polite().get(URL, read=same) == long

    run(scenario)


def test_a_truncated_answer_is_fetched_again() -> None:
    def whole(data: bytes) -> bytes:
        if data != XML:
            raise Malformed("It is cut off.")
        return data

    async def scenario() -> None:
        server = Server(httpx.Response(200, content=XML[:-3]))
        polite = server.polite()
        assert await polite.get(URL, read=whole) == XML
        assert len(server.requests) == 2
        assert polite.last_reason == "It is cut off."

    run(scenario)


def test_an_error_that_is_well_said_comes_from_the_reader_at_once() -> None:
    class ApiError(Exception):
        pass

    def read(data: bytes) -> bytes:
        raise ApiError("incorrect id format for abc")

    async def scenario() -> None:
        server = Server(httpx.Response(400, content=XML))
        polite = server.polite()
        with pytest.raises(ApiError):
            await polite.get(URL, read=read)
        assert len(server.requests) == 1
        assert polite.refused_since is None

    run(scenario)


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b"<html><body>Bad Request</body></html>"), (400, b"no"), (400, b""), (404, XML), (410, b""), (414, b"")],
)
def test_what_is_no_use_to_ask_again_is_asked_once(status: int, body: bytes) -> None:
    async def scenario() -> None:
        server = Server(httpx.Response(status, content=body))
        with pytest.raises(Rejected, match=f"HTTP {status}"):
            await server.polite().get(URL, read=same)
        assert len(server.requests) == 1

    run(scenario)


def test_a_broken_400_is_rejected_not_retried() -> None:
    def read(data: bytes) -> bytes:
        raise Malformed("It is cut off.")

    async def scenario() -> None:
        server = Server(httpx.Response(400, content=b"<feed>"))
        with pytest.raises(Rejected, match="HTTP 400: It is cut off"):
            await server.polite().get(URL, read=read)

    run(scenario)


def test_an_address_of_no_web_page_is_told_at_once() -> None:
    async def scenario() -> None:
        polite = Polite(httpx.AsyncClient(), "Papergram/0")
        with pytest.raises(Rejected):
            await polite.get("ftp://arxiv.org/x", read=same)

    run(scenario)


def test_pauses_grow_to_the_last_and_then_the_source_is_unavailable() -> None:
    async def scenario() -> None:
        server = Server(*[refuse() for _ in range(7)])
        polite = server.polite()
        with pytest.raises(Unavailable) as failure:
            await polite.get(URL, read=same)
        for gap, pause in zip(server.gaps, (30, 120, 600, 1800), strict=True):
            assert pause <= gap <= pause * 1.25
        assert failure.value.reason == "HTTP 429: Rate exceeded."
        assert 1800 <= failure.value.retry_after <= 2250
        # Whoever asks next has the last pause still before them, and one request is enough to know.
        with pytest.raises(Unavailable):
            await polite.get(URL, read=same)
        assert len(server.requests) == 6
        assert server.gaps[-1] >= 1800
        assert polite.refused_since == datetime(2026, 9, 28, 4, 5, 1, tzinfo=UTC)

    run(scenario)


def test_the_pause_shrinks_again_after_answers() -> None:
    async def scenario() -> None:
        server = Server(refuse(), refuse(), refuse())
        polite = server.polite()
        await polite.get(URL, read=same)
        await polite.get(URL, read=same)
        server.script = [refuse()]
        await polite.get(URL, read=same)
        assert [round(gap / 30) for gap in server.gaps[:3]] >= [1, 4, 20]
        assert 30 <= server.gaps[-1] <= 37.5

    run(scenario)


def test_one_broken_feed_ends_by_itself_while_others_are_read() -> None:
    def read(data: bytes) -> bytes:
        raise Malformed("It is cut off.")

    async def scenario() -> None:
        polite = Server().polite()

        async def others() -> None:
            while True:
                await polite.get(URL, read=same)

        busy = asyncio.create_task(others())
        with pytest.raises(Unavailable, match="cut off"):
            await polite.get(URL, read=read)
        busy.cancel()

    run(scenario)


def test_jitter_differs_from_process_to_process() -> None:
    gaps: list[float] = []

    async def scenario() -> None:
        server = Server(refuse())
        await server.polite(seed=len(gaps)).get(URL, read=same)
        gaps.append(server.gaps[0])

    for _ in range(3):
        run(scenario)
    assert len(set(gaps)) == 3


@pytest.mark.parametrize("is_date", [False, True])
def test_a_longer_retry_after_is_honoured_by_everybody(is_date: bool) -> None:
    async def scenario() -> None:
        then = format_datetime(datetime.fromtimestamp(WALL + 301, UTC), usegmt=True)
        server = Server(refuse(503, "", **{"Retry-After": then if is_date else "300"}))
        polite = server.polite()
        first = asyncio.create_task(polite.get(URL, read=same))
        second = asyncio.create_task(polite.get(URL, read=same))
        await asyncio.gather(first, second)
        assert server.gaps[0] >= 299.9
        assert server.gaps[1] < 4

    run(scenario)


@pytest.mark.parametrize("header", ["5", "-1", "soon", "", "1e9", "٣", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_shorter_or_broken_retry_after_changes_nothing(header: str) -> None:
    async def scenario() -> None:
        server = Server(httpx.Response(429, headers=[(b"Retry-After", header.encode())]))
        await server.polite().get(URL, read=same)
        assert 30 <= server.gaps[0] <= 37.5

    run(scenario)


@pytest.mark.parametrize(("asked", "held"), [("7200", 7200), ("999999999", 86_400)])
def test_a_retry_after_beyond_the_last_pause_is_unavailable_at_once_and_kept_by_all(asked: str, held: float) -> None:
    async def scenario() -> None:
        server = Server(refuse(429, "", **{"Retry-After": asked}))
        polite = server.polite()
        with pytest.raises(Unavailable) as failure:
            await polite.get(URL, read=same)
        assert failure.value.retry_after == pytest.approx(held)
        with pytest.raises(Unavailable):
            await polite.get(URL, read=same)
        await asyncio.sleep(held - 1000)
        await polite.get(URL, read=same)
        assert server.gaps == [pytest.approx(held)]

    run(scenario)


def test_nobody_sends_while_another_cools_down() -> None:
    async def scenario() -> None:
        server = Server(refuse())
        polite = server.polite()
        first = asyncio.create_task(polite.get(URL, read=same))
        await asyncio.sleep(10)
        assert len(server.requests) == 1
        await polite.get(URL, read=same)
        await first
        assert server.gaps[0] >= 30
        assert server.gaps[1] >= 3

    run(scenario)


def test_a_reader_goes_before_the_jobs_that_wait() -> None:
    async def scenario() -> None:
        server = Server()
        polite = server.polite()
        jobs = [asyncio.create_task(polite.get(f"{URL}?job={at}", read=same)) for at in range(4)]
        await asyncio.sleep(5)
        await polite.get(f"{URL}?reader", read=same, patience=30)
        await asyncio.gather(*jobs)
        assert [request.url.query.decode() for request in server.requests] == [
            *("job=0", "job=1", "reader", "job=2", "job=3")
        ]
        assert min(server.gaps) >= 3

    run(scenario)


def test_a_reader_who_comes_while_a_job_counts_down_still_goes_first() -> None:
    async def scenario() -> None:
        server = Server()
        polite = server.polite()
        await polite.get(URL, read=same)
        job = asyncio.create_task(polite.get(f"{URL}?job", read=same))
        await asyncio.sleep(1)
        await polite.get(f"{URL}?reader", read=same, patience=30)
        assert not job.done()
        await job
        assert [request.url.query for request in server.requests[1:]] == [b"reader", b"job"]

    run(scenario)


def test_a_reader_is_told_at_once_when_the_wait_is_too_long() -> None:
    async def scenario() -> None:
        server = Server(refuse())
        polite = server.polite()
        job = asyncio.create_task(polite.get(URL, read=same))
        await asyncio.sleep(1.5)
        before = virtual_now()
        with pytest.raises(Unavailable) as failure:
            await polite.get(URL, read=same, patience=20)
        assert virtual_now() == before
        assert failure.value.reason == "HTTP 429: Rate exceeded."
        assert 29 <= failure.value.retry_after <= 37.5
        await polite.get(URL, read=same, patience=60)
        await job

    run(scenario)


def test_a_readers_own_refusal_ends_the_wait_at_once() -> None:
    async def scenario() -> None:
        server = Server(refuse())
        before = virtual_now()
        with pytest.raises(Unavailable):
            await server.polite().get(URL, read=same, patience=20)
        assert virtual_now() - before == 1

    run(scenario)


def test_a_slow_answer_outlasts_no_patience_and_the_gate_goes_on() -> None:
    async def scenario() -> None:
        server = Server(seconds=50)
        polite = server.polite()
        before = virtual_now()
        with pytest.raises(Unavailable, match="no answer within 10 s"):
            await polite.get(URL, read=same, patience=10)
        assert virtual_now() - before == 10
        server.seconds = 1
        await polite.get(URL, read=same)
        assert server.gaps == [3]

    run(scenario)


def test_an_answer_that_never_ends_is_a_refusal() -> None:
    async def scenario() -> None:
        server = Server(seconds=10_000)
        polite = server.polite()
        task = asyncio.create_task(polite.get(URL, read=same))
        await asyncio.sleep(121)
        server.seconds = 1
        assert await task == XML
        assert polite.last_reason == "no whole answer within 120 s"

    run(scenario)


def test_each_hop_of_a_redirect_is_a_request_of_its_own() -> None:
    async def scenario() -> None:
        hops = [httpx.Response(302, headers={"Location": to}) for to in ("/a?x=1", "https://b.arxiv.org/b", "c")]
        server = Server(*hops)
        await server.polite().get("https://arxiv.org/rss/cs.LG", {"y": "2"}, read=same)
        assert [str(request.url) for request in server.requests] == [
            "https://arxiv.org/rss/cs.LG?y=2",
            "https://arxiv.org/a?x=1",
            "https://b.arxiv.org/b",
            "https://b.arxiv.org/c",
        ]
        assert all(request.headers["Accept"] == ACCEPT for request in server.requests)
        assert all(3 <= gap < 3.01 for gap in server.gaps)

    run(scenario)


def test_a_redirect_that_goes_in_circles_is_a_refusal() -> None:
    async def scenario() -> None:
        server = Server(*[httpx.Response(301, headers={"Location": URL}) for _ in range(4)])
        await server.polite().get(URL, read=same)
        assert len(server.requests) == 5
        assert server.gaps[3] >= 30

    run(scenario)


@pytest.mark.parametrize("moment", [0, 0.5, 1, 2, 3.9, 4.5, 20, 34, 40])
@pytest.mark.parametrize("patience", [None, 100.0])
def test_a_call_that_is_cut_off_at_any_moment_leaves_the_gate_open(moment: float, patience: float | None) -> None:
    async def scenario() -> None:
        server = Server(httpx.Response(200, content=XML), refuse())
        polite = server.polite()
        tasks = [asyncio.create_task(polite.get(URL, read=same, patience=patience)) for _ in range(4)]
        await asyncio.sleep(moment)
        for task in tasks[:3]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert outcomes[3] == XML
        async with asyncio.timeout(100):
            await polite.get(URL, read=same)
        assert min([*server.gaps, 3]) >= 3

    run(scenario)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_the_distance_is_kept_and_every_call_ends(data: st.DataObject) -> None:
    odd = st.sampled_from([*REFUSALS, httpx.Response(404), httpx.Response(302, headers={"Location": "/x"})])
    script = data.draw(st.lists(st.one_of(odd, st.just(httpx.Response(200, content=XML))), max_size=25))
    calls = data.draw(
        st.lists(st.tuples(st.floats(0, 200), st.none() | st.floats(0, 90), st.none() | st.floats(0, 90)), max_size=8)
    )

    async def scenario() -> None:
        server = Server(*script)
        polite = server.polite()

        async def call(start: float, patience: float | None, cut: float | None) -> None:
            await asyncio.sleep(start)
            began = virtual_now()
            try:
                async with asyncio.timeout(cut):
                    await polite.get(URL, read=same, patience=patience)
            except (Unavailable, Rejected):
                pass
            except TimeoutError:
                assert cut is not None
            if patience is not None:
                assert virtual_now() - began <= patience + 0.001

        async with asyncio.timeout(100_000):
            await asyncio.gather(*(call(*each) for each in calls))
            server.script.clear()
            await polite.get(URL, read=same)
        assert min([*server.gaps, 3]) >= 2.999_999

    run(scenario)


def test_two_processes_with_one_lock_file_keep_the_distance_together(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Server(refuse(), refuse())
        first, second = (server.polite(seed, lock=tmp_path / "arxiv.lock") for seed in (1, 2))
        await asyncio.gather(*(polite.get(URL, read=same) for polite in (first, second) for _ in range(5)))
        assert len(server.requests) == 12
        assert min(server.gaps) >= 3
        assert sum(gap >= 30 for gap in server.gaps) == 2  # nobody sent during the other's cool-down
        with pytest.raises(Unavailable):
            await second.get(URL, read=same, patience=1)

    run(scenario)


HOLD = """
import sys, time
from pathlib import Path
from bot.sources.neighbours import Neighbours
assert Neighbours(Path(sys.argv[1]), 3).enter() == 0
print("held", flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_no_lock_and_its_request_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "arxiv.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        other = Neighbours(path, 3)
        assert other.enter() == 0.2
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert 0.2 < other.enter() <= 3
    later = Neighbours(path, 3, wall=lambda: datetime.now(UTC).timestamp() + 5)
    assert later.enter() == 0


@pytest.mark.parametrize("text", ["", "rubbish", "nan", "inf", "1e999", "\0\xff", "-5", "9" * 400])
def test_a_lock_file_with_any_text_holds_nobody_up_for_long(tmp_path: Path, text: str) -> None:
    path = tmp_path / "arxiv.lock"
    path.write_bytes(text.encode("latin-1"))
    assert 0 <= Neighbours(path, 3).enter() <= 3


def test_a_clock_that_was_set_back_holds_nobody_up_for_long(tmp_path: Path) -> None:
    path = tmp_path / "arxiv.lock"
    early, late = Neighbours(path, 3, wall=lambda: 1e6), Neighbours(path, 3, wall=lambda: 9e6)
    assert late.enter() == 0
    late.leave(50)
    assert early.enter() == 3
    soon = Neighbours(path, 3, wall=lambda: 1e6 + 3)
    assert soon.enter() == 0


def test_a_neighbours_long_cool_down_is_known_to_who_has_short_pauses(tmp_path: Path) -> None:
    path = tmp_path / "arxiv.lock"
    other = Neighbours(path, 3)
    assert other.enter() == 0
    other.leave(1800)
    assert 1790 < Neighbours(path, 3).wait() <= 1800.001  # the file holds whole milliseconds


def test_a_lock_file_that_cannot_be_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server = Server()
        polite = server.polite(lock=tmp_path / "nowhere" / "arxiv.lock")
        for _ in range(3):
            await polite.get(URL, read=same)
        assert min(server.gaps) >= 3

    caplog.set_level(logging.WARNING)
    run(scenario)
    assert len(caplog.messages) == 1


async def test_another_interval_and_real_time() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=XML)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        polite = Polite(http, "Papergram/0", pace=Pace(interval=0.01))
        before = asyncio.get_running_loop().time()
        await asyncio.gather(*(polite.get(URL, read=same) for _ in range(4)))
        assert asyncio.get_running_loop().time() - before >= 0.03
