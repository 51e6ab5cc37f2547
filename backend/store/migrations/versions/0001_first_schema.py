"""first schema."""

import sqlalchemy as sa
from alembic import op

from backend.store.audit import trigger_statements

revision = "0001_first_schema"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("account_type", sa.String(length=16), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("student_number", sa.String(length=20), nullable=True),
        sa.Column("employee_number", sa.String(length=20), nullable=True),
        sa.Column("institutional_email", sa.String(length=254), nullable=True),
        sa.Column("recovery_email", sa.Text(), nullable=True),
        sa.Column("recovery_index", sa.String(length=64), nullable=True),
        sa.Column("recovery_email_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit", sa.String(length=200), nullable=True),
        sa.Column("institution", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("failed_tries", sa.Integer(), nullable=False),
        sa.Column("privileged", sa.Boolean(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("employee_number", name=op.f("uq_accounts_employee_number")),
        sa.UniqueConstraint("student_number", name=op.f("uq_accounts_student_number")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_accounts_institutional_email"), ["institutional_email"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_accounts_recovery_index"), ["recovery_index"], unique=False
        )

    op.create_table(
        "audit_checkpoints",
        sa.Column("through", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("through", name=op.f("pk_audit_checkpoints")),
        comment="Rows up to `through` are past their retention; `hash` is where the chain goes on.",
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        comment="One row: the end of the chain, and the lock that orders its writers.",
    )
    op.create_table(
        "breaker_minutes",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_breaker_minutes")),
    )
    op.create_table(
        "breaker_pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaker_pauses")),
    )
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("login_index", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resend_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
    )
    with op.batch_alter_table("challenges", schema=None) as batch_op:
        batch_op.create_index(
            "ix_challenges_conversation", ["conversation", "purpose"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_challenges_started_at"), ["started_at"], unique=False)

    op.create_table(
        "feed",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_feed")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_at"), ["at"], unique=False)

    op.create_table(
        "freeze_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_freeze_tokens")),
    )
    with op.batch_alter_table("freeze_tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_freeze_tokens_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "grants",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("human", sa.String(length=32), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index("ix_grants_account", ["account", "purpose", "used_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_issued_at"), ["issued_at"], unique=False)

    op.create_table(
        "guest_quota",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_guest_quota")),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "limit_hits",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_hits")),
    )
    with op.batch_alter_table("limit_hits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_hits_at"), ["at"], unique=False)
        batch_op.create_index("ix_limit_hits_key", ["key", "at"], unique=False)

    op.create_table(
        "limit_locks",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limit_locks")),
    )
    with op.batch_alter_table("limit_locks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_limit_locks_touched_at"), ["touched_at"], unique=False
        )

    op.create_table(
        "links",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("number_index", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("ticket", sa.String(length=40), nullable=True),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("address_index", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_digest", sa.String(length=64), nullable=True),
        sa.Column("session_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number_proven", sa.Boolean(), nullable=False),
        sa.Column("number_tries", sa.Integer(), nullable=False),
        sa.Column("submits", sa.Integer(), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("session_digest", name=op.f("uq_links_session_digest")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_links_token_digest")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(
            "ix_links_live_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("ended IS NULL"),
            postgresql_where=sa.text("ended IS NULL"),
        )
        batch_op.create_index(
            "uq_links_live",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("ended IS NULL"),
            postgresql_where=sa.text("ended IS NULL"),
        )

    op.create_table(
        "mail_outage",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outage")),
    )
    op.create_table(
        "mail_outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("op", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=50), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("conversation", sa.String(length=200), nullable=True),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("delay_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_by_itself", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outbox")),
        sa.UniqueConstraint("op", "template", name=op.f("uq_mail_outbox_op")),
    )
    with op.batch_alter_table("mail_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_mail_outbox_closed", ["priority", "closed_at"], unique=False)
        batch_op.create_index(
            "ix_mail_outbox_due",
            ["priority", "next_at", "id"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_mail_outbox_expiry",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index("ix_mail_outbox_thread", ["thread"], unique=False)

    op.create_table(
        "password_history",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    with op.batch_alter_table("password_history", schema=None) as batch_op:
        batch_op.create_index(
            "ix_password_history_account_id_id", ["account_id", "id"], unique=False
        )

    op.create_table(
        "password_operations",
        sa.Column("op_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.String(length=200), nullable=False),
        sa.Column("before_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("conversation", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_password_operations")),
    )
    with op.batch_alter_table("password_operations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_password_operations_decided_at"), ["decided_at"], unique=False
        )
        batch_op.create_index(
            "uq_password_operations_undecided",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "password_salts",
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password_salts")),
    )
    op.create_table(
        "proven_identities",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("first_proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "account", "channel", "identity", name=op.f("pk_proven_identities")
        ),
    )
    with op.batch_alter_table("proven_identities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proven_identities_last_proven_at"), ["last_proven_at"], unique=False
        )

    op.create_table(
        "recovery_freezes",
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("frozen_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_recovery_freezes")),
    )
    op.create_table(
        "recovery_standing",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_recovery_standing")),
    )
    with op.batch_alter_table("recovery_standing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recovery_standing_touched_at"), ["touched_at"], unique=False
        )

    op.create_table(
        "session_revocations",
        sa.Column("op_id", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_session_revocations")),
    )
    with op.batch_alter_table("session_revocations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_revocations_due_at"), ["due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_session_revocations_queued_at"), ["queued_at"], unique=False
        )

    op.create_table(
        "ticket_counters",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_ticket_counters")),
    )
    op.create_table(
        "tickets",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("service_class", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("person_index", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=True),
        sa.Column("claimed_login", sa.String(length=500), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(length=200), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("human_replied", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(length=200), nullable=True),
        sa.Column("linked_to", sa.String(length=30), nullable=True),
        sa.Column("merged_into", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_account", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_tickets_category", ["category", "status", "id"], unique=False)
        batch_op.create_index("ix_tickets_chat", ["channel", "person_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_person"), ["person"], unique=False)
        batch_op.create_index("ix_tickets_resolved", ["status", "resolved_at"], unique=False)
        batch_op.create_index("ix_tickets_status", ["status", "id"], unique=False)
        batch_op.create_index(
            "uq_tickets_chat",
            ["channel", "person_index", "category", "topic"],
            unique=True,
            sqlite_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NULL"
            ),
        )
        batch_op.create_index(
            "uq_tickets_proven",
            ["account_id", "category", "topic"],
            unique=True,
            sqlite_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NOT NULL"
            ),
        )

    op.create_table(
        "unlock_operations",
        sa.Column("grant_digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("grant_digest", name=op.f("pk_unlock_operations")),
    )
    with op.batch_alter_table("unlock_operations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unlock_operations_started_at"), ["started_at"], unique=False
        )

    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "guest_requests",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("letter_number", sa.String(length=200), nullable=False),
        sa.Column("letter_date", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("active_until", sa.Date(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_guest_requests_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_guest_requests")),
    )
    op.create_table(
        "guests",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=20), nullable=True),
        sa.Column("name_tries", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.SmallInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_guests_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("ticket_id", "position", name=op.f("uq_guests_ticket_id")),
        sa.UniqueConstraint("username", name=op.f("uq_guests_username")),
    )
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.create_index("ix_guests_next", ["state", "next_at", "id"], unique=False)

    op.create_table(
        "ticket_clocks",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("clause", sa.String(length=30), nullable=False),
        sa.Column("target_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_ms", sa.BigInteger(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.SmallInteger(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_clocks_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_clocks")),
    )
    with op.batch_alter_table("ticket_clocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_clocks_look_at"), ["look_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ticket_clocks_ticket_id"), ["ticket_id"], unique=False
        )

    op.create_table(
        "ticket_conversations",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("conversation", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_conversations_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "conversation", name=op.f("pk_ticket_conversations")),
        comment="Where the requester may go on with a ticket; answers go to the latest one.",
    )
    op.create_table(
        "ticket_handoff",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_handoff_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "position", name=op.f("pk_ticket_handoff")),
    )
    op.create_table(
        "ticket_messages",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_messages_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name=op.f("pk_ticket_messages")),
    )
    for statement in trigger_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_table("ticket_messages")
    op.drop_table("ticket_handoff")
    op.drop_table("ticket_conversations")
    with op.batch_alter_table("ticket_clocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_clocks_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_ticket_clocks_look_at"))

    op.drop_table("ticket_clocks")
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.drop_index("ix_guests_next")

    op.drop_table("guests")
    op.drop_table("guest_requests")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))

    op.drop_table("audit")
    with op.batch_alter_table("unlock_operations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unlock_operations_started_at"))

    op.drop_table("unlock_operations")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tickets_proven",
            sqlite_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NOT NULL"
            ),
        )
        batch_op.drop_index(
            "uq_tickets_chat",
            sqlite_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('new', 'open', 'wait_other', 'wait_user') AND account_id IS NULL"
            ),
        )
        batch_op.drop_index("ix_tickets_status")
        batch_op.drop_index("ix_tickets_resolved")
        batch_op.drop_index(batch_op.f("ix_tickets_person"))
        batch_op.drop_index(batch_op.f("ix_tickets_ended_at"))
        batch_op.drop_index("ix_tickets_chat")
        batch_op.drop_index("ix_tickets_category")
        batch_op.drop_index("ix_tickets_account")

    op.drop_table("tickets")
    op.drop_table("ticket_counters")
    with op.batch_alter_table("session_revocations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_revocations_queued_at"))
        batch_op.drop_index(batch_op.f("ix_session_revocations_due_at"))

    op.drop_table("session_revocations")
    with op.batch_alter_table("recovery_standing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_standing_touched_at"))

    op.drop_table("recovery_standing")
    op.drop_table("recovery_freezes")
    with op.batch_alter_table("proven_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proven_identities_last_proven_at"))

    op.drop_table("proven_identities")
    op.drop_table("password_salts")
    with op.batch_alter_table("password_operations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_password_operations_undecided",
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_password_operations_decided_at"))

    op.drop_table("password_operations")
    with op.batch_alter_table("password_history", schema=None) as batch_op:
        batch_op.drop_index("ix_password_history_account_id_id")

    op.drop_table("password_history")
    with op.batch_alter_table("mail_outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_outbox_thread")
        batch_op.drop_index(
            "ix_mail_outbox_expiry",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_mail_outbox_due",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_mail_outbox_closed")

    op.drop_table("mail_outbox")
    op.drop_table("mail_outage")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_links_live",
            sqlite_where=sa.text("ended IS NULL"),
            postgresql_where=sa.text("ended IS NULL"),
        )
        batch_op.drop_index(
            "ix_links_live_expiry",
            sqlite_where=sa.text("ended IS NULL"),
            postgresql_where=sa.text("ended IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_links_ended_at"))

    op.drop_table("links")
    with op.batch_alter_table("limit_locks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_limit_locks_touched_at"))

    op.drop_table("limit_locks")
    with op.batch_alter_table("limit_hits", schema=None) as batch_op:
        batch_op.drop_index("ix_limit_hits_key")
        batch_op.drop_index(batch_op.f("ix_limit_hits_at"))

    op.drop_table("limit_hits")
    op.drop_table("jobs")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_at"))

    op.drop_table("idempotency")
    op.drop_table("holidays")
    op.drop_table("guest_quota")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_issued_at"))
        batch_op.drop_index("ix_grants_account")

    op.drop_table("grants")
    with op.batch_alter_table("freeze_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_freeze_tokens_expires_at"))

    op.drop_table("freeze_tokens")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_at"))

    op.drop_table("feed")
    with op.batch_alter_table("challenges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_challenges_started_at"))
        batch_op.drop_index("ix_challenges_conversation")

    op.drop_table("challenges")
    op.drop_table("breaker_pauses")
    op.drop_table("breaker_minutes")
    op.drop_table("audit_head")
    op.drop_table("audit_checkpoints")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_recovery_index"))
        batch_op.drop_index(batch_op.f("ix_accounts_institutional_email"))

    op.drop_table("accounts")
