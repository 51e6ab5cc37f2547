"""What the language layer tells the flows: plain data, no models, no I/O."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Language(StrEnum):
    """A language the assistant speaks; Indonesian is the default."""

    ID = "id"
    EN = "en"


class Intent(StrEnum):
    """What a message asks for. The names are part of the public interface."""

    CHECK_ACCOUNT = "check_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of an intent
    UNLOCK_ACCOUNT = "unlock_account"
    REQUEST_GUEST_ACCOUNT = "request_guest_account"
    ESCALATE = "escalate"
    TICKET_STATUS = "ticket_status"
    UPDATE_RECOVERY_EMAIL = "update_recovery_email"
    ACCOUNT_LIFECYCLE_QUESTION = "account_lifecycle_question"
    OTP_PROBLEM = "otp_problem"
    GREET = "greet"
    THANK = "thank"
    GOODBYE = "goodbye"
    AFFIRM = "affirm"
    DENY = "deny"
    CANCEL = "cancel"
    HELP = "help"
    OUT_OF_SCOPE = "out_of_scope"


class EntityKind(StrEnum):
    """A kind of fact found inside a message."""

    LOGIN = "login"  # username, without a domain
    STUDENT_NUMBER = "student_number"  # NIM, 8 digits
    EMPLOYEE_NUMBER = "employee_number"  # NIP 18 digits, nopeg 9 digits
    EMAIL = "email"
    PHONE = "phone"  # value in E.164
    CODE = "code"  # one-time code; value is digits only
    DATE = "date"  # value is ISO 8601, resolved against the day given to the parser
    COUNT = "count"
    PERSON = "person"  # a row of a pasted list; the parsed rows are `Understanding.people`
    UNIT = "unit"
    TICKET_NUMBER = "ticket_number"
    LETTER_NUMBER = "letter_number"
    ACCOUNT_TYPE = "account_type"  # value is an `AccountType` name of the domain


LOGIN_KINDS = (
    EntityKind.STUDENT_NUMBER,
    EntityKind.EMPLOYEE_NUMBER,
    EntityKind.EMAIL,
    EntityKind.LOGIN,
)
"""Kinds that can name an account, most specific first."""


class Entity(Struct, frozen=True):
    """One fact: `text[start:end]` of the message, and its normal form `value`."""

    kind: EntityKind
    start: int
    end: int
    value: str


class Person(Struct, frozen=True):
    """One row of a list of guests, as far as it could be read."""

    name: str
    institution: str = ""
    email: str = ""


class Ranked(Struct, frozen=True):
    """An intent and the probability (0..1) the engine gives it."""

    intent: Intent
    confidence: float


class Understanding(Struct, frozen=True):
    """The meaning found in one message. A suggestion: no flow moves on it as on a proof."""

    text: str = ""
    """The message, already redacted."""
    intent: Intent = Intent.OUT_OF_SCOPE
    confidence: float = 0.0
    ranking: tuple[Ranked, ...] = ()
    also: tuple[Intent, ...] = ()
    """Further wishes in the same message, in the order they stand there."""
    entities: tuple[Entity, ...] = ()
    people: tuple[Person, ...] = ()
    language: Language | None = None
    """None when the message does not tell ("13519001")."""
    secret: bool = False
    """The message held something that looks like a password (it is redacted in `text`)."""

    def first(self, *kinds: EntityKind) -> str | None:
        """Return the value of the first entity of the first of `kinds` that is present."""
        for kind in kinds:
            for entity in self.entities:
                if entity.kind is kind:
                    return entity.value
        return None

    def login(self) -> str | None:
        """Return what could name an account, or None."""
        return self.first(*LOGIN_KINDS)
