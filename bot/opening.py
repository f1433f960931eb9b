"""Opens the database for whoever runs: the bot, or a command on the terminal beside it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import OperatorMistake
from storage import search_index
from storage.database import CannotOpen, Database

log = logging.getLogger(__name__)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, migrated and indexed. Raises OperatorMistake."""
    try:
        database = await Database.open(url)
    except CannotOpen as error:
        raise OperatorMistake(str(error)) from error
    try:
        async with database.transaction() as tx:
            if await search_index.keep_current(tx):
                log.info("the search index was built anew")
        yield database
    finally:
        await database.close()
