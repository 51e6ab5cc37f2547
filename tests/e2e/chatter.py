"""A patient web chat client: sends until stored, reads the log from where it stopped."""

import asyncio
import json
import re
from urllib.parse import quote

import aiohttp
import pytest

AWAY = (aiohttp.ClientError, OSError, TimeoutError)
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=20)


class Chatter:
    """One visitor. `base` is asked again before every try: the bot may come back elsewhere."""

    def __init__(self, base) -> None:
        self._base = base
        self._session = aiohttp.ClientSession(
            timeout=TIMEOUT, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self.log = []
        self._heard = 0

    async def __aenter__(self):
        await self._patiently("POST", "/webchat/join")
        return self

    async def __aexit__(self, *_error):
        await self._session.close()

    async def _patiently(self, method, path, **content):
        while True:
            try:
                url = self._base() + path
                async with self._session.request(method, url, **content) as answer:
                    if answer.status < 400:
                        return
                    assert answer.status == 503, (answer.status, await answer.text())
            except AWAY:
                pass
            await asyncio.sleep(0.2)

    async def send(self, message_id, text):
        words = {"id": message_id, "text": text}
        await self._patiently("POST", "/webchat/messages", json=words)

    async def send_file(self, message_id, content, name):
        headers = {"X-File-Name": quote(name)}
        path = f"/webchat/files/{message_id}"
        await self._patiently("PUT", path, data=content, headers=headers)

    async def until(self, pattern, within=120.0):
        """Read on until somebody but the visitor says what matches `pattern`."""
        try:
            async with asyncio.timeout(within):
                return await self._until(pattern)
        except TimeoutError:
            said = "\n".join(f"{m['author']}: {m['text']}" for m in self.log)
            pytest.fail(f"nobody said {pattern!r}:\n{said}")

    async def _until(self, pattern):
        while True:
            while self._heard < len(self.log):
                message = self.log[self._heard]
                self._heard += 1
                found = re.search(pattern, message["text"])
                if found and message["author"] != "user":
                    return found
            await self._read_more()

    async def _read_more(self):
        """Add at least one message to the log, or return when the connection is lost."""
        after = self.log[-1]["id"] if self.log else 0
        try:
            url = f"{self._base()}/webchat/events?after={after}"
            async with self._session.get(url) as response:
                async for line in response.content:
                    if line.startswith(b"data: "):
                        self.log.append(json.loads(line[6:]))
                        return
        except AWAY:
            await asyncio.sleep(0.2)
