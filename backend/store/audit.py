"""The audit trail's tables: append-only by trigger, on both databases.

A row may be deleted only below a checkpoint (`AUDIT_CHECKPOINTS`), which the retention job writes
first; nothing may ever be changed. `metadata.create_all` makes the triggers; a migration runs
`trigger_statements(dialect_name)`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

from backend.store.database import Instant, metadata

AUDIT = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("event", sa.String(100), nullable=False),
    sa.Column("actor", sa.String(300), nullable=False),
    sa.Column("subject", sa.String(300), index=True),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

AUDIT_HEAD = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    comment="One row: the end of the chain, and the lock that orders its writers.",
)

AUDIT_CHECKPOINTS = sa.Table(
    "audit_checkpoints",
    metadata,
    sa.Column("through", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Column("at", Instant, nullable=False),
    comment="Rows up to `through` are past their retention; `hash` is where the chain goes on.",
)

_SQLITE = (
    """CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
    WHEN OLD.seq > COALESCE((SELECT MAX(through) FROM audit_checkpoints), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER audit_checkpoints_refuses_update BEFORE UPDATE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER audit_checkpoints_refuses_delete BEFORE DELETE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
)

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
    """CREATE OR REPLACE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.seq > COALESCE((SELECT MAX(through) FROM audit_checkpoints), 0) THEN
            RAISE EXCEPTION 'the audit trail is append-only';
        END IF;
        RETURN OLD;
    END $$""",
    """CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_delete()""",
    """CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_checkpoints_refuses_change BEFORE UPDATE OR DELETE
    ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_checkpoints_refuses_truncate BEFORE TRUNCATE
    ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)


def trigger_statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL that makes the audit tables append-only, for `sqlite` or `postgresql`."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def _guard(_target: object, connection: sa.Connection, **_options: object) -> None:
    for statement in trigger_statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


# The delete trigger reads the checkpoints, so both tables must stand before the triggers do.
AUDIT.add_is_dependent_on(AUDIT_CHECKPOINTS)
event.listen(AUDIT, "after_create", _guard)
