"""What `helpdesk doctor` looks at for WhatsApp."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp

from bot.channels.port import ChannelError
from bot.channels.whatsapp_errors import GraphError, Meaning, judge
from bot.channels.whatsapp_setup import FIELD, OBJECT, PATH, app_graph_of, graph_of
from helpdesk.findings import Finding, fail, ok, warn

if TYPE_CHECKING:
    from bot.channels.whatsapp_api import Graph
    from bot.settings import BotSettings
    from ops.clock import Clock

ADVICE: Final = {
    Meaning.TOKEN: "Make a new token of a system user with whatsapp_business_messaging and "
    "whatsapp_business_management in Meta's business settings: HELPDESK_WHATSAPP_TOKEN.",
    Meaning.ACCOUNT: "See what Meta says in its WhatsApp Manager, under the account's quality.",
    Meaning.REJECTED: "Compare HELPDESK_WHATSAPP_PHONE_NUMBER_ID, _APP_ID, "
    "_BUSINESS_ACCOUNT_ID and _API_URL with Meta's dashboard.",
}
REGISTER: Final = "Run `helpdesk bot --register-webhooks` while the bot is running."
LANGUAGES: Final = frozenset({"id", "en"})
MOST_SKEW: Final = 60.0
"""Seconds: the window of a day is measured from Meta's time to ours."""


async def examine(settings: BotSettings, clock: Clock) -> list[Finding]:
    """Look at the channel; nothing to say while it is off."""
    if settings.whatsapp_token is None:
        return []
    graph, app = graph_of(settings), app_graph_of(settings)
    try:
        return [
            await _number(graph, settings),
            await _webhook(app, settings),
            *await _account(graph, settings),
            await _clock(graph, settings, clock),
        ]
    finally:
        await graph.close()
        await app.close()


async def _number(graph: Graph, settings: BotSettings) -> Finding:
    what = "whatsapp number"
    fields = "display_phone_number,quality_rating"
    found = await _ask(graph, what, f"{settings.whatsapp_phone_number_id}", fields=fields)
    if isinstance(found, Finding):
        return found
    number = str(found.get("display_phone_number", "?"))
    if found.get("quality_rating") == "RED":
        advice = "People block or report it: see WhatsApp Manager before Meta restricts it."
        return warn(what, f"{number}: its quality is low", advice)
    return ok(what, f"{number}, the token is accepted")


async def _webhook(app: Graph, settings: BotSettings) -> Finding:
    what, callback = "whatsapp webhook", settings.origin + PATH
    if not callback.startswith("https://"):
        advice = "Set HELPDESK_PUBLIC_URL to the https address of the reverse proxy in front."
        return fail(what, f"Meta cannot reach {callback}", advice)
    if settings.whatsapp_app_id is None:
        advice = "Set HELPDESK_WHATSAPP_APP_ID, and this is looked up."
        return warn(what, f"must be {callback} in Meta's dashboard", advice)
    found = await _ask(app, what, f"{settings.whatsapp_app_id}/subscriptions")
    if isinstance(found, Finding):
        return found
    mine = [each for each in _rows(found) if each.get("object") == OBJECT]
    if not any(each.get("callback_url") == callback for each in mine):
        return fail(what, f"Meta does not send to {callback}", REGISTER)
    names = {field.get("name") for each in mine for field in _rows(each, "fields")}
    if FIELD not in names or not all(each.get("active") for each in mine):
        return fail(what, f"is not told of `{FIELD}`, or not active", REGISTER)
    return ok(what, callback)


async def _account(graph: Graph, settings: BotSettings) -> list[Finding]:
    account = settings.whatsapp_business_account_id
    if account is None:
        advice = "Set HELPDESK_WHATSAPP_BUSINESS_ACCOUNT_ID, and this is looked up."
        return [warn("whatsapp account", "nobody knows whether it sends to our app", advice)]
    findings = [await _subscribed(graph, account, settings.whatsapp_app_id)]
    if settings.whatsapp_template:
        findings.append(await _template(graph, account, settings.whatsapp_template))
    return findings


async def _subscribed(graph: Graph, account: str, app: str | None) -> Finding:
    what = "whatsapp account"
    found = await _ask(graph, what, f"{account}/subscribed_apps")
    if isinstance(found, Finding):
        return found
    ids = {str(_of(each, "whatsapp_business_api_data").get("id", "")) for each in _rows(found)}
    if not ids or (app and app not in ids):
        return fail(what, "does not send its messages to our app", REGISTER)
    return ok(what, "sends its messages to our app")


async def _template(graph: Graph, account: str, name: str) -> Finding:
    what = "whatsapp template"
    found = await _ask(graph, what, f"{account}/message_templates", name=name)
    if isinstance(found, Finding):
        return found
    good = {
        each.get("language")
        for each in _rows(found)
        if each.get("name") == name and each.get("status") == "APPROVED"
    }
    missing = ", ".join(sorted(LANGUAGES - good))
    if missing:
        advice = "Add it in WhatsApp Manager, without parameters, and wait for Meta's approval."
        return fail(what, f"{name} is not approved in: {missing}", advice)
    return ok(what, f"{name} is approved in both languages")


async def _clock(graph: Graph, settings: BotSettings, clock: Clock) -> Finding:
    what = "whatsapp clock"
    try:
        async with graph.session.head(settings.whatsapp_api_url, allow_redirects=False) as answer:
            date = answer.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return _away(what, type(error).__name__)
    apart = abs((parsedate_to_datetime(date) - clock.now()).total_seconds()) if date else 0.0
    if apart > MOST_SKEW:
        return fail(what, f"{apart:.0f} s off Meta's", "Run NTP.")
    return ok(what, "agrees with Meta's")


async def _ask(graph: Graph, what: str, path: str, **query: str) -> dict[str, Any] | Finding:
    try:
        return await graph.get(path, **query)
    except GraphError as error:
        advice = ADVICE.get(judge(error.code, error.status).meaning, "Try again in some minutes.")
        return fail(what, f"refused: {error.message or error}", advice)
    except ChannelError as error:
        return _away(what, type(error.__cause__ or error).__name__)


def _away(what: str, reason: str) -> Finding:
    advice = "Let this machine reach HELPDESK_WHATSAPP_API_URL by https."
    return fail(what, f"no answer from Meta ({reason})", advice)


def _rows(found: dict[str, Any], name: str = "data") -> list[dict[str, Any]]:
    rows: list[Any] = found.get(name) or []
    return [cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)]


def _of(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object `name` in `row`, or `row`: Meta's answer and its schema differ."""
    inner = row.get(name)
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else row
