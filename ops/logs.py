"""Structured logs of both services: one line an event, a correlation id, and no secrets.

Our own events go through structlog; what libraries log arrives there too, but only from WARNING
up: at DEBUG the database drivers would print every statement with its parameters.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TextIO, cast

import msgspec
import structlog

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from structlog.typing import EventDict, Processor, WrappedLogger

    from ops.settings import CommonSettings

HIDDEN: Final = "[hidden]"

_SECRET_KEYS: Final = re.compile(
    r"passw|passphrase|secret|token|grant|cookie|authori[sz]ation|signature|credential"
    r"|^(code|otp|pin|text|message|body|login|user|username|email|e_mail|phone|address|ip|name"
    r"|query|query_string|payload|url)$",
    re.IGNORECASE,
)
"""Names under which personal data or a secret would travel, should a caller forget."""

_SECRET_TEXTS: Final = (
    # SQLAlchemy ends its messages with the statement's parameters.
    (re.compile(r"\[parameters: .*", re.DOTALL), "[parameters hidden]"),
    # PostgreSQL names the values that broke a constraint.
    (re.compile(r"DETAIL: .*?(?=\n|$)"), "DETAIL hidden"),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"), HIDDEN),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)\b(passwor[dt]|kata ?sandi|sandi|pass|pwd|token|secret|otp|kode|code)"
            r"(\s*[:=]\s*)\S+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?<![\w-])\d{6,}(?![\w-])"), HIDDEN),
    (re.compile(r"(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{32,}"), HIDDEN),
)

_SUSPECT: Final = re.compile(r"[@:=\d\s\[]")
"""Every pattern above needs one of these: most values of a log have none."""

_KEPT_KEYS: Final = frozenset(
    {"timestamp", "level", "service", "logger", "correlation_id", "event"}
)
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure_logging(settings: CommonSettings, service: str) -> None:
    """Send every log of this process to stderr, as JSON lines or for a person's eyes.

    Raises ValueError for a `log_level` that does not exist.
    """
    level = _level(settings.log_level)
    processors = _processors(service)
    renderer = _renderer(settings.log_format)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_StderrLoggerFactory(),
        cache_logger_on_first_use=False,  # tests and `up` configure more than once
    )
    handler = logging.StreamHandler(_LateStderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def new_correlation_id() -> str:
    """Return an id to follow one request by, through both services."""
    return secrets.token_hex(8)


def correlation_id() -> str:
    """Return the id of what is being worked on, or an empty string."""
    return structlog.contextvars.get_contextvars().get("correlation_id", "")


@contextmanager
def correlated(identifier: str = "") -> Generator[str]:
    """Work under a correlation id: the given one when it is well formed, else a new one."""
    chosen = identifier if _CORRELATION_ID.fullmatch(identifier) else new_correlation_id()
    with structlog.contextvars.bound_contextvars(correlation_id=chosen):
        yield chosen


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what must not be in a log: the last resort, never the plan.

    Values under telling names go whole; other text loses addresses, long numbers, credentials in
    URLs, tokens and the parameters of SQL statements.
    """
    for key, value in event.items():
        if key not in _KEPT_KEYS or key == "event":
            event[key] = _clean_item(key, value)
    return event


def _clean_item(key: str, value: object) -> object:
    return HIDDEN if value and _is_secret(key) else _clean(value)


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _clean(value: object) -> object:
    match value:
        case bool() | int() | float() | None:
            return value
        case str():
            return _clean_text(value)
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {str(key): _clean_item(str(key), item) for key, item in items}
        case list() | tuple() | set() | frozenset():
            return [_clean(item) for item in cast("Iterable[object]", value)]
        case _:
            return _clean_text(str(value))


def _clean_text(text: str) -> str:
    if not _SUSPECT.search(text):
        return text
    for pattern, replacement in _SECRET_TEXTS:
        text = pattern.sub(replacement, text)
    return text


def _level(name: str) -> int:
    level = logging.getLevelNamesMapping().get(name.upper())
    if level is None:
        raise ValueError(f"log level {name!r} is none of DEBUG, INFO, WARNING, ERROR")
    return level


def _processors(service: str) -> list[Processor]:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        add_service,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # The plain traceback: the structured ones carry local variables.
        structlog.processors.format_exc_info,
        hide_secrets,
    ]


def _renderer(log_format: str) -> Processor:
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    if console:
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(serializer=_to_json)


def _to_json(event: EventDict, **_options: object) -> str:
    return msgspec.json.encode(event).decode()


class _LateStderr:
    """Whatever `sys.stderr` is when a line is written, not when logging was set up."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _StderrLoggerFactory:
    def __init__(self) -> None:
        self._logger = structlog.WriteLogger(_as_text_file(_LateStderr()))

    def __call__(self, *_args: object) -> structlog.WriteLogger:
        return self._logger


def _as_text_file(stream: object) -> TextIO:
    return stream  # pyright: ignore[reportReturnType] - write and flush are all that is used
