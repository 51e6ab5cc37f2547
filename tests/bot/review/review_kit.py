"""A chat that remembers what was noted about it, and rows for the list."""

from contextlib import asynccontextmanager
from datetime import date

from chat_kit import TEXTS, WEB, Chat
from sqlalchemy.ext.asyncio import create_async_engine

from bot.dialogue import Dialogue
from bot.review import mark_of
from bot.store.review import Noted
from ops.databases import async_url, set_up_sqlite

DAY = date(2026, 3, 2)


class ReviewedDialogue(Dialogue):
    """Keeps what its turns would write."""

    def __init__(self, *arguments):
        super().__init__(*arguments, reviewed=True)
        self.noted = []

    async def __call__(self, conversation, state, payload):
        turn = await super().__call__(conversation, state, payload)
        self.noted += [aside.item for aside in turn.asides]
        return turn


class ReviewedChat(Chat):
    def __init__(self, backend, clock, engine):
        super().__init__(backend, clock, engine)
        self.box.dialogue = ReviewedDialogue(engine, TEXTS, lambda _channel: WEB, clock)

    @property
    def noted(self):
        """What is on the list: text, why, what it was said to be."""
        return [(n.text, str(n.happened), n.chosen) for n in self.box.dialogue.noted]


def noted(text="mau ke kasir", *, day=DAY, happened="misunderstood", chosen=None, **fields):
    values = {
        "mark": mark_of(text),
        "text": text,
        "language": "id",
        "guess": "check_account",
        "confidence": 0.31,
        "ranking": '[["check_account",0.31],["reset_password",0.24]]',
    }
    return Noted(**{**values, **fields}, happened=happened, chosen=chosen, last_day=day)


@asynccontextmanager
async def table_in(url):
    engine = create_async_engine(async_url(url))
    if engine.dialect.name == "sqlite":
        set_up_sqlite(engine.sync_engine)

    async def do(work):
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    try:
        yield do
    finally:
        await engine.dispose()
