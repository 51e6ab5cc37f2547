"""The statements of the runtime, built once; the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from bot.store.dialects import insert_into
from bot.store.tables import Status, conversation, cursor, inbox, literal, outbox, timer

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import ReturningUpdate

IDS: Final[sa.BindParameter[Any]] = sa.bindparam("ids", expanding=True)
"""The list of an `IN (…)`; see `padded`."""
NOW: Final[sa.BindParameter[float]] = sa.bindparam("now", type_=sa.Double)

_no_text: Final = sa.cast(sa.null(), sa.Text)
_inbox_open: Final = inbox.c.status == literal(Status.OPEN)
_outbox_open: Final = outbox.c.status == literal(Status.OPEN)


def _source(number: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(number), sa.Integer).label("source")


def _param(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name)


def padded(ids: list[Any]) -> list[Any]:
    """Repeat the last of `ids` up to a power of two.

    An `IN` list of every length would be a statement of its own to prepare; so there are few.
    """
    wanted = 1 << (len(ids) - 1).bit_length()
    return ids + ids[-1:] * (wanted - len(ids))


# -- loading a conversation: where it stands, its open effects, its waiting messages ------------
FROM_STATE, FROM_OUTBOX, FROM_INBOX = 0, 1, 2

LOAD: Final = sa.union_all(
    sa.select(
        _source(FROM_STATE),
        conversation.c.id.label("conversation"),
        conversation.c.version.label("id"),
        conversation.c.state.label("payload"),
        _no_text.label("key"),
        _no_text.label("kind"),
        _no_text.label("lane"),
        sa.literal_column("0", sa.Integer).label("attempts"),
        sa.literal_column("0.0", sa.Double).label("next_at"),
    ).where(conversation.c.id.in_(IDS)),
    sa.select(
        _source(FROM_OUTBOX),
        outbox.c.conversation,
        outbox.c.id,
        outbox.c.payload,
        outbox.c.key,
        outbox.c.kind,
        outbox.c.lane,
        outbox.c.attempts,
        outbox.c.next_at,
    ).where(outbox.c.conversation.in_(IDS), _outbox_open),
    sa.select(
        _source(FROM_INBOX),
        inbox.c.conversation,
        inbox.c.id,
        inbox.c.payload,
        _no_text,
        _no_text,
        _no_text,
        inbox.c.attempts,
        inbox.c.next_at,
    ).where(inbox.c.conversation.in_(IDS), _inbox_open),
).order_by("source", "id")

PENDING: Final = (
    sa.select(inbox.c.conversation)
    .where(inbox.c.conversation.in_(IDS), _inbox_open, inbox.c.next_at <= NOW)
    .distinct()
)

_lane_heads: Final = (
    sa.select(sa.func.min(outbox.c.id))
    .where(outbox.c.conversation == _param("conversation"), _outbox_open)
    .group_by(outbox.c.lane)
)
STANDING: Final = sa.union_all(
    sa.select(_source(FROM_INBOX), sa.func.min(inbox.c.next_at)).where(
        inbox.c.conversation == _param("conversation"), _inbox_open
    ),
    # Those behind the first of a lane wait for it, whatever they say themselves.
    sa.select(_source(FROM_OUTBOX), sa.func.min(outbox.c.next_at)).where(
        outbox.c.id.in_(_lane_heads)
    ),
)

# -- the log of pull channels ---------------------------------------------------------------
_logged: Final = outbox.c.status == literal(Status.LOGGED)

LOG_AFTER: Final = (
    sa.select(outbox.c.id, outbox.c.payload)
    .where(
        outbox.c.conversation == _param("conversation"),
        _logged,
        outbox.c.id > _param("after"),
    )
    .order_by(outbox.c.id)
    .limit(_param("limit"))
)
LOG_SINCE: Final = (
    sa.select(outbox.c.id, outbox.c.payload)
    .where(
        outbox.c.conversation == _param("conversation"),
        _logged,
        outbox.c.cause >= _param("cause"),
    )
    .order_by(outbox.c.id)
    .limit(100)
)
LOG_TIPS: Final = (
    sa.select(outbox.c.conversation, sa.func.max(outbox.c.id))
    .where(outbox.c.id > _param("mark"), _logged)
    .group_by(outbox.c.conversation)
)
OUTBOX_END: Final = sa.select(sa.func.max(outbox.c.id))

READ_CURSOR: Final = sa.select(cursor.c.value).where(cursor.c.name == _param("name"))

# -- writing ----------------------------------------------------------------------------------


def close(table: sa.Table, *, keep_payload: bool) -> ReturningUpdate[int]:
    """Return the mark of open rows as done."""
    values: dict[str, Any] = {"status": Status.DONE.value}
    if not keep_payload:
        values["payload"] = ""
    is_open = table.c.status == literal(Status.OPEN)
    return (
        sa.update(table).where(table.c.id.in_(IDS), is_open).values(values).returning(table.c.id)
    )


def mishap(table: sa.Table) -> sa.Update:
    """Return the note that a try ended badly, or is about to be made after a crash."""
    is_open = table.c.status == literal(Status.OPEN)
    names = ("attempts", "next_at", "status", "error")
    values = {name: _param(f"new_{name}") for name in names}
    return sa.update(table).where(table.c.id == _param("row"), is_open).values(values)


MESSAGE_MISHAP: Final = mishap(inbox)
EFFECT_MISHAP: Final = mishap(outbox)
NEW_EFFECTS: Final = sa.insert(outbox).returning(outbox.c.id, outbox.c.key)
CANCEL_TIMER: Final = sa.delete(timer).where(
    timer.c.conversation == _param("of"), timer.c.name == _param("called")
)

# -- sweeping ---------------------------------------------------------------------------------
DUE_TIMERS: Final = (
    sa.select(timer.c.conversation, timer.c.name, timer.c.payload, timer.c.dedupe)
    .where(timer.c.due <= NOW)
    .order_by(timer.c.due)
    .limit(500)
    .with_for_update(skip_locked=True)
)


def _abandoned(table: sa.Table, *queue: sa.Column[Any], since: sa.Column[Any]) -> sa.Select[Any]:
    """Select conversations by the first open row of each queue: the others wait behind it."""
    is_open = table.c.status == literal(Status.OPEN)
    heads = sa.select(sa.func.min(table.c.id).label("id")).where(is_open).group_by(*queue)
    first = heads.subquery()
    return (
        sa.select(table.c.conversation)
        .join(first, first.c.id == table.c.id)
        .where(table.c.next_at <= NOW, since <= _param("stored_before"))
    )


ABANDONED: Final = sa.union(
    _abandoned(inbox, inbox.c.conversation, since=inbox.c.received_at),
    _abandoned(outbox, outbox.c.conversation, outbox.c.lane, since=outbox.c.created_at),
).limit(1000)
OPEN_EFFECTS: Final = sa.select(sa.func.count()).select_from(outbox).where(_outbox_open)


def claim_dead(table: sa.Table) -> sa.Update:
    """Return the claim of a few dead letters: until `again`, nobody else tells of them."""
    is_dead = (table.c.status == literal(Status.DEAD)) & (table.c.next_at <= NOW)
    some = sa.select(table.c.id).where(is_dead).order_by(table.c.id).limit(20)
    return (
        sa.update(table)
        .where(table.c.id.in_(some), is_dead)
        .values(next_at=_param("again"))
        .returning(table.c.id, table.c.conversation, table.c.payload, table.c.error)
    )


CLAIM_DEAD_MESSAGES: Final = claim_dead(inbox)
CLAIM_DEAD_EFFECTS: Final = claim_dead(outbox)


def told(table: sa.Table, *, keep_payload: bool) -> sa.Update:
    """Return the mark that a human knows of dead letters."""
    values: dict[str, Any] = {"status": Status.TOLD.value}
    if not keep_payload:
        values["payload"] = ""
    return sa.update(table).where(table.c.id.in_(IDS)).values(values)


def purge_window(table: sa.Table) -> sa.Select[int, int, float]:
    """Select the next rows in the order they were written, with what decides their fate."""
    written = table.c.received_at if table is inbox else table.c.created_at
    return (
        sa.select(table.c.id, table.c.status, written.label("written"))
        .where(table.c.id > _param("after"))
        .order_by(table.c.id)
        .limit(_param("limit"))
    )


class Upserts:
    """The statements that need a dialect's own INSERT … ON CONFLICT."""

    def __init__(self, dialect: str) -> None:
        self.store = (
            insert_into(inbox, dialect)
            .on_conflict_do_nothing(index_elements=["dedupe"])
            .returning(inbox.c.id, inbox.c.dedupe)
        )
        row = insert_into(conversation, dialect)
        self.advance = row.on_conflict_do_update(
            index_elements=["id"],
            set_={name: row.excluded[name] for name in ("version", "state", "changed_at")},
            where=conversation.c.version == row.excluded.version - 1,
        ).returning(conversation.c.id)
        row = insert_into(timer, dialect)
        self.set_timer = row.on_conflict_do_update(
            index_elements=["conversation", "name"],
            set_={name: row.excluded[name] for name in ("due", "payload", "dedupe")},
        )
        row = insert_into(cursor, dialect)
        self.move_cursor = row.on_conflict_do_update(
            index_elements=["name"],
            set_={"value": row.excluded.value},
            where=cursor.c.value < row.excluded.value,
        )
        self.first_cursor = row.on_conflict_do_nothing(index_elements=["name"])
