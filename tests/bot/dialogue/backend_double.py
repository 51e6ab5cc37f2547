"""A backend at the client's edge: deterministic, in memory, by the rules of security.md 2-7.

It knows just enough to answer every call of `backend_client.client.Backend` the way the real one
does, so that the dialogues run against either.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from backend_client import wire
from backend_client.errors import Refused, Unavailable

LIFETIME, RESEND, TRIES, RESENDS = 600, 60, 5, 3
DELAYS = (0, 5, 10, 20, 40)
OPENS, CLOSES = 8, 16  # Jakarta


@dataclass
class Account:
    username: str
    account_type: str = "student"
    status: str = "active"
    recovery: str | None = "bu***@example.net"
    keys: tuple[str, ...] = ()
    human: str | None = None
    valid_until: date | None = None


@dataclass
class Challenge:
    id: str
    purpose: str
    account: Account | None
    conversation: str
    expires: datetime
    code: str
    sent: datetime
    tries: int = 0
    resends: int = 0
    wait_until: datetime | None = None
    dead: str | None = None


@dataclass
class Ticket:
    number: str
    conversation: str
    category: str
    opened: datetime
    summary: str
    claimed_login: str | None
    owner: str | None
    priority: str
    transcript: tuple
    messages: list[str] = field(default_factory=list)
    status: str = "new"
    agent: str | None = None
    reply: str | None = None


def demo_accounts():
    return [
        Account("budi.santoso", keys=("13519001",)),
        Account("siti.rahma", "lecturer", recovery="si***@example.net"),
        Account("andi.wijaya", status="locked", keys=("13519002",)),
        Account("rina.lestari", "kjp", status="expired", valid_until=date(2025, 12, 31)),
        Account("dewi.kusuma", "staff", recovery=None),
        Account("admin.sistem", "staff", human="privileged"),
        Account("tamu.ulfa", "guest", valid_until=date(2026, 3, 17)),
        Account("joko.susilo", "staff", status="disabled", human="account_not_usable"),
    ]


class BackendDouble:
    def __init__(self, clock):
        self.clock = clock
        self.accounts = {
            key: account
            for account in demo_accounts()
            for key in (account.username, *account.keys)
        }
        self.down = False
        self.paused = False
        self.challenges: dict[str, Challenge] = {}
        self.grants: dict[str, Challenge] = {}
        self.tickets: dict[str, Ticket] = {}
        self.guest_requests: list[wire.FileGuestRequest] = []
        self.events: list[wire.AnyFeedEvent] = []
        self.links: list[str] = []
        self.unlocked: list[str] = []
        self.moved: list[str] = []
        self.unlock_outcome: wire.ChangeResult | None = None
        self.started: dict[str, set[str]] = {}
        self.seen: dict[str, object] = {}
        self.calls: list[str] = []

    # -- what a test reads and does --------------------------------------------------------
    @property
    def code(self) -> str:
        """The code that was mailed last."""
        return list(self.challenges.values())[-1].code

    def tell(self, event, conversation, **fields):
        seq = len(self.events) + 1
        self.events.append(event(seq, conversation, self.clock.now(), **fields))

    @property
    def ticket(self) -> Ticket:
        return list(self.tickets.values())[-1]

    # -- the calls ---------------------------------------------------------------------------
    def _once(self, name, key, answer):
        """Answer; a repeated key gets the same answer and changes nothing."""
        self.calls.append(name)
        if self.down:
            raise Unavailable("ConnectionRefusedError")
        if key not in self.seen:
            try:
                self.seen[key] = answer()
            except Refused as refusal:
                self.seen[key] = refusal
        outcome = self.seen[key]
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    async def start_challenge(self, message, *, key):
        return self._once("start_challenge", key, lambda: self._start(message))

    def _start(self, message):
        if self.paused:
            raise Refused("paused", 503, 900)
        known = self.started.setdefault(message.identity.user, set())
        if len(known | {message.login}) > 3:
            raise Refused("too_many", 429, 86_400)
        known.add(message.login)
        number = len(self.challenges) + 1
        account = self.accounts.get(message.login.casefold())
        reachable = account if account and account.recovery else None
        now = self.clock.now()
        challenge = Challenge(
            f"challenge-{number}",
            message.purpose.value,
            reachable,
            message.conversation,
            now + timedelta(seconds=LIFETIME),
            f"{48210000 + number * 7}",
            now,
        )
        self.challenges[challenge.id] = challenge
        return wire.ChallengeStarted(challenge.id, 8, LIFETIME, RESEND)

    async def resend(self, challenge, message, *, key):
        return self._once("resend", key, lambda: self._resend(challenge, message))

    def _resend(self, name, message):
        challenge, now = self._challenge(name, message), self.clock.now()
        if challenge.dead or now >= challenge.expires:
            raise Refused("challenge_dead", 410)
        ready = challenge.sent + timedelta(seconds=RESEND)
        if now < ready:
            raise Refused("too_soon", 429, int((ready - now).total_seconds()))
        if challenge.resends >= RESENDS:
            raise Refused("too_many", 429)
        challenge.resends += 1
        challenge.sent = now
        challenge.expires = now + timedelta(seconds=LIFETIME)
        challenge.code = f"{int(challenge.code) + 1}"
        return wire.ChallengeStarted(challenge.id, 8, LIFETIME, RESEND)

    def _challenge(self, name, message):
        challenge = self.challenges.get(name)
        if challenge is None or challenge.conversation != message.conversation:
            raise Refused("not_found", 404)
        return challenge

    async def check(self, challenge, message, *, key):
        return self._once("check", key, lambda: self._check(challenge, message))

    def _check(self, name, message):
        challenge, now = self._challenge(name, message), self.clock.now()
        if challenge.dead or now >= challenge.expires:
            return wire.CodeDead(wire.DeadReason(challenge.dead or "expired"))
        if challenge.wait_until and now < challenge.wait_until:
            return wire.CodeTooSoon(int((challenge.wait_until - now).total_seconds()))
        challenge.tries += 1
        if challenge.account and message.code == challenge.code:
            return self._accept(challenge)
        left = TRIES - challenge.tries
        if left == 0:
            challenge.dead = "exhausted"
            return wire.CodeRejected(0, 0)
        wait = DELAYS[challenge.tries]
        challenge.wait_until = now + timedelta(seconds=wait)
        return wire.CodeRejected(left, wait)

    def _accept(self, challenge):
        challenge.dead = "used"
        grant = f"grant-of-{challenge.id}"
        self.grants[grant] = challenge
        account = challenge.account
        view = wire.AccountView(
            username=f"{account.username[:2]}***",
            account_type=account.account_type,
            status=wire.AccountStatus(account.status),
            recovery_email=account.recovery,
            valid_until=account.valid_until,
            password_changed_at=datetime(2025, 9, 1, 2, tzinfo=UTC),
        )
        human = wire.HumanReason(account.human) if account.human else None
        return wire.CodeAccepted(grant, 900, view, human)

    async def void(self, challenge, message, *, key):
        def answer():
            self._challenge(challenge, message).dead = "void"

        self._once("void", key, answer)

    async def identity_changed(self, message, *, key):
        def answer():
            for challenge in self.challenges.values():
                if challenge.conversation == message.conversation:
                    challenge.dead = challenge.dead or "void"
            self.grants.clear()
            self.moved.append(message.identity.user)

        self._once("identity_changed", key, answer)

    def _grant(self, grant, purpose, *, spend=True):
        challenge = self.grants.get(grant)
        if challenge is None or challenge.purpose not in purpose:
            raise Refused("grant_invalid", 403)
        if spend:
            del self.grants[grant]
        return challenge.account

    async def issue_link(self, message, *, key):
        def answer():
            account = self._grant(message.grant, {"reset_password", "claim_guest"})
            self.links.append(account.username)
            return wire.LinkIssued(account.recovery, "42", 900)

        return self._once("issue_link", key, answer)

    async def unlock(self, message, *, key):
        def answer():
            account = self._grant(message.grant, {"unlock_account"})
            if self.unlock_outcome:
                return self.unlock_outcome
            account.status = "active"
            self.unlocked.append(account.username)
            return wire.ChangeResult(wire.ChangeState.APPLIED)

        return self._once("unlock", key, answer)

    # -- tickets -------------------------------------------------------------------------------
    async def open_ticket(self, message, *, key):
        return self._once("open_ticket", key, lambda: self._open(message))

    def _open(self, message):
        before = self.tickets.get(message.reopens)
        if before and before.status == "resolved":
            before.status, before.agent = "open", None
            before.messages.append(message.summary)
            return replace(self._view(before), reopened=True)
        grant = message.grant and self._grant(message.grant, set(wire.Purpose), spend=False)
        for ticket in self.tickets.values():
            same = (ticket.conversation, ticket.category) == (
                message.conversation,
                message.category.value,
            )
            if same and ticket.status in {"new", "open"}:
                return self._view(ticket, already_open=True)
        ticket = Ticket(
            f"ITB-2026-{len(self.tickets) + 1:06}",
            message.conversation,
            message.category.value,
            self.clock.now(),
            message.summary,
            message.claimed_login,
            grant.username if grant else None,
            message.priority.value,
            message.transcript,
        )
        self.tickets[ticket.number] = ticket
        return self._view(ticket)

    def _view(self, ticket, *, already_open=False):
        local = ticket.opened + timedelta(hours=7)
        open_now = local.weekday() < 5 and OPENS <= local.hour < CLOSES
        opening = None if open_now else self._next_opening(local)
        due = (opening or ticket.opened) + timedelta(minutes=15)
        return wire.TicketView(
            ticket.number,
            wire.TicketStatus(ticket.status),
            wire.TicketCategory(ticket.category),
            ticket.opened,
            due,
            open_now,
            opening,
            already_open,
            ticket.reply,
        )

    def _next_opening(self, local):
        day = local if local.hour < OPENS else local + timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
        return day.replace(hour=OPENS, minute=0) - timedelta(hours=7)

    async def append(self, number, message, *, key):
        def answer():
            self.tickets[number].messages.append(message.text)
            return self._view(self.tickets[number])

        return self._once("append", key, answer)

    async def cancel_ticket(self, number, message, *, key):
        def answer():
            ticket = self.tickets[number]
            if ticket.reply or ticket.conversation != message.conversation:
                raise Refused("state_conflict", 409)
            ticket.status = "cancelled"
            return self._view(ticket)

        return self._once("cancel_ticket", key, answer)

    async def list_tickets(self, message, *, key):
        def answer():
            account = self._grant(message.grant, {"ticket_status"})
            mine = [t for t in self.tickets.values() if t.owner == account.username]
            return wire.TicketList(tuple(self._view(ticket) for ticket in reversed(mine)))

        return self._once("list_tickets", key, answer)

    async def file_guest_request(self, message, *, key):
        def answer():
            self.guest_requests.append(message)
            opened = wire.OpenTicket(
                wire.TicketCategory.GUEST_REQUEST,
                message.conversation,
                message.identity,
                f"{len(message.people)} guests",
            )
            return self._open(opened)

        return self._once("file_guest_request", key, answer)

    async def feed(self, after, wait):
        if self.down:
            raise Unavailable("ConnectionRefusedError")
        new = tuple(event for event in self.events if event.seq > after)
        return wire.FeedPage(new, new[-1].seq if new else after)

    async def close(self):
        pass
