"""An outbox for volume: texts stored once, one line for each chat and topic, answers that never came counted."""

from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = "state IN ('waiting', 'due', 'sending', 'uncertain')"

STATEMENTS = f"""
-- What is sent, each text once however many chats get it. Deliveries of long ago name texts that are forgotten.
CREATE TABLE texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,              -- of text and keyboard
    text TEXT NOT NULL,
    keyboard TEXT NOT NULL                  -- JSON: rows of [label, data, url]
);
INSERT INTO texts (hash, text, keyboard)
    SELECT 'first ' || MIN(id), text, keyboard FROM deliveries WHERE text <> '' GROUP BY text, keyboard;

ALTER TABLE deliveries ADD COLUMN text_id INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET text_id = COALESCE((
    SELECT id FROM texts t WHERE t.text = deliveries.text AND t.keyboard = deliveries.keyboard), 0);
ALTER TABLE deliveries DROP COLUMN text;
ALTER TABLE deliveries DROP COLUMN keyboard;

-- How often no answer came, so that the message may have arrived, and when that was last.
ALTER TABLE deliveries ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN doubted_at TEXT;
-- /status: what had no answer lately.
CREATE INDEX deliveries_doubts ON deliveries (doubted_at) WHERE doubts > 0;
-- When it was accepted first; an edit changes nothing of it.
ALTER TABLE deliveries ADD COLUMN sent_at TEXT;
UPDATE deliveries SET sent_at = changed_at WHERE message_id IS NOT NULL;

-- Behind another message of the same chat and topic a message waits; only the first of each line is due.
DROP INDEX deliveries_open;
DROP INDEX deliveries_queue;
-- outbox.line_up and the end of each send: the next of a chat's topic.
CREATE INDEX deliveries_line ON deliveries (chat_id, thread_id, id) WHERE {OPEN};
-- 1: a reader asked for it, and waits.
ALTER TABLE deliveries ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
-- outbox.heads: what may be sent now, in the order of its time; the rest so that chats put aside are passed over in it.
CREATE INDEX deliveries_queue ON deliveries (asked, due, id, chat_id, state) WHERE state IN ('due', 'uncertain');
UPDATE deliveries SET state = 'waiting' WHERE state = 'due' AND message_id IS NULL AND EXISTS (
    SELECT 1 FROM deliveries e
    WHERE e.chat_id = deliveries.chat_id AND e.thread_id = deliveries.thread_id AND e.id < deliveries.id
      AND e.{OPEN} AND e.message_id IS NULL);

-- 0: a message that had no answer is not sent again in this chat; it may be lost, and never comes twice.
ALTER TABLE chats ADD COLUMN repeats INTEGER NOT NULL DEFAULT 1;
-- Groups that became supergroups: what still speaks of the old id means the new one.
CREATE TABLE moves (
    old_id INTEGER PRIMARY KEY,
    new_id BIGINT NOT NULL
);
-- A broadcast writes ten of these a chat: they stand in their key's own tree, and refer to papers and deliveries, which
-- are never deleted but with their chat, without being checked.
CREATE TABLE posts_kept (
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    paper BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    draft TEXT NOT NULL DEFAULT '',         -- what is to be put right once a good summary comes
    version INTEGER NOT NULL DEFAULT 0,     -- of the paper, as it was posted
    PRIMARY KEY (chat_id, paper)
) WITHOUT ROWID;
INSERT INTO posts_kept (chat_id, paper, delivery_id, draft) SELECT chat_id, paper, delivery_id, draft FROM posts;
DROP TABLE posts;
ALTER TABLE posts_kept RENAME TO posts;
-- jobs.amend: what may have to be put right.
CREATE INDEX posts_draft ON posts (paper) WHERE draft <> '';
-- /status and jobs.amend: whether and where a paper was posted. By the texts, because an index of all posts by their
-- paper would take as long to write as all else of a broadcast.
CREATE TABLE text_papers (
    text_id INTEGER NOT NULL REFERENCES texts (id) ON DELETE CASCADE,
    paper BIGINT NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,     -- up to which the messages of that text need no edit
    PRIMARY KEY (text_id, paper)
) WITHOUT ROWID;
INSERT INTO text_papers (text_id, paper)
    SELECT DISTINCT d.text_id, o.paper FROM posts o JOIN deliveries d ON d.id = o.delivery_id WHERE d.text_id > 0;
CREATE INDEX text_papers_paper ON text_papers (paper);
CREATE INDEX deliveries_text ON deliveries (text_id);

-- jobs.amend: of which papers a new version became known lately.
CREATE INDEX announcements_renewed ON announcements (seen_at, paper) WHERE version > 1;

-- How what a search found is sorted: relevance or date; empty: it is no search.
ALTER TABLE listings ADD COLUMN sorted TEXT NOT NULL DEFAULT '';

-- How a paper is to be announced for a subscription to post it: arXiv's announce types.
ALTER TABLE subscriptions ADD COLUMN kinds TEXT NOT NULL DEFAULT 'cross new';
-- jobs.prepare: who is due, and who waits for an announcement, page by page with a chat's subscriptions together.
DROP INDEX subscriptions_due;
DROP INDEX subscriptions_batch;
CREATE INDEX subscriptions_due ON subscriptions (next_due, chat_id);
CREATE INDEX subscriptions_batch ON subscriptions (batch, chat_id) WHERE after_announcement = 1
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
