"""Who may write to us in the name of Teams: the token first, then what it says of the activity.

The rules are Microsoft's for those who write their own guard, and stricter where that costs
nothing. The order matters: the body is looked at once the token holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jwt
from msgspec import Struct

from bot.channels.teams_clouds import cloud_of
from bot.channels.teams_hosts import is_here, may_fetch, may_serve
from bot.channels.teams_keys import Keys, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiohttp

    from bot.channels.teams_events import Activity
    from bot.settings import BotSettings

CHANNEL: Final = "msteams"
LONGEST_TOKEN: Final = 6_000
LEEWAY: Final = 300.0
"""Seconds that clocks may differ."""


class Refused(Exception):
    """Not from Teams (401), or not for us (403). `reason` holds no word of the request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Voucher(Struct, frozen=True):
    """What a valid token says: where the activity came from, and who may be spoken for."""

    service: str
    endorsements: frozenset[str]


class Guard:
    """Verifies requests for the registration in `settings`."""

    def __init__(self, settings: BotSettings, keys: Keys | None = None) -> None:
        self._app = settings.teams_app_id or ""
        self._tenant = (settings.teams_tenant or "").casefold()
        self._anonymous = settings.teams_anonymous
        self._cloud = cloud_of(settings)
        self._keys = keys or Keys(self._cloud.keys)
        # Our own keys vouch for this machine alone.
        self._loopback = settings.teams_anonymous or is_here(self._cloud.keys)

    def may_serve(self, url: str) -> bool:
        """Tell whether answers, and our token with them, may be sent to `url`."""
        return is_here(url) if self._loopback else may_serve(url, self._cloud)

    def may_fetch(self, url: str) -> bool:
        """Tell whether a file may be fetched from `url`, without our token."""
        return is_here(url) if self._loopback else may_fetch(url, self._cloud)

    async def token(self, http: aiohttp.ClientSession, headers: Sequence[str]) -> Voucher | None:
        """Verify the `Authorization` headers; None where tokens are not asked for.

        Raises Refused, or KeysAway while nothing can be verified.
        """
        if self._anonymous:
            return None
        token = _bearer(headers)
        try:
            named = jwt.get_unverified_header(token)
            kid = named.get("kid")
            if named.get("alg") != "RS256" or not isinstance(kid, str):
                raise Refused(401, "algorithm or key name")
            key = await self._keys.find(http, kid)
            claims = self._claims(token, key.key)
        except UnknownKey:
            raise Refused(401, "unknown key") from None
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(401, type(error).__name__) from None
        return Voucher(str(claims.get("serviceurl", "")), key.endorsements)

    def _claims(self, token: str, key: Any) -> dict[str, Any]:  # noqa: ANN401 - PyJWT's union
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self._app,
            issuer=self._cloud.framework,
            leeway=LEEWAY,
            options={"require": ["exp", "nbf", "aud", "iss"], "strict_aud": True},
        )

    def activity(self, voucher: Voucher | None, activity: Activity) -> None:
        """Hold `activity` against what its token says. Raises Refused."""
        if activity.channel_id != CHANNEL:
            raise Refused(403, "channel")
        if voucher and CHANNEL not in voucher.endorsements:
            raise Refused(403, "endorsement")
        if voucher and voucher.service.rstrip("/") != activity.service_url.rstrip("/"):
            raise Refused(403, "service address of the token")
        if not self.may_serve(activity.service_url):
            raise Refused(403, "service address")
        tenants = {tenant.casefold() for tenant in activity.tenants}
        if self._tenant and tenants != {self._tenant}:
            raise Refused(403, "tenant")


def _bearer(headers: Sequence[str]) -> str:
    if len(headers) != 1:
        raise Refused(401, "no token, or several")
    scheme, _, token = headers[0].strip().partition(" ")
    token = token.strip()
    if scheme.casefold() != "bearer" or not token.isascii() or " " in token:
        raise Refused(401, "no bearer token")
    if len(token) > LONGEST_TOKEN:
        raise Refused(401, "token too long")
    return token
