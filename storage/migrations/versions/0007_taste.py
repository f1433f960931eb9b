"""Readers vote on papers, and chats learn what they like."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = """
-- What a reader says of a paper in a chat: 1 is 👍, -1 is 👎, 0 was taken back. kept: the star was pressed there.
CREATE TABLE votes (
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    user_id BIGINT NOT NULL,                -- 0: the chat itself, such as a post of a channel
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    vote INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (chat_id, paper, user_id)
);
-- votes.liked: the week's likes.
CREATE INDEX votes_liked ON votes (changed_at, paper) WHERE vote = 1;

-- What a chat likes: the weights of terms, a JSON object; {} where nothing is learned.
CREATE TABLE tastes (
    chat_id BIGINT NOT NULL PRIMARY KEY REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    weights TEXT NOT NULL DEFAULT '{}',
    changed_at TEXT NOT NULL                -- of what was said since it was learned; empty: nothing
);
-- jobs.learn: who spoke since.
CREATE INDEX tastes_changed ON tastes (changed_at) WHERE changed_at <> '';

-- A reader's bookmarks are likes of the private chat with the bot, which has the reader's id.
INSERT INTO votes (chat_id, user_id, paper, kept, changed_at)
    SELECT c.id, b.user_id, b.paper, 1, b.made_at
    FROM bookmarks b JOIN chats c ON c.id = b.user_id AND c.kind = 'private';
INSERT INTO tastes (chat_id, changed_at) SELECT chat_id, MAX(changed_at) FROM votes GROUP BY chat_id
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
