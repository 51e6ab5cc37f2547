"""Mail by SMTP: one connection for a burst, one recipient a message."""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from backend.adapters.mail.message import Sender, as_message, plain_address
from backend.service.ports import MailPostponed, MailRefused, MailUnavailable
from ops.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Generator

    from backend.service.ports import Mail
    from ops.clock import Clock

_PORTS: Final = {"smtp": 25, "smtps": 465}
_SHUTTING_DOWN: Final = 421
_PERMANENT: Final = 500
_NO_SUCH_MAILBOX: Final = frozenset({550, 551, 553})
_ENHANCED: Final = re.compile(r"5\.(\d{1,3})\.\d{1,3}(?!\d)")
_IDLE_SECONDS: Final = 60.0
"""An older connection is not trusted: firewalls forget it without telling."""
_CONNECTION_MESSAGES: Final = 100
"""Servers close connections that carry more."""

_log = structlog.get_logger(__name__)


class BadSmtpUrl(ValueError):
    """The SMTP URL is not `smtp://[user:password@]host[:port]` or `smtps://…`."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to hand mail over."""

    host: str
    port: int
    use_tls: bool
    """TLS from the first byte (`smtps://`)."""
    start_tls: bool
    """Anything else but loopback must offer STARTTLS with a valid certificate."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read `smtp://[user:password@]host[:port]`. Raises BadSmtpUrl, which never shows it."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise BadSmtpUrl from None
        if parts.scheme not in _PORTS or not host or parts.path not in {"", "/"} or parts.query:
            raise BadSmtpUrl
        use_tls = parts.scheme == "smtps"
        return cls(
            host=host,
            port=port or _PORTS[parts.scheme],
            use_tls=use_tls,
            start_tls=not use_tls and not is_loopback(f"{host}:0"),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpTransport:
    """A `MailTransport` over SMTP.

    `sender` is the From header; its address is the envelope's sender too. `tls` overrides the
    system's certificate authorities.
    """

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._server = server
        self._sender = Sender(sender)
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout
        self._client: SMTP | None = None
        self._last_use = 0.0
        self._messages = 0
        self._lock = asyncio.Lock()

    async def check(self) -> None:
        """Begin a message and take it back: connection, login and storage of the server work."""
        async with self._lock:
            if self._client is not None and not self._is_stale():
                with suppress(MailUnavailable):
                    return await self._begin_and_reset(self._client)
                # An old connection that died says nothing about the server: ask on a new one.
            return await self._begin_and_reset(await self._connect())

    async def send(self, mail: Mail) -> None:
        """Send one message to one recipient."""
        raw = as_message(mail, self._sender, self._clock.now()).as_bytes()
        recipient = plain_address(mail.to)
        async with self._lock:
            client = self._client
            if client is None or self._is_stale():
                client = await self._connect()
            await self._hand_over(client, mail.message_id, recipient, raw)

    async def close(self) -> None:
        """Say goodbye to the server."""
        async with self._lock:
            await self._say_goodbye()

    def _is_stale(self) -> bool:
        idle = asyncio.get_running_loop().time() - self._last_use
        return idle > _IDLE_SECONDS or self._messages >= _CONNECTION_MESSAGES

    async def _connect(self) -> SMTP:
        await self._say_goodbye()
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._sender.domain,
            timeout=self._timeout,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            tls_context=self._tls,
        )
        self._client = client
        self._messages = 0
        with self._dialogue(client):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()  # before the first message asks what the server can do
        return client

    async def _begin_and_reset(self, client: SMTP) -> None:
        with self._dialogue(client):
            await client.mail(self._sender.address)
            await client.rset()

    async def _hand_over(self, client: SMTP, message_id: str, recipient: str, raw: bytes) -> None:
        with self._dialogue(client):
            await client.mail(self._sender.address, options=_delivery_options(client, message_id))
            try:
                await client.rcpt(recipient)
                await client.data(raw)
            except (SMTPRecipientRefused, SMTPDataError) as error:
                if error.code == _SHUTTING_DOWN:
                    raise
                await client.rset()
                raise _verdict(error) from None
        self._messages += 1

    @contextmanager
    def _dialogue(self, client: SMTP) -> Generator[None]:
        """Drop the connection when a dialogue ends anywhere else than between two messages."""
        in_step = False
        try:
            yield
            in_step = True
        except (MailPostponed, MailRefused):
            in_step = True
            raise
        except (SMTPException, OSError) as error:
            code = error.code if isinstance(error, SMTPResponseException) else None
            _log.warning("smtp_failed", error=type(error).__name__, reply=code)
            raise MailUnavailable(type(error).__name__) from None
        finally:
            self._last_use = asyncio.get_running_loop().time()
            if not in_step:
                _cut(client, client.transport)
                self._client = None

    async def _say_goodbye(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        transport = client.transport
        with suppress(SMTPException, OSError):
            await client.quit(timeout=1)
        _cut(client, transport)


def _cut(client: SMTP, transport: asyncio.BaseTransport | None) -> None:
    """Close at once: a TLS transport would wait half a minute for the server's farewell."""
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _delivery_options(client: SMTP, message_id: str) -> list[str]:
    """Ask that bounces carry headers only: a code or link must not travel back (RFC 3461)."""
    if not client.supports_extension("dsn"):
        return []
    return ["RET=HDRS", f"ENVID={message_id.strip('<>').replace('@', '.')}"]


def _verdict(error: SMTPRecipientRefused | SMTPDataError) -> MailPostponed | MailRefused:
    """Read a refusal of this one message (RFC 5321 §4.2, enhanced codes RFC 3463)."""
    if error.code < _PERMANENT:
        return MailPostponed(f"reply {error.code}")
    enhanced = _ENHANCED.match(error.message)
    if isinstance(error, SMTPDataError):
        bad_address = False  # the content, not the recipient
    elif enhanced:
        bad_address = enhanced[1] == "1" or enhanced[0] == "5.2.1"
    else:
        bad_address = error.code in _NO_SUCH_MAILBOX
    return MailRefused(f"reply {error.code}", bad_address=bad_address)
