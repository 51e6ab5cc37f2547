"""A real SMTP server on loopback whose answers a test scripts, phase by phase."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Handler:
    """Keeps what arrives. `replies`: what a phase answers first, before it accepts."""

    replies: dict[str, list[str]] = field(default_factory=dict)
    received: list = field(default_factory=list)
    connections: int = 0
    drop_in_data: int = 0
    slow: float = 0
    extensions: tuple[str, ...] = ()
    dsn: list[str] = field(default_factory=list)

    def _next(self, phase):
        waiting = self.replies.get(phase)
        return waiting.pop(0) if waiting else None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return [responses[0], *(f"250-{name}" for name in self.extensions), *responses[1:]]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        reply = self._next("MAIL")
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        reply = self._next(f"RCPT {address}") or self._next("RCPT")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(self.slow)
        reply = self._next("DATA")
        if reply is not None:
            return reply
        if self.drop_in_data:
            self.drop_in_data -= 1
            server.transport.abort()
            return "451 gone"
        message = message_from_bytes(envelope.original_content, policy=default)
        self.received.append((envelope.mail_from, tuple(envelope.rcpt_tos), message))
        return "250 taken"


class Dsn(SMTP):
    """aiosmtpd with the DSN extension (RFC 3461): its options kept and taken off."""

    async def smtp_MAIL(self, arg):  # noqa: N802
        words = arg.split()
        dsn = [word for word in words if word.startswith(("RET=", "ENVID="))]
        self.event_handler.dsn += dsn
        await super().smtp_MAIL(" ".join(word for word in words if word not in dsn))


class DsnController(Controller):
    """Starts `Dsn`."""

    def factory(self):
        return Dsn(self.handler, **self.SMTP_kwargs)


class SmtpServer:
    """Starts and stops the server, always on the same port."""

    def __init__(self, handler, port, *, controller=Controller, **options):
        self.handler, self.port, self.options = handler, port, options
        self._make = controller
        self._controller = None

    def start(self):
        self._controller = self._make(
            self.handler,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="mail.test",
            **self.options,
        )
        self._controller.start()

    def stop(self):
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def authenticator(login, password):
    """Accept one login."""

    def check(_server, _session, _envelope, _mechanism, data):
        right = LoginPassword(login.encode(), password.encode())
        return AuthResult(success=data == right, handled=False)

    return check


def self_signed(folder):
    """Return server and client contexts of a certificate for `localhost` made on the spot."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
