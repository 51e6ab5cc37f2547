"""Write a migration from the difference between the tables in code and in the migrations.

`python deploy/new_migration.py backend|bot "what changed"`; read what it wrote before committing.
"""

import asyncio
import importlib
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic import command  # noqa: E402 - the path is set first
from alembic.config import Config  # noqa: E402 - likewise
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: E402 - likewise

from ops import migrations  # noqa: E402 - likewise


async def main(service: str, message: str) -> None:
    importlib.import_module(f"{service}.store.tables")
    folder = ROOT / service / "store" / "migrations"
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite+aiosqlite:///{scratch}/now.db"
        if any((folder / "versions").glob("*.py")):
            await migrations.upgrade(url, folder)
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(revise, folder, message)
        await engine.dispose()


def revise(connection: object, folder: Path, message: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["connection"] = connection
    number = len(list((folder / "versions").glob("*.py"))) + 1
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}_{slug}"[:60])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
