"""What the bot may know: its conversations' database, its channels, where the backend is."""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from ops.settings import CommonSettings, is_loopback

_TELEGRAM_TOKEN: Final = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{30,}")
_TELEGRAM_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,256}")

_META_ID: Final = re.compile(r"[0-9]{1,30}")
_SHORTEST_WORD: Final = 16


class BotSettings(CommonSettings):
    """Settings of the bot service."""

    database_url: str | None = Field(
        default=None,
        description="`sqlite:///path` or `postgresql://user@host/name`. Unset: SQLite in the "
        "state folder.",
    )
    bind: str = Field(
        default="127.0.0.1:8080",
        description="Address the bot listens on: web chat, webhooks.",
    )
    public_url: str | None = Field(
        default=None,
        description="Address under which browsers reach us through a reverse proxy, such as "
        "`https://bantuan.kampus.ac.id`. Required when `HELPDESK_BIND` is not loopback.",
    )
    backend_url: str | None = Field(
        default=None,
        description="Where the bot reaches the backend. Unset: `http://` and "
        "`HELPDESK_BACKEND_BIND`.",
    )
    nlu: Literal["embedded", "rasa"] = Field(
        default="embedded",
        description="The engine that understands messages. `rasa`: intents come from the server "
        "at `HELPDESK_RASA_URL`, and from the embedded engine while that does not answer.",
    )
    rasa_url: str | None = Field(
        default=None,
        description="Where the Rasa server listens, such as `http://127.0.0.1:5005`. Required "
        "with `HELPDESK_NLU=rasa`.",
    )
    rasa_token: SecretStr | None = Field(
        default=None, description="What the Rasa server was started with as `--auth-token`."
    )
    rasa_timeout: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description="Seconds a message waits for Rasa before the embedded engine answers alone.",
    )
    nlu_review: bool = Field(
        default=False,
        description="Collect messages that were misunderstood, corrected or ambiguous, for people "
        "to label with `helpdesk nlu review`. Kept: the words with names, logins, numbers, "
        "addresses and dates masked, the guess, what happened, the day; not who wrote them. Until "
        "labelled, 90 days at most, 2000 messages at most. Tell people in your privacy notice "
        "before you turn it on.",
    )
    rest_channel: bool | None = Field(
        default=None,
        description="The REST channel, which trusts whatever `sender` it is told. Unset: on when "
        "bound to loopback; it refuses to start anywhere else.",
    )
    webchat_per_minute: int = Field(
        default=30, ge=1, description="Messages a web chat may send a minute before it must wait."
    )
    webchat_network_per_minute: int = Field(
        default=1200,
        ge=1,
        description="Messages all web chats of one IP address (IPv6: /64) may send a minute. A "
        "campus may share one address.",
    )
    webchat_new_per_minute: int = Field(
        default=120,
        ge=1,
        description="New web chats one IP address (IPv6: /64) may open a minute.",
    )
    teams_app_id: str | None = Field(
        default=None,
        description="Microsoft Teams: the application (client) id of the bot's registration in "
        "Entra. The channel is on with this and `HELPDESK_TEAMS_APP_PASSWORD`.",
    )
    teams_app_password: SecretStr | None = Field(
        default=None, description="Microsoft Teams: the client secret of that registration."
    )
    teams_tenant: str | None = Field(
        default=None,
        description="Microsoft Teams: the directory (tenant) id. Set, people of other tenants are "
        "refused, and the bot signs in there (needed for a single-tenant registration).",
    )
    teams_anonymous: bool = Field(
        default=False,
        description="Microsoft Teams: take activities without a token, from this machine only: "
        "for Microsoft's Agents Playground. It refuses to start anywhere else.",
    )
    teams_cloud: Literal["public", "gcc-high", "dod", "china"] = Field(
        default="public",
        description="Microsoft Teams: the cloud the tenant is in. `public` is everybody's, also "
        "GCC; `gcc-high` and `dod` are those of the US government, `china` is run by 21Vianet. It "
        "decides where the bot signs in, whose keys it believes and which hosts get its answers.",
    )
    teams_login_url: str | None = Field(
        default=None,
        description="Microsoft Teams: a login on this machine, for tests. Unset: the cloud's; it "
        "can be no other, for the secret is sent there.",
    )
    teams_openid_url: str | None = Field(
        default=None,
        description="Microsoft Teams: where the addresses of the keys are that sign activities. "
        "Unset: the cloud's.",
    )
    telegram_token: SecretStr | None = Field(
        default=None,
        description="The token BotFather gave for the Telegram bot. Unset: no Telegram.",
    )
    telegram_mode: Literal["auto", "webhook", "polling"] = Field(
        default="auto",
        description="How updates come from Telegram. `webhook`: to `HELPDESK_PUBLIC_URL`, after "
        "`helpdesk bot --register-webhooks`. `polling`: fetched, by one process at a time. "
        "`auto`: webhook when `HELPDESK_PUBLIC_URL` is https, else polling.",
    )
    telegram_webhook_secret: SecretStr | None = Field(
        default=None,
        description="What Telegram shows with every update: 32 to 256 letters, digits, `_`, `-`. "
        "Unset: derived from `HELPDESK_BOT_KEY`, or the one in the state folder, and the token.",
    )
    telegram_api_url: str = Field(
        default="https://api.telegram.org",
        description="Where the Bot API is: Telegram's, or a Bot API server of your own.",
    )
    whatsapp_token: SecretStr | None = Field(
        default=None,
        description="WhatsApp: the access token of a system user, with "
        "`whatsapp_business_messaging`. Unset: no WhatsApp.",
    )
    whatsapp_phone_number_id: str | None = Field(
        default=None,
        description="WhatsApp: Meta's id of our phone number (not the number). Required with "
        "`HELPDESK_WHATSAPP_TOKEN`.",
    )
    whatsapp_app_secret: SecretStr | None = Field(
        default=None,
        description="WhatsApp: the app's secret, which webhooks are signed with. Required with "
        "`HELPDESK_WHATSAPP_TOKEN`.",
    )
    whatsapp_verify_token: SecretStr | None = Field(
        default=None,
        description="WhatsApp: what Meta shows when the webhook is set up; make one up, 16 "
        "characters or more. Required with `HELPDESK_WHATSAPP_TOKEN`.",
    )
    whatsapp_app_id: str | None = Field(
        default=None,
        description="WhatsApp: the app's id. With it `helpdesk bot --register-webhooks` sets the "
        "webhook up.",
    )
    whatsapp_business_account_id: str | None = Field(
        default=None,
        description="WhatsApp: the id of the business account. With it "
        "`helpdesk bot --register-webhooks` subscribes the app to the account's messages.",
    )
    whatsapp_template: str | None = Field(
        default=None,
        description="WhatsApp: the name of an approved template in Indonesian and English, "
        "without parameters, that asks people to write when more than a day has passed. Unset: "
        "what there is to say waits until they write by themselves.",
    )
    whatsapp_api_url: str = Field(
        default="https://graph.facebook.com/v23.0",
        description="Where Meta's Graph API is, with its version.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        description="Reverse proxies in front of us: how many entries at the end of "
        "`X-Forwarded-For` were written by them.",
    )

    @property
    def database(self) -> str:
        """Return the database URL."""
        return self.database_url or f"sqlite:///{self.state_dir / 'bot.db'}"

    @property
    def backend(self) -> str:
        """Return the backend's address."""
        return (self.backend_url or f"http://{self.backend_bind}").rstrip("/")

    @property
    def is_development(self) -> bool:
        """Tell whether nobody but this machine can reach us."""
        return is_loopback(self.bind)

    @property
    def rest(self) -> bool:
        """Tell whether the REST channel is on."""
        return self.is_development if self.rest_channel is None else self.rest_channel

    @property
    def teams(self) -> bool:
        """Tell whether the Teams channel is on."""
        return self.teams_anonymous or bool(self.teams_app_password)

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the web chat, as browsers name it."""
        return (self.public_url or f"http://{self.bind}").rstrip("/")

    @property
    def telegram_polls(self) -> bool:
        """Tell whether updates are fetched from Telegram, not pushed by it."""
        if self.telegram_mode == "auto":
            return not (self.public_url or "").startswith("https://")
        return self.telegram_mode == "polling"


class UnsafeSettings(Exception):
    """The settings expose something meant for one's own machine, or lack what they need."""


def check(settings: BotSettings) -> None:
    """Refuse settings that are unsafe. Raises UnsafeSettings with what to do about it."""
    if settings.nlu == "rasa" and not (settings.rasa_url or "").startswith(
        ("http://", "https://")
    ):
        raise UnsafeSettings(
            "HELPDESK_NLU=rasa needs the server's address: set HELPDESK_RASA_URL, such as "
            "http://127.0.0.1:5005, or drop HELPDESK_NLU."
        )
    _check_teams(settings)
    _check_telegram(settings)
    _check_whatsapp(settings)
    if settings.is_development:
        return
    if settings.rest_channel:
        raise UnsafeSettings(
            "HELPDESK_REST_CHANNEL=true trusts whatever sender it is told, and HELPDESK_BIND is "
            "reachable from other machines: bind to 127.0.0.1, or drop the setting."
        )
    if not (settings.public_url or "").startswith("https://"):
        raise UnsafeSettings(
            "HELPDESK_BIND is reachable from other machines: set HELPDESK_PUBLIC_URL to the https "
            "address of the reverse proxy in front, or bind to 127.0.0.1."
        )


def _check_teams(settings: BotSettings) -> None:
    here = settings.is_development and _is_here(settings.origin)
    if settings.teams_anonymous and not here:
        raise UnsafeSettings(
            "HELPDESK_TEAMS_ANONYMOUS=true believes whoever writes, and other machines reach this "
            "one: drop it, or bind to 127.0.0.1 without HELPDESK_PUBLIC_URL."
        )
    if settings.teams_anonymous and settings.teams_app_password:
        raise UnsafeSettings(
            "HELPDESK_TEAMS_ANONYMOUS=true and HELPDESK_TEAMS_APP_PASSWORD exclude each other: "
            "drop one."
        )
    if bool(settings.teams_app_id) is not bool(settings.teams_app_password) and not (
        settings.teams_anonymous
    ):
        raise UnsafeSettings(
            "Teams needs both HELPDESK_TEAMS_APP_ID and HELPDESK_TEAMS_APP_PASSWORD: set the one "
            "that is missing, or drop the other."
        )
    if settings.teams_login_url and not (here and _is_here(settings.teams_login_url)):
        raise UnsafeSettings(
            "HELPDESK_TEAMS_LOGIN_URL would get the bot's secret, and is for tests on this "
            "machine: drop it, and set HELPDESK_TEAMS_CLOUD."
        )
    openid = settings.teams_openid_url
    if openid and not openid.startswith("https://") and not (here and _is_here(openid)):
        raise UnsafeSettings(
            "HELPDESK_TEAMS_OPENID_URL names the keys that vouch for activities: it must be https."
        )


def _is_here(url: str) -> bool:
    return is_loopback(f"{urlsplit(url).hostname}:0")


def _check_telegram(settings: BotSettings) -> None:
    if settings.telegram_token is None:
        return
    if not _TELEGRAM_TOKEN.fullmatch(settings.telegram_token.get_secret_value()):
        raise UnsafeSettings(
            "HELPDESK_TELEGRAM_TOKEN is not a bot's token: copy it whole from BotFather, such as "
            "123456789:AA… (numbers, a colon, 35 characters)."
        )
    secret = settings.telegram_webhook_secret
    if secret and not _TELEGRAM_SECRET.fullmatch(secret.get_secret_value()):
        raise UnsafeSettings(
            "HELPDESK_TELEGRAM_WEBHOOK_SECRET must be 32 to 256 letters, digits, _ or -: drop it, "
            "and one is derived."
        )
    api = urlsplit(settings.telegram_api_url)
    if api.scheme != "https" and not is_loopback(f"{api.hostname}:0"):
        raise UnsafeSettings(
            "HELPDESK_TELEGRAM_API_URL would carry the token unencrypted: use https, or a server "
            "on this machine."
        )
    if settings.telegram_mode == "webhook" and not settings.origin.startswith("https://"):
        raise UnsafeSettings(
            "HELPDESK_TELEGRAM_MODE=webhook needs an address Telegram can reach: set "
            "HELPDESK_PUBLIC_URL to https://…, or use polling."
        )


def _check_whatsapp(settings: BotSettings) -> None:
    if settings.whatsapp_token is None:
        return
    required = ("phone_number_id", "app_secret", "verify_token")
    lacking = [name for name in required if not getattr(settings, f"whatsapp_{name}")]
    if lacking:
        names = ", ".join(f"HELPDESK_WHATSAPP_{name.upper()}" for name in lacking)
        raise UnsafeSettings(
            f"HELPDESK_WHATSAPP_TOKEN needs {names}, too: see docs/how-to/connect-whatsapp.md."
        )
    numbers = ("phone_number_id", "app_id", "business_account_id")
    for name in numbers:
        if not _META_ID.fullmatch(getattr(settings, f"whatsapp_{name}") or "0"):
            raise UnsafeSettings(
                f"HELPDESK_WHATSAPP_{name.upper()} is an id of digits only, as Meta's dashboard "
                "shows it: not a phone number with +, not a name."
            )
    word = settings.whatsapp_verify_token
    if word and len(word.get_secret_value()) < _SHORTEST_WORD:
        raise UnsafeSettings(
            "HELPDESK_WHATSAPP_VERIFY_TOKEN can be guessed: make it 16 characters or more, such "
            "as the output of `openssl rand -hex 16`."
        )
    api = settings.whatsapp_api_url
    if not api.startswith("https://") and not _is_here(api):
        raise UnsafeSettings(
            "HELPDESK_WHATSAPP_API_URL would carry the token unencrypted: use https."
        )
