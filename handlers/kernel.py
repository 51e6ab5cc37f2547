"""The vocabulary every flow speaks: events come in, effects go out.

Events are past tense, effects imperative; both are frozen data that survive a restart as JSON.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from nlu.types import Person, Understanding

S = TypeVar("S")


class Purpose(StrEnum):
    """What a code is asked for (security.md: a code is bound to its purpose)."""

    CHECK_ACCOUNT = "check_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    UNLOCK_ACCOUNT = "unlock_account"
    TICKET_STATUS = "ticket_status"
    CLAIM_GUEST = "claim_guest"


class FileProblem(StrEnum):
    """Why a file is not taken."""

    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    GONE = "gone"
    """The platform keeps it no more."""
    UNAVAILABLE = "unavailable"
    """It cannot be fetched: the channel is away for long, or has no way to."""


class Event(Struct, frozen=True):
    """Something happened."""


class Answer(Event, frozen=True, kw_only=True):
    """The answer to a request: the backend's, or that a file was fetched.

    `ref` is what the request carried: an answer to a flow that has ended is told from one to the
    flow that runs now.
    """

    ref: int = 0


class Effect(Struct, frozen=True):
    """Please do something."""


class Request(Effect, frozen=True, kw_only=True):
    """Please ask, and tell me the answer. The root stamps `ref`; the answer repeats it."""

    ref: int = 0


# -- events from the person ---------------------------------------------------------------
class UserSaid(Event, frozen=True, tag="user_said"):
    """A message, understood. `today` (Asia/Jakarta) is the day it was written."""

    meaning: Understanding
    today: date | None = None


class UserChose(Event, frozen=True, tag="user_chose"):
    """A button was pressed, or its title typed. `offer` numbers the offer it belongs to."""

    offer: int
    value: str


class UserSentUnsupported(Event, frozen=True, tag="user_sent_unsupported"):
    """A sticker, a voice message, a place on a map."""


class UserSentFile(Event, frozen=True, tag="user_sent_file"):
    """A file, not fetched yet. `captioned`: its words were an event of their own, before it."""

    file: FileFacts
    captioned: bool = False


class UserShowedSecret(Event, frozen=True, tag="user_showed_secret"):
    """A message that was answered before was edited: a password stands in it now."""


class UserJoined(Event, frozen=True, tag="user_joined"):
    """The chat was opened; nothing was said yet."""


class UserSpokeInPublic(Event, frozen=True, tag="user_spoke_in_public"):
    """Written where others read along (a group): not read, only answered with a request.

    `secret`: a password stood in it, of which its writer is always warned.
    """

    secret: bool = False


class IdentityChanged(Event, frozen=True, tag="identity_changed"):
    """The person behind the chat may be another (new phone, moved account)."""


class TurnFailed(Event, frozen=True, tag="turn_failed"):
    """A message or a request of this conversation was given up on: a human must see to it."""


class TimeUp(Event, frozen=True, tag="time_up"):
    """A `WakeIn` came due; `token` is the one that was given to it."""

    name: str
    token: int


# -- events from the backend: answers to effects --------------------------------------------
class CodeSent(Answer, frozen=True, tag="code_sent"):
    """The code is queued (the answer is the same for logins that do not exist)."""

    challenge: str
    code_length: int
    expires_in: int
    resend_in: int
    resent: bool = False


class CodeAccepted(Answer, frozen=True, tag="code_accepted"):
    """The mailbox is proven. With `human` set, the grant opens nothing but a ticket."""

    grant: str
    account: AccountFacts
    human: str | None = None


class CodeRejected(Answer, frozen=True, tag="code_rejected"):
    """Wrong, the try is spent; the next is looked at after `wait` seconds."""

    tries_left: int
    wait: int


class CodeTooSoon(Answer, frozen=True, tag="code_too_soon"):
    """Not looked at, not charged: ask again after `wait` seconds."""

    wait: int


class CodeDead(Answer, frozen=True, tag="code_dead"):
    """The challenge takes no code any more: expired, exhausted, void or used."""

    reason: str


class LinkSent(Answer, frozen=True, tag="link_sent"):
    """The one-time link is on its way; the page will ask for `check_number`."""

    sent_to: str
    check_number: str
    expires_in: int


class Unlocked(Answer, frozen=True, tag="unlocked"):
    """The unlock ended: applied, refused (with a reason) or unknown."""

    state: str
    reason: str | None = None


class TicketOpened(Answer, frozen=True, tag="ticket_opened"):
    """A ticket stands (a new one, one that was open already, or one opened again)."""

    number: str
    category: str
    in_service_hours: bool
    first_response_due: datetime
    next_opening: datetime | None = None
    already_open: bool = False
    reopened: bool = False


class TicketsListed(Answer, frozen=True, tag="tickets_listed"):
    """The tickets of the proven person, newest first."""

    tickets: tuple[TicketFacts, ...]


class TicketCancelled(Answer, frozen=True, tag="ticket_cancelled"):
    """The person's ticket was cancelled."""

    number: str


class FileStored(Answer, frozen=True, tag="file_stored"):
    """The file was fetched and looked at, and is kept."""

    document: Document


class FileRefused(Answer, frozen=True, tag="file_refused"):
    """The file is not kept."""

    name: str
    problem: FileProblem


class Refused(Answer, frozen=True, tag="refused"):
    """The backend said no to `effect` (its name): `reason` is the problem's code."""

    effect: str
    reason: str
    retry_after: int | None = None


class BackendFailed(Answer, frozen=True, tag="backend_failed"):
    """The backend stayed out of reach for `effect` (its name) after its retries."""

    effect: str


# -- events from the feed: things the backend tells chats unasked ----------------------------
class AgentJoined(Event, frozen=True, tag="agent_joined"):
    """A human took the conversation."""

    ticket: str
    agent: str


class AgentSaid(Event, frozen=True, tag="agent_said"):
    """A human wrote."""

    ticket: str
    agent: str
    text: str


class AgentLeft(Event, frozen=True, tag="agent_left"):
    """The human released the case: it waits for another, outside hours until `opening`."""

    ticket: str
    opening: datetime | None = None


class HandedBack(Event, frozen=True, tag="handed_back"):
    """The human is done; the bot answers again. `resolution`: the ticket is resolved."""

    ticket: str
    resolution: str | None = None


class PasswordChanged(Event, frozen=True, tag="password_changed"):
    """What became of the one-time page: applied or unknown."""

    account: str
    state: str


class LinkEnded(Event, frozen=True, tag="link_ended"):
    """The one-time link died unused."""

    reason: str


class MailDelayed(Event, frozen=True, tag="mail_delayed"):
    """The mail server is away; what is on its way is late."""


class GuestsDecided(Event, frozen=True, tag="guests_decided"):
    """A guest request was approved or refused."""

    ticket: str
    approved: bool
    count: int
    reason: str | None = None


# -- facts carried by events ----------------------------------------------------------------
class AccountFacts(Struct, frozen=True):
    """An account as its owner may see it, masked."""

    username: str
    account_type: str
    status: str
    recovery_email: str
    valid_until: date | None = None
    password_changed_at: datetime | None = None
    must_change: bool = False


class FileFacts(Struct, frozen=True, omit_defaults=True):
    """A file as its sender's channel tells of it: only `id` is believed, `name` is cleaned."""

    id: str
    name: str
    mime: str = ""
    size: int = 0
    """Bytes; 0 when nobody said."""


class Document(Struct, frozen=True):
    """A file that is kept, under the digest of its content. `mime` is what it really is."""

    sha256: str
    name: str
    mime: str
    size: int


class TicketFacts(Struct, frozen=True):
    """A ticket as its requester may see it."""

    number: str
    status: str
    category: str
    opened_at: datetime
    first_response_due: datetime
    last_public_reply: str | None = None


AnyEvent = (
    UserSaid
    | UserChose
    | UserSentUnsupported
    | UserSentFile
    | UserShowedSecret
    | UserJoined
    | UserSpokeInPublic
    | IdentityChanged
    | TurnFailed
    | TimeUp
    | CodeSent
    | CodeAccepted
    | CodeRejected
    | CodeTooSoon
    | CodeDead
    | LinkSent
    | Unlocked
    | TicketOpened
    | TicketsListed
    | TicketCancelled
    | FileStored
    | FileRefused
    | Refused
    | BackendFailed
    | AgentJoined
    | AgentSaid
    | AgentLeft
    | HandedBack
    | PasswordChanged
    | LinkEnded
    | MailDelayed
    | GuestsDecided
)


AnyAnswer = (
    CodeSent
    | CodeAccepted
    | CodeRejected
    | CodeTooSoon
    | CodeDead
    | LinkSent
    | Unlocked
    | TicketOpened
    | TicketsListed
    | TicketCancelled
    | FileStored
    | FileRefused
    | Refused
    | BackendFailed
)


# -- effects towards the person -------------------------------------------------------------
Args = dict[str, str | int]
"""Instants and days as ISO 8601 text: the catalogue says how each is shown."""


class Choice(Struct, frozen=True):
    """One button: `value` comes back, `label` is a key of the text catalogue."""

    value: str
    label: str


class Say(Effect, frozen=True, tag="say"):
    """Say the catalogue's text `key`, filled with `args`."""

    key: str
    args: Args = {}


class OfferChoices(Effect, frozen=True, tag="offer_choices"):
    """Say `key` and offer buttons; typing a button's title or number works too."""

    key: str
    choices: tuple[Choice, ...]
    args: Args = {}


class Relay(Effect, frozen=True, tag="relay"):
    """Pass on a human's words as they are (already redacted)."""

    agent: str
    text: str


# -- effects towards the backend -------------------------------------------------------------
class SendCode(Request, frozen=True, tag="send_code"):
    """Answered by `CodeSent` or `Refused`."""

    purpose: Purpose
    login: str


class ResendCode(Request, frozen=True, tag="resend_code"):
    """Answered by `CodeSent(resent=True)`, `CodeDead` or `Refused`."""

    challenge: str


class CheckCode(Request, frozen=True, tag="check_code"):
    """Answered by `CodeAccepted`, `CodeRejected`, `CodeTooSoon` or `CodeDead`."""

    challenge: str
    code: str


class VoidChallenge(Request, frozen=True, tag="void_challenge"):
    """No answer: the code dies."""

    challenge: str


class DropProofs(Request, frozen=True, tag="drop_proofs"):
    """No answer; never given up on: what this chat proved is somebody else's."""


class IssueResetLink(Request, frozen=True, tag="issue_reset_link"):
    """Answered by `LinkSent` or `Refused`."""

    grant: str


class UnlockAccount(Request, frozen=True, tag="unlock_account"):
    """Answered by `Unlocked` or `Refused`."""

    grant: str


class ListTickets(Request, frozen=True, tag="list_tickets"):
    """Answered by `TicketsListed` or `Refused`."""

    grant: str


class OpenTicket(Request, frozen=True, tag="open_ticket"):
    """Answered by `TicketOpened`. Never given up on: it is retried until the backend is back.

    `summary` is a key of the text catalogue, filled with `args`: flows hold no prose.
    """

    category: str
    summary: str
    priority: str = "normal"
    claimed_login: str | None = None
    grant: str | None = None
    args: Args = {}
    reopens: str | None = None
    """The ticket that was resolved lately and is to be opened again."""


class AppendToTicket(Request, frozen=True, tag="append_to_ticket"):
    """No answer; never given up on."""

    number: str
    text: str


class CancelTicket(Request, frozen=True, tag="cancel_ticket"):
    """Answered by `TicketCancelled` or `Refused`."""

    number: str


class FileGuestRequest(Request, frozen=True, tag="file_guest_request"):
    """Answered by `TicketOpened`. Never given up on."""

    unit: str
    letter_number: str
    letter_date: date
    purpose: str
    active_until: date
    contact_name: str
    contact_phone: str
    people: tuple[Person, ...]
    documents: tuple[Document, ...] = ()


# -- effects towards the person's files ------------------------------------------------------
class FetchFile(Request, frozen=True, tag="fetch_file"):
    """Answered by `FileStored` or `FileRefused`."""

    file: FileFacts


# -- effects towards time --------------------------------------------------------------------
class WakeIn(Effect, frozen=True, tag="wake_in"):
    """Be told `TimeUp(name, token)` after `seconds`; a later one of the same name replaces it."""

    name: str
    seconds: int
    token: int = 0


AnyEffect = (
    Say
    | OfferChoices
    | Relay
    | SendCode
    | ResendCode
    | CheckCode
    | VoidChallenge
    | DropProofs
    | IssueResetLink
    | UnlockAccount
    | ListTickets
    | OpenTicket
    | AppendToTicket
    | CancelTicket
    | FileGuestRequest
    | FetchFile
    | WakeIn
)


class Step(NamedTuple, Generic[S]):
    """Where the conversation stands now, and what the runtime should do about it."""

    state: S
    effects: tuple[AnyEffect, ...] = ()
