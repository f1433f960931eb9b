"""Lists tell how many of their papers were found by what a word means in the other language."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE listings ADD COLUMN translated INTEGER NOT NULL DEFAULT 0")
