"""What `helpdesk doctor` looks at for Microsoft Teams."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp

from bot.channels.teams import PATH
from bot.channels.teams_api import Denied, Login
from bot.channels.teams_clouds import cloud_of
from bot.channels.teams_guard import LEEWAY
from bot.channels.teams_keys import fetch
from helpdesk.findings import Finding, fail, ok, warn

if TYPE_CHECKING:
    from bot.settings import BotSettings
    from ops.clock import Clock

ADVICE: Final = {
    "invalid_client": "The secret is wrong or has expired: make a new one in Entra (App "
    "registrations, Certificates & secrets) and set HELPDESK_TEAMS_APP_PASSWORD to its value.",
    "unauthorized_client": "HELPDESK_TEAMS_APP_ID names no registration of this tenant: compare "
    "it and HELPDESK_TEAMS_TENANT with the registration's overview in Entra.",
    "invalid_request": "HELPDESK_TEAMS_TENANT names no directory: compare it with the overview "
    "of the registration in Entra.",
}
NETWORK: Final = "Let this machine reach {host} by https, and check its name service."
_AWAY = (aiohttp.ClientError, TimeoutError, OSError)


async def examine(settings: BotSettings, clock: Clock) -> list[Finding]:
    """Look at the channel; nothing to say while it is off."""
    if not settings.teams:
        return []
    if settings.teams_anonymous:
        advice = "Drop HELPDESK_TEAMS_ANONYMOUS before anyone but you uses this."
        return [warn("teams", "takes activities without a token, from this machine", advice)]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        return [
            await _token(http, settings),
            await _keys(http, settings),
            await _clock(http, clock, cloud_of(settings).login),
            _endpoint(settings),
        ]


async def _token(http: aiohttp.ClientSession, settings: BotSettings) -> Finding:
    try:
        await Login(settings).token(http)
    except Denied as denied:
        other = "Compare HELPDESK_TEAMS_APP_ID, _APP_PASSWORD and _TENANT with the registration."
        return fail("teams token", f"refused ({denied.code})", ADVICE.get(denied.code, other))
    except _AWAY as error:
        return _away("teams token", cloud_of(settings).login, error)
    if settings.teams_tenant is None:
        advice = "Set HELPDESK_TEAMS_TENANT, or people of every organisation can write."
        return warn("teams token", "the app id and secret are accepted", advice)
    return ok("teams token", "the app id and secret are accepted")


async def _keys(http: aiohttp.ClientSession, settings: BotSettings) -> Finding:
    url = cloud_of(settings).keys
    try:
        keys = await fetch(http, url)
    except _AWAY as error:
        return _away("teams keys", url, error)
    except ValueError:
        return fail("teams keys", f"{url} names no keys", "Drop HELPDESK_TEAMS_OPENID_URL.")
    if not any("msteams" in key.endorsements for key in keys.values()):
        return fail("teams keys", "none of them is for Teams", "Drop HELPDESK_TEAMS_OPENID_URL.")
    return ok("teams keys", f"{len(keys)} at {urlsplit(url).netloc}")


async def _clock(http: aiohttp.ClientSession, clock: Clock, login: str) -> Finding:
    """Compare with Microsoft's: tokens say from when to when they hold."""
    try:
        async with http.head(login, allow_redirects=False) as response:
            date = response.headers.get("Date", "")
    except _AWAY as error:
        return _away("teams clock", login, error)
    apart = abs((parsedate_to_datetime(date) - clock.now()).total_seconds()) if date else 0.0
    if apart > LEEWAY / 2:
        return fail("teams clock", f"{apart:.0f} s off Microsoft's", "Run NTP.")
    return ok("teams clock", "agrees with Microsoft's")


def _endpoint(settings: BotSettings) -> Finding:
    url = f"{settings.origin}{PATH}"
    if not url.startswith("https://"):
        advice = "Set HELPDESK_PUBLIC_URL to the https address of the reverse proxy in front."
        return fail("teams endpoint", f"{url} cannot be reached by Microsoft", advice)
    # Microsoft has no way to ask what is set there without an account of the Azure portal.
    return ok("teams endpoint", f"{url} must be the messaging endpoint in the Azure portal")


def _away(what: str, url: str, error: Exception) -> Finding:
    host = urlsplit(url).netloc
    return fail(what, f"{host}: {type(error).__name__}", NETWORK.format(host=host))
