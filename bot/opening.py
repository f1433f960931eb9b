"""Opens the database for whoever runs: the bot, or a command on the terminal beside it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import OperatorMistake
from storage import author_index, lexicon, search_index
from storage.database import Database, file_of
from storage.errors import CannotOpen

log = logging.getLogger(__name__)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, made if there is none, migrated and indexed. Raises OperatorMistake."""
    async with _opened(url) as database:
        yield database


@asynccontextmanager
async def existing(url: str) -> AsyncIterator[Database]:
    """The database, for those who only look something up. Raises OperatorMistake if there is none."""
    try:
        file = file_of(url)
    except CannotOpen as error:
        raise OperatorMistake(str(error)) from error
    if not file.exists():
        raise OperatorMistake(f"There is no database {file} yet; `papergram import` and `papergram run` make one.")
    async with _opened(url) as database:
        yield database


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    try:
        database = await Database.open(url)
    except CannotOpen as error:
        raise OperatorMistake(str(error)) from error
    try:
        await _index(database)
        yield database
    finally:
        await database.close()


async def _index(database: Database) -> None:
    """After an upgrade, whoever comes first makes anew what is looked up."""
    async with database.transaction() as tx:
        await lexicon.keep_current(tx)
        if await search_index.keep_current(tx):
            log.info("the search index was built anew")
        if await author_index.keep_current(tx):
            log.info("the index of authors was built anew")
