"""The methods that send files."""

import mimetypes
import struct
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from bot.sandbox.chats import Json
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.files import MAX_UPLOAD, File
from bot.sandbox.formatting import read_caption
from bot.sandbox.links import checked_link
from bot.sandbox.methods.messages import send
from bot.sandbox.parameters import Parameters, Upload
from bot.sandbox.world import World

_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURES = (_PNG, b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")
_UNKNOWN_SIZE = (1280, 720)


def send_document(world: World, parameters: Parameters) -> Json:
    """Send an upload, a file_id or an address, which the sandbox believes without fetching it."""
    caption = read_caption(parameters, world.users)
    file = _file(world, parameters, "document")
    document = file.as_json() | {"file_name": file.name, "mime_type": file.mime}
    return send(world, parameters, {"document": document, **caption}, "documents")


def send_photo(world: World, parameters: Parameters) -> Json:
    """Send a picture."""
    caption = read_caption(parameters, world.users)
    file = _file(world, parameters, "photo")
    if file.content is not None and not file.content.startswith(_PICTURES):
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = _size(file.content or b"")
    photo = file.as_json() | {"width": width, "height": height}
    return send(world, parameters, {"photo": [photo], **caption}, "photos")


def _file(world: World, parameters: Parameters, field: str) -> File:
    given = parameters.text(field)
    upload = parameters.uploads.get(given.removeprefix("attach://") if given else field)
    if upload is not None:
        return _kept(world, upload)
    if not given:
        raise bad_request(f"there is no {field} in the request")
    known = world.files.get(given)
    if known is not None:
        return known
    url = checked_link(given) if "://" in given else ""
    if not url:
        raise bad_request("wrong file identifier/HTTP URL specified")
    name = PurePosixPath(urlsplit(url).path).name or field
    return world.files.add(name, mimetypes.guess_type(name)[0] or "application/pdf", None)


def _kept(world: World, upload: Upload) -> File:
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > MAX_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")
    return world.files.add(upload.name, upload.mime, upload.content)


def _size(content: bytes) -> tuple[int, int]:
    if content.startswith(_PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _UNKNOWN_SIZE
