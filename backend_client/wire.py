"""The messages that cross between bot and backend: the `/v1` contract as data.

Durations are whole seconds, instants are aware UTC datetimes (RFC 3339 on the wire).
Nothing here can carry a password: the bot has no way to send or receive one.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

# PostgreSQL stores no NUL in a text: it is refused here, in one place.
NO_NUL = r"^[^\u0000]*$"
Short = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Line = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]
Text = Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)]
Token = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._~-]+$(?!\n)")]
# `(?!\n)`: Python's `$` would let a final line feed pass.


class Purpose(StrEnum):
    """What a code is asked for; a code or grant for one purpose is worthless for another."""

    CHECK_ACCOUNT = "check_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    UNLOCK_ACCOUNT = "unlock_account"
    TICKET_STATUS = "ticket_status"
    CLAIM_GUEST = "claim_guest"


class Language(StrEnum):
    """Language of mails and pages."""

    ID = "id"
    EN = "en"


class ChatIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is on the other side of a chat, as the channel vouches for it."""

    channel: Short
    user: Short


# -- verification (security.md 2-6) ---------------------------------------------------------
class StartChallenge(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/challenges`: please mail a code to whoever owns this login."""

    purpose: Purpose
    login: Short
    conversation: Short
    identity: ChatIdentity
    language: Language = Language.ID
    address: Line | None = None
    """Client IP address where the channel knows it (web chat)."""


class ChallengeStarted(Struct, frozen=True):
    """The answer, the same for known and unknown logins."""

    challenge: Token
    code_length: int
    expires_in: int
    resend_in: int


class ResendCode(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/challenges/{challenge}/resend`: the old code dies, a new one is mailed."""

    conversation: Short


class CheckCode(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/challenges/{challenge}/check`."""

    conversation: Short
    code: Short


class VoidChallenge(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/challenges/{challenge}/void`: an agent took over, or the person cancelled."""

    conversation: Short


class AccountStatus(StrEnum):
    """How an account stands, as its owner is told."""

    ACTIVE = "active"
    LOCKED = "locked"
    DISABLED = "disabled"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"


class AccountView(Struct, frozen=True):
    """What the owner may see after a right code; addresses and names are masked."""

    username: str
    account_type: str
    status: AccountStatus
    recovery_email: str
    valid_until: date | None = None
    password_changed_at: datetime | None = None
    must_change: bool = False


class HumanReason(StrEnum):
    """Why a person with a right code still has to see a human (security.md 3)."""

    PRIVILEGED = "privileged"
    RECOVERY_EMAIL_CHANGED = "recovery_email_changed"
    IDENTITY_CHANGED = "identity_changed"
    REPEATED_RESETS = "repeated_resets"
    FROZEN = "frozen"
    ACCOUNT_NOT_USABLE = "account_not_usable"
    """Disabled, expired or not yet valid: extending is not self-service."""


class CodeAccepted(Struct, frozen=True, tag_field="outcome", tag="accepted"):
    """The code was right. `grant` is good once, for this purpose, account and conversation."""

    grant: Token
    expires_in: int
    account: AccountView
    human: HumanReason | None = None
    """Set: `grant` opens no change; a ticket for a human is the only way on."""


class CodeRejected(Struct, frozen=True, tag_field="outcome", tag="rejected"):
    """The code was wrong and the try is spent."""

    tries_left: int
    wait: int
    """Seconds before the next try is looked at."""


class CodeTooSoon(Struct, frozen=True, tag_field="outcome", tag="too_soon"):
    """Not looked at and not charged: the delay after the last wrong try is still running."""

    wait: int


class DeadReason(StrEnum):
    """Why a challenge takes no code any more."""

    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    VOID = "void"
    USED = "used"


class CodeDead(Struct, frozen=True, tag_field="outcome", tag="dead"):
    """The challenge takes no code any more; a new one must be started."""

    reason: DeadReason


CheckOutcome = CodeAccepted | CodeRejected | CodeTooSoon | CodeDead


class IdentityChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/identities/changed`: somebody else may sit behind this chat now."""

    conversation: Short
    identity: ChatIdentity


# -- what a grant opens (security.md 7-11) --------------------------------------------------
class IssueLink(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/links`: mail the one-time password page's link to the recovery address."""

    grant: Token
    conversation: Short
    language: Language = Language.ID


class LinkIssued(Struct, frozen=True):
    """The link is on its way; `check_number` is shown in the chat and asked on the page."""

    sent_to: str
    check_number: str
    expires_in: int


class Unlock(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/unlocks`."""

    grant: Token
    conversation: Short


class ChangeState(StrEnum):
    """How a change to the directory ended; never `applied` on doubt."""

    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ChangeResult(Struct, frozen=True):
    """The result of an unlock; `reason` says why it was refused."""

    state: ChangeState
    reason: str | None = None


# -- tickets (agents.md) --------------------------------------------------------------------
class TicketCategory(StrEnum):
    """What a case is about."""

    ACCOUNT = "account"
    PASSWORD = "password"  # noqa: S105 - the name of a category
    UNLOCK = "unlock"
    GUEST_REQUEST = "guest_request"
    RECOVERY_EMAIL = "recovery_email"
    CODE_DELIVERY = "code_delivery"
    LIFECYCLE = "lifecycle"
    SECURITY = "security"
    OTHER = "other"


class TicketPriority(StrEnum):
    """How much it hurts."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketStatus(StrEnum):
    """The ticket's own state; who holds the conversation is kept apart (agents.md)."""

    NEW = "new"
    OPEN = "open"
    WAIT_USER = "wait_user"
    WAIT_OTHER = "wait_other"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Author(StrEnum):
    """Who wrote a line of a transcript."""

    USER = "user"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class TranscriptLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One redacted line of a conversation."""

    author: Author
    text: Text
    at: datetime


class OpenTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/tickets`: one open ticket per person and category, an open one is returned."""

    category: TicketCategory
    conversation: Short
    identity: ChatIdentity
    summary: Text
    language: Language = Language.ID
    priority: TicketPriority = TicketPriority.NORMAL
    claimed_login: Line | None = None
    """What the person said their login is: unproven unless `grant` is given."""
    grant: Token | None = None
    """Proof of the account, where there is one; not consumed by opening a ticket."""
    transcript: tuple[TranscriptLine, ...] = ()
    reopens: Short | None = None
    """A resolved ticket of this conversation: opened again for 7 days, linked to after them."""


class TicketView(Struct, frozen=True):
    """A ticket as its requester may see it."""

    number: str
    status: TicketStatus
    category: TicketCategory
    opened_at: datetime
    first_response_due: datetime
    """When a human answers at the latest: the first time, or again after the requester wrote."""
    in_service_hours: bool
    next_opening: datetime | None = None
    already_open: bool = False
    last_public_reply: str | None = None
    reopened: bool = False


class AppendMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/tickets/{number}/messages`: the requester wrote again."""

    conversation: Short
    text: Text


class CancelTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/tickets/{number}/cancel`: solved or no longer wanted, before a human replied."""

    conversation: Short


class ListTickets(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/tickets/search`: the tickets of the account the grant proves."""

    grant: Token
    conversation: Short


class TicketList(Struct, frozen=True):
    """Newest first, at most 10."""

    tickets: tuple[TicketView, ...]


# -- guests (ITB, last two letters) ---------------------------------------------------------
class GuestPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """One guest of a request."""

    name: Short
    institution: Short
    email: Short


class DocumentType(StrEnum):
    """What a document is, by its first bytes: neither its name nor the sender was believed."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


class DocumentRef(Struct, frozen=True, forbid_unknown_fields=True):
    """A letter that came with a request: its content is in the folder of documents."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    name: Annotated[str, Meta(pattern=r"^[^\u0000-\u001f\u007f/\\]{1,100}$(?!\n)")]
    mime: DocumentType
    size: Annotated[int, Meta(ge=1, le=10 * 1024 * 1024)]


class FileGuestRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/guest-requests`: a unit asks; an agent decides."""

    conversation: Short
    identity: ChatIdentity
    unit: Short
    letter_number: Short
    letter_date: date
    purpose: Short
    active_until: date
    contact_name: Short
    contact_phone: Short
    people: Annotated[tuple[GuestPerson, ...], Meta(min_length=1, max_length=300)]
    language: Language = Language.ID
    documents: Annotated[tuple[DocumentRef, ...], Meta(max_length=3)] = ()
    """The signed letter. Filed again with the same letter number, further ones are added."""


# -- what the backend tells chats (read as a feed) ------------------------------------------
class FeedEvent(Struct, frozen=True, tag_field="kind"):
    """Something happened that a conversation should hear of. `seq` rises and never repeats."""

    seq: int
    conversation: str
    at: datetime


class TicketClaimed(FeedEvent, frozen=True, tag="ticket_claimed"):
    """WAITING -> HUMAN: an agent took the case."""

    ticket: str
    agent: str


class AgentReplied(FeedEvent, frozen=True, tag="agent_replied"):
    """A human's public message, redacted."""

    ticket: str
    agent: str
    text: str


class TicketReleased(FeedEvent, frozen=True, tag="ticket_released"):
    """HUMAN -> WAITING."""

    ticket: str
    next_opening: datetime | None = None
    """When agents are back, outside service hours."""


class HandedBack(FeedEvent, frozen=True, tag="handed_back"):
    """HUMAN -> BOT without resolving."""

    ticket: str


class TicketResolved(FeedEvent, frozen=True, tag="ticket_resolved"):
    """The agent is done; the bot answers again."""

    ticket: str
    resolution: str


class PasswordChanged(FeedEvent, frozen=True, tag="password_changed"):
    """The page's submit was decided: applied, or unknown while we check."""

    account: str
    state: ChangeState


class LinkEnded(FeedEvent, frozen=True, tag="link_ended"):
    """A link died unused: expired, or too many refused submits or wrong check numbers."""

    reason: str


class MailDelayed(FeedEvent, frozen=True, tag="mail_delayed"):
    """The mail server is away: codes and links are late, for known and unknown logins alike."""


class GuestsDecided(FeedEvent, frozen=True, tag="guests_decided"):
    """An agent decided a guest request."""

    ticket: str
    approved: bool
    count: int
    reason: str | None = None


AnyFeedEvent = (
    TicketClaimed
    | AgentReplied
    | TicketReleased
    | HandedBack
    | TicketResolved
    | PasswordChanged
    | LinkEnded
    | MailDelayed
    | GuestsDecided
)


class FeedPage(Struct, frozen=True):
    """`GET /v1/feed?after=SEQ&wait=SECONDS`: the events after `after`, oldest first."""

    events: tuple[AnyFeedEvent, ...]
    next: int


# -- operator -------------------------------------------------------------------------------
class ClockKind(StrEnum):
    """What a service-level clock measures (agents.md)."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class ClockState(StrEnum):
    """How a clock stands: a stopped one was met in time or breached."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


class ServiceClass(StrEnum):
    """How much work a case is; decides its resolution target (PB B.4.6.4)."""

    SOFTWARE = "software"
    LIGHT = "light"
    INFORMATION_SYSTEM = "information_system"
    HEAVY = "heavy"
    DEVELOPMENT = "development"


class ClockView(Struct, frozen=True):
    """One clock of a ticket. `target` and `paused` are seconds of service time."""

    kind: ClockKind
    state: ClockState
    started_at: datetime
    due_at: datetime
    target: int
    paused: int
    stopped_at: datetime | None = None


class TicketMessage(Struct, frozen=True):
    """One message of a ticket, redacted. An internal one is never shown to the requester."""

    seq: int
    author: Author
    public: bool
    text: str
    at: datetime
    agent: str | None = None


class GuestState(StrEnum):
    """How far the account of one guest is."""

    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    """Waits to be created: for its turn, or for the next day of the daily cap."""
    CREATING = "creating"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"


class GuestView(Struct, frozen=True):
    """One guest of a request; the address is masked."""

    name: str
    institution: str
    email: str
    state: GuestState
    username: str | None = None
    valid_until: datetime | None = None


class GuestRequestView(Struct, frozen=True):
    """The guest request a ticket carries."""

    unit: str
    letter_number: str
    letter_date: date
    purpose: str
    active_until: date
    contact_name: str
    contact_phone: str
    people: tuple[GuestView, ...]
    approved: bool | None = None
    """None while nobody has decided."""
    reason: str | None = None
    documents: tuple[DocumentRef, ...] = ()


class AgentTicket(Struct, frozen=True):
    """A ticket as an agent works on it."""

    number: str
    status: TicketStatus
    category: TicketCategory
    priority: TicketPriority
    service_class: ServiceClass
    identity: ChatIdentity
    conversation: str
    opened_at: datetime
    language: Language
    summary: str
    version: int
    """Rises with every change; `ClaimTicket` may name the one it was shown."""
    account: str | None = None
    """The account the requester has proven, by id."""
    claimed_login: str | None = None
    """What the requester said; proof of nothing."""
    assignee: str | None = None
    resolution: str | None = None
    linked_to: str | None = None
    merged_into: str | None = None
    messages: tuple[TicketMessage, ...] = ()
    handoff: tuple[TranscriptLine, ...] = ()
    """The conversation with the bot that led here."""
    clocks: tuple[ClockView, ...] = ()
    guest_request: GuestRequestView | None = None


class AgentTicketRow(Struct, frozen=True):
    """A ticket in a list."""

    number: str
    status: TicketStatus
    category: TicketCategory
    priority: TicketPriority
    opened_at: datetime
    summary: str
    assignee: str | None = None
    first_response_due: datetime | None = None
    resolution_due: datetime | None = None


class AgentTicketList(Struct, frozen=True):
    """Newest first. `before` goes into the next call; None: there are no more."""

    tickets: tuple[AgentTicketRow, ...]
    before: str | None = None


class ClaimTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/claim`: the first one gets it."""

    agent: Short
    version: int | None = None


class ReleaseTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/release`: back into the queue at its age."""

    agent: Short


class TransferTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/transfer`: to another agent, with a handover note."""

    agent: Short
    to: Short
    note: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=NO_NUL)]


class ReplyToTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/reply`: a public message to the requester."""

    agent: Short
    text: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=NO_NUL)]
    wait_for_user: bool = False
    last_seen: int | None = None
    """The newest message the agent has seen: a newer one of the requester refuses the reply."""


class ParkTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/park`: wait for the user, for others, or go on."""

    agent: Short
    status: TicketStatus
    """`wait_user`, `wait_other` or `open`."""


class HandBack(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/hand-back`: the bot answers again; the case stays open."""

    agent: Short


class ResolveTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/resolve`: the resolution code is mandatory."""

    agent: Short
    resolution: Short
    text: Text = ""


class ReopenTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/reopen`."""

    agent: Short


class AddNote(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/note`: internal, for agents only."""

    agent: Short
    text: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=NO_NUL)]


class TriageTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/triage`: change what is given."""

    agent: Short
    priority: TicketPriority | None = None
    service_class: ServiceClass | None = None


class MergeTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/merge`: the same case as another ticket."""

    agent: Short
    into: Short


class ApproveGuests(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/approve`: the accounts are made, 300 a day at most."""

    agent: Short


class RefuseGuests(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/agent/tickets/{number}/refuse`: the reason is told to the unit."""

    agent: Short
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]


class AuditReport(Struct, frozen=True):
    """The audit trail, checked row by row. `first_broken` is the first row that is not as written.

    Rows behind `first_broken` say nothing certain; None means that the whole chain holds.
    """

    rows: int
    first_broken: int | None = None


# -- errors ---------------------------------------------------------------------------------
class Problem(Struct, frozen=True):
    """An `application/problem+json` body (RFC 9457)."""

    type: str
    """`urn:helpdesk:problem:<code>`."""
    title: str
    status: int
    detail: str | None = None
    retry_after: int | None = None
