"""The bot's list of messages to review, opened beside the running bot."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.settings import BotSettings
from helpdesk.output import errors
from ops.databases import async_url, set_up_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.store.review import Row

T = TypeVar("T")


class Listed(msgspec.Struct):
    """A message, as it is listed and exported."""

    id: int
    text: str
    language: str | None
    guess: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    happened: str
    chosen: str | None
    times: int
    last_day: date


def listed(row: Row) -> Listed:
    """Return a row as it is shown."""
    ranking = msgspec.json.decode(row.ranking)
    return msgspec.convert({**asdict(row), "ranking": ranking}, Listed)


def with_list(work: Callable[[sa.Connection], T]) -> T:
    """Do `work` in one transaction of the bot's database; end the program when it is away."""
    url = sa.make_url(BotSettings().database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        errors.print("There is no database of the bot yet. Has `helpdesk up` been run here?")
        sys.exit(1)
    try:
        return asyncio.run(_transact(url, work))
    except (SQLAlchemyError, OSError) as error:
        errors.print(
            f"The bot's database cannot be used ({type(error).__name__}). Start the bot once: it "
            "brings it up to date."
        )
        sys.exit(1)


async def _transact(url: sa.URL, work: Callable[[sa.Connection], T]) -> T:
    text = async_url(url.render_as_string(hide_password=False))
    engine = create_async_engine(text, execution_options={"sqlite_begin": "IMMEDIATE"})
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        set_up_sqlite(engine.sync_engine)
    try:
        async with engine.begin() as connection:
            if is_sqlite:  # what is blanked is gone from the file as well
                await connection.exec_driver_sql("PRAGMA secure_delete=ON")
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
