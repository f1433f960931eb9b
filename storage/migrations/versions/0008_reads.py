"""How much of what is posted is read."""

from alembic import op

revision = "0008"
down_revision = "0007"

# The papers that were opened in a chat, each once a day: nobody's reading is told apart from the others'.
STATEMENTS = """
CREATE TABLE reads (
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    day TEXT NOT NULL,                      -- in the chat's time zone
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    PRIMARY KEY (chat_id, day, paper)
) WITHOUT ROWID
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
