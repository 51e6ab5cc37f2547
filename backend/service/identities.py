"""When somebody else may sit behind a chat: what was proven there before counts no more.

A number that changed hands, an account that moved (security.md 1.3). Codes, grants and links of
the conversation die. Who proved an account under this identity is kept as another one, so that
the risk gate sends the next change to a human until the identity has settled anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backend.domain.links import LinkEnd
from backend.store import links as links_store
from backend.store import tickets as tickets_store
from backend.store import verification as store
from backend_client import wire

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.service.grants import Grants
    from backend.service.ticket_book import TicketBook
    from backend.service.vault import Vault

_NOTES: Final = {
    "id": "Identitas di balik chat ini berubah (misalnya nomor baru). "
    "Yang terbukti sebelumnya mungkin milik orang lain.",
    "en": "The identity behind this chat has changed (a new number, for example). "
    "What was proven before may be somebody else's.",
}
"""What agents read on the open tickets of the chat."""


class Identities:
    """Hears of chats whose identity changed."""

    def __init__(self, book: TicketBook, vault: Vault, grants: Grants) -> None:
        self._book = book
        self._vault = vault
        self._grants = grants

    async def changed(self, body: wire.IdentityChanged) -> None:
        """Let everything die that was proven in the conversation; tell its agents."""
        now = self._book.clock.now()
        identity = self._vault.index(body.identity.user)
        former = self._vault.index(self._vault.new_token())
        async with self._book.db.begin() as tx:
            await store.void_conversation(tx, body.conversation, now)
            await self._grants.revoke_for_conversation(tx, body.conversation)
            await self._end_links(tx, body.conversation)
            await store.rename_identity(tx, body.identity.channel, identity, former)
            for number in await tickets_store.active_numbers(tx, body.conversation):
                ticket = await self._book.hold(tx, number)
                note = _NOTES[ticket.language]
                await self._book.say(tx, ticket, wire.Author.SYSTEM, note, public=False)
            actor = f"chat:{body.identity.channel}:{identity[:16]}"
            await self._book.audit.record(tx, "identity.changed", actor=actor)

    async def _end_links(self, tx: AsyncConnection, conversation: str) -> None:
        end, now = LinkEnd.IDENTITY_CHANGED, self._book.clock.now()
        for link in await links_store.end_of_conversation(tx, conversation, end, now):
            detail = {"link": link.id, "end": end.value}
            await self._book.audit.record(
                tx,
                "link_ended",
                actor="system",
                subject=f"account:{link.account_id}",
                detail=detail,
            )
            await self._book.feed.publish(tx, wire.LinkEnded, conversation, reason=end.value)
