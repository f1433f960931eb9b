"""The database's history, one Alembic script a step."""
