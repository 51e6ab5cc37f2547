"""The work of conversations in SQL: each operation serves many conversations in one go."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bot.runtime import statements
from bot.runtime.port import Delivery, StoredMessage
from bot.runtime.records import Effect, Fenced, Found, Standing, Waiting
from bot.store.tables import Status, inbox, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import sqlalchemy as sa

    from bot.runtime.port import Inbound
    from bot.runtime.records import Call, Mishap, NewEffect, Outcome, Store, TurnRecord
    from ops.clock import Clock

_ROWS_A_STATEMENT = 500
"""Rows one INSERT takes for certain (drivers stop at 32 766 parameters)."""

_READING = frozenset(
    {"load", "pending", "standing", "log_after", "log_since", "log_tips", "read_cursor"}
)


class Operations:
    """The operations on inbox, outbox and conversations, in the dialect of one database."""

    def __init__(self, dialect: str, clock: Clock, *, keep_payloads: bool) -> None:
        self._upserts = statements.Upserts(dialect)
        self._clock = clock
        self._mark_handled = statements.close(inbox, keep_payload=keep_payloads)
        self._mark_sent = statements.close(outbox, keep_payload=keep_payloads)

    def needs_no_transaction(self, calls: Sequence[Call]) -> bool:
        """Tell whether the calls are a single statement, or only read."""
        if len(calls) == 1 and _is_one_statement(calls[0][0].__name__, calls[0][1]):
            return True
        return all(operation.__name__ in _READING for operation, _ in calls)

    def store(
        self, connection: sa.Connection, items: Sequence[Store]
    ) -> Sequence[tuple[int | None, ...]]:
        """Write messages; return their ids, None for those that were there already."""
        ids = self._insert(connection, [m for item in items for m in item.messages])
        for item in items:
            if item.cursor is not None:
                values = {"name": item.cursor.name, "value": item.cursor.value}
                connection.execute(self._upserts.move_cursor, values)
        return [tuple(ids.pop(m.dedupe, None) for m in item.messages) for item in items]

    def _insert(self, connection: sa.Connection, messages: Iterable[Inbound]) -> dict[str, int]:
        now = self._clock.now().timestamp()
        # Two transactions that store the same messages take them in the same order, or they would
        # deadlock; within a conversation the order of arrival is sacred, and sorting keeps it.
        rows = [
            {
                "dedupe": m.dedupe,
                "conversation": m.conversation,
                "payload": m.payload,
                "received_at": now,
            }
            for m in sorted(messages, key=lambda m: m.conversation)
        ]
        if not rows:
            return {}
        return {dedupe: id_ for id_, dedupe in connection.execute(self._upserts.store, rows)}

    def load(self, connection: sa.Connection, items: Sequence[str]) -> Sequence[Found]:
        """Return all there is to do for conversations."""
        states: dict[str, tuple[int, str | None]] = {}
        effects: dict[str, list[Effect]] = defaultdict(list)
        waiting: dict[str, list[Waiting]] = defaultdict(list)
        rows = connection.execute(statements.LOAD, {"ids": statements.padded(list(items))})
        for source, conversation, id_, payload, key, kind, lane, attempts, next_at in rows:
            if source == statements.FROM_INBOX:
                waiting[conversation].append(
                    Waiting(id_, conversation, payload, attempts, next_at)
                )
            elif source == statements.FROM_OUTBOX:
                delivery = Delivery(id_, key, conversation, kind, payload, attempts)
                effects[conversation].append(Effect(delivery, lane, next_at))
            else:
                states[conversation] = (id_, payload)
        return [
            Found(*states.get(name, (0, None)), effects.get(name, ()), waiting.get(name, ()))
            for name in items
        ]

    def pending(self, connection: sa.Connection, items: Sequence[str]) -> Sequence[bool]:
        """Tell which conversations have a message whose time has come."""
        values = {
            "ids": statements.padded(list(items)),
            "now": self._clock.now().timestamp(),
        }
        found = set(connection.scalars(statements.PENDING, values))
        return [name in found for name in items]

    def record_turn(
        self, connection: sa.Connection, items: Sequence[TurnRecord]
    ) -> Sequence[tuple[int, ...]]:
        """Commit turns; return the ids of their outbox rows.

        Raises Fenced when a conversation is not at the version its turn began with, or the
        message was handled already.
        """
        # Always in the same order: two transactions must not wait for each other.
        ordered = sorted(items, key=lambda item: item.conversation)
        self._advance(connection, ordered)
        self._handle(connection, [item.inbox_id for item in items])
        self._set_timers(connection, ordered)
        ids = self._write_effects(connection, ordered)
        _write_asides(connection, items)
        return [tuple(ids[effect.key] for effect in item.effects) for item in items]

    def _advance(self, connection: sa.Connection, items: Sequence[TurnRecord]) -> None:
        rows = [
            {
                "id": item.conversation,
                "version": item.version,
                "state": item.state,
                "changed_at": item.now,
            }
            for item in items
        ]
        if len(connection.execute(self._upserts.advance, rows).all()) != len(rows):
            raise Fenced("another version stands")

    def _handle(self, connection: sa.Connection, ids: list[int]) -> None:
        values = {"ids": statements.padded(ids)}
        if len(connection.execute(self._mark_handled, values).all()) != len(ids):
            raise Fenced("handled already")

    def _set_timers(self, connection: sa.Connection, items: Sequence[TurnRecord]) -> None:
        timers = [(item.conversation, new) for item in items for new in item.timers]
        gone = [{"of": name, "called": new.name} for name, new in timers if new.due is None]
        if gone:
            connection.execute(statements.CANCEL_TIMER, gone)
        rows = [
            {
                "conversation": name,
                "name": new.name,
                "due": new.due,
                "payload": new.payload,
                "dedupe": new.dedupe,
            }
            for name, new in timers
            if new.due is not None
        ]
        if rows:
            connection.execute(self._upserts.set_timer, rows)

    def _write_effects(
        self, connection: sa.Connection, items: Sequence[TurnRecord]
    ) -> dict[str, int]:
        rows = [_effect_row(item, new) for item in items for new in item.effects]
        if not rows:
            return {}
        return {key: id_ for id_, key in connection.execute(statements.NEW_EFFECTS, rows)}

    def note_mishap(self, connection: sa.Connection, items: Sequence[Mishap]) -> Sequence[None]:
        """Note how the runs of messages went wrong."""
        connection.execute(statements.MESSAGE_MISHAP, [_mishap_row(item) for item in items])
        return [None] * len(items)

    def finish(
        self, connection: sa.Connection, items: Sequence[Outcome]
    ) -> Sequence[tuple[int | None, ...]]:
        """Note what became of deliveries; return the ids of the answers now in the inbox."""
        sent = [item.id for item in items if item.status is Status.DONE]
        closed: set[int] = set()
        if sent:
            values = {"ids": statements.padded(sent)}
            closed.update(connection.scalars(self._mark_sent, values))
        for item in items:
            if item.status is not Status.DONE:
                result = connection.execute(statements.EFFECT_MISHAP, _mishap_row(item))
                closed.update([item.id] if result.rowcount else [])
        # A row that somebody else closed has brought its answers already.
        ended = [item for item in items if item.id in closed]
        _write_asides(connection, ended)
        ids = self._insert(connection, [answer for item in ended for answer in item.answers])
        return [tuple(ids.pop(a.dedupe, None) for a in item.answers) for item in items]

    def standing(self, connection: sa.Connection, items: Sequence[str]) -> Sequence[Standing]:
        """Tell when the earliest open rows of conversations are due."""
        result: list[Standing] = []
        for name in items:
            rows = connection.execute(statements.STANDING, {"conversation": name}).all()
            due = {source: next_at for source, next_at in rows}  # noqa: C416 - rows are no pairs
            result.append(Standing(due[statements.FROM_INBOX], due[statements.FROM_OUTBOX]))
        return result

    def log_after(
        self, connection: sa.Connection, items: Sequence[tuple[str, int, int]]
    ) -> Sequence[Sequence[StoredMessage]]:
        """Return the log of (conversation, after, limit)."""
        return [
            [
                StoredMessage(id_, name, payload)
                for id_, payload in connection.execute(
                    statements.LOG_AFTER, {"conversation": name, "after": after, "limit": limit}
                )
            ]
            for name, after, limit in items
        ]

    def log_since(
        self, connection: sa.Connection, items: Sequence[tuple[str, int]]
    ) -> Sequence[Sequence[StoredMessage]]:
        """Return what was logged for (conversation, message) by its turn and those after it."""
        return [
            [
                StoredMessage(id_, name, payload)
                for id_, payload in connection.execute(
                    statements.LOG_SINCE, {"conversation": name, "cause": cause}
                )
            ]
            for name, cause in items
        ]

    def log_tips(
        self, connection: sa.Connection, items: Sequence[int | None]
    ) -> Sequence[tuple[int, dict[str, int]]]:
        """Return the newest id of the outbox, and of each log that grew beyond a mark."""
        result: list[tuple[int, dict[str, int]]] = []
        for mark in items:
            end = connection.scalar(statements.OUTBOX_END) or 0
            tips: dict[str, int] = {}
            if mark is not None and mark < end:
                rows = connection.execute(statements.LOG_TIPS, {"mark": mark})
                tips = {name: newest for name, newest in rows if newest is not None}
            result.append((end, tips))
        return result

    def read_cursor(self, connection: sa.Connection, items: Sequence[str]) -> Sequence[int]:
        """Return the values of cursors, 0 for those never moved."""
        return [connection.scalar(statements.READ_CURSOR, {"name": name}) or 0 for name in items]

    def first_cursor(
        self, connection: sa.Connection, items: Sequence[tuple[str, int]]
    ) -> Sequence[int]:
        """Store a value under each name unless there is one; return the one that stands."""
        rows = [{"name": name, "value": value} for name, value in items]
        connection.execute(self._upserts.first_cursor, rows)
        return self.read_cursor(connection, [name for name, _ in items])


def _write_asides(connection: sa.Connection, items: Sequence[TurnRecord | Outcome]) -> None:
    noted: defaultdict[Any, list[object]] = defaultdict(list)
    for item in items:
        for aside in item.asides:
            noted[aside.write].append(aside.item)
    for write, wanted in noted.items():
        write(connection, wanted)


def _is_one_statement(operation: str, items: Sequence[Any]) -> bool:
    match operation:
        case "store":
            rows = sum(len(item.messages) for item in items)
            return rows <= _ROWS_A_STATEMENT and not any(item.cursor for item in items)
        case "finish":
            return not any(
                item.status is not Status.DONE or item.answers or item.asides for item in items
            )
        case _:
            return False


def _effect_row(item: TurnRecord, new: NewEffect) -> dict[str, Any]:
    return {
        "key": new.key,
        "conversation": item.conversation,
        "cause": item.inbox_id,
        "lane": new.lane,
        "kind": new.kind,
        "payload": new.payload,
        "status": new.status.value,
        "created_at": item.now,
    }


def _mishap_row(item: Mishap | Outcome) -> dict[str, Any]:
    return {
        "row": item.id,
        "new_attempts": item.attempts,
        "new_next_at": item.next_at,
        "new_status": item.status.value,
        "new_error": item.error,
    }
