"""What many tests need: a real database file, papers to put into it, and the recorded data."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from storage import search_index
from storage.database import Database

os.environ.setdefault("PTB_TIMEDELTA", "true")  # as bot/app.py does

# A busy machine is not a failure: speed is measured in bench/. Failing cases are printed, to be kept as tests.
settings.register_profile("papergram", deadline=None, print_blob=True)
settings.load_profile("papergram")

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "data"
NOW = datetime(2024, 3, 20, 1, 0, tzinfo=UTC)  # a Wednesday, 09:00 in Shanghai


@pytest.fixture
def recorded() -> Path:
    """The folder of recorded data; the test is skipped where there is none."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded data (../shared/data) is not on this machine")
    return RECORDED


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated, empty database in a file."""
    opened = await Database.open(f"sqlite:///{tmp_path / 'papers.db'}")
    async with opened.transaction() as tx:
        await search_index.keep_current(tx)
    yield opened
    await opened.close()
