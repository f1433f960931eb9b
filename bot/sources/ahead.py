"""Reads saved files in a process of its own, ahead of who stores them, and cuts their texts: half an import's work."""

import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from bot.sources import archive
from bot.sources.archive import Found
from storage import search_index
from storage.records import Arrival

LARGE = 4_000_000  # bytes; less is read sooner than a process begins

Batch = tuple[tuple[Found, ...], search_index.Cut]


def batches(paths: Sequence[Path], size: int) -> Generator[Batch, None, None]:
    """The records of files and folders in batches, and the texts of them that are cut already.

    Raises ChildProcessError if the other process breaks off.
    """
    if sum(map(_bytes, paths)) < LARGE:
        records = archive.read_paths(paths)
        while found := tuple(islice(records, size)):
            yield found, search_index.NOTHING
        return
    command = [sys.executable, "-m", __name__, str(size), *map(str, paths)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    # A group of its own: Ctrl-C is for the one that receives.
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, process_group=0) as process:  # noqa: S603
        assert process.stdout
        try:
            while (batch := pickle.load(process.stdout)) is not None:  # noqa: S301  # our own program's
                yield batch
        except (EOFError, pickle.UnpicklingError) as error:
            raise ChildProcessError("The process that reads the files broke off.") from error
        finally:
            process.kill()  # who has read enough needs no more of it


def _send(size: int, paths: Sequence[Path]) -> None:
    records = archive.read_paths(paths)
    while found := tuple(islice(records, size)):
        arrivals = [each.outcome for each in found if isinstance(each.outcome, Arrival)]
        cut = search_index.cut(text for arrival in arrivals for text in _texts(arrival))
        pickle.dump((found, cut), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    pickle.dump(None, sys.stdout.buffer)
    sys.stdout.flush()


def _texts(arrival: Arrival) -> Iterator[tuple[str, str]]:
    yield from (("title_en", arrival.paper.title), ("abstract_en", arrival.paper.abstract))
    if summary := arrival.summary:
        yield from (("title_zh", summary.title_zh), ("summary_zh", summary.tldr_zh))
        yield "abstract_zh", summary.abstract_zh


def _bytes(path: Path) -> int:
    try:
        files = path.iterdir() if path.is_dir() else [path]
        return sum(each.stat().st_size for each in files if each.is_file())
    except OSError:
        return 0  # archive tells what is wrong


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # nobody wants more
        _send(int(sys.argv[1]), [Path(each) for each in sys.argv[2:]])
