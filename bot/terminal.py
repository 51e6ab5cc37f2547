"""The assistant in a terminal: a client of the web chat's own HTTP interface.

On a terminal: colours, numbered buttons, answers as they arrive. With standard input from a file
or pipe: one message a line, plain text out, so that a script can talk.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUIET: Final = 1.5
"""Seconds without an answer after which a script's next line is sent."""
PAUSE: Final = 1.0
"""Seconds before a lost connection is tried again."""


async def run_terminal(url: str) -> int:
    """Chat until the input ends; return the exit code."""
    console = Console(highlight=False)
    interactive = sys.stdin.isatty() and console.is_terminal
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(url, timeout=timeout, cookie_jar=jar) as session:
        chat = Chat(session, console)
        try:
            await chat.open()
        except (aiohttp.ClientError, OSError):
            console.print(f"No assistant answers at {url}. Is `helpdesk up` running?")
            return 1
        listening = asyncio.create_task(chat.listen())
        try:
            await (chat.converse() if interactive else chat.follow_script())
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
    return 0


class Chat:
    """One conversation."""

    def __init__(self, session: aiohttp.ClientSession, console: Console) -> None:
        self._session = session
        self._console = console
        self._after = 0
        self._buttons: list[dict[str, Any]] = []
        self._heard = asyncio.Event()

    async def open(self) -> None:
        """Get a chat of our own and be greeted. Raises aiohttp.ClientError."""
        async with self._session.post("/webchat/join") as response:
            response.raise_for_status()

    async def listen(self) -> None:
        """Print what is said, for ever; a lost connection is taken up where it broke."""
        while True:
            with suppress(aiohttp.ClientError, OSError):
                async for message in self._stream():
                    self._show(message)
            await asyncio.sleep(PAUSE)

    async def converse(self) -> None:
        """Send what a person types, until Ctrl-D."""
        while True:
            try:
                line = await asyncio.to_thread(input)
            except (EOFError, KeyboardInterrupt):
                return
            await self._send(line)

    async def follow_script(self) -> None:
        """Send each line of standard input after the answer to the one before."""
        await self._answered()
        while line := await asyncio.to_thread(sys.stdin.readline):
            self._console.print(Text(f"> {line.rstrip()}"), soft_wrap=True)
            await self._send(line)
            await self._answered()

    async def _answered(self) -> None:
        """Wait for an answer, and then until nothing more comes for a moment."""
        within = 20.0
        while True:
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), within)
            except TimeoutError:
                return
            within = QUIET

    async def _send(self, line: str) -> None:
        text = line.strip()
        if not text:
            return
        body = {"id": str(uuid.uuid4()), **self._meant(text)}
        while True:
            try:
                async with self._session.post("/webchat/messages", json=body) as response:
                    if response.status == 503:  # noqa: PLR2004 - "come back"
                        await asyncio.sleep(PAUSE)
                        continue
                    if response.status >= 400:  # noqa: PLR2004 - refused, in HTTP
                        self._console.print(f"(not sent: {await response.text()})", style="dim")
                    return
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(PAUSE)  # the id makes the repeat harmless

    def _meant(self, text: str) -> dict[str, str]:
        if text.isdigit() and 1 <= int(text) <= len(self._buttons):
            return {"choice": self._buttons[int(text) - 1]["payload"]}
        return {"text": text}

    async def _stream(self) -> AsyncIterator[dict[str, Any]]:
        async with self._session.get(f"/webchat/events?after={self._after}") as response:
            async for raw in response.content:
                if raw.startswith(b"data: "):
                    yield json.loads(raw[6:])

    def _show(self, message: dict[str, Any]) -> None:
        self._after = max(self._after, message["id"])
        if message["author"] == "user":
            return
        self._buttons = [b for b in message["buttons"] if b.get("payload")]
        who = "" if message["author"] == "bot" else f"{message['author']}: "
        self._console.print(Text(who, style="bold green"), Text(message["text"]), sep="")
        for number, button in enumerate(self._buttons, 1):
            self._console.print(Text(f"  {number}. {button['title']}", style="cyan"))
        for button in message["buttons"]:
            if button.get("url"):
                self._console.print(Text(f"  {button['title']}: {button['url']}", style="cyan"))
        self._console.print()
        self._heard.set()
