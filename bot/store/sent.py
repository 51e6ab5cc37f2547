"""What is written to and read from the table of messages that platforms took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from bot.store.dialects import insert_into
from bot.store.tables import sent

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_SECONDS: Final = 86_400.0
"""A day: buttons are dead long before, and a platform tells of a failure within minutes."""

_A_FEW: Final = 500


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as a platform took it. `offer`: whose buttons it shows, 0 for none."""

    native_id: str
    conversation: str
    offer: int
    payload: str
    sent_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which message is looked for: by its own id, or by its conversation and the offer it shows.

    An id without a conversation is enough where ids are the platform's own for all chats.
    """

    native_id: str = ""
    conversation: str = ""
    offer: int = 0


def note(connection: sa.Connection, items: Sequence[SentMessage]) -> None:
    """Add messages; one that stands there already is the same one."""
    rows = [asdict(item) for item in items]
    insert = insert_into(sent, connection.dialect.name)
    connection.execute(insert.on_conflict_do_nothing(), rows)


def find(connection: sa.Connection, items: Sequence[Wanted]) -> Sequence[SentMessage | None]:
    """Return the newest message that is wanted, one for each item; None where nobody knows it."""
    return [_find(connection, item) for item in items]


def _find(connection: sa.Connection, wanted: Wanted) -> SentMessage | None:
    values = {"of": wanted.conversation, "wanted": wanted.native_id or wanted.offer}
    statement = _BY_ID if wanted.native_id else _BY_OFFER
    row = connection.execute(statement, values).mappings().first()
    return SentMessage(**row) if row else None


_of: Final = sa.bindparam("of", type_=sa.Text)
_newest: Final = sa.select(sent).order_by(sent.c.sent_at.desc()).limit(1)
_BY_ID: Final = _newest.where(
    sent.c.native_id == sa.bindparam("wanted"), (_of == "") | (sent.c.conversation == _of)
)
_BY_OFFER: Final = _newest.where(
    sent.c.conversation == _of, sent.c.offer == sa.bindparam("wanted")
)


def forget(connection: sa.Connection, items: Sequence[Wanted]) -> None:
    """Delete messages by their ids: nothing will be done to them any more."""
    rows = [{"of": item.conversation, "wanted": item.native_id} for item in items]
    connection.execute(_FORGET, rows)


_FORGET: Final = sa.delete(sent).where(
    sent.c.conversation == sa.bindparam("of"), sent.c.native_id == sa.bindparam("wanted")
)


def expire(connection: sa.Connection, items: Sequence[float]) -> Sequence[int]:
    """Delete a few of those sent a day before each instant, or earlier; return how many."""
    return [connection.execute(_EXPIRE, {"before": now - KEPT_SECONDS}).rowcount for now in items]


_old: Final = sent.c.sent_at < sa.bindparam("before")
_some: Final = sa.select(sent.c.native_id).where(_old).order_by(sent.c.sent_at).limit(_A_FEW)
_EXPIRE: Final = sa.delete(sent).where(_old, sent.c.native_id.in_(_some))
