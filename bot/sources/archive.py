"""Reads saved files of every source: the publisher's Markdown, JSON, JSON lines and RSS, the answers of arXiv and
Hugging Face; compressed by zstd or not.

What a file is, its content tells; of the names only `.jsonl` counts. Whatever is broken, a line or a whole file, is
told as a `Refusal` and stops nothing; so is a path that does not exist.
"""

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import zstandard

from bot.sources import digest_markdown, huggingface, publisher, saved
from bot.sources.publisher import Origin, Refused
from bot.sources.reading import Declined, Malformed, Refusal
from storage.records import Arrival

__all__ = ["Found", "Refusal", "read_paths"]

_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
_STEP = 1_000_000  # bytes read at a time
_COMPRESSED_STEP = 4096  # hostile zstd makes at most 128 MB of them
_LONGEST_LINE = 1_000_000
_LARGEST_WHOLE = 512_000_000  # of a digest or a JSON list: 400 times the largest digest known
_XML = (b"<", b"\xff\xfe", b"\xfe\xff")  # or the mark of UTF-16
_LINES = {".jsonl", ".ndjson"}


@dataclass(frozen=True, slots=True)
class Found:
    """One record's outcome, and how many bytes of all files were read by then."""

    outcome: Arrival | Refusal
    read: int
    total: int


def read_paths(paths: Iterable[Path]) -> Iterator[Found]:
    """Every record of the files, and of the files in the folders, in the order of their names, hidden ones left out."""
    seen: set[tuple[int, int]] = set()
    files = [each for path in paths for each in _files(path, seen)]
    total = sum(each.size for each in files if isinstance(each, _File))
    before = 0
    for each in files:
        if isinstance(each, Refusal):
            yield Found(each, before, total)
            continue
        for outcome, read in _read(each.path):
            yield Found(outcome, min(before + read, total), total)
        before += each.size


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size: int


class _Unusable(Exception):
    """What is wrong with a file or a line, one sentence."""


def _files(path: Path, seen: set[tuple[int, int]]) -> Iterator[_File | Refusal]:
    """The file, or all in the folder. A folder that links lead to twice is read once."""
    waiting = [path]
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield _File(path, status.st_size)
            elif not stat.S_ISDIR(status.st_mode):
                yield Refusal(_shown(path), "It is neither a file nor a folder.")
            elif (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                names = sorted(child.name for child in path.iterdir() if not child.name.startswith("."))
                waiting.extend(path / name for name in reversed(names))
        except FileNotFoundError:
            yield Refusal(_shown(path), "There is no such file or folder.")
        except OSError as error:
            yield Refusal(_shown(path), f"It cannot be read: {error.strerror}.")


def _read(path: Path) -> Iterator[tuple[Arrival | Refusal, int]]:
    """A file's outcomes, each with the number of bytes read by then."""
    read = 0
    try:
        with path.open("rb") as file:
            for outcome in _outcomes(path, _chunks(file)):
                read = file.tell()
                yield outcome, read
    except _Unusable as error:
        yield Refusal(_shown(path), str(error)), read
    except zstandard.ZstdError:
        yield Refusal(_shown(path), "Its compressed data are broken."), read
    except OSError as error:
        yield Refusal(_shown(path), f"It cannot be read: {error.strerror}."), read


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file's content. Raises ZstdError or _Unusable on the way if it is compressed and broken."""
    data = file.read(_COMPRESSED_STEP)
    if not data.startswith(_ZSTD):
        while data:
            yield data
            data = file.read(_STEP)
        return
    frame = None
    while data:
        frame = frame or zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        data = frame.unused_data if frame.eof else b""
        frame = None if frame.eof else frame
        data = data or file.read(_COMPRESSED_STEP)
    if frame:
        raise _Unusable("Its compressed data end too early.")


def _outcomes(path: Path, chunks: Iterator[bytes]) -> Iterator[Arrival | Refusal]:
    where, origin = _shown(path), publisher.origin(path)
    if _LINES.intersection(path.suffixes):
        yield from _from_lines(where, origin, chunks)
        return
    first = b""
    while len(first) < 100 and (chunk := next(chunks, None)) is not None:
        first += chunk
    start = first.removeprefix(_BOM).lstrip()
    if start.startswith(digest_markdown.HEADING.encode()):
        yield from _from_digest(where, origin, _text(_whole(first, chunks)))
    elif start[:1] in {b"{", b"["}:
        yield from _from_json(where, origin, _whole(first, chunks))
    elif start.startswith(_XML):
        yield from _from_xml(where, origin, _whole(first, chunks))
    elif start:
        raise _Unusable(f"It is no digest, which begins with {digest_markdown.HEADING}, no JSON and no XML.")
    else:
        raise _Unusable("It is empty.")


def _whole(first: bytes, chunks: Iterable[bytes]) -> bytes:
    data = bytearray(first)
    for chunk in chunks:
        data += chunk
        if len(data) > _LARGEST_WHOLE:
            raise _Unusable(f"It is larger than {_LARGEST_WHOLE // 1_000_000} MB.")
    return bytes(data)


def _from_digest(where: str, origin: Origin, text: str) -> Iterator[Arrival | Refusal]:
    day = digest_markdown.read(text)
    if not day.entries and (day.head, day.middle) != (digest_markdown.HEAD, digest_markdown.MIDDLE):
        raise _Unusable("It begins as a digest does, and holds no entry.")
    for entry in day:
        yield _outcome(f"{where}[^{entry.number}]", partial(entry.arrival, origin))


def _from_json(where: str, origin: Origin, data: bytes) -> Iterator[Arrival | Refusal]:
    try:
        value = _parsed(data)
    except _Unusable:
        if not _is_json(data.partition(b"\n")[0]):
            raise
        yield from _from_lines(where, origin, [data])
        return
    if isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield _outcome(f"{where}:{number}", partial(_arrival, each, origin))
    else:
        yield _outcome(where, partial(_arrival, value, origin))


def _from_xml(where: str, origin: Origin, data: bytes) -> Iterator[Arrival | Refusal]:
    try:
        reading = saved.read(data, origin)
    except Malformed as error:
        raise _Unusable(str(error)) from None
    except Declined as error:
        raise _Unusable(f"The server told an error: {error}") from None
    yield from reading.arrivals
    yield from (Refusal(f"{where}: {each.where}", each.reason) for each in reading.refused)


def _from_lines(where: str, origin: Origin, chunks: Iterable[bytes]) -> Iterator[Arrival | Refusal]:
    number = 0
    for number, line in enumerate(_lines(chunks), start=1):
        if line is None or line.strip():
            yield _outcome(f"{where}:{number}", partial(_line, line, origin))
    if not number:
        raise _Unusable("It is empty.")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The lines, None for one that is too long to be held."""
    rest, dropped = b"", False
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield None if dropped or len(line) > _LONGEST_LINE else line
            dropped = False
        if len(rest) > _LONGEST_LINE:
            rest, dropped = b"", True
    if rest or dropped:
        yield None if dropped else rest


def _outcome(where: str, arrive: Callable[[], Arrival]) -> Arrival | Refusal:
    try:
        return arrive()
    except (Refused, _Unusable) as error:
        return Refusal(where, str(error))


def _line(line: bytes | None, origin: Origin) -> Arrival:
    if line is None:
        raise _Unusable(f"It is longer than {_LONGEST_LINE // 1_000_000} MB.")
    return _arrival(_parsed(line), origin)


def _arrival(value: object, origin: Origin) -> Arrival:
    if huggingface.is_one(value):
        return huggingface.arrival(value)
    return publisher.record(value).arrival(origin)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _Unusable("It is not UTF-8 text.") from None


def _parsed(data: bytes) -> object:
    text = _text(data.removeprefix(_BOM))
    try:
        return json.loads(text)
    except RecursionError:
        raise _Unusable("Its JSON is nested too deeply.") from None
    except ValueError:
        raise _Unusable("It is broken JSON.") from None


def _is_json(data: bytes) -> bool:
    try:
        _parsed(data)
    except _Unusable:
        return False
    return True


def _shown(path: Path) -> str:
    """The path as text that every terminal and file takes."""
    return os.fsencode(path).decode(errors="replace")
