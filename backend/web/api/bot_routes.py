"""What the bot may ask. It can start, but never finish, a change of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.service.errors import (
    ChallengeDead,
    GrantInvalid,
    HumanNeeded,
    Invalid,
    NotFound,
    Paused,
    StateConflict,
    TooMany,
    TooSoon,
)
from backend.web.api.routing import Call, Param, Principal, Route
from backend_client import wire

if TYPE_CHECKING:
    from backend.web.api.services import Services

MAX_FEED_WAIT = 30


async def start_challenge(services: Services, call: Call) -> wire.ChallengeStarted:
    """Mail a code."""
    return await services.verification.start(call.body)


async def resend_code(services: Services, call: Call) -> wire.ChallengeStarted:
    """Mail a new code."""
    return await services.verification.resend(call.params["challenge"], call.body)


async def check_code(services: Services, call: Call) -> wire.CheckOutcome:
    """Check a code."""
    return await services.verification.check(call.params["challenge"], call.body)


async def void_challenge(services: Services, call: Call) -> None:
    """Let a challenge die."""
    await services.verification.void(call.params["challenge"], call.body)


async def identity_changed(services: Services, call: Call) -> None:
    """Forget what a chat proved."""
    await services.identities.changed(call.body)


async def issue_link(services: Services, call: Call) -> wire.LinkIssued:
    """Mail the one-time link."""
    return await services.links.issue(call.body)


async def unlock(services: Services, call: Call) -> wire.ChangeResult:
    """Unlock."""
    return await services.unlocks.unlock(call.body)


async def open_ticket(services: Services, call: Call) -> wire.TicketView:
    """Open a ticket."""
    return await services.tickets.open(call.body)


async def append_message(services: Services, call: Call) -> wire.TicketView:
    """Add to a ticket."""
    return await services.tickets.append(call.params["number"], call.body)


async def cancel_ticket(services: Services, call: Call) -> wire.TicketView:
    """Cancel a ticket."""
    return await services.tickets.cancel(call.params["number"], call.body)


async def list_tickets(services: Services, call: Call) -> wire.TicketList:
    """List tickets."""
    return await services.tickets.search(call.body)


async def file_guest_request(services: Services, call: Call) -> wire.TicketView:
    """File a guest request."""
    return await services.guests.file(call.body)


async def read_feed(services: Services, call: Call) -> wire.FeedPage:
    """Read the feed."""
    return await services.feed.page(call.query["after"], float(call.query["wait"]))


BOT_ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/challenges",
        "startChallenge",
        "Mail a one-time code to the owner of a login, known or not: the answer is the same",
        Principal.BOT,
        start_challenge,
        request=wire.StartChallenge,
        answer=wire.ChallengeStarted,
        status=202,
        refusals=(TooMany, Paused),
    ),
    Route(
        "POST",
        "/v1/challenges/{challenge}/resend",
        "resendCode",
        "Let the old code die and mail a new one",
        Principal.BOT,
        resend_code,
        request=wire.ResendCode,
        answer=wire.ChallengeStarted,
        refusals=(NotFound, TooSoon, TooMany, ChallengeDead, Paused),
    ),
    Route(
        "POST",
        "/v1/challenges/{challenge}/check",
        "checkCode",
        "Check a code; the try is charged before it is looked at",
        Principal.BOT,
        check_code,
        request=wire.CheckCode,
        answer=wire.CheckOutcome,
        refusals=(NotFound, TooMany, Paused),
    ),
    Route(
        "POST",
        "/v1/challenges/{challenge}/void",
        "voidChallenge",
        "Let a challenge die",
        Principal.BOT,
        void_challenge,
        request=wire.VoidChallenge,
        refusals=(NotFound,),
    ),
    Route(
        "POST",
        "/v1/identities/changed",
        "identityChanged",
        "Let codes, grants and links of a chat die: somebody else may sit behind it",
        Principal.BOT,
        identity_changed,
        request=wire.IdentityChanged,
    ),
    Route(
        "POST",
        "/v1/links",
        "issueLink",
        "Mail the one-time password page's link to the recovery address",
        Principal.BOT,
        issue_link,
        request=wire.IssueLink,
        answer=wire.LinkIssued,
        refusals=(GrantInvalid, HumanNeeded, StateConflict),
    ),
    Route(
        "POST",
        "/v1/unlocks",
        "unlockAccount",
        "Lift a lockout",
        Principal.BOT,
        unlock,
        request=wire.Unlock,
        answer=wire.ChangeResult,
        refusals=(GrantInvalid, HumanNeeded),
    ),
    Route(
        "POST",
        "/v1/tickets",
        "openTicket",
        "Open a ticket, or return the open one of this person and category",
        Principal.BOT,
        open_ticket,
        request=wire.OpenTicket,
        answer=wire.TicketView,
        refusals=(GrantInvalid, Invalid),
    ),
    Route(
        "POST",
        "/v1/tickets/search",
        "listTickets",
        "List the tickets of the proven person",
        Principal.BOT,
        list_tickets,
        request=wire.ListTickets,
        answer=wire.TicketList,
        refusals=(GrantInvalid,),
    ),
    Route(
        "POST",
        "/v1/tickets/{number}/messages",
        "appendMessage",
        "Add the requester's words to a ticket",
        Principal.BOT,
        append_message,
        request=wire.AppendMessage,
        answer=wire.TicketView,
        refusals=(NotFound, StateConflict, Invalid),
    ),
    Route(
        "POST",
        "/v1/tickets/{number}/cancel",
        "cancelTicket",
        "Cancel a ticket no human answered yet",
        Principal.BOT,
        cancel_ticket,
        request=wire.CancelTicket,
        answer=wire.TicketView,
        refusals=(NotFound, StateConflict),
    ),
    Route(
        "POST",
        "/v1/guest-requests",
        "fileGuestRequest",
        "File a unit's request for guest accounts; an agent decides",
        Principal.BOT,
        file_guest_request,
        request=wire.FileGuestRequest,
        answer=wire.TicketView,
        refusals=(Invalid, StateConflict),
    ),
    Route(
        "GET",
        "/v1/feed",
        "readFeed",
        "Read what chats should hear of, waiting for something new",
        Principal.BOT,
        read_feed,
        answer=wire.FeedPage,
        query=(
            Param("after", "The last `next` that was read; 0 at first.", int, 0),
            Param("wait", "Seconds to wait for something new.", int, 0, high=MAX_FEED_WAIT),
        ),
    ),
)
