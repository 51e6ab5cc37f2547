"""Tables of the SQL directory, of recovery freezes and of password changes.

No table holds a password: `password_hash` is an argon2id hash, `fingerprint` a peppered HMAC over
a raw argon2id hash (directories.md). Recovery addresses are sealed; `recovery_index` finds them.
"""

from __future__ import annotations

import sqlalchemy as sa

from backend.store.database import BigId, Instant, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("username", sa.String(64), nullable=False, unique=True),
    sa.Column("account_type", sa.String(16), nullable=False),
    sa.Column("display_name", sa.String(200), nullable=False),
    sa.Column("student_number", sa.String(20), unique=True),
    sa.Column("employee_number", sa.String(20), unique=True),
    sa.Column("institutional_email", sa.String(254), index=True),
    sa.Column("recovery_email", sa.Text),
    sa.Column("recovery_index", sa.String(64), index=True),
    sa.Column("recovery_email_changed_at", Instant),
    sa.Column("unit", sa.String(200)),
    sa.Column("institution", sa.String(200)),
    sa.Column("valid_from", Instant),
    sa.Column("valid_until", Instant),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("locked", sa.Boolean, nullable=False, default=False),
    sa.Column("failed_tries", sa.Integer, nullable=False, default=0),
    sa.Column("privileged", sa.Boolean, nullable=False, default=False),
    sa.Column("must_change", sa.Boolean, nullable=False, default=False),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("password_changed_at", Instant),
    sa.Column("password_version", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)
"""The embedded default's directory. Usernames and e-mail addresses are kept in lower case."""

recovery_freezes = sa.Table(
    "recovery_freezes",
    metadata,
    sa.Column("account_id", sa.String(200), primary_key=True),
    sa.Column("frozen_until", Instant, nullable=False),
)
"""Frozen by "it wasn't me" (security.md 10): ours whatever the directory, so no foreign key."""

freeze_tokens = sa.Table(
    "freeze_tokens",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("used_at", Instant),
)
"""What the link "it wasn't me" carries, as a digest."""

password_salts = sa.Table(
    "password_salts",
    metadata,
    sa.Column("account_id", sa.String(200), primary_key=True),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
)
"""One salt per account: one key derivation compares a candidate with the whole history."""

password_history = sa.Table(
    "password_history",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_password_history_account_id_id", "account_id", "id"),
)

password_operations = sa.Table(
    "password_operations",
    metadata,
    sa.Column("op_id", sa.String(100), primary_key=True),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("link_id", sa.String(32)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reasons", sa.String(200), nullable=False, default=""),
    sa.Column("before_version", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.String(64)),
    sa.Column("conversation", sa.String(200)),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("decided_at", Instant, index=True),
)
"""One row per change that was sent to the directory."""

_undecided = password_operations.c.decided_at.is_(None)
sa.Index(
    "uq_password_operations_undecided",
    password_operations.c.account_id,
    unique=True,
    sqlite_where=_undecided,
    postgresql_where=_undecided,
)
# The lock across processes: an account has one undecided change at most.

session_revocations = sa.Table(
    "session_revocations",
    metadata,
    sa.Column("op_id", sa.String(100), primary_key=True),
    sa.Column("account_id", sa.String(200), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", Instant, index=True),
    sa.Column("queued_at", Instant, nullable=False, index=True),
)
"""Sessions still to be ended; `due_at` is empty once that is done or given up."""
