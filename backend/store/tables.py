"""Every table of the backend: importing this module fills `backend.store.database.metadata`."""

# ruff: noqa: PLC0414 - the alias says that the import is meant for others

from backend.store import accounts as accounts
from backend.store import audit as audit
from backend.store import feed as feed
from backend.store import guests as guests
from backend.store import idempotency as idempotency
from backend.store import jobs as jobs
from backend.store import limits as limits
from backend.store import links as links
from backend.store import mail as mail
from backend.store import ticket_clocks as ticket_clocks
from backend.store import tickets as tickets
from backend.store import verification as verification
