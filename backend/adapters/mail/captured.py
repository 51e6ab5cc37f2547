"""Mail that never leaves: `.eml` files in a folder, for development and tests."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Final

from backend.adapters.mail.message import Sender, as_message
from backend.service.ports import CapturedMail

if TYPE_CHECKING:
    from pathlib import Path

    from backend.service.ports import Mail
    from ops.clock import Clock

_NAME: Final = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
_KEPT: Final = 500
"""Files kept; older ones go, in bunches of a tenth."""


class CapturedTransport:
    """A `MailTransport` that writes each message to `folder`, readable by its owner only."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = Sender(sender)
        self._clock = clock
        self._sent = 0

    async def check(self) -> None:
        """Nothing can be away."""

    async def send(self, mail: Mail) -> None:
        """Write the message; it is there whole or not at all."""
        now = self._clock.now()
        raw = as_message(mail, self._sender, now).as_bytes()
        name = f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
        await asyncio.to_thread(self._write, name, raw)

    async def close(self) -> None:
        """Nothing to release."""

    def names(self) -> list[str]:
        """Return the names of the kept messages, newest first."""
        found = (path.stem for path in self._folder.glob("*.eml"))
        return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)

    def read(self, name: str) -> CapturedMail | None:
        """Return one message, None when there is none of this name."""
        if not _NAME.fullmatch(name):
            return None
        try:
            raw = (self._folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None
        return _parse(name, raw)

    def newest(self, count: int = 50) -> list[CapturedMail]:
        """Return the newest messages, newest first."""
        found = (self.read(name) for name in self.names()[:count])
        return [mail for mail in found if mail is not None]

    def _write(self, name: str, raw: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{name}.tmp"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(raw)
        draft.rename(self._folder / f"{name}.eml")
        self._sent += 1
        if self._sent % (_KEPT // 10) == 0:
            for old in self.names()[_KEPT:]:
                (self._folder / f"{old}.eml").unlink(missing_ok=True)


def _parse(name: str, raw: bytes) -> CapturedMail:
    message = message_from_bytes(raw, EmailMessage, policy=SMTP)
    return CapturedMail(
        name=name,
        at=message["Date"].datetime,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        message_id=str(message["Message-ID"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
