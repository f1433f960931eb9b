"""Opens the database, gives out transactions, and brings its tables up to date."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, TextClause, bindparam, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Transaction = AsyncConnection

PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers go on while one task writes
    "PRAGMA synchronous = NORMAL",  # with WAL a crash of the program loses nothing; of the machine, the last commits
    "PRAGMA foreign_keys = ON",  # SQLite's default is off
    "PRAGMA busy_timeout = 30000",  # `papergram import` beside a running bot waits for its turn
    "PRAGMA cache_size = -32000",  # 32 MB: the index's upper pages stay in memory
    "PRAGMA temp_store = MEMORY",  # sorting a result never touches the disk
)


class CannotOpen(Exception):
    """The database cannot be opened or read; the text says why, in one sentence."""


class Database:
    """A migrated database. Functions of this package take a transaction that it gives out."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(papergram_begin="BEGIN IMMEDIATE")
        # SQLite has one writer. Waiting here is fair; waiting inside SQLite is a sleep that polls.
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open and migrate the database at a URL such as `sqlite:///data/papers.db`. Raises CannotOpen."""
        engine = _engine(url)
        try:
            async with engine.execution_options(papergram_begin="BEGIN IMMEDIATE").begin() as tx:
                await tx.run_sync(_migrate)
        except (SQLAlchemyError, OSError) as error:
            await engine.dispose()
            reason = getattr(error, "orig", None) or error
            raise CannotOpen(f"The database {_shown(url)} cannot be opened: {reason}.") from error
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that may write: committed at the end, rolled back when anything is raised."""
        async with self._writer, self._writing_engine.begin() as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads: one unchanging view, which keeps no writer waiting."""
        async with self._engine.begin() as tx:
            yield tx

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def among(sql: str, name: str) -> TextClause:
    """A statement whose parameter `name` is a list: `... IN :ids`."""
    return text(sql).bindparams(bindparam(name, expanding=True))


def as_text(moment: datetime) -> str:
    """An aware datetime as UTC text of fixed width, so that text order is time order in every engine."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_moment(text: str) -> datetime:
    """The aware datetime that `as_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CannotOpen("storage.url is not a database URL such as sqlite:///data/papers.db.") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise CannotOpen(f"The database {_shown(url)} is not a SQLite file such as sqlite:///data/papers.db.")
    try:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(f"The folder of {parsed.database} cannot be made: {error.strerror}.") from error
    engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), pool_size=8, max_overflow=0)
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and not before every statement: take it over, see _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: one that first reads and then writes may be refused half-way.
    connection.exec_driver_sql(connection.get_execution_options().get("papergram_begin", "BEGIN"))


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    here = MigrationContext.configure(connection).get_current_revision()
    if here is not None and here not in known:
        raise CannotOpen(f"The database was written by a newer Papergram (revision {here}); update the program.")
    command.upgrade(config, "head")


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "URL"
