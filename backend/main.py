"""The backend's composition root: the one place that names concrete classes."""

from __future__ import annotations

import asyncio
import functools
import signal
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from aiohttp import web

from backend.adapters.directory.sql import SqlDirectory
from backend.adapters.mail.captured import CapturedTransport
from backend.adapters.mail.message import Sender
from backend.adapters.mail.rendering import JinjaTemplates
from backend.adapters.mail.smtp import SmtpServer, SmtpTransport
from backend.domain import password_policy, secret_text
from backend.domain.codes import CodeRules
from backend.domain.guests import GuestRules
from backend.domain.service_hours import ServiceHours
from backend.service.accounts import Accounts
from backend.service.audit import Audit
from backend.service.demo import seed_demo
from backend.service.documents import DocumentUpkeep
from backend.service.feed import Feed
from backend.service.grants import Grants
from backend.service.guests import Guests
from backend.service.identities import Identities
from backend.service.jobs import Scheduler
from backend.service.links import Links
from backend.service.mail_refusals import audited
from backend.service.mail_rules import MailRules
from backend.service.mailer import Mailer
from backend.service.password_types import ChangeRules
from backend.service.passwords import Passwords
from backend.service.retention import Retention
from backend.service.ticket_book import Opening, TicketBook
from backend.service.ticket_clocks import TicketClocks
from backend.service.tickets import Tickets
from backend.service.unlocks import Unlocks
from backend.service.vault import Vault
from backend.service.verification import Verification
from backend.settings import check
from backend.store.database import Database
from backend.web.api.auth import Authenticator
from backend.web.api.bot_routes import BOT_ROUTES
from backend.web.api.idempotency import Idempotency
from backend.web.api.operator_routes import OPERATOR_ROUTES
from backend.web.api.problems import problem_middleware
from backend.web.api.routing import Principal
from backend.web.api.server import add_api
from backend.web.api.services import Services
from backend.web.pages.captured import add_captured_mail
from backend.web.pages.routes import add_pages
from backend.web.pages.settings import PageSettings
from backend_client import wire
from ops import lean, migrations
from ops.access import access_middleware
from ops.clock import SystemClock
from ops.documents import Documents
from ops.health import add_health
from ops.keys import key
from ops.logs import configure_logging
from ops.metrics import add_metrics
from ops.settings import split_bind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from backend.domain.accounts import Account
    from backend.service.freezes import OnFreeze
    from backend.service.ports import MailTransport
    from backend.settings import BackendSettings
    from ops.clock import Clock

log = structlog.get_logger(__name__)
MIGRATIONS = Path(__file__).resolve().parent / "store" / "migrations"
MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request: a batch of a thousand imported accounts."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The running parts."""

    app: web.Application
    db: Database
    services: Services
    mailer: Mailer
    scheduler: Scheduler
    transport: MailTransport


def build(
    settings: BackendSettings, clock: Clock, redact: Callable[[str], str] = secret_text.redact
) -> Backend:
    """Wire everything for `settings`. Raises UnsafeSettings. Opens no connection.

    `redact` takes passwords out of what agents write; this service's own net is the smaller one.
    """
    check(settings)
    pages = PageSettings.of(settings)
    zone = ZoneInfo(settings.time_zone)
    vault = Vault(key(settings.secret_key, settings.state_dir, "backend"))
    db = Database(settings.database)
    directory = SqlDirectory(db, vault, clock)
    audit, feed = Audit(clock, vault), Feed(db, clock)
    transport = _mail_transport(settings, clock)
    templates = JinjaTemplates(time_zone=settings.time_zone)
    mail_rules = MailRules(message_id_domain=Sender(settings.mail_from).domain)
    mailer = Mailer(db, vault, transport, templates, clock, feed, rules=mail_rules)
    mailer.on_bad_address = audited(audit)
    code_rules = CodeRules(code_length=settings.code_length)
    grants = Grants(vault, clock, code_rules)
    verification = Verification(
        db=db,
        directory=directory,
        vault=vault,
        mailer=mailer,
        audit=audit,
        clock=clock,
        rules=code_rules,
        zone=zone,
    )
    mailer.code_source = verification.code_for
    hours = ServiceHours.parse(settings.service_hours, zone, settings.holidays)
    clocks = TicketClocks(db, clock, hours, audit)
    book = TicketBook(
        db,
        clock,
        vault,
        audit,
        feed,
        clocks,
        zone,
        prefix=settings.ticket_prefix,
        redact=redact,
    )
    tickets = Tickets(book, grants)
    passwords = Passwords(
        db=db,
        directory=directory,
        vault=vault,
        clock=clock,
        mailer=mailer,
        audit=audit,
        feed=feed,
        grants=grants,
        freeze_url=f"{settings.pages}/password/freeze",
        policy=password_policy.PROFILES[settings.password_profile],
        # Our own database shows a write at once or never: an unsent one is given up on soon.
        rules=ChangeRules(give_up_after=timedelta(seconds=61)),
    )
    links = Links(
        db=db,
        directory=directory,
        vault=vault,
        mailer=mailer,
        audit=audit,
        feed=feed,
        grants=grants,
        passwords=passwords,
        clock=clock,
        page_url=f"{settings.pages}/password",
        on_freeze=_security_ticket(tickets),
    )
    rules = GuestRules(settings.guest_max_days, settings.guests_per_day)
    guests = Guests(book, directory, vault, mailer, links, rules)
    services = Services(
        db=db,
        verification=verification,
        identities=Identities(book, vault, grants),
        links=links,
        unlocks=Unlocks(
            db=db, directory=directory, vault=vault, grants=grants, audit=audit, clock=clock
        ),
        tickets=tickets,
        guests=guests,
        accounts=Accounts(db, directory, vault, clock, zone),
        feed=feed,
        audit=audit,
    )
    jobs = (
        *passwords.jobs(),
        *links.jobs(),
        *guests.jobs(),
        *tickets.jobs(),
        *clocks.jobs(),
        *Retention(
            db,
            clock,
            audit,
            {
                "challenges": verification.purge,
                "mail": mailer.purge,
                "documents": DocumentUpkeep(db, clock, Documents(settings.documents)).purge,
            },
        ).jobs(),
    )
    scheduler = Scheduler(db, clock, jobs)
    guests.on_approved = functools.partial(scheduler.poke, guests.JOB)
    app = _application(settings, clock, services, vault, pages, transport)
    return Backend(app, db, services, mailer, scheduler, transport)


def _application(
    settings: BackendSettings,
    clock: Clock,
    services: Services,
    vault: Vault,
    pages: PageSettings,
    transport: MailTransport,
) -> web.Application:
    middlewares = [access_middleware("backend"), problem_middleware]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
    keys = {
        Principal.BOT: key(settings.bot_key, settings.state_dir, "bot"),
        Principal.OPERATOR: key(settings.operator_key, settings.state_dir, "operator"),
    }
    add_api(
        app,
        (*BOT_ROUTES, *OPERATOR_ROUTES),
        services,
        Authenticator(keys, clock),
        Idempotency(services.db, vault, clock),
    )
    add_pages(app, links=services.links, settings=pages, clock=clock)
    if isinstance(transport, CapturedTransport):
        add_captured_mail(app, transport)
    add_metrics(app)

    async def database() -> None:
        async with services.db.read() as tx:
            await tx.execute(sa.select(1))

    add_health(app, {"database": database})
    return app


def _mail_transport(settings: BackendSettings, clock: Clock) -> MailTransport:
    if settings.smtp_url is None:
        return CapturedTransport(settings.state_dir / "mail", settings.mail_from, clock)
    server = SmtpServer.from_url(settings.smtp_url.get_secret_value())
    return SmtpTransport(server, settings.mail_from, clock)


def _security_ticket(tickets: Tickets) -> OnFreeze:
    """Return what opens the ticket of an "it wasn't me"."""

    async def open_ticket(tx: AsyncConnection, account: Account, until: datetime) -> None:
        opening = Opening(
            category=wire.TicketCategory.SECURITY,
            channel="page",
            person=account.id,
            conversation=f"page:{account.id}",
            summary=f"The owner says a password change was not theirs. Recovery is frozen until "
            f"{until:%Y-%m-%d %H:%M} UTC.",
            language="id",
            priority=wire.TicketPriority.URGENT,
            account_id=account.id,
        )
        await tickets.open_within(tx, opening)

    return open_ticket


async def run_backend(
    settings: BackendSettings, redact: Callable[[str], str] = secret_text.redact
) -> None:
    """Serve until SIGTERM or SIGINT. Raises UnsafeSettings before anything is opened."""
    check(settings)
    configure_logging(settings, "backend")
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    backend = build(settings, clock, redact)
    await migrations.upgrade_apart(backend.db.url, MIGRATIONS)
    if settings.demo_data or (settings.demo_data is None and settings.is_development):
        await _seed(backend, settings, clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(backend.db.close)
        stack.push_async_callback(backend.transport.close)
        work = [asyncio.create_task(part.run()) for part in (backend.mailer, backend.scheduler)]
        stack.push_async_callback(_cancel, work)
        backend.app.on_shutdown.append(_let_go(backend.services.feed))
        runner = web.AppRunner(backend.app, access_log=None, shutdown_timeout=10.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        host, port = split_bind(settings.backend_bind)
        await web.TCPSite(runner, host, port).start()
        lean.settle()
        log.info("backend_ready", bind=settings.backend_bind)
        await _told_to_stop()


async def _seed(backend: Backend, settings: BackendSettings, clock: Clock) -> None:
    vault = Vault(key(settings.secret_key, settings.state_dir, "backend"))
    directory = SqlDirectory(backend.db, vault, clock)
    await seed_demo(backend.db, directory, vault, clock, ZoneInfo(settings.time_zone))


def _let_go(feed: Feed) -> Callable[[web.Application], Awaitable[None]]:
    async def let_go(_app: web.Application) -> None:
        feed.stop()  # a long poll would hold the stop up for half a minute

    return let_go


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
