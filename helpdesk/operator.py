"""What an operator's commands ask of the backend, and how they say that it did not work."""

from __future__ import annotations

import asyncio
import getpass
import os
import secrets
import sys
from typing import TYPE_CHECKING, Any

from backend_client.errors import Refused, Unavailable
from backend_client.transport import Transport
from helpdesk.output import errors
from ops.clock import SystemClock
from ops.keys import key
from ops.settings import OperatorSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import msgspec

REFUSALS = {
    "not_found": "There is no such ticket or account.",
    "unauthorized": "The backend does not accept our key: set HELPDESK_OPERATOR_KEY, or "
    "HELPDESK_STATE_DIR to the backend's state folder.",
}


class Operator:
    """Signed calls in the name of `actor`."""

    def __init__(self, actor: str, settings: OperatorSettings | None = None) -> None:
        settings = settings or OperatorSettings()
        self.actor = actor
        self._transport = Transport(
            f"http://{settings.backend_bind}",
            principal="operator",
            key=key(settings.operator_key, settings.state_dir, "operator"),
            clock=SystemClock(),
            actor=actor,
        )

    async def get(self, path: str, answer: Any) -> Any:  # noqa: ANN401 - `answer` says it
        """Read. Raises Refused, Unavailable."""
        return await self._transport.call("GET", path, answer)

    async def post(self, path: str, answer: Any, message: msgspec.Struct) -> Any:  # noqa: ANN401 - likewise
        """Write once. Raises Refused, Unavailable."""
        once = secrets.token_hex(16)
        return await self._transport.call(
            "POST", path, answer, message=message, key=once, within=60.0
        )

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()


def me() -> str:
    """Return who acts: HELPDESK_AGENT, else the login name on this machine."""
    return os.environ.get("HELPDESK_AGENT") or getpass.getuser()


def ask(work: Callable[[Operator], Awaitable[Any]], actor: str | None = None) -> Any:  # noqa: ANN401 - work's
    """Run `work`, and end the program with a clear word when the backend says no or is away."""

    async def run() -> Any:  # noqa: ANN401 - work's
        operator = Operator(actor or me())
        try:
            return await work(operator)
        finally:
            await operator.close()

    try:
        return asyncio.run(run())
    except Refused as error:
        errors.print(REFUSALS.get(error.code) or f"Refused: {error.detail or error.code}")
    except Unavailable as error:
        errors.print(f"The backend cannot be reached ({error}). Is `helpdesk up` running?")
    sys.exit(1)
