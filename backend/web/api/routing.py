"""What a route is: one row says everything the server and the OpenAPI document need."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from backend.service.errors import Refusal
    from backend.web.api.services import Services


class Principal(StrEnum):
    """Who may call: each has a key of its own."""

    BOT = "bot"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Param:
    """A query parameter. Whole numbers lie between `low` and `high`; text has a `pattern`."""

    name: str
    description: str
    kind: type[int | str] = str
    default: int | str | None = None
    low: int = 0
    high: int = 2**53
    pattern: str = r"^[\x21-\x7e]{1,100}$(?!\n)"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated, decoded call."""

    params: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    actor: str
    """The operator's name; "bot" for the bot."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API. Anything but GET is a write and needs an idempotency key."""

    method: str
    path: str
    operation: str
    summary: str
    principal: Principal
    handle: Callable[[Services, Call], Awaitable[Any]]
    request: Any = None
    answer: Any = None
    """None: 204 without a body."""
    status: int = 200
    query: tuple[Param, ...] = ()
    refusals: tuple[type[Refusal], ...] = field(default=())

    @property
    def is_write(self) -> bool:
        """Tell whether the call changes something."""
        return self.method != "GET"
