"""Microsoft's clouds: for each, where the bot signs in, who vouches, where answers and files are.

The addresses are those of Microsoft's own SDK. A cloud believes its own keys only, and its token
goes to its own hosts only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from bot.settings import BotSettings


class Cloud(Struct, frozen=True):
    """One of them."""

    login: str
    anybody: str
    """The tenant in which a registration for many tenants signs in."""
    framework: str
    """Who issues tokens for us, and what our own token is for."""
    keys: str
    """Where the addresses of the keys are that sign activities."""
    hosts: frozenset[str]
    """Where answers go."""
    domains: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Domains of links to files; none where Microsoft says that bots get no files."""


_US: Final = Cloud(
    login="https://login.microsoftonline.us",
    anybody="MicrosoftServices.onmicrosoft.us",
    framework="https://api.botframework.us",
    keys="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    hosts=frozenset({"smba.infra.gov.teams.microsoft.us"}),
)
CLOUDS: Final = {
    "public": Cloud(
        login="https://login.microsoftonline.com",
        anybody="botframework.com",
        framework="https://api.botframework.com",
        keys="https://login.botframework.com/v1/.well-known/openidconfiguration",
        hosts=frozenset(
            {
                "smba.trafficmanager.net",
                "smba.onyx.prod.teams.trafficmanager.net",
                "smba.infra.gcc.teams.microsoft.com",
            }
        ),
        domains=(".botframework.com",),
        files=(".sharepoint.com",),
    ),
    "gcc-high": _US,
    "dod": replace(_US, hosts=frozenset({"smba.infra.dod.teams.microsoft.us"})),
    "china": Cloud(
        login="https://login.partner.microsoftonline.cn",
        anybody="microsoftservices.partner.onmschina.cn",
        framework="https://api.botframework.azure.cn",
        keys="https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
        hosts=frozenset({"frontend.botapi.msg.infra.teams.microsoftonline.cn"}),
    ),
}


def cloud_of(settings: BotSettings) -> Cloud:
    """Return the chosen cloud, and what stands in for parts of it on one's own machine."""
    chosen = CLOUDS[settings.teams_cloud]
    return replace(
        chosen,
        login=settings.teams_login_url or chosen.login,
        keys=settings.teams_openid_url or chosen.keys,
    )
