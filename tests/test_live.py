"""`papergram demo --live` tells its story to the end, and the chats hold what it tells."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.test_cli import free_port

READER, GROUP = 1001, -4001


async def test_three_days_end_as_they_are_told(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("-m", "bot", "demo", "--live", "--port", str(port), "--keep", str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told = (await asyncio.wait_for(process.stdout.readuntil(b"That was it."), 240)).decode()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        reader: list[dict[str, Any]] = (await http.get(f"/sandbox/chats/{READER}/messages")).json()
        group: list[dict[str, Any]] = (await http.get(f"/sandbox/chats/{GROUP}/messages")).json()
    process.send_signal(signal.SIGINT)
    _, stderr = await asyncio.wait_for(process.communicate(), 15)
    assert (process.returncode, stderr) == (0, b"")
    texts = [each["text"] for each in reader]
    papers = [text.splitlines()[0] for text in texts if "🔗" in text]
    assert len(papers) == len(set(papers)) > 20  # nothing twice, the new version neither
    assert not any("（未翻译）" in text for text in texts)
    assert any("edit_date" in each for each in reader)  # the one that was put right
    assert sum(text.startswith("⚠️") for text in texts) == sum(text.startswith("✅") for text in texts) == 1
    assert any("本期" in each["text"] for each in group)
    assert "0 failed, 0 waiting" in told
