"""Brings a database's tables up to date, by the files of versions/."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.errors import CannotOpen


def upgrade(connection: Connection) -> None:
    """Run every migration that the database has not seen. Raises CannotOpen for one of a newer program."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    here = MigrationContext.configure(connection).get_current_revision()
    if here is not None and here not in known:
        raise CannotOpen(f"The database was written by a newer Papergram (revision {here}); update the program.")
    command.upgrade(config, "head")
