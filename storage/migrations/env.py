"""Alembic runs this: it migrates over the connection that storage/database.py opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
