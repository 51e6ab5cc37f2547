"""What is written to and read from the list of messages to review."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from bot.store.dialects import insert_into
from bot.store.tables import review

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.dialects import postgresql, sqlite

KEPT_DAYS: Final = 90
"""Days after which a message that nobody wrote again is deleted, labelled or not."""
KEPT_ROWS: Final = 2000
"""So many different messages are kept; the oldest give way to new ones."""
_A_FEW: Final = 100

_AS_TOLD: Final = ("language", "guess", "confidence", "ranking", "happened", "chosen", "last_day")
_IS_OPEN: Final = review.c.label.is_(None)


@dataclass(frozen=True, slots=True)
class Noted:
    """A message that was not understood well; what stands here names nobody (`bot.review`)."""

    mark: str
    text: str
    language: str | None
    guess: str
    confidence: float
    ranking: str
    """JSON: pairs of intent and confidence."""
    happened: str
    chosen: str | None
    """What the person, or an agent, said it was."""
    last_day: date


@dataclass(frozen=True, slots=True)
class Row:
    """A message that waits for its label."""

    id: int
    text: str
    language: str | None
    guess: str
    confidence: float
    ranking: str
    happened: str
    chosen: str | None
    times: int
    last_day: date


def note(connection: sa.Connection, items: Sequence[Noted]) -> None:
    """Add messages, or count those that stand there; the oldest give way."""
    # Always in the same order: two transactions must not wait for each other.
    rows = [asdict(item) for item in sorted(items, key=lambda item: item.mark)]
    connection.execute(_upsert(connection.dialect.name), rows)
    connection.execute(_MAKE_ROOM)


def _upsert(dialect: str) -> postgresql.Insert | sqlite.Insert:
    row = insert_into(review, dialect)
    told = {name: row.excluded[name] for name in _AS_TOLD}
    return row.on_conflict_do_update(
        index_elements=["mark"], set_={**told, "times": review.c.times + 1}
    )


_oldest_kept: Final = (
    sa.select(review.c.id).order_by(review.c.id.desc()).offset(KEPT_ROWS).limit(1)
)
_MAKE_ROOM: Final = sa.delete(review).where(
    review.c.id.in_(
        sa.select(review.c.id)
        .where(review.c.id <= _oldest_kept.scalar_subquery())
        .limit(_A_FEW)
        .with_for_update(skip_locked=True)
    )
)


def expire(connection: sa.Connection, items: Sequence[date]) -> Sequence[int]:
    """Delete what nobody wrote in the `KEPT_DAYS` before each day; return how many rows."""
    return [
        connection.execute(_EXPIRE, {"before": day - timedelta(days=KEPT_DAYS)}).rowcount
        for day in items
    ]


_EXPIRE: Final = sa.delete(review).where(review.c.last_day < sa.bindparam("before"))


def waiting(connection: sa.Connection, limit: int) -> list[Row]:
    """Return messages without a label, those written most often first."""
    columns = (review.c[name] for name in Row.__dataclass_fields__)
    query = (
        sa.select(*columns)
        .where(_IS_OPEN)
        .order_by(review.c.times.desc(), review.c.id)
        .limit(limit)
    )
    return [Row(*row) for row in connection.execute(query)]


def label(connection: sa.Connection, row: int, name: str) -> bool:
    """Note how a message was labelled, and forget its words; False when it waits no more."""
    labelled = sa.update(review).where(review.c.id == row, _IS_OPEN).values(label=name, text="")
    return connection.execute(labelled).rowcount > 0


def clear(connection: sa.Connection) -> int:
    """Delete everything; return how many rows there were."""
    return connection.execute(sa.delete(review)).rowcount
