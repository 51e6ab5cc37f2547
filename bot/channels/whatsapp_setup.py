"""Tells Meta where our webhook is, and asks what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.channels.port import ChannelError
from bot.channels.whatsapp_api import Graph
from bot.channels.whatsapp_errors import GraphError

if TYPE_CHECKING:
    from bot.settings import BotSettings

PATH: Final = "/webhooks/whatsapp"
FIELD: Final = "messages"
OBJECT: Final = "whatsapp_business_account"


def graph_of(settings: BotSettings) -> Graph:
    """Return a client with the token that sends."""
    token = settings.whatsapp_token
    return Graph(settings.whatsapp_api_url, token.get_secret_value() if token else "")


def app_graph_of(settings: BotSettings) -> Graph:
    """Return a client with the app's own token: its id and secret."""
    secret = settings.whatsapp_app_secret
    token = f"{settings.whatsapp_app_id}|{secret.get_secret_value() if secret else ''}"
    return Graph(settings.whatsapp_api_url, token)


async def register(settings: BotSettings, graph: Graph) -> str:
    """Set the webhook up as far as the settings allow, and return what was done, for people.

    Meta asks the webhook before it answers: the bot must be running. Raises ChannelError with what
    Meta said.
    """
    callback = settings.origin + PATH
    if not callback.startswith("https://"):
        raise ChannelError(f"Meta cannot reach {callback}: set HELPDESK_PUBLIC_URL to https://…")
    if settings.whatsapp_app_id is None:
        return f"not set up: set HELPDESK_WHATSAPP_APP_ID, or enter {callback} in Meta's dashboard"
    account = settings.whatsapp_business_account_id
    try:
        await _subscribe(settings, callback)
        if account:
            await graph.post(f"{account}/subscribed_apps", {})
    except GraphError as error:
        raise ChannelError(f"Meta said: {error.message or error}") from None
    told = f"messages will come to {callback}"
    hint = "once the business account is subscribed (HELPDESK_WHATSAPP_BUSINESS_ACCOUNT_ID)"
    return told if account else f"{told}, {hint}"


async def _subscribe(settings: BotSettings, callback: str) -> None:
    word = settings.whatsapp_verify_token
    body: dict[str, Any] = {
        "object": OBJECT,
        "callback_url": callback,
        "verify_token": word.get_secret_value() if word else "",
        "fields": [FIELD],
    }
    app = app_graph_of(settings)
    try:
        await app.post(f"{settings.whatsapp_app_id}/subscriptions", body)
    finally:
        await app.close()
