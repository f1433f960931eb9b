"""How many messages a second, at how much CPU each: the outbox as shipped beside other clients, without limits.

python -m bench.throughput [--json] [--seconds 3] [--repeat 2] [--at 1 10 50 200] [--aiogram .venv-bench/bin/python]

Papergram reads each message from its database, marks it, sends it and records what became of it; the others only send.
All in one run, in turn, against a stub that answers at once or after 50 ms; the best of the repetitions counts.
`cpu_ms` is a message's CPU in the client's process. aiogram's pins do not agree with ours: it runs on another python,
and is null where there is none (`make bench` makes it, of requirements-bench.txt).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.program import stub

# The clients, and about how many messages a second each sends at best: by this its work is measured out.
RATES = {"papergram": 1000, "aiogram": 1000, "ptb": 200, "aiohttp": 2000}
LATENCIES = (0.0, 0.05)  # seconds; the last one's figures are the headline's
QUICK = 0.003  # seconds of a message at least


class Client:
    """A client's process."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self._rate, self._process = RATES[name], process

    def send(self, url: str, latency: float, concurrency: int, seconds: float) -> dict[str, float]:
        """Have as many messages sent as take about so long."""
        rate = min(self._rate, concurrency / max(latency, QUICK))
        work = {"url": url, "concurrency": concurrency, "messages": max(concurrency * 2, round(rate * seconds))}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(work) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the client has ended")
        found = json.loads(line)
        return {
            "per_second": round(work["messages"] / found["seconds"]),
            "cpu_ms": round(1000 * found["cpu"] / work["messages"], 3),
        }


@contextmanager
def client(name: str, python: str) -> Iterator[Client]:
    """A client while the block runs."""
    command = [python, "-m", "bench.throughput_client", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield Client(name, process)
        finally:
            process.kill()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement, about")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--at", type=int, nargs="+", default=[1, 10, 50, 200], help="sends at a time")
    parser.add_argument("--aiogram", default=".venv-bench/bin/python", help="a python that has aiogram")
    options = parser.parse_args()
    pythons = dict.fromkeys(RATES, sys.executable) | {"aiogram": options.aiogram}
    pythons = {name: python for name, python in pythons.items() if Path(python).exists()}
    with ExitStack() as stack:
        server = stack.enter_context(stub())
        clients = {name: stack.enter_context(client(name, python)) for name, python in pythons.items()}
        result: dict[str, Any] = {}
        for latency in LATENCIES:
            server.reset(latency=latency)
            best = measure(clients, server.url, latency, options)
            columns = {name: best.get(name) for name in RATES}
            result[f"latency_ms_{latency * 1000:.0f}"] = columns
        result |= columns
    if options.json:
        print(json.dumps(result))  # noqa: T201
    else:
        Console().print(*(table(name, result[name]) for name in result if name.startswith("latency")))


def measure(clients: dict[str, Client], url: str, latency: float, options: argparse.Namespace) -> dict[str, Any]:
    """Every client at every concurrency, in turn; of each the best."""
    best: dict[str, dict[str, dict[str, float]]] = {name: {} for name in clients}
    for at in options.at:
        for _ in range(options.repeat):
            for name, each in clients.items():
                found = each.send(url, latency, at, options.seconds)
                best[name][str(at)] = max(found, best[name].get(str(at), found), key=lambda it: it["per_second"])
    return best


def table(name: str, columns: dict[str, Any]) -> Table:
    """Messages a second, and in brackets the CPU of each in ms."""
    shown = Table(title=f"{name.replace('_', ' ')}: messages/s (CPU ms each)")
    shown.add_column("sends at a time", justify="right")
    for client_name in columns:
        shown.add_column(client_name, justify="right")
    for at in next(filter(None, columns.values())):
        cells = (f"{each[at]['per_second']} ({each[at]['cpu_ms']:.2f})" if each else "-" for each in columns.values())
        shown.add_row(at, *cells)
    return shown


if __name__ == "__main__":
    main()
