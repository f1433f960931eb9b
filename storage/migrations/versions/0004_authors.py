"""The authors of papers can be asked for."""

from alembic import op

revision = "0004"
down_revision = "0003"

# Words of storage/author_names.py, in ASCII. detail=none: which papers have a word is all that is asked.
# It is filled at the start of the program (storage/author_index.py), as the index of texts is.
STATEMENT = "CREATE VIRTUAL TABLE search_authors USING fts5(names, content='', detail='none', tokenize='ascii')"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STATEMENT)
