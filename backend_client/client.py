"""What the bot may ask of the backend. Every write takes the idempotency key `key`.

All methods raise `backend_client.errors.Refused` and `Unavailable`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from backend_client import wire

if TYPE_CHECKING:
    from backend_client.transport import Transport


class Backend(Protocol):
    """The backend as the bot sees it. Implemented by `BackendClient` and by tests' fakes."""

    async def start_challenge(
        self, message: wire.StartChallenge, *, key: str
    ) -> wire.ChallengeStarted:
        """Mail a code to the owner of a login."""
        ...

    async def resend(
        self, challenge: str, message: wire.ResendCode, *, key: str
    ) -> wire.ChallengeStarted:
        """Mail a new code; the old one dies."""
        ...

    async def check(
        self, challenge: str, message: wire.CheckCode, *, key: str
    ) -> wire.CheckOutcome:
        """Check a code."""
        ...

    async def void(self, challenge: str, message: wire.VoidChallenge, *, key: str) -> None:
        """Let a challenge die."""
        ...

    async def identity_changed(self, message: wire.IdentityChanged, *, key: str) -> None:
        """Let everything die that was proven in a conversation."""
        ...

    async def issue_link(self, message: wire.IssueLink, *, key: str) -> wire.LinkIssued:
        """Mail the one-time password page's link."""
        ...

    async def unlock(self, message: wire.Unlock, *, key: str) -> wire.ChangeResult:
        """Unlock the account the grant proves."""
        ...

    async def open_ticket(self, message: wire.OpenTicket, *, key: str) -> wire.TicketView:
        """Open a ticket, or find the open one."""
        ...

    async def append(
        self, number: str, message: wire.AppendMessage, *, key: str
    ) -> wire.TicketView:
        """Add the requester's words to a ticket."""
        ...

    async def cancel_ticket(
        self, number: str, message: wire.CancelTicket, *, key: str
    ) -> wire.TicketView:
        """Cancel a ticket no human answered yet."""
        ...

    async def list_tickets(self, message: wire.ListTickets, *, key: str) -> wire.TicketList:
        """List the tickets of the proven person."""
        ...

    async def file_guest_request(
        self, message: wire.FileGuestRequest, *, key: str
    ) -> wire.TicketView:
        """File a unit's request for guest accounts."""
        ...

    async def feed(self, after: int, wait: int) -> wire.FeedPage:
        """Read what chats should hear of, waiting up to `wait` seconds for something new."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class BackendClient:
    """The real thing: signed HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def start_challenge(
        self, message: wire.StartChallenge, *, key: str
    ) -> wire.ChallengeStarted:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/challenges", wire.ChallengeStarted, message=message, key=key
        )

    async def resend(
        self, challenge: str, message: wire.ResendCode, *, key: str
    ) -> wire.ChallengeStarted:
        """See `Backend`."""
        path = f"/v1/challenges/{quote(challenge, safe='')}/resend"
        return await self._transport.call(
            "POST", path, wire.ChallengeStarted, message=message, key=key
        )

    async def check(
        self, challenge: str, message: wire.CheckCode, *, key: str
    ) -> wire.CheckOutcome:
        """See `Backend`."""
        path = f"/v1/challenges/{quote(challenge, safe='')}/check"
        return await self._transport.call(
            "POST", path, wire.CheckOutcome, message=message, key=key
        )

    async def void(self, challenge: str, message: wire.VoidChallenge, *, key: str) -> None:
        """See `Backend`."""
        path = f"/v1/challenges/{quote(challenge, safe='')}/void"
        await self._transport.call("POST", path, None, message=message, key=key)

    async def identity_changed(self, message: wire.IdentityChanged, *, key: str) -> None:
        """See `Backend`."""
        path = "/v1/identities/changed"
        await self._transport.call("POST", path, None, message=message, key=key)

    async def issue_link(self, message: wire.IssueLink, *, key: str) -> wire.LinkIssued:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/links", wire.LinkIssued, message=message, key=key
        )

    async def unlock(self, message: wire.Unlock, *, key: str) -> wire.ChangeResult:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/unlocks", wire.ChangeResult, message=message, key=key
        )

    async def open_ticket(self, message: wire.OpenTicket, *, key: str) -> wire.TicketView:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/tickets", wire.TicketView, message=message, key=key
        )

    async def append(
        self, number: str, message: wire.AppendMessage, *, key: str
    ) -> wire.TicketView:
        """See `Backend`."""
        path = f"/v1/tickets/{quote(number, safe='')}/messages"
        return await self._transport.call("POST", path, wire.TicketView, message=message, key=key)

    async def cancel_ticket(
        self, number: str, message: wire.CancelTicket, *, key: str
    ) -> wire.TicketView:
        """See `Backend`."""
        path = f"/v1/tickets/{quote(number, safe='')}/cancel"
        return await self._transport.call("POST", path, wire.TicketView, message=message, key=key)

    async def list_tickets(self, message: wire.ListTickets, *, key: str) -> wire.TicketList:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/tickets/search", wire.TicketList, message=message, key=key
        )

    async def file_guest_request(
        self, message: wire.FileGuestRequest, *, key: str
    ) -> wire.TicketView:
        """See `Backend`."""
        return await self._transport.call(
            "POST", "/v1/guest-requests", wire.TicketView, message=message, key=key
        )

    async def feed(self, after: int, wait: int) -> wire.FeedPage:
        """See `Backend`."""
        path = f"/v1/feed?after={after}&wait={wait}"
        return await self._transport.call("GET", path, wire.FeedPage, within=wait + 10.0)

    async def close(self) -> None:
        """See `Backend`."""
        await self._transport.close()
