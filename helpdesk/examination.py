"""What `helpdesk doctor` looks at. Each check finds something out and says what to do about it."""

from __future__ import annotations

import asyncio
import shutil
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

import backend.settings
import bot.settings
from backend.settings import BackendSettings
from backend_client import wire
from backend_client.client import BackendClient
from backend_client.errors import BackendError
from backend_client.signing import MAX_SKEW
from backend_client.transport import Transport
from bot.settings import BotSettings
from helpdesk import checks_documents, checks_teams, checks_telegram, checks_whatsapp
from helpdesk.findings import Finding, fail, ok, warn
from helpdesk.operator import Operator
from ops import migrations
from ops.clock import SystemClock
from ops.keys import key
from ops.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ops.clock import Clock

ROOT = Path(__file__).resolve().parent.parent
LITTLE_DISK = 1_000_000_000
SECONDS = aiohttp.ClientTimeout(total=5)
PORTS = {"smtp": 25, "smtps": 465}
RASA_ADVICE = {
    "timeout": "It is busy or too slow: see its log.",
    "unreachable": "Start it with `rasa run --enable-api`, or correct HELPDESK_RASA_URL.",
    "unreadable": "Something else than Rasa answers at HELPDESK_RASA_URL.",
    "status_401": "Set HELPDESK_RASA_TOKEN to what Rasa was started with as --auth-token.",
    "status_404": "Start Rasa with --enable-api, or correct HELPDESK_RASA_URL.",
    "status_409": "It has no model: train one (docs/how-to/use-rasa.md), start it with --model.",
}


CHANNELS = (checks_telegram.examine, checks_whatsapp.examine, checks_teams.examine)
"""What to look at for each channel; nothing is found for one that is off."""


async def examine() -> list[Finding]:
    """Run every check; one that breaks is a finding too."""
    try:
        bot_settings, backend_settings = BotSettings(), BackendSettings()
    except ValidationError as error:
        wrong = ", ".join(
            f"HELPDESK_{'_'.join(map(str, e['loc'])).upper()}" for e in error.errors()
        )
        return [fail("settings", f"cannot be read: {wrong}", "See docs/reference/settings.md.")]
    examiner = Examiner(bot_settings, backend_settings)
    findings = [await _safely(check) for check in examiner.checks()]
    for look in CHANNELS:
        findings += await _channel(look, bot_settings)
    return findings


async def _channel(
    look: Callable[[BotSettings, Clock], Awaitable[list[Finding]]], settings: BotSettings
) -> list[Finding]:
    try:
        return await look(settings, SystemClock())
    except Exception as error:  # noqa: BLE001 - a check that breaks is itself a finding
        name = look.__module__.rpartition("checks_")[2]
        return [fail(name, f"the check itself failed ({type(error).__name__})", "Report this.")]


async def _safely(check: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a check that breaks is itself a finding
        name = check.__name__.replace("_", " ")
        return fail(name, f"the check itself failed ({type(error).__name__})", "Report this.")


class Examiner:
    """The checks, over one set of settings."""

    def __init__(self, bot_settings: BotSettings, backend_settings: BackendSettings) -> None:
        self._bot = bot_settings
        self._backend = backend_settings

    def checks(self) -> tuple[Callable[[], Awaitable[Finding]], ...]:
        """Return the checks, in the order in which trouble is best read."""
        rasa = (self.rasa,) if self._bot.nlu == "rasa" else ()
        return (
            self.safety,
            self.state_folder,
            self.documents,
            self.backend_database,
            self.bot_database,
            self.backend_service,
            self.bot_service,
            self.bot_key,
            self.audit_trail,
            self.mail,
            self.understanding,
            *rasa,
            self.demo_data,
        )

    async def safety(self) -> Finding:
        """Are the settings safe together?"""
        try:
            backend.settings.check(self._backend)
            bot.settings.check(self._bot)
        except (backend.settings.UnsafeSettings, bot.settings.UnsafeSettings) as error:
            return fail("settings", "unsafe", str(error))
        return ok("settings", "readable and safe")

    async def state_folder(self) -> Finding:
        """Can the state folder be written, and is there room?"""
        folder = self._backend.state_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".probe"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            return fail(
                "state folder", f"{folder}: {error.strerror}", "Set HELPDESK_STATE_DIR elsewhere."
            )
        free = shutil.disk_usage(folder).free
        if free < LITTLE_DISK:
            return warn("state folder", f"{free // 1_000_000} MB left on its disk", "Make room.")
        if folder == self._bot.state_dir and not self._bot.is_development:
            return warn(
                "state folder",
                "both services use it, so each can read the other's keys",
                "Give each service a user and a HELPDESK_STATE_DIR of its own.",
            )
        return ok("state folder", str(folder))

    async def documents(self) -> Finding:
        """Is the folder of letters good for everybody who needs it?"""
        return checks_documents.examine(self._bot, self._backend)

    async def backend_database(self) -> Finding:
        """Does the backend's database answer, with the newest schema?"""
        folder = ROOT / "backend" / "store" / "migrations"
        setting = "HELPDESK_BACKEND_DATABASE_URL"
        return await _database("backend database", self._backend.database, folder, setting)

    async def bot_database(self) -> Finding:
        """Does the bot's database answer, with the newest schema?"""
        folder = ROOT / "bot" / "store" / "migrations"
        return await _database("bot database", self._bot.database, folder, "HELPDESK_DATABASE_URL")

    async def backend_service(self) -> Finding:
        """Is the backend up, and does its clock agree with ours?"""
        return await _service("backend", self._bot.backend, "helpdesk backend")

    async def bot_service(self) -> Finding:
        """Is the bot up?"""
        return await _service("bot", f"http://{self._bot.bind}", "helpdesk bot")

    async def bot_key(self) -> Finding:
        """Does the backend accept the bot's signature?"""
        secret = key(self._bot.bot_key, self._bot.state_dir, "bot")
        transport = Transport(self._bot.backend, principal="bot", key=secret, clock=SystemClock())
        client = BackendClient(transport)
        try:
            await client.feed(0, 0)
        except BackendError as error:
            advice = "Give both services the same HELPDESK_BOT_KEY, or the same state folder."
            return fail("bot key", str(error), advice)
        finally:
            await client.close()
        return ok("bot key", "accepted by the backend")

    async def audit_trail(self) -> Finding:
        """Is the audit trail whole?"""
        operator = Operator("doctor", self._backend)
        try:
            report = await operator.get("/v1/agent/audit/verify", wire.AuditReport)
        except BackendError as error:
            return fail("audit trail", str(error), "Start the backend; check the operator key.")
        finally:
            await operator.close()
        if report.first_broken is not None:
            return fail(
                "audit trail",
                f"broken at row {report.first_broken}",
                "Someone changed the database by hand: keep it, and find out who and why.",
            )
        return ok("audit trail", f"{report.rows} rows, unbroken")

    async def mail(self) -> Finding:
        """Does the mail server answer?"""
        url = self._backend.smtp_url
        if url is None:
            advice = "Set HELPDESK_SMTP_URL before anyone but you uses this."
            return warn("mail", "captured, nothing is sent", advice)
        parts = urlsplit(url.get_secret_value())
        host, port = parts.hostname or "localhost", parts.port or PORTS.get(parts.scheme, 25)
        try:
            async with asyncio.timeout(5):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
        except (OSError, TimeoutError) as error:
            return fail(
                "mail", f"{host}:{port}: {type(error).__name__}", "Check HELPDESK_SMTP_URL."
            )
        return ok("mail", f"{host}:{port} answers")

    async def understanding(self) -> Finding:
        """Is the model trained on the data at hand?"""
        from nlu.embedded import is_fresh, model_path

        path = model_path(self._bot.state_dir)
        if not path.exists():
            return warn("understanding", "not trained yet", "Run `helpdesk nlu train`.")
        if not is_fresh(path):
            return warn("understanding", "the data has changed since", "Run `helpdesk nlu train`.")
        return ok("understanding", str(path))

    async def rasa(self) -> Finding:
        """Does the Rasa server answer, with a model, and are its intents ours?"""
        url, token = self._bot.rasa_url or "", self._bot.rasa_token
        return await _rasa(url, token.get_secret_value() if token else "")

    async def demo_data(self) -> Finding:
        """Are there demo accounts where they should not be?"""
        if self._backend.is_development:
            return ok("demo data", "on: this is a machine to try things on")
        return ok("demo data", "off")


async def _database(what: str, url: str, folder: Path, setting: str) -> Finding:
    try:
        current = await migrations.is_current(url, folder)
    except (SQLAlchemyError, OSError) as error:
        return fail(what, f"cannot be opened ({type(error).__name__})", f"Check {setting}.")
    if not current:
        return warn(what, "older than the program", "It is brought up to date at the next start.")
    return ok(what, "answers, schema up to date")


async def _rasa(url: str, token: str) -> Finding:
    from nlu.engines.rasa import FALLBACK, INTENTS, Away, RasaServer

    server = RasaServer(url, timeout=5, token=token)
    try:
        answer = await server.ask("lupa password")
    except Away as away:
        reason = str(away)
        return fail("rasa", f"no answer ({reason})", RASA_ADVICE.get(reason, "See Rasa's log."))
    finally:
        await server.close()
    named = {each.name or "" for each in answer.intent_ranking} - {FALLBACK}
    foreign = sorted(named - INTENTS.keys())
    advice = "Train it on nlu/data, nlu/domain.yml and nlu/config.yml (docs/how-to/use-rasa.md)."
    if not named & INTENTS.keys():
        return fail("rasa", "knows none of our intents", advice)
    if foreign:
        return warn("rasa", f"not ours, taken as out of scope: {', '.join(foreign)}", advice)
    where = urlsplit(url)
    if where.scheme == "http" and not is_loopback(f"{where.hostname}:0"):
        return warn(
            "rasa", "messages reach it unencrypted", "Use https, or run it on this machine."
        )
    return ok("rasa", "answers, with a model of our intents")


async def _service(what: str, url: str, command: str) -> Finding:
    try:
        async with (
            aiohttp.ClientSession(timeout=SECONDS) as session,
            session.get(f"{url}/readyz") as response,
        ):
            date, body = response.headers.get("Date"), (await response.text())[:200]
            if response.status != 200:  # noqa: PLR2004 - HTTP's word for yes
                return fail(f"{what} service", f"not ready: {body}", "See its log.")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        advice = f"Start it: `{command}`, or both with `helpdesk up`."
        return fail(f"{what} service", f"{url}: {type(error).__name__}", advice)
    apart = abs((parsedate_to_datetime(date) - SystemClock().now()).total_seconds()) if date else 0
    if apart > MAX_SKEW / 2:
        return fail(f"{what} service", f"its clock is {apart:.0f} s off ours", "Run NTP on both.")
    return ok(f"{what} service", f"ready at {url}")
