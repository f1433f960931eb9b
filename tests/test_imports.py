"""The arrows of the design: who may import whom. Read from the source, so that no test run can hide one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {"httpx", "telegram", "sqlalchemy", "asyncio", "apscheduler", "aiosqlite", "time"}
PURE = (
    "bot.alarms",
    "bot.papers",
    "bot.delivery.outcome",
    "bot.delivery.pace",
    "bot.delivery.window",
    "bot.digests",
    "bot.handlers.restraint",
    "bot.messages",
    "bot.exports",
    "bot.status",
    "bot.sandbox.limits",
    "bot.sources.digest_entry",
    "bot.sources.digest_markdown",
    "bot.sources.digest_table",
    "bot.sources.leaks",
    "bot.sources.api",
    "bot.sources.api_query",
    "bot.sources.authors",
    "bot.sources.feed",
    "bot.sources.huggingface",
    "bot.sources.metadata",
    "bot.sources.missed",
    "bot.sources.oai",
    "bot.sources.oai_records",
    "bot.sources.polling",
    "bot.sources.published",
    "bot.sources.publisher",
    "bot.sources.publisher_rss",
    "bot.sources.rdf",
    "bot.sources.reading",
    "bot.sources.refusals",
    "bot.sources.saved",
    "bot.sources.xml",
    "bot.summaries.attempt",
    "bot.summaries.dialect",
    "bot.summaries.draft",
    "bot.summaries.extract",
    "bot.summaries.faithful",
    "bot.summaries.judgement",
    "bot.summaries.language",
    "bot.summaries.limits",
    "bot.summaries.names",
    "bot.summaries.numbers",
    "bot.summaries.obedience",
    "bot.summaries.outcome",
    "bot.summaries.prompt",
    "bot.summaries.provider",
    "bot.summaries.refusal",
    "bot.summaries.reply",
    "bot.summaries.residue",
    "bot.summaries.source",
    "bot.summaries.standing",
    "bot.summaries.stream",
    "bot.summaries.terms",
    "bot.summaries.tidy",
    "bot.summaries.units",
    "bot.summaries.waits",
    "storage.author_names",
    "storage.merging",
    "storage.records",
    "storage.query",
    "storage.segment",
)
COMMAND_MODULES = (
    "counting",
    "editing",
    "finding",
    "greeting",
    "inline",
    "keeping",
    "looking_back",
    "membership",
    "operating",
    "reading",
    "subscribing",
    "taking_away",
    "voting",
)
# What is opened from the settings, for the running bot and for the commands on the terminal.
WIRING = ("bot.app", "bot.checking", "bot.cli", "bot.demo", "bot.live", "bot.newsroom", "bot.reporting")


def modules() -> dict[str, Path]:
    files = [file for folder in ("bot", "storage") for file in (ROOT / folder).rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imports(file: Path) -> Iterator[str]:
    """Every name that a file imports, those inside functions too: `from a import b` is `a` and `a.b`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide the arrow"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = modules()
IMPORTS = {name: frozenset(imports(file)) for name, file in MODULES.items()}


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def users_of(*targets: str) -> set[str]:
    return {name for name, used in IMPORTS.items() if any(within(each, *targets) for each in used)}


def test_storage_knows_nothing_of_the_bot_or_of_telegram() -> None:
    assert not {name for name in users_of("bot", "telegram", "httpx") if within(name, "storage")}


def test_only_the_commands_import_what_wires_everything() -> None:
    assert users_of("bot.app") <= {"bot.cli", "bot.demo", "bot.live", "bot.__main__"}
    assert users_of("bot.config") <= set(WIRING)


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, *PURE)])
def test_pure_modules_touch_nothing_outside_and_read_no_clock(name: str) -> None:
    assert not {each for each in IMPORTS[name] if within(each, *OUTSIDE)}
    # Records are values; what reads and writes them is not.
    stored = {each for each in IMPORTS[name] if within(each, "storage")}
    pure = ("storage.records", "storage.segment", "storage.query")
    assert not {each for each in stored - {"storage"} if not within(each, *pure)}
    text = MODULES[name].read_text(encoding="utf-8")
    assert not any(clock in text for clock in (".now(", ".today(", ".utcnow(", "open("))


def test_handlers_import_neither_each_other_nor_jobs_nor_the_outbox() -> None:
    modules = {f"bot.handlers.{name}" for name in COMMAND_MODULES}
    assert modules <= set(MODULES)
    for name in modules:
        assert not {each for each in IMPORTS[name] if within(each, *(modules - {name}))}, name
    everybody = {name for name in MODULES if within(name, "bot.handlers")}
    assert not everybody & users_of("bot.jobs", "bot.delivery", "httpx", "apscheduler")


def test_only_those_who_talk_to_telegram_import_its_library() -> None:
    outside = {name for name in users_of("telegram") if not within(name, "bot.handlers")}
    # keyboards.py is what handlers and the outbox's client both need of it.
    talking = ("answers", "bodies", "patience", "polling", "rights", "telegram", "transport")
    assert outside <= {"bot.app", "bot.keyboards", *(f"bot.delivery.{each}" for each in talking)}
    assert users_of("aiohttp") == {"bot.delivery.bodies", "bot.delivery.transport"}


def test_only_sources_and_the_model_client_import_httpx() -> None:
    outside = {name for name in users_of("httpx") if not within(name, "bot.sources")}
    assert outside <= {"bot.newsroom", "bot.summaries.client"}


def test_nobody_but_the_demo_knows_the_sandbox() -> None:
    assert {name for name in users_of("bot.sandbox") if not within(name, "bot.sandbox")} == {"bot.demo", "bot.live"}
    assert not users_of("bot.demo", "bot.live") - {"bot.cli", "bot.live"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))
