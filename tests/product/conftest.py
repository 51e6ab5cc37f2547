"""The whole product in this process; a fresh copy of a prepared state folder for every story."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `product`, `ledger`, `story`: beside these tests

from product import prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A state folder with both databases migrated and the demo accounts in it."""
    folder = tmp_path_factory.mktemp("product")
    asyncio.run(prepare(folder))
    return folder
