"""From effects to calls of the backend, and from its answers to events for the inbox.

Two lanes: `backend`, where somebody waits (given up on after about eight seconds, honestly told),
and `case`, where nothing may be lost (tried for days). The outbox row's key is the idempotency
key, so a repeat after a crash is once in effect.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from backend_client import wire
from backend_client.errors import Refused as SaidNo
from backend_client.errors import Unavailable
from bot.answers import event_of
from bot.calls import CASE, QUICK, BackendCall, CaseEffect, QuickEffect, decode
from bot.envelope import FromBackend, encode
from bot.runtime.port import Policy, RetryLater
from handlers import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend_client.client import Backend
    from bot.runtime.port import Delivery

_log = structlog.get_logger(__name__)

QUICK_TRIES: Final = 5
QUICK_SECONDS: Final = 4.0
"""One try of a quick effect; the second one that takes so long is the last."""
LONGEST_WAIT: Final = 3
"""Seconds a quick effect waits at most because the backend asks to."""
CASE_TRIES: Final = 10_000
"""At a minute a try: a week."""
_COME_BACK: Final = frozenset({"too_many", "too_soon", "paused", "busy"})


class Effects:
    """The senders of the two kinds of backend rows."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def policies(self) -> dict[str, Policy]:
        """Return how each kind of row is delivered."""
        return {
            QUICK: Policy(
                self.send_quick,
                lane="backend",
                tries=QUICK_TRIES,
                first_delay=0.2,
                max_delay=2.0,
                on_give_up=self.give_up,
                timeout=2 * QUICK_SECONDS,
            ),
            CASE: Policy(
                self.send_case,
                lane="case",
                tries=CASE_TRIES,
                first_delay=0.5,
                max_delay=60.0,
                timeout=30.0,
            ),
        }

    async def send_quick(self, delivery: Delivery) -> Sequence[str]:
        """Ask now; a backend that stays away is told to the conversation, not retried for long."""
        call = decode(delivery.payload)
        hung = False
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                return await self._ask(delivery, call)
        except TimeoutError:
            hung, wait = True, None
        except Unavailable as error:
            wait = error.retry_after
        last = delivery.attempts + 1 >= QUICK_TRIES or (hung and delivery.attempts > 0)
        if last or (wait or 0) > LONGEST_WAIT:
            _log.warning("backend_failed", effect=_name(call), tries=delivery.attempts + 1)
            return _payloads(call, kernel.BackendFailed(_name(call)))
        raise RetryLater("backend unavailable", wait)

    async def send_case(self, delivery: Delivery) -> Sequence[str]:
        """Ask until it is done: a refusal that will pass is waited for."""
        call = decode(delivery.payload)
        try:
            return await self._ask(delivery, call)
        except Unavailable as error:
            raise RetryLater("backend unavailable", error.retry_after) from None

    async def give_up(self, delivery: Delivery, reason: str) -> Sequence[str]:
        """Tell the conversation that a quick effect failed, whatever the reason."""
        del reason
        call = decode(delivery.payload)
        return _payloads(call, kernel.BackendFailed(_name(call)))

    async def _ask(self, delivery: Delivery, call: BackendCall) -> Sequence[str]:
        with structlog.contextvars.bound_contextvars(correlation_id=call.correlation):
            try:
                answer = await self._perform(delivery.conversation, delivery.key, call)
            except SaidNo as error:
                return await self._refused(delivery, call, error)
        return () if answer is None else _payloads(call, answer)

    async def _refused(
        self, delivery: Delivery, call: BackendCall, error: SaidNo
    ) -> Sequence[str]:
        effect = call.effect
        if (
            isinstance(effect, kernel.OpenTicket)
            and effect.grant
            and error.code == "grant_invalid"
        ):
            # The proof aged while the ticket waited: the case stands without it.
            bare = msgspec.structs.replace(effect, grant=None)
            call = msgspec.structs.replace(call, effect=bare)
            answer = await self._perform(delivery.conversation, f"{delivery.key}.bare", call)
            return () if answer is None else _payloads(call, answer)
        if delivery.kind == CASE and error.code in _COME_BACK:
            raise RetryLater(error.code, error.retry_after) from None
        _log.info("backend_refused", effect=_name(call), code=error.code)
        return _payloads(call, kernel.Refused(_name(call), error.code, error.retry_after))

    async def _perform(
        self, conversation: str, key: str, call: BackendCall
    ) -> kernel.AnyEvent | None:
        effect = call.effect
        if isinstance(effect, CaseEffect):
            return await self._perform_case(conversation, key, call, effect)
        return await self._perform_quick(conversation, key, call, effect)

    async def _perform_quick(  # noqa: PLR0911 - one return per effect
        self, conversation: str, key: str, call: BackendCall, effect: QuickEffect
    ) -> kernel.AnyEvent | None:
        backend, language = self._backend, wire.Language(call.language.value)
        match effect:
            case kernel.SendCode(purpose, login):
                started = await backend.start_challenge(
                    wire.StartChallenge(
                        purpose=wire.Purpose(purpose.value),
                        login=login,
                        conversation=conversation,
                        identity=_identity(call),
                        language=language,
                        address=call.person.address or None,
                    ),
                    key=key,
                )
                return event_of(started)
            case kernel.ResendCode(challenge):
                resend = wire.ResendCode(conversation)
                return event_of(await backend.resend(challenge, resend, key=key), resent=True)
            case kernel.CheckCode(challenge, code):
                check = wire.CheckCode(conversation, code)
                return event_of(await backend.check(challenge, check, key=key))
            case kernel.VoidChallenge(challenge):
                await backend.void(challenge, wire.VoidChallenge(conversation), key=key)
                return None
            case kernel.IssueResetLink(grant):
                link = wire.IssueLink(grant, conversation, language)
                return event_of(await backend.issue_link(link, key=_link_key(link)))
            case kernel.UnlockAccount(grant):
                return event_of(await backend.unlock(wire.Unlock(grant, conversation), key=key))
            case kernel.ListTickets(grant):
                wanted = wire.ListTickets(grant, conversation)
                return event_of(await backend.list_tickets(wanted, key=key))

    async def _perform_case(
        self, conversation: str, key: str, call: BackendCall, effect: CaseEffect
    ) -> kernel.AnyEvent | None:
        backend = self._backend
        match effect:
            case kernel.OpenTicket():
                opened = await backend.open_ticket(_ticket(conversation, call, effect), key=key)
                return event_of(opened)
            case kernel.AppendToTicket(number, text):
                message = wire.AppendMessage(conversation, text[:10_000])
                await backend.append(number, message, key=key)
                return None
            case kernel.CancelTicket(number):
                gone = wire.CancelTicket(conversation)
                view = await backend.cancel_ticket(number, gone, key=key)
                return kernel.TicketCancelled(view.number)
            case kernel.DropProofs():
                changed = wire.IdentityChanged(conversation, _identity(call))
                await backend.identity_changed(changed, key=key)
                return None
            case kernel.FileGuestRequest():
                filed = _guest_request(conversation, call, effect)
                return event_of(await backend.file_guest_request(filed, key=key))


def _link_key(link: wire.IssueLink) -> str:
    """Name the call by its grant: who asks again after a lost answer gets that answer.

    The grant is spent by then, and the check number stands in no other place.
    """
    digest = hashlib.sha256(link.grant.encode()).hexdigest()
    return f"link.{digest}.{link.language.value}"


def _identity(call: BackendCall) -> wire.ChatIdentity:
    return wire.ChatIdentity(call.person.channel, call.person.user)


def _ticket(conversation: str, call: BackendCall, effect: kernel.OpenTicket) -> wire.OpenTicket:
    return wire.OpenTicket(
        category=wire.TicketCategory(effect.category),
        conversation=conversation,
        identity=_identity(call),
        summary=effect.summary[:10_000],
        language=wire.Language(call.language.value),
        priority=wire.TicketPriority(effect.priority),
        claimed_login=(effect.claimed_login or "")[:500] or None,
        grant=effect.grant,
        reopens=effect.reopens,
        transcript=tuple(
            wire.TranscriptLine(wire.Author(line.author), line.text, line.at)
            for line in call.transcript
        ),
    )


def _guest_request(
    conversation: str, call: BackendCall, effect: kernel.FileGuestRequest
) -> wire.FileGuestRequest:
    return wire.FileGuestRequest(
        conversation=conversation,
        identity=_identity(call),
        unit=effect.unit,
        letter_number=effect.letter_number,
        letter_date=effect.letter_date,
        purpose=effect.purpose,
        active_until=effect.active_until,
        contact_name=effect.contact_name,
        contact_phone=effect.contact_phone,
        people=tuple(
            wire.GuestPerson(person.name, person.institution, person.email)
            for person in effect.people
        ),
        language=wire.Language(call.language.value),
        documents=tuple(
            wire.DocumentRef(each.sha256, each.name, wire.DocumentType(each.mime), each.size)
            for each in effect.documents
        ),
    )


def _name(call: BackendCall) -> str:
    return str(call.effect.__struct_config__.tag)


def _payloads(call: BackendCall, event: kernel.AnyEvent) -> Sequence[str]:
    if isinstance(event, kernel.Answer):
        event = msgspec.structs.replace(event, ref=call.effect.ref)
    return (encode(FromBackend(event, call.correlation)),)
