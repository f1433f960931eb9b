"""Tags on the papers that a reader keeps."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = """
-- AUTOINCREMENT: buttons of old posts name these ids, so that one is never given to another tag.
CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,                     -- folded (bot/papers/tags.py), without its #
    made_at TEXT NOT NULL,
    UNIQUE (user_id, name)
);
-- Not of `bookmarks`: the tags of a paper outlive its bookmark, and are there again when it is kept again.
CREATE TABLE tagged (
    user_id BIGINT NOT NULL,
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    tag_id BIGINT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, paper, tag_id)
);
-- /weekly: what was kept since a moment.
CREATE INDEX bookmarks_made ON bookmarks (made_at, paper)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
