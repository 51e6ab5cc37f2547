"""Settings both services share: `HELPDESK_*` environment variables, or a `.env` file.

`bot.settings.BotSettings` and `backend.settings.BackendSettings` extend this class, so that each
service knows only what it may know. Every field has a default and a description; a test lists them
in `docs/reference/settings.md`.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """What bot and backend both need."""

    model_config = SettingsConfigDict(
        env_prefix="HELPDESK_",
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,  # a neighbour's secret must not reach an error message
    )

    state_dir: Path = Field(
        default=Path("var"),
        description="Folder for the embedded databases, keys and the trained model.",
    )
    documents_dir: Path | None = Field(
        default=None,
        description="Folder for the letters people send as files. Unset: `documents` in the state "
        "folder. Replicas of the bot, the backend and operators' machines share it.",
    )
    backend_bind: str = Field(
        default="127.0.0.1:8081", description="Address the backend listens on."
    )
    bot_key: SecretStr | None = Field(
        default=None,
        description="Shared key (32+ characters) with which the bot signs its calls to the "
        "backend. Unset: made once and kept in the state folder, which both must then share.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field(
        default="auto", description="json, console, or auto (console on a terminal)."
    )
    time_zone: str = Field(
        default="Asia/Jakarta", description="Zone of dates shown to people and of SLAs."
    )

    @property
    def documents(self) -> Path:
        """Return the folder of the documents."""
        return self.documents_dir or self.state_dir / "documents"


class OperatorSettings(CommonSettings):
    """What the backend and the operator's commands share, and the bot does not know."""

    operator_key: SecretStr | None = Field(
        default=None,
        description="Key with which `helpdesk tickets` and `helpdesk accounts` sign their calls. "
        "Unset: made once and kept in the state folder.",
    )


def split_bind(bind: str) -> tuple[str, int]:
    """Split `host:port` (IPv6 hosts in brackets). Raises ValueError when there is no port."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(bind: str) -> bool:
    """Tell whether a bind address is reachable from this machine only."""
    host, _ = split_bind(bind)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
