"""Papers that the bot fetches for itself: feeds, what models wrote, what a day adds up to, alarms."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = """
ALTER TABLE papers ADD COLUMN affiliations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE papers ADD COLUMN comments TEXT NOT NULL DEFAULT '';
ALTER TABLE papers ADD COLUMN doi TEXT NOT NULL DEFAULT '';
ALTER TABLE papers ADD COLUMN journal_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE papers ADD COLUMN licence TEXT NOT NULL DEFAULT '';

-- What Hugging Face's daily papers tell. Votes grow all day.
CREATE TABLE upvotes (
    paper BIGINT NOT NULL PRIMARY KEY REFERENCES papers (ordinal) ON DELETE CASCADE,
    votes INTEGER NOT NULL,
    code_url TEXT NOT NULL,
    seen_at TEXT NOT NULL
);
-- The query's `hf:>=10`.
CREATE INDEX upvotes_votes ON upvotes (votes);

-- The version that was announced; 0: the source does not tell. A batch is new if a feed never listed a paper so.
ALTER TABLE announcements ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
-- 0: not to be posted by itself, such as a new version in arXiv's feed.
ALTER TABLE announcements ADD COLUMN news INTEGER NOT NULL DEFAULT 1;

-- The last look at each source: a category of arXiv, 'hf', or the address of a publisher's digest.
CREATE TABLE feeds (
    name TEXT NOT NULL PRIMARY KEY,
    checked_at TEXT NOT NULL,
    outcome TEXT NOT NULL,                  -- new, stale, empty, refused
    reason TEXT NOT NULL DEFAULT '',        -- why it was refused
    batch_at TEXT NOT NULL DEFAULT '',      -- when unseen papers came last
    batch_date TEXT NOT NULL DEFAULT '',    -- the day of announcement that they carried, US Eastern
    etag TEXT NOT NULL DEFAULT ''
);

-- Of a summary that a model wrote: the prompt's version, and whether the gate took it ('good') or not ('draft').
ALTER TABLE summaries ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE summaries ADD COLUMN state TEXT NOT NULL DEFAULT 'good';
ALTER TABLE summaries ADD COLUMN written_at TEXT NOT NULL DEFAULT '';
-- jobs.amend: the summaries that came lately.
CREATE INDEX summaries_written ON summaries (written_at) WHERE written_at <> '';

-- Papers that somebody will read, and so are summarised; rank 0 stands first in some digest.
CREATE TABLE wanted (
    paper BIGINT NOT NULL PRIMARY KEY REFERENCES papers (ordinal) ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,     -- that is wanted: a newer one only if somebody has not had the paper yet
    since TEXT NOT NULL,
    failed INTEGER NOT NULL DEFAULT 0,      -- how often no provider wrote what the gate takes
    again_at TEXT NOT NULL DEFAULT '',      -- not to be tried before
    completed INTEGER NOT NULL DEFAULT 0    -- 1: arXiv's API was asked for what the feeds leave out
);

-- Every answer that was paid for, with the gate's verdict: the day's cost, and nothing is asked twice.
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    paper BIGINT NOT NULL REFERENCES papers (ordinal) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    text_hash TEXT NOT NULL,                -- of title and abstract: a new version often changes neither
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    served_model TEXT NOT NULL,             -- an alias moves: what the provider says it was
    prompt TEXT NOT NULL,
    outcome TEXT NOT NULL,
    findings TEXT NOT NULL,                 -- a JSON list of the gate's or the provider's reasons
    answer TEXT NOT NULL,                   -- the answer's JSON object, or empty
    tokens_input INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    cost_micro INTEGER NOT NULL,            -- millionths of a yuan
    asked_at TEXT NOT NULL
);
-- What was already answered for a text.
CREATE INDEX attempts_text ON attempts (text_hash, model, prompt);
-- The cost and the failures of a day.
CREATE INDEX attempts_asked ON attempts (asked_at);

-- 1: `hour` is only the latest, the digest goes out as soon as the day's batch is in and summarised.
ALTER TABLE subscriptions ADD COLUMN after_announcement INTEGER NOT NULL DEFAULT 0;
-- When the last batch came that such a subscription had its digest of.
ALTER TABLE subscriptions ADD COLUMN batch TEXT NOT NULL DEFAULT '';
-- 1: a due time without papers is told, with its reason.
ALTER TABLE subscriptions ADD COLUMN tell_empty INTEGER NOT NULL DEFAULT 0;
-- jobs.prepare: who waits for an announcement.
CREATE INDEX subscriptions_batch ON subscriptions (batch) WHERE after_announcement = 1;

-- How many papers of a list hold every word that was asked for, the others only a part.
ALTER TABLE listings ADD COLUMN exact INTEGER NOT NULL DEFAULT 0;
UPDATE listings SET exact = CASE relaxed WHEN 0 THEN total ELSE 0 END;
ALTER TABLE listings DROP COLUMN relaxed;
-- 1: not all that might match were looked at.
ALTER TABLE listings ADD COLUMN more INTEGER NOT NULL DEFAULT 0;

-- When a reader last had a digest posted once more.
ALTER TABLE digests ADD COLUMN repeated_at TEXT;
-- Papers that match and wait for their summary.
ALTER TABLE digests ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;

-- The piece of the message that was posted for a paper without a good summary; put right when one comes.
ALTER TABLE posts ADD COLUMN draft TEXT NOT NULL DEFAULT '';
-- jobs.amend: what may have to be put right.
CREATE INDEX posts_draft ON posts (paper) WHERE draft <> '';

-- Faults that the operator was told of and that are not over.
CREATE TABLE alarms (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    since TEXT NOT NULL
)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
