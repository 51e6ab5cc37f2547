"""The audit trail: who did what to whom, append-only and hash-chained (security.md 12).

Decision 0030 says how the chain is written, checked and cut after five years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
import structlog

from backend.domain import hash_chain
from backend.domain.secret_text import secret_detail
from backend.store.at_commit import Lane, insert_or_skip, write_at_commit
from backend.store.audit import AUDIT, AUDIT_CHECKPOINTS, AUDIT_HEAD
from backend_client import wire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.vault import Vault
    from backend.store.database import Database
    from ops.clock import Clock

log = structlog.get_logger(__name__)

_BATCH = 1000
_ONLY = 1
"""The id of the one row of `AUDIT_HEAD`."""


_Unwritten = tuple["datetime", str, str, "str | None", str]
"""A row that waits for its commit: at, event, actor, subject, detail."""


class _Checkpoint(NamedTuple):
    """Where the chain goes on after its beginning was taken out."""

    through: int
    hash: str
    seal: str


_NO_CHECKPOINT = _Checkpoint(0, hash_chain.GENESIS, "")


class SecretInAudit(ValueError):
    """A detail of an audit record looks like a secret: a mistake in the calling code."""


class Audit:
    """Writes and checks the trail.

    With a `vault` the hashes are keyed, so that write access to the database alone does not
    suffice to forge a chain. The same key must be given to every process.
    """

    def __init__(self, clock: Clock, vault: Vault | None = None) -> None:
        self._clock = clock
        self._key = vault.derive(b"audit chain", b"", 32) if vault else b""

    async def record(
        self,
        tx: AsyncConnection,
        event: str,
        *,
        actor: str,
        subject: str | None = None,
        detail: Mapping[str, str | int | bool | None] | None = None,
    ) -> None:
        """Have a row written when `tx` commits: last, so that no lock is held any longer.

        Args:
            tx: the transaction the row belongs to; rolled back, it leaves no row.
            event: what happened, in snake_case and past tense.
            actor: who did it: `bot`, `system`, `agent:<name>`, `account:<id>`.
            subject: what it was done to: `account:<id>`, a ticket number.
            detail: small facts. Never text of users, never a secret.

        Raises:
            SecretInAudit: `detail` holds something with the shape or the name of a secret.
        """
        detail = dict(detail or {})
        for name, value in detail.items():
            if secret_detail(name, value):
                raise SecretInAudit(f"detail {name!r} of {event!r} looks like a secret")
        row = (self._clock.now(), event, actor, subject, hash_chain.canonical_json(detail))
        write_at_commit(tx, Lane.AUDIT, self._append, row)

    def _append(self, connection: sa.Connection, waiting: list[_Unwritten]) -> None:
        seq, last = _take_head(connection)
        rows: list[dict[str, Any]] = []
        for at, event, actor, subject, detail in waiting:
            seq += 1
            entry = hash_chain.Entry(seq, at, event, actor, subject, detail)
            last = hash_chain.link(last, entry, self._key)
            rows.append(_columns(entry) | {"hash": last})
        connection.execute(sa.insert(AUDIT), rows)
        connection.execute(sa.update(AUDIT_HEAD).values(seq=seq, hash=last))

    async def verify(self, db: Database) -> wire.AuditReport:
        """Walk the whole trail in batches and report the first row that is not as written."""
        while True:
            async with db.read() as tx:
                before = await _checkpoint(tx)
                report = await self._walk(tx, before)
                if report.first_broken is None or await _checkpoint(tx) == before:
                    return report
            # The beginning was cut off while we walked through it: walk again.

    async def _walk(self, tx: AsyncConnection, start: _Checkpoint) -> wire.AuditReport:
        if not self._is_sealed(start):
            return wire.AuditReport(rows=0, first_broken=start.through + 1)
        head = await _head(tx)
        walk = hash_chain.Walk(start.through, start.hash, self._key)
        while batch := await _rows_after(tx, walk.seq):
            for entry, found in batch:
                forked = entry.seq == head[0] and found != head[1]
                if forked or not walk.step(entry, found):
                    return _report(walk.seq - start.through, broken=walk.seq + 1)
        cut = walk.seq < head[0] or head[0] < start.through
        return _report(walk.seq - start.through, broken=walk.seq + 1 if cut else None)

    async def forget_before(self, db: Database, oldest: datetime) -> int:
        """Take out the rows older than `oldest`, behind a checkpoint that keeps the chain whole.

        The checkpoint is itself sealed, and taking rows out is itself recorded. Returns how many
        rows went. Rows are only ever taken from the beginning.
        """
        async with db.begin() as tx:
            through = await _last_before(tx, oldest)
            if through is None:
                return 0
            seq, last = through
            point = _Checkpoint(seq, last, hash_chain.seal(seq, last, self._key))
            row = {**point._asdict(), "at": self._clock.now()}
            await tx.execute(sa.insert(AUDIT_CHECKPOINTS).values(row))
            gone = await tx.execute(sa.delete(AUDIT).where(AUDIT.c.seq <= seq))
            await self.record(tx, "audit_truncated", actor="system", detail={"through": seq})
            log.info("audit_truncated", rows=gone.rowcount, through=seq)
            return gone.rowcount

    def _is_sealed(self, point: _Checkpoint) -> bool:
        if point == _NO_CHECKPOINT:
            return True
        return hash_chain.seal(point.through, point.hash, self._key) == point.seal


def _take_head(connection: sa.Connection) -> tuple[int, str]:
    """Lock the end of the chain until the commit and return its number and hash."""
    head = sa.select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash).with_for_update()
    row = connection.execute(head).first()
    if row is None:
        insert_or_skip(connection, AUDIT_HEAD, id=_ONLY, seq=0, hash=hash_chain.GENESIS)
        row = connection.execute(head).one()
    return row[0], row[1]


async def _head(tx: AsyncConnection) -> tuple[int, str]:
    row = (await tx.execute(sa.select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.hash))).first()
    return (row[0], row[1]) if row else (0, hash_chain.GENESIS)


async def _checkpoint(tx: AsyncConnection) -> _Checkpoint:
    table = AUDIT_CHECKPOINTS.c
    newest = sa.select(table.through, table.hash, table.seal).order_by(table.through.desc())
    row = (await tx.execute(newest.limit(1))).first()
    return _Checkpoint(*row) if row else _NO_CHECKPOINT


async def _rows_after(tx: AsyncConnection, seq: int) -> list[tuple[hash_chain.Entry, str]]:
    batch = sa.select(AUDIT).where(AUDIT.c.seq > seq).order_by(AUDIT.c.seq).limit(_BATCH)
    rows = (await tx.execute(batch)).all()
    return [(hash_chain.Entry(*row[:6]), row[6]) for row in rows]


async def _last_before(tx: AsyncConnection, oldest: datetime) -> tuple[int, str] | None:
    """Return number and hash of the last row before the first that is young enough to stay."""
    stays = sa.select(sa.func.min(AUDIT.c.seq)).where(AUDIT.c.at >= oldest)
    first = (await tx.execute(stays)).scalar()
    rows = sa.select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
    if first is not None:
        rows = rows.where(AUDIT.c.seq < first)
    row = (await tx.execute(rows)).first()
    return (row[0], row[1]) if row else None


def _report(rows: int, *, broken: int | None) -> wire.AuditReport:
    return wire.AuditReport(rows=rows, first_broken=broken)


def _columns(entry: hash_chain.Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "event": entry.event,
        "actor": entry.actor,
        "subject": entry.subject,
        "detail": entry.detail,
    }
