"""What the backend may know: its database, its secret, its mail server, its rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from ops.settings import OperatorSettings, is_loopback

MIN_KEY = 32
"""Characters a key must have: what `ops.keys` makes has 43 (256 bit)."""


class BackendSettings(OperatorSettings):
    """Settings of the backend service."""

    backend_database_url: str | None = Field(
        default=None,
        description="`sqlite:///path` or `postgresql://user@host/name`. Unset: SQLite in the "
        "state folder.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Secret (32+ characters) that codes are derived from and addresses are sealed "
        "with. Unset: made once and kept in the state folder. Losing it makes the addresses "
        "unreadable.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="`smtp://[user:password@]host:port` or `smtps://…`. Unset: mail is captured "
        "and shown on `/dev/mail` (development only).",
    )
    mail_from: str = Field(
        default="IT Helpdesk <helpdesk@kampus.example>", description="Sender of every mail."
    )
    page_url: str | None = Field(
        default=None,
        description="Address under which browsers reach the backend's pages, such as "
        "`https://akun.kampus.ac.id`. Unset: `HELPDESK_PUBLIC_URL`, else the bind address.",
    )
    public_url: str | None = Field(
        default=None, description="Address under which browsers reach us through a reverse proxy."
    )
    directory: Literal["sql"] = Field(default="sql", description="Where accounts live.")
    password_profile: Literal["itb", "nist"] = Field(
        default="itb",
        description="`itb`: 10+ characters of four classes (ITB II.B.6). `nist`: 15+ characters, "
        "no composition rule (SP 800-63B-4 3.1.1.2).",
    )
    code_length: int = Field(default=8, ge=6, le=10, description="Digits of a one-time code.")
    ticket_prefix: str = Field(
        default="ITB", pattern=r"^[A-Z]{2,6}$", description="First part of ticket numbers."
    )
    service_hours: str = Field(
        default="Mon-Fri 08:00-12:00 13:00-16:00",
        description="When the helpdesk answers, in `HELPDESK_TIME_ZONE`.",
    )
    holidays: str = Field(
        default="",
        description="Dates without service, comma-separated, such as `2026-08-17,2026-12-25`.",
    )
    guest_max_days: int = Field(
        default=180, ge=1, le=366, description="Longest life of a guest account, in days."
    )
    guests_per_day: int = Field(
        default=300, ge=1, description="Guest accounts made a day at most (ITB a.3: 300)."
    )
    demo_data: bool | None = Field(
        default=None,
        description="Ten demo accounts. Unset: on when everything is bound to loopback and mail "
        "is captured.",
    )

    @property
    def is_development(self) -> bool:
        """Tell whether conveniences for trying things out may exist: nobody else can reach us."""
        return is_loopback(self.backend_bind) and self.smtp_url is None

    @property
    def database(self) -> str:
        """Return the database URL."""
        default = f"sqlite:///{self.state_dir / 'backend.db'}"
        return self.backend_database_url or default

    @property
    def pages(self) -> str:
        """Return the address of the pages, without a slash at the end. Never the Host header."""
        url = self.page_url or self.public_url or f"http://{self.backend_bind}"
        return url.rstrip("/")


class UnsafeSettings(Exception):
    """The settings would expose something meant for one's own machine."""


def check(settings: BackendSettings) -> None:
    """Refuse settings that are unsafe. Raises UnsafeSettings with what to do about it."""
    if settings.smtp_url is None and not is_loopback(settings.backend_bind):
        raise UnsafeSettings(
            "HELPDESK_BACKEND_BIND is reachable from other machines, but mail would be captured "
            "and shown to anyone: set HELPDESK_SMTP_URL, or bind to 127.0.0.1."
        )
    _check_keys(settings)
    if settings.demo_data and not settings.is_development:
        raise UnsafeSettings(
            "HELPDESK_DEMO_DATA=true is for one's own machine: bind to 127.0.0.1 and leave "
            "HELPDESK_SMTP_URL unset, or drop the setting."
        )


def _check_keys(settings: BackendSettings) -> None:
    keys = {"HELPDESK_BOT_KEY": settings.bot_key, "HELPDESK_OPERATOR_KEY": settings.operator_key}
    given = {name: key.get_secret_value() for name, key in keys.items() if key}
    for name, key in given.items():
        if len(key) < MIN_KEY:
            raise UnsafeSettings(f"{name} has fewer than {MIN_KEY} characters and can be guessed.")
    if len(set(given.values())) < len(given):
        raise UnsafeSettings(
            "HELPDESK_BOT_KEY and HELPDESK_OPERATOR_KEY are the same: whoever holds the bot could "
            "approve guests and change recovery addresses. Give each a key of its own."
        )
