"""Subscriptions are paused, and new queries are looked at before they are taken."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = """
-- 1: nothing is prepared.
ALTER TABLE subscriptions ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
-- Why, if nobody chose it: its forum topic is 'closed' or 'deleted'.
ALTER TABLE subscriptions ADD COLUMN topic TEXT NOT NULL DEFAULT '';
-- jobs.prepare: the paused, whose due times only get older, are not read at all.
DROP INDEX subscriptions_due;
DROP INDEX subscriptions_batch;
CREATE INDEX subscriptions_due ON subscriptions (next_due, chat_id) WHERE paused = 0;
CREATE INDEX subscriptions_batch ON subscriptions (batch, chat_id) WHERE after_announcement = 1 AND paused = 0;

-- Queries that somebody was shown the papers of and has not taken yet: they are too long for a button.
-- AUTOINCREMENT: buttons name these ids, so that one is never given to another row.
CREATE TABLE proposals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    thread_id BIGINT NOT NULL,
    query TEXT NOT NULL,
    -- Whose query it is to become, or became; NULL: it is for a new one.
    subscription_id BIGINT REFERENCES subscriptions (id) ON DELETE CASCADE,
    taken INTEGER NOT NULL DEFAULT 0,
    made_at TEXT NOT NULL
);
CREATE INDEX proposals_subscription ON proposals (subscription_id)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
