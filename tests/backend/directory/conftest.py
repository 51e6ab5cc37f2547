import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `directory_rigs`: helpers beside the tests

from directory_rigs import SqlRig

RIGS = {
    "sql-sqlite": lambda request, clock: SqlRig(
        f"sqlite:///{request.getfixturevalue('tmp_path') / 'directory.db'}", clock
    ),
    "sql-postgresql": lambda request, clock: SqlRig(
        request.getfixturevalue("postgres_url"), clock
    ),
}
"""One line per directory: the whole contract then runs against it."""


@pytest.fixture(params=sorted(RIGS))
async def rig(request, clock):
    made = RIGS[request.param](request, clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def directory(rig):
    return rig.directory


@pytest.fixture
async def account(rig):
    """The id of an account with the password INITIAL."""
    return await rig.add()
