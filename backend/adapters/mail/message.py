"""A rendered mail as an Internet message (RFC 5322): one recipient, text and HTML."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Final

from backend.service.ports import MailRefused

if TYPE_CHECKING:
    from datetime import datetime

    from backend.service.ports import Mail

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
"""A plain ASCII address: no quotes, comments, spaces or line ends."""
_MAX_ADDRESS: Final = 254


def plain_address(text: str) -> str:
    """Return an address that is safe in an envelope and a header, its domain in ASCII.

    Raises MailRefused for everything else, line ends above all: they would start new headers.
    """
    local, at, domain = text.strip(" ").rpartition("@")
    try:
        address = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        address = ""
    if len(address) > _MAX_ADDRESS or not _ADDRESS.fullmatch(address):
        raise MailRefused("no plain address", bad_address=True)
    return address


class Sender:
    """Who our mails are from: `IT Helpdesk <helpdesk@example.ac.id>`. Raises MailRefused."""

    def __init__(self, text: str) -> None:
        name, address = parseaddr(text)
        self.address = plain_address(address)
        self.domain = self.address.rpartition("@")[2]
        self.header = Address(display_name=name, addr_spec=self.address)


def as_message(mail: Mail, sender: Sender, at: datetime) -> EmailMessage:
    """Build the message. Raises MailRefused when a header cannot be made of what is given."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender.header
        message["To"] = Address(addr_spec=plain_address(mail.to))
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = mail.message_id
    except (ValueError, MessageError):
        raise MailRefused("a header cannot be made") from None
    # Nobody's vacation responder should answer us (RFC 3834 §5; the second one is Exchange's).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message
