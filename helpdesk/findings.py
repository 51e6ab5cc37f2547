"""What a check of `helpdesk doctor` can say."""

from __future__ import annotations

from msgspec import Struct


class Finding(Struct, frozen=True):
    """What one check found: `state` is ok, warn or fail."""

    what: str
    state: str
    detail: str
    advice: str = ""


def ok(what: str, detail: str) -> Finding:
    """Say that all is well."""
    return Finding(what, "ok", detail)


def warn(what: str, detail: str, advice: str) -> Finding:
    """Say that something works but should not stay so."""
    return Finding(what, "warn", detail, advice)


def fail(what: str, detail: str, advice: str) -> Finding:
    """Say that something does not work."""
    return Finding(what, "fail", detail, advice)
