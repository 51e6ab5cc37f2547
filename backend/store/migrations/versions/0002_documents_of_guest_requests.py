"""documents of guest requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002_documents_of_guest_requests"
down_revision = "0001_first_schema"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "guest_documents",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("mime", sa.String(length=50), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_guest_documents_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "sha256", name=op.f("pk_guest_documents")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("guest_documents")
