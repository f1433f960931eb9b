"""A smaller full-text index, and a lexicon of both languages."""

from alembic import op

revision = "0005"
down_revision = "0004"

# content='': the text stands in papers and summaries already. The short table ranks; detail=column takes half the
# room of places, and lengths (columnsize) serve only ranking. storage/search_index.py fills both anew.
STATEMENTS = """
DROP TABLE search_short;
DROP TABLE search_full;
CREATE VIRTUAL TABLE search_short USING fts5(
    title_en, title_zh, summary_zh, content='', tokenize='porter unicode61'
);
CREATE VIRTUAL TABLE search_full USING fts5(
    title, body, content='', detail='column', columnsize=0, tokenize='porter unicode61'
);

-- What words mean in the other language, and how common they are: storage/lexicon.py.
CREATE TABLE lexicon (
    word TEXT NOT NULL PRIMARY KEY,         -- Chinese as it is cut; English without its ending
    share REAL NOT NULL,                    -- of the papers, that have it in their title
    translations TEXT NOT NULL              -- the likeliest first, a space between them
)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.get_bind().exec_driver_sql(statement)
