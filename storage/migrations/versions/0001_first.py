"""The first tables."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
-- One arXiv work. `ordinal` is made from the id (storage/papers.py) and sorts papers by age.
CREATE TABLE papers (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER,                        -- NULL: no source told it
    title TEXT NOT NULL,
    abstract TEXT NOT NULL,
    abstract_cut INTEGER NOT NULL,          -- 1: only the abstract's beginning is known
    authors TEXT NOT NULL,                  -- a JSON list of names
    categories TEXT NOT NULL,               -- a JSON list, the primary category first
    added_at TEXT NOT NULL
);

-- arXiv's listings of papers. An empty date, category or type: the source does not tell.
CREATE TABLE announcements (
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    date TEXT NOT NULL,
    category TEXT NOT NULL,
    type TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (paper, date, category, type)
);
-- jobs.prepare: what became known since a moment.
CREATE INDEX announcements_seen ON announcements (seen_at, paper);
-- papergram export --date.
CREATE INDEX announcements_date ON announcements (date, paper);

-- Every category that a paper or one of its announcements names: the query's `cat:`.
CREATE TABLE paper_categories (
    category TEXT NOT NULL,
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    PRIMARY KEY (category, paper)
);

-- What a language model wrote about one version of a paper; version 0 where none is known.
CREATE TABLE summaries (
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    title_zh TEXT NOT NULL,
    tldr_zh TEXT NOT NULL,
    abstract_zh TEXT NOT NULL,
    tldr_en TEXT NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (paper, version)
);

-- Telegram's chats, under Telegram's own ids. A migrated group changes its id, hence the cascades below.
CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    username TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    seen_at TEXT NOT NULL
);

-- AUTOINCREMENT, here and below: buttons of old posts name these ids, so that one is never given to another row.
CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    thread_id BIGINT NOT NULL,              -- 0: no forum topic
    query TEXT NOT NULL,
    hour INTEGER NOT NULL,
    weekdays TEXT NOT NULL,                 -- ISO weekdays, '12345'
    form TEXT NOT NULL,
    max_papers INTEGER NOT NULL,
    next_due TEXT NOT NULL,
    requested_at TEXT,                      -- /today: wanted now, besides the schedule
    made_at TEXT NOT NULL,
    UNIQUE (chat_id, thread_id, query)
);
-- jobs.prepare: who is due.
CREATE INDEX subscriptions_due ON subscriptions (next_due);
CREATE INDEX subscriptions_requested ON subscriptions (requested_at) WHERE requested_at IS NOT NULL;

-- What one subscription got at one due time; UNIQUE makes preparing it twice impossible.
CREATE TABLE digests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id BIGINT REFERENCES subscriptions (id) ON DELETE SET NULL,
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    due TEXT NOT NULL,
    matched INTEGER NOT NULL,
    chosen INTEGER NOT NULL,
    prepared_at TEXT NOT NULL,
    UNIQUE (subscription_id, due)
);
-- The outbox. States: storage/outbox.py.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    digest_id BIGINT NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    thread_id BIGINT NOT NULL,
    part INTEGER NOT NULL,                  -- 0, 1, 2 ...: the order within the digest
    text TEXT NOT NULL,
    keyboard TEXT NOT NULL,                 -- JSON: rows of [label, data, url]
    plain INTEGER NOT NULL DEFAULT 0,       -- 1: Telegram refused the HTML, send it as plain text
    state TEXT NOT NULL,
    due TEXT NOT NULL,                      -- not to be sent before
    attempts INTEGER NOT NULL DEFAULT 0,
    denials INTEGER NOT NULL DEFAULT 0,     -- refusals for a cause that may pass
    message_id BIGINT,
    reason TEXT NOT NULL DEFAULT '',        -- why it is not sent yet, or never will be
    changed_at TEXT NOT NULL,
    UNIQUE (digest_id, chat_id, thread_id, part)
);
-- outbox.claim: the first unfinished delivery of each chat, and the oldest of those.
CREATE INDEX deliveries_open ON deliveries (chat_id, id) WHERE state IN ('due', 'sending', 'uncertain');
CREATE INDEX deliveries_queue ON deliveries (due, id) WHERE state IN ('due', 'uncertain');

-- Which papers a chat has been sent, or will be by the delivery named; deleted when that is cancelled.
CREATE TABLE posts (
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    PRIMARY KEY (chat_id, paper)
);
-- outbox.cancel: the papers of one delivery.
CREATE INDEX posts_delivery ON posts (delivery_id);

CREATE TABLE bookmarks (
    user_id BIGINT NOT NULL,
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    PRIMARY KEY (user_id, paper)
);

-- Numbered lists that a chat was shown, so that their buttons and `/abs 3` still mean the same later.
CREATE TABLE listings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id BIGINT NOT NULL REFERENCES chats (id) ON UPDATE CASCADE ON DELETE CASCADE,
    thread_id BIGINT NOT NULL,
    query TEXT NOT NULL,
    total INTEGER NOT NULL,                 -- how many matched; `papers` holds the first of them
    relaxed INTEGER NOT NULL,               -- 1: too few held every word, so some hold only a part
    papers TEXT NOT NULL,                   -- arXiv ids, a space between them
    made_at TEXT NOT NULL
);
-- /abs 3: the last list in this chat and topic.
CREATE INDEX listings_chat ON listings (chat_id, thread_id, id);

-- Single facts: the segmenter that the index was made with, the bot's last sign of life.
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
)
"""

# content='': the text stands in papers and summaries already (facts: 90 MB instead of 338 for 65,000 papers).
# Two tables: most searches end in the short one, which is four times smaller.
SEARCH = """
CREATE VIRTUAL TABLE search_short USING fts5(
    title_en, title_zh, summary_zh, content='', tokenize='porter unicode61'
);
CREATE VIRTUAL TABLE search_full USING fts5(
    title_en, title_zh, summary_zh, abstract_en, abstract_zh, content='', tokenize='porter unicode61'
)
"""


def upgrade() -> None:
    for statement in (TABLES + ";\n" + SEARCH).split(";\n"):
        op.get_bind().exec_driver_sql(statement)
