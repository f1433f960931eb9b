"""Text of a message as the bot gives it, read, checked and measured as Telegram does."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox import html
from bot.sandbox.chats import Json, User
from bot.sandbox.entities import CODE, QUOTES, SPLITTABLE, Entity, add_found, clean, trim, untangle, utf16_length
from bot.sandbox.errors import bad_request
from bot.sandbox.links import LinkError, find_entities, link
from bot.sandbox.parameters import Parameters

MAX_TEXT = 4096  # code points after parsing, not UTF-16 units (TDLib, OptionManager.cpp message_text_length_max)
MAX_CAPTION = 1024
_MAX_RAW = 32768  # bytes of UTF-8, markup included (telegram-bot-api, Client.cpp)
_MAX_ENTITIES = 100  # what is beyond goes without a word
_BY_ITSELF = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})
_KINDS = _BY_ITSELF | {*SPLITTABLE, *QUOTES, *CODE, "text_link", "text_mention", "custom_emoji", "date_time"}
_NEEDS = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id", "date_time": "unix_time"}


def read_text(parameters: Parameters, users: Mapping[int, User]) -> Json:
    """The `text` of a message and its `entities`."""
    if not parameters.text("text"):
        raise bad_request("message text is empty")
    text, found = _read(parameters, "text", "entities")
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise bad_request("message is too long")
    entities = _as_json(found, users)
    return {"text": text} | ({"entities": entities} if entities else {})


def read_caption(parameters: Parameters, users: Mapping[int, User]) -> Json:
    """The `caption` of a file and its `caption_entities`, if it has one."""
    text, found = _read(parameters, "caption", "caption_entities")
    entities = _as_json(found, users)
    if len(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return ({"caption": text} if text else {}) | ({"caption_entities": entities} if text and entities else {})


def typed(text: str, formatting: Sequence[Any] = ()) -> Json:
    """What a person typed, as a message has it: with the entities given, and those that Telegram finds by itself."""
    text, given = clean(text, untangle(_given(list(formatting), text)))
    text, given = trim(text, untangle(given))
    entities = _as_json(add_found(given, find_entities(text)), {})
    return {"text": text} | ({"entities": entities} if entities else {})


def _read(parameters: Parameters, text_field: str, entities_field: str) -> tuple[str, list[Entity]]:
    raw, mode = parameters.text(text_field), parameters.text("parse_mode")
    if len(raw.encode()) > _MAX_RAW:
        raise bad_request("text is too long")
    text, entities = raw, []
    match mode.lower():
        case "":
            entities = _given(parameters.json(entities_field, list, "MessageEntity") or [], raw)
        case "html":
            try:
                text, entities = html.parse(raw)
            except html.MarkupError as error:
                raise bad_request(f"can't parse entities: {error}") from None
        case "markdown" | "markdownv2":
            raise bad_request(f"can't parse entities: the sandbox reads no {mode}, send HTML")
        case _:
            raise bad_request("unsupported parse_mode")
    text, entities = clean(text, untangle(entities))
    text, entities = trim(text, untangle(entities))
    return text, add_found(entities, find_entities(text))


def _as_json(entities: list[Entity], users: Mapping[int, User]) -> list[Json]:
    """Entities as a message has them; one that names a person unknown here goes without a word."""
    kept = []
    for entity in entities[:_MAX_ENTITIES]:
        body = entity.as_json()
        if entity.type == "text_mention":
            user = users.get(body["user"].get("id"))
            if user is None:
                continue
            body["user"] = user.as_json()
        kept.append(body)
    return kept


def _given(items: list[Any], text: str) -> list[Entity]:
    length = utf16_length(text)
    return [e for e in (_entity(item, length) for item in items) if e.type not in _BY_ITSELF and e.length > 0]


def _entity(item: Any, text_length: int) -> Entity:
    if not isinstance(item, dict) or item.get("type") not in _KINDS:
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    kind, offset, length = item["type"], _measure(item, "offset"), _measure(item, "length")
    if offset > text_length:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    if offset + length > text_length:
        raise bad_request(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text "
            f"at UTF-16 offset {offset + length}"
        )
    needed = _NEEDS.get(kind)
    if needed and needed not in item:
        raise bad_request(f"can't parse MessageEntity: Can't find field \"{needed}\"")
    extra = {key: value for key, value in item.items() if key not in {"type", "offset", "length"}}
    if kind == "text_mention" and not isinstance(item["user"], dict):
        raise bad_request('can\'t parse MessageEntity: Field "user" must be of type Object')
    if kind == "text_link":
        extra["url"] = checked_url(str(item["url"]), "entity URL")
    return Entity(kind, offset, length, extra)


def _measure(item: Json, name: str) -> int:
    value = item.get(name)
    if not isinstance(value, int):
        raise bad_request(f'can\'t parse MessageEntity: Field "{name}" must be a valid Number')
    if value < 0:
        raise bad_request(f"receive an entity with incorrect {name} {value}")
    return value


def checked_url(address: str, what: str) -> str:
    """The address as Telegram keeps it; `what` begins the refusal of a bad one."""
    try:
        return link(address)
    except LinkError as error:
        raise bad_request(f"{what} '{address}' is invalid: {error}") from None
