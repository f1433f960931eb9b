"""The commands as they are typed, each in a process of its own or close to it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

SAMPLE = Path(__file__).resolve().parents[1] / "bot" / "sample" / "digest.md"


def papergram(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the test's own database."""
    url = {"PAPERGRAM_STORAGE__URL": f"sqlite:///{tmp_path / 'papers.db'}"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env={**os.environ, **url, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A database with the sample day."""
    assert papergram(tmp_path, "import", str(SAMPLE)).returncode == 0
    return tmp_path


def counts(text: str) -> dict[str, int]:
    return {name: int(number) for name, number in (line.split() for line in text.splitlines())}


def test_importing_counts_what_became_of_each_record_and_again_changes_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "in" / "broken.jsonl"
    broken.parent.mkdir()
    broken.write_text('{"title": "No link"}\n{"title": \n[]\n', encoding="utf-8")
    (tmp_path / "in" / "2024-03-20.md").write_bytes(SAMPLE.read_bytes())
    first = papergram(tmp_path, "import", str(tmp_path / "in"), str(tmp_path / "none"))
    assert counts(first.stdout) == {"read": 34, "new": 30, "updated": 0, "unchanged": 0, "refused": 4}
    refusals = [line for line in first.stderr.splitlines() if line.startswith("refused: ")]
    assert len(refusals) == 4
    assert all(line.endswith(".") for line in refusals)
    assert any("broken.jsonl:2: It is broken JSON." in line for line in refusals)
    again = papergram(tmp_path, "import", str(tmp_path / "in"))
    assert counts(again.stdout) == {"read": 33, "new": 0, "updated": 0, "unchanged": 30, "refused": 3}


def test_an_import_of_which_nothing_can_be_used_fails(tmp_path: Path) -> None:
    assert papergram(tmp_path, "import", str(tmp_path / "none")).returncode == 1


def test_an_export_can_be_imported_again_and_is_the_same_then(
    filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = filled / "out.md"
    assert papergram(filled, "export", "--format", "markdown", "-o", str(out)).returncode == 0
    second = tmp_path_factory.mktemp("second")
    assert counts(papergram(second, "import", str(out)).stdout)["new"] == 30
    assert records(filled) == records(second)


def records(where: Path) -> list[dict[str, Any]]:
    lines = papergram(where, "export", "--format", "jsonl").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_an_export_can_be_narrowed_to_a_day_or_a_query(tmp_path: Path) -> None:
    dated = tmp_path / "2024-03-20.md"
    dated.write_bytes(SAMPLE.read_bytes())
    papergram(tmp_path, "import", str(dated))
    day = papergram(tmp_path, "export", "--format", "jsonl", "--date", "2024-03-20").stdout
    assert len(day.splitlines()) == 30
    assert papergram(tmp_path, "export", "--format", "jsonl", "--date", "2024-03-21").stdout == ""
    found = papergram(tmp_path, "export", "--format", "jsonl", "--query", "cs.LG 神经网络").stdout.splitlines()
    assert 0 < len(found) < 30
    assert all("cs.LG" in json.loads(line)["categories"] for line in found)
    assert papergram(tmp_path, "export", "--date", "2024-03-20", "--query", "x").returncode == 2
    assert papergram(tmp_path, "export", "--date", "yesterday").returncode == 2


def test_search_lists_papers_as_text_or_json(filled: Path) -> None:
    found = json.loads(papergram(filled, "search", "唱歌", "--json", "--limit", "1").stdout)
    assert [paper["id"] for paper in found["papers"]] == ["2403.11780"]
    assert found["exact"] == found["total"]
    part = papergram(filled, "search", "Prompt-Singer 苹果")
    assert "(none holds every word; these hold some of them)" in part.stdout
    text = papergram(filled, "search", "Prompt-Singer").stdout
    assert "https://arxiv.org/abs/2403.11780" in text
    assert papergram(filled, "search", "https://arxiv.org/abs/2403.11780v1").stdout.startswith("1 paper\n")
    assert "2403.11780" not in papergram(filled, "search", "-歌声 cs.SD").stdout
    asked = papergram(filled, "search", "online: 歌声")
    assert "stored papers only" in asked.stderr
    assert "2403.11780" in asked.stdout
    nothing = papergram(filled, "search", "，")
    assert (nothing.returncode, nothing.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "arguments", [["run"], ["import", str(SAMPLE)], ["export"], ["search", "x"], ["health"], ["demo"], ["sandbox"]]
)
def test_every_command_takes_a_configuration_and_reports_its_mistakes(tmp_path: Path, arguments: list[str]) -> None:
    config = tmp_path / "papergram.toml"
    config.write_text("[digest]\nhour = 99\n[nonsense]\n", encoding="utf-8")
    result = papergram(tmp_path, *arguments, "--config", str(config))
    assert result.returncode == 1
    assert "digest.hour: " in result.stderr
    assert "nonsense: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "papers.db").write_text("not a database " * 1000, encoding="utf-8")
    result = papergram(tmp_path, "search", "x")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)


def test_health_says_that_no_bot_runs(filled: Path) -> None:
    result = papergram(filled, "health")
    assert result.returncode == 1
    assert "no sign of life" in result.stderr


def test_an_output_that_is_closed_early_is_no_failure(filled: Path) -> None:
    command = f"{sys.executable} -m bot export --format jsonl | head -c 10"
    environment = {**os.environ, "PAPERGRAM_STORAGE__URL": f"sqlite:///{filled / 'papers.db'}"}
    result = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert result.stderr in ("", "30 papers written\n")  # the second if head was slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def demo(port: int, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(port), "--keep", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def papers_in(http: httpx.AsyncClient, chat: int) -> set[str]:
    messages = (await http.get(f"/sandbox/chats/{chat}/messages")).json()
    entities = [entity for message in messages for entity in message.get("entities", [])]
    return {each["url"] for each in entities if each.get("url", "").startswith("https://arxiv.org/abs/")}


async def posted_everywhere(http: httpx.AsyncClient) -> None:
    """Wait until the sample day stands in the channel, the group and the private chat."""
    async with asyncio.timeout(60):
        while True:
            try:
                if all([len(await papers_in(http, chat)) == 30 for chat in (1001, -4001, -1_001_000_000_001)]):
                    return
            except httpx.TransportError:
                pass  # the page is not up yet
            await asyncio.sleep(0.1)


async def test_the_demo_posts_the_sample_day_everywhere_ends_cleanly_and_goes_on_where_it_was(tmp_path: Path) -> None:
    port = free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for _ in range(2):
            process = await demo(port, tmp_path)
            await posted_everywhere(http)
            assert "<title>" in (await http.get("/")).text
            assert process.stdout is not None
            told = await process.stdout.readuntil(b"Ctrl-C")
            assert f"http://127.0.0.1:{port}/".encode() in told
            process.send_signal(signal.SIGINT)
            _, stderr = await asyncio.wait_for(process.communicate(), 10)
            assert (process.returncode, stderr) == (0, b"")


async def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await demo(taken.getsockname()[1], tmp_path)
        _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"--port" in stderr
    assert len(stderr.splitlines()) == 1
