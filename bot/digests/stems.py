"""English words without their endings, by the stemmer that the full-text index has: SQLite's own porter."""

import sqlite3
from functools import cache, lru_cache
from threading import Lock

_ONE_AT_A_TIME = Lock()


@lru_cache(20_000)
def stem(word: str) -> str:
    """The stem of a word of letters and digits, folded: policies and policy have one, police another. 0.04 ms once."""
    with _ONE_AT_A_TIME:
        words = _words()
        words.execute("INSERT INTO words VALUES (?)", (word,))
        found = words.execute("SELECT term FROM stems").fetchone()
        words.execute("INSERT INTO words (words) VALUES ('delete-all')")
    return str(found[0]) if found else word


@cache
def _words() -> sqlite3.Connection:
    index = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    index.execute("CREATE VIRTUAL TABLE words USING fts5(word, content='', tokenize='porter unicode61')")
    index.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(words, 'row')")
    return index
