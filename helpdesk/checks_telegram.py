"""What `helpdesk doctor` looks at for Telegram."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from helpdesk.findings import Finding, fail, ok, warn

if TYPE_CHECKING:
    from bot.channels.telegram_api import BotApi
    from bot.settings import BotSettings
    from ops.clock import Clock

REGISTER: Final = "Run `helpdesk bot --register-webhooks`."
NETWORK: Final = "Let this machine reach HELPDESK_TELEGRAM_API_URL, and check its name service."
TOKEN: Final = "Ask BotFather for the token (/mybots, API Token): HELPDESK_TELEGRAM_TOKEN."  # noqa: S105 - advice
PRIVACY: Final = "Tell BotFather /setprivacy, Enable: what groups write is none of ours."
MANY: Final = 100
"""Updates that wait: more than a restart leaves behind."""
RECENT: Final = timedelta(hours=1)
MOST_SKEW: Final = 60.0
"""Seconds between Telegram's clock, which dates what people write, and ours."""


async def examine(settings: BotSettings, clock: Clock) -> list[Finding]:
    """Look at the channel; nothing to say while it is off."""
    if settings.telegram_token is None:
        return []
    from bot.channels.telegram import token_of
    from bot.channels.telegram_api import BotApi

    api = BotApi(token_of(settings), settings.telegram_api_url)
    try:
        token = await _token(api)
        if token.state == "fail":
            return [token]
        return [token, await _updates(api, settings, clock), await _clock(settings, clock)]
    finally:
        await api.disconnect()


async def _token(api: BotApi) -> Finding:
    from telegram.error import InvalidToken, TelegramError

    what = "telegram token"
    try:
        me: dict[str, Any] = await api.ask("getMe")
    except InvalidToken:
        return fail(what, "refused", TOKEN)
    except TelegramError as error:
        return fail(what, f"no answer ({type(error).__name__})", NETWORK)
    if me.get("can_read_all_group_messages"):
        return warn(what, f"@{me['username']}; it is sent all that groups write", PRIVACY)
    return ok(what, f"@{me['username']}, https://t.me/{me['username']}")


async def _updates(api: BotApi, settings: BotSettings, clock: Clock) -> Finding:
    """Do updates come the way the settings say?"""
    from telegram.error import TelegramError

    from bot.channels.telegram import PATH
    from bot.channels.telegram_updates import WANTED

    what = "telegram updates"
    try:
        info: dict[str, Any] = await api.ask("getWebhookInfo")
    except TelegramError as error:
        return fail(what, f"no answer ({type(error).__name__})", NETWORK)
    there, waiting = str(info.get("url", "")), int(info.get("pending_update_count", 0))
    ours = "" if settings.telegram_polls else f"{settings.origin}{PATH}"
    if there != ours:
        goes = f"go to {there}" if there else "wait to be fetched"
        wanted = f"not to {ours}" if ours else "and cannot be fetched"
        return fail(what, f"{goes}, {wanted}", REGISTER)
    if ours and set(info.get("allowed_updates", [])) != set(WANTED):
        return fail(what, "some kinds are not sent", REGISTER)
    failed = datetime.fromtimestamp(int(info.get("last_error_date", 0)), UTC)
    if ours and clock.now() - failed < RECENT:
        said = str(info.get("last_error_message", ""))
        return warn(what, f"Telegram could not deliver: {said}", f"Check that {ours} answers.")
    if waiting > MANY:
        return warn(what, f"{waiting} wait", "Start the bot, or see its log.")
    return ok(what, f"come to {ours}" if ours else "are fetched")


async def _clock(settings: BotSettings, clock: Clock) -> Finding:
    what, url = "telegram clock", settings.telegram_api_url
    try:
        async with (
            # A proxy is obeyed, as the channel's own calls do.
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), trust_env=True) as http,
            http.head(url, allow_redirects=False) as response,
        ):
            date = response.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return fail(what, f"no answer ({type(error).__name__})", NETWORK)
    apart = abs((parsedate_to_datetime(date) - clock.now()).total_seconds()) if date else 0.0
    if apart > MOST_SKEW:
        return fail(what, f"{apart:.0f} s off Telegram's", "Run NTP.")
    return ok(what, "agrees with Telegram's")
