"""What the bot takes while nothing happens: resident memory and CPU, with the sample day stored, polling the stub.

`rss_mb` is of a bot that has just started; `rss_after_search_mb` once readers have used it, with the dictionaries that
cut Chinese into words.

python -m bench.idle [--json] [--seconds 30] [--settle 8]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.program import furnish, program, show, stub, wait

READER = 77


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--settle", type=float, default=8, help="seconds after the first poll that do not count")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder) / "papers.db", options.settle, options.seconds)
    show(result, as_json=options.json)


def measure(file: Path, settle: float, seconds: float) -> dict[str, float]:
    """Start the bot, leave it alone, look."""
    asyncio.run(furnish(file, {}))
    with stub() as server, program(file, server.url) as bot:
        wait(lambda: server.stats()["polls"] > 0 or bot.check(), 60)
        time.sleep(settle)
        begun, before = time.monotonic(), bot.cpu
        time.sleep(seconds)
        bot.check()
        found = {
            "rss_mb": round(bot.memory, 1),
            "cpu_percent": round(100 * (bot.cpu - before) / (time.monotonic() - begun), 2),
            "start_cpu_s": round(before, 2),
        }
        for typed in ("/start", "/search 扩散模型", "/search 擴散 cat:cs.LG", "/help"):
            server.push(READER, typed)
            time.sleep(1)
        return {**found, "rss_after_search_mb": round(bot.memory, 1), "stop_s": round(bot.stop(), 2)}


if __name__ == "__main__":
    main()
