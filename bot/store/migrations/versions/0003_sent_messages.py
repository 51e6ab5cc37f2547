"""sent messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003_sent_messages"
down_revision = "0002_messages_to_review"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "sent",
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("offer", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("native_id", "conversation", name=op.f("pk_sent")),
    )
    with op.batch_alter_table("sent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_conversation"), ["conversation"], unique=False)
        batch_op.create_index(batch_op.f("ix_sent_sent_at"), ["sent_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("sent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_sent_at"))
        batch_op.drop_index(batch_op.f("ix_sent_conversation"))

    op.drop_table("sent")
