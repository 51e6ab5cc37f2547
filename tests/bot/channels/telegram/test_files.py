"""Files people sent over Telegram: where they are, what comes, and what is told when none does."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.port import (
    Attachment,
    ChannelError,
    FateUnknown,
    FileGone,
    FileRefused,
    TemporarilyUnavailable,
)
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_files import fetch
from handlers.kernel import FileProblem

TOKEN = "123456789:AAE-x_fake_token_that_looks_like_one_01"
LETTER = b"%PDF-1.7 " + bytes(range(256)) * 1000
PLACE = "documents/surat 1.pdf"
SENT = Attachment("file-id-1", "surat.pdf")


class Telegram:
    """Answers `getFile` and serves the file, or fails as it was told to."""

    def __init__(self):
        self.found, self.status = {"file_id": "file-id-1", "file_path": PLACE}, 200
        self.content, self.cut, self.asked = LETTER, False, []

    async def start(self):
        app = web.Application()
        app.add_routes(
            [
                web.post(f"/bot{TOKEN}/getFile", self._find),
                web.get(f"/file/bot{TOKEN}/{{path:.+}}", self._give),
            ]
        )
        self.server = TestServer(app)
        await self.server.start_server()

    async def _find(self, request):
        self.asked.append((await request.post())["file_id"])
        if isinstance(self.found, tuple):
            status, description, more = self.found
            body = {"ok": False, "error_code": status, "description": description, **more}
            return web.json_response(body, status=status)
        return web.json_response({"ok": True, "result": self.found})

    async def _give(self, request):
        if request.match_info["path"] != PLACE or self.status != 200:
            return web.Response(status=404 if self.status == 200 else self.status)
        assert request.headers["Accept-Encoding"] == "identity"
        response = web.StreamResponse(headers={"Content-Length": str(len(self.content))})
        await response.prepare(request)
        await response.write(self.content[: 1000 if self.cut else None])
        if self.cut:
            request.transport.close()
        return response


@pytest.fixture
async def telegram():
    server = Telegram()
    await server.start()
    yield server
    await server.server.close()


@pytest.fixture
async def api(telegram):
    api = BotApi(TOKEN, f"http://127.0.0.1:{telegram.server.port}")
    yield api
    await api.disconnect()


async def fetched(api):
    return b"".join([chunk async for chunk in fetch(api, SENT)])


async def test_the_bytes_come_as_they_are(api, telegram):
    assert await fetched(api) == LETTER
    assert telegram.asked == ["file-id-1"]


TOO_BIG = (400, "Bad Request: file is too big", {})
WRONG = (400, "Bad Request: wrong file_id or the file is temporarily unavailable", {})
FLOOD = (429, "Too Many Requests: retry after 7", {"parameters": {"retry_after": 7}})


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"found": TOO_BIG}, FileRefused),
        ({"found": WRONG}, FileGone),
        ({"found": {"file_id": "x"}}, FileGone),
        ({"found": []}, FileGone),
        ({"found": FLOOD}, TemporarilyUnavailable),
        ({"found": (502, "Bad Gateway", {})}, FateUnknown),
        ({"found": (401, "Unauthorized", {})}, TemporarilyUnavailable),
        ({"found": {"file_path": "elsewhere"}}, FileGone),
        ({"status": 500}, TemporarilyUnavailable),
        ({"cut": True}, TemporarilyUnavailable),
    ],
    ids=repr,
)
async def test_what_is_told_when_it_does_not_come(api, telegram, told, error):
    for name, value in told.items():
        setattr(telegram, name, value)
    with pytest.raises(ChannelError) as raised:
        await fetched(api)
    assert type(raised.value) is error
    assert TOKEN not in repr((raised.value, raised.value.__cause__))
    if error is FileRefused:
        assert raised.value.problem is FileProblem.TOO_LARGE


async def test_telegram_asks_to_wait(api, telegram):
    telegram.found = FLOOD
    with pytest.raises(TemporarilyUnavailable) as raised:
        await fetched(api)
    assert raised.value.retry_after == 7


async def test_telegram_that_is_away(api, telegram):
    await telegram.server.close()
    with pytest.raises(TemporarilyUnavailable):
        await fetched(api)


async def test_whoever_reads_may_stop(api):
    chunks = fetch(api, SENT)
    assert await anext(chunks)
    await chunks.aclose()
