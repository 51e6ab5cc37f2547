"""The assistant in a terminal: a client of the web chat's own HTTP interface.

On a terminal: colours, numbered buttons, answers as they arrive (a human's too). With standard
input from a file or pipe: one message a line, each sent when the one before is dealt with, plain
text out, so that a script can talk.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

PAUSE: Final = 1.0
"""Seconds before a lost connection is tried again."""
CHUNK: Final = 65_536
COME_BACK: Final = frozenset({429, 503})
PROMPT: Final = "> "


async def run_terminal(
    url: str, *, lines: AsyncIterable[str] | None = None, console: Console | None = None
) -> int:
    """Chat with the bot at `url` until the input ends; return the exit code.

    `lines` and `console` are standard input and output unless given.
    """
    console = console or Console(highlight=False)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of `http://127.0.0.1`, too
    async with aiohttp.ClientSession(url, timeout=timeout, cookie_jar=jar) as session:
        chat = Chat(session, console)
        try:
            await chat.join(_language())
        except (aiohttp.ClientError, OSError, TimeoutError):
            console.print(f"No assistant answers at {url}. Is `helpdesk up` running?")
            return 1
        lines = lines or typed_lines()
        if console.is_terminal and sys.stdin.isatty():
            await chat.converse(lines)
        else:
            await chat.follow(lines)
    return 0


class Chat:
    """One conversation."""

    def __init__(self, session: aiohttp.ClientSession, console: Console) -> None:
        self._session = session
        self._console = console
        self._after = 0
        self._buttons: list[dict[str, Any]] = []
        self._prompted = False

    async def join(self, language: str) -> None:
        """Get a chat of our own and be greeted. Raises aiohttp.ClientError."""
        async with self._session.post(f"/webchat/join?language={language}") as response:
            response.raise_for_status()

    async def converse(self, lines: AsyncIterable[str]) -> None:
        """Send what a person types, and show what is said whenever it is said."""
        self._prompted = True
        listening = asyncio.create_task(self._listen())
        try:
            async for line in lines:
                await self._send(line.strip())
                self._prompt()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        self._console.print()

    async def follow(self, lines: AsyncIterable[str]) -> None:
        """Send each line after the answer to the one before."""
        await self._show_answers()
        async for line in lines:
            if line.strip():
                self._console.print(Text(f"{PROMPT}{line.strip()}"), soft_wrap=True)
                await self._send(line.strip())
                await self._show_answers()

    # -- out ---------------------------------------------------------------------------------
    async def _send(self, text: str) -> None:
        """Send until it is taken or refused; the id makes a repeat harmless."""
        if not text:
            return
        body = {"id": str(uuid.uuid4()), **self._meant(text)}
        while True:
            pause = PAUSE
            with suppress(aiohttp.ClientError, OSError):
                async with self._session.post("/webchat/messages", json=body) as response:
                    if response.status not in COME_BACK:
                        if not response.ok:
                            self._print(f"(not sent: {response.reason})", "dim")
                        return
                    pause = float(response.headers.get("Retry-After", PAUSE))
            await asyncio.sleep(pause)

    def _meant(self, text: str) -> dict[str, str]:
        if text.isdecimal() and 1 <= int(text) <= len(self._buttons):
            return {"choice": self._buttons[int(text) - 1]["payload"]}
        return {"text": text}

    # -- in ----------------------------------------------------------------------------------
    async def _listen(self) -> None:
        """Show what is said, for ever; a lost connection is taken up where it broke."""
        while True:
            with suppress(aiohttp.ClientError, OSError):
                async for message in self._stream():
                    self._show(message)
            await asyncio.sleep(PAUSE)

    async def _stream(self) -> AsyncIterator[dict[str, Any]]:
        async with self._session.get(f"/webchat/events?after={self._after}") as response:
            async for raw in response.content:
                if raw.startswith(b"data: "):
                    yield json.loads(raw[6:])

    async def _show_answers(self) -> None:
        """Wait until the assistant has done what it was asked, and show what it said."""
        while not (await self._get("/webchat/settled"))["settled"]:
            pass
        for message in (await self._get(f"/webchat/messages?after={self._after}"))["messages"]:
            self._show(message)

    async def _get(self, path: str) -> dict[str, Any]:
        while True:
            with suppress(aiohttp.ClientError, OSError):
                async with self._session.get(path) as response:
                    if response.ok:
                        return await response.json()
            await asyncio.sleep(PAUSE)

    def _show(self, message: dict[str, Any]) -> None:
        self._after = max(self._after, message["id"])
        if message["author"] == "user":
            return
        if self._prompted:
            erase = (ControlType.ERASE_IN_LINE, 2)
            self._console.control(Control(ControlType.CARRIAGE_RETURN, erase))
        who = "" if message["author"] == "bot" else f"{message['author']}: "
        self._console.print(Text.assemble((who, "bold green"), message["text"]), soft_wrap=True)
        self._buttons = [button for button in message["buttons"] if button.get("payload")]
        for number, button in enumerate(self._buttons, 1):
            self._print(f"  {number}. {button['title']}", "cyan")
        for button in message["buttons"]:
            if button.get("url"):
                self._print(f"  {button['title']}: {button['url']}", "cyan")
        self._console.print()
        self._prompt()

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)

    def _prompt(self) -> None:
        if self._prompted:
            self._console.print(Text(PROMPT, style="bold"), end="")


async def typed_lines() -> AsyncIterator[str]:
    """Yield the lines of standard input as they come, without a thread that outlives us."""
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    loop, source = asyncio.get_running_loop(), sys.stdin.fileno()
    try:
        loop.add_reader(source, lambda: chunks.put_nowait(os.read(source, CHUNK)))
    except PermissionError:  # a file is always ready, and cannot be waited for
        for line in sys.stdin:
            yield line
        return
    rest = b""
    try:
        while chunk := await chunks.get():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
    finally:
        loop.remove_reader(source)
    if rest:
        yield rest.decode(errors="replace")


def _language() -> str:
    name = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if name.startswith("en") else "id"
