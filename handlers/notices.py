"""What is said whoever has control, and the gate that stops everything else (agents.md)."""

from __future__ import annotations

from typing import Final

from handlers import links, request_guest_account, unlock_account
from handlers.kernel import (
    Answer,
    AnyEffect,
    CodeSent,
    GuestsDecided,
    LinkEnded,
    LinkSent,
    MailDelayed,
    OfferChoices,
    PasswordChanged,
    Say,
    TicketOpened,
    Unlocked,
    VoidChallenge,
)
from handlers.model import Control, Conversation

NOTICES: Final = frozenset(
    {
        "notice.password_changed",
        "notice.password_not_changed",
        "notice.password_unknown",
        "notice.link_expired",
        "notice.link_refused",
        "notice.guests_approved",
        "notice.guests_refused",
        "reset.link_sent",
        "secret.redacted",
    }
)
"""Results and warnings that must not wait for the human to be done (security.md 10-11)."""


def tell(
    event: PasswordChanged | LinkEnded | MailDelayed | GuestsDecided,
) -> tuple[AnyEffect, ...]:
    """Say what the backend told unasked."""
    match event:
        case PasswordChanged(account, "applied"):
            return (Say("notice.password_changed", {"account": account}),)
        case PasswordChanged(account, "unknown"):
            return (Say("notice.password_unknown", {"account": account}),)
        case PasswordChanged(account):
            # Only a change nobody could be sure of is told as refused; else the page says so.
            return (Say("notice.password_not_changed", {"account": account}),)
        case LinkEnded("expired"):
            return (Say("notice.link_expired"),)
        case LinkEnded("identity_changed"):
            return (Say("broken.identity"),)
        case LinkEnded():
            return (Say("notice.link_refused"),)
        case MailDelayed():
            return (Say("notice.mail_delayed"),)
        case GuestsDecided(ticket, True, count):
            return (Say("notice.guests_approved", {"number": ticket, "count": count}),)
        case GuestsDecided(ticket, _, _, reason):  # pragma: no branch - the last of all
            return (Say("notice.guests_refused", {"number": ticket, "reason": reason or "-"}),)


def late(event: Answer) -> tuple[AnyEffect, ...]:
    """Deal with the answer to a flow that is over: results are told, codes die."""
    match event:
        case CodeSent(challenge):
            return (VoidChallenge(challenge),)
        case LinkSent():
            return links.told(event)
        case Unlocked():
            return unlock_account.told(event)
        case TicketOpened():
            return request_guest_account.told(event)
        case _:
            return ()


def without_buttons(effect: AnyEffect) -> AnyEffect:
    """Return an offer as a plain sentence; anything else as it is."""
    return Say(effect.key, effect.args) if isinstance(effect, OfferChoices) else effect


def gate(
    before: Conversation, after: Conversation, effects: tuple[AnyEffect, ...]
) -> tuple[AnyEffect, ...]:
    """Let the bot speak only where it may: a human at work is not talked over."""
    if after.control is not Control.HUMAN or after.control_version != before.control_version:
        return effects
    return tuple(effect for effect in effects if not _is_chatter(effect))


def _is_chatter(effect: AnyEffect) -> bool:
    return isinstance(effect, Say | OfferChoices) and effect.key not in NOTICES
