"""Opens the database, gives out transactions, and brings its tables up to date."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, TextClause, bindparam, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import segment
from storage.errors import CannotOpen

Transaction = AsyncConnection

READERS = 8  # connections
# A writer takes its lock at once: one that first reads and then writes may be refused half-way.
WRITE = "BEGIN IMMEDIATE"

PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers go on while one task writes
    "PRAGMA synchronous = NORMAL",  # with WAL a crash of the program loses nothing; of the machine, the last commits
    "PRAGMA foreign_keys = ON",  # SQLite's default is off
    "PRAGMA busy_timeout = 30000",  # `papergram import` beside a running bot waits for its turn
    "PRAGMA cache_size = -32000",  # 32 MB: the index's upper pages stay in memory
    "PRAGMA wal_autocheckpoint = 10000",  # pages: in a broadcast every thousandth would make a commit wait for the disk
    "PRAGMA temp_store = MEMORY",  # sorting a result never touches the disk
)


class Database:
    """A migrated database. Functions of this package take a transaction that it gives out."""

    def __init__(self, file: Path, reading: AsyncEngine, writing: AsyncEngine) -> None:
        self.file = file
        # A connection of its own for the writer: readers, however many, never keep it waiting.
        self._reading, self._writing = reading, writing
        # SQLite has one writer. Waiting here is fair; waiting inside SQLite is a sleep that polls.
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open and migrate the database at a URL such as `sqlite:///data/papers.db`. Raises CannotOpen."""
        reading, writing = _engine(url, connections=READERS, begin="BEGIN"), _engine(url, connections=1, begin=WRITE)
        database = cls(file_of(url), reading, writing)
        try:
            async with database.transaction() as tx:
                await tx.run_sync(_migrate)
        except (SQLAlchemyError, OSError) as error:
            await database.close()
            reason = getattr(error, "orig", None) or error
            raise CannotOpen(f"The database {_shown(url)} cannot be opened: {reason}.") from error
        except BaseException:
            await database.close()
            raise
        return database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that may write: committed at the end, rolled back when anything is raised."""
        async with self._writer, self._writing.begin() as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads: one unchanging view, which keeps no writer waiting."""
        async with self._reading.begin() as tx:
            yield tx

    def beside(self, ending: str) -> Path:
        """A file of that ending beside the database, such as a lock."""
        return self.file.with_name(self.file.name + ending)

    async def close(self) -> None:
        """Close every connection."""
        await self._reading.dispose()
        await self._writing.dispose()


def among(sql: str, name: str) -> TextClause:
    """A statement whose parameter `name` is a list: `... IN :ids`."""
    return text(sql).bindparams(bindparam(name, expanding=True))


def as_text(moment: datetime) -> str:
    """An aware datetime as UTC text of fixed width, so that text order is time order in every engine."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_moment(text: str) -> datetime:
    """The aware datetime that `as_text` wrote."""
    return datetime.fromisoformat(text)


def file_of(url: str) -> Path:
    """The file that a URL names. Raises CannotOpen if it names none."""
    return Path(_parsed(url).database or "")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CannotOpen("storage.url is not a database URL such as sqlite:///data/papers.db.") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise CannotOpen(f"The database {_shown(url)} is not a SQLite file such as sqlite:///data/papers.db.")
    return parsed


def _engine(url: str, *, connections: int, begin: str) -> AsyncEngine:
    file = file_of(url)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(f"The folder of {file} cannot be made: {error.strerror}.") from error
    parsed = _parsed(url).set(drivername="sqlite+aiosqlite")
    engine = create_async_engine(parsed, pool_size=connections, max_overflow=0)
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and not before every statement: _engine's listener sends it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
    # SQLite's own LOWER knows only ASCII.
    connection.create_function("folded", 1, segment.folded, deterministic=True)


def _migrate(connection: Connection) -> None:
    # Alembic takes 10 MB and 0.2 s, which a database that is up to date does without.
    names = (each.name for each in files("storage.migrations.versions").iterdir())
    if _revision(connection) != max(name[:4] for name in names if name[:4].isdigit()):
        from storage.migrations.upgrading import upgrade  # noqa: PLC0415  # see above

        upgrade(connection)


def _revision(connection: Connection) -> str | None:
    known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).scalar()
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "URL"
