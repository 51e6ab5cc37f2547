"""What the API's routes reach: the services, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.service.accounts import Accounts
    from backend.service.audit import Audit
    from backend.service.feed import Feed
    from backend.service.guests import Guests
    from backend.service.identities import Identities
    from backend.service.links import Links
    from backend.service.tickets import Tickets
    from backend.service.unlocks import Unlocks
    from backend.service.verification import Verification
    from backend.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may use."""

    db: Database
    verification: Verification
    identities: Identities
    links: Links
    unlocks: Unlocks
    tickets: Tickets
    guests: Guests
    accounts: Accounts
    feed: Feed
    audit: Audit
