"""The files that the bot sent, in memory, the oldest dropped when they are too many."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.chats import Json

MAX_UPLOAD = 50 * 1024 * 1024  # bytes, core.telegram.org/bots/api#sending-files
_MAX_KEPT = 128 * 1024 * 1024  # bytes in memory, over all files


@dataclass(frozen=True, slots=True)
class File:
    """One file. `content` is None for one that was given by its address: the sandbox fetches nothing."""

    id: str
    name: str
    mime: str
    content: bytes | None = None

    def as_json(self) -> Json:
        """What every Bot API object for a file has."""
        body: Json = {"file_id": self.id, "file_unique_id": "u" + self.id[-16:]}
        return body | ({"file_size": len(self.content)} if self.content is not None else {})


class Files:
    """Files by their file_id."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def add(self, name: str, mime: str, content: bytes | None) -> File:
        """Keep a file; equal ones get different ids, as at Telegram."""
        number = len(self._files) + 1
        digest = hashlib.sha256(f"{number} {name}".encode()).hexdigest()[:24]
        file = File(f"SB{number}_{digest}", name, mime, content)
        self._files[file.id] = file
        self._drop_oldest()
        return file

    def get(self, file_id: str) -> File | None:
        """A file, if it is known."""
        return self._files.get(file_id)

    def to_json(self) -> list[Json]:
        """Everything, for World.to_json."""
        return [
            {"id": f.id, "name": f.name, "mime": f.mime, "content": f.content and base64.b64encode(f.content).decode()}
            for f in self._files.values()
        ]

    def restore(self, files: Sequence[Json]) -> None:
        """What `to_json` gave."""
        for each in files:
            content = None if each["content"] is None else base64.b64decode(each["content"])
            self._files[each["id"]] = File(each["id"], each["name"], each["mime"], content)

    def _drop_oldest(self) -> None:
        total = sum(len(f.content or b"") for f in self._files.values())
        for file in list(self._files.values())[:-1]:
            if total <= _MAX_KEPT:
                return
            total -= len(file.content or b"")
            self._files[file.id] = File(file.id, file.name, file.mime)
