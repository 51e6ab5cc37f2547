"""Tells Meta where our webhook is, and asks what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.channels.whatsapp_api import Graph

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

    Meta asks the webhook before it answers: the bot must be reachable. Raises GraphError,
    TemporarilyUnavailable or FateUnknown.
    """
    callback = settings.origin + PATH
    if settings.whatsapp_app_id is None:
        return (
            f"whatsapp: HELPDESK_WHATSAPP_APP_ID is not set; enter {callback} in Meta's dashboard"
        )
    if not callback.startswith("https://"):
        return f"whatsapp: Meta cannot reach {callback}; set HELPDESK_PUBLIC_URL to https://…"
    await _subscribe(settings, callback)
    if settings.whatsapp_business_account_id is None:
        return f"whatsapp: {callback} (subscribe the business account in Meta's dashboard)"
    await graph.post(f"{settings.whatsapp_business_account_id}/subscribed_apps", {})
    return f"whatsapp: {callback}"


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
