"""A Bot API on loopback that fails on request: what the real one does, as far as we use it.

Calls arrive as forms, answers have Telegram's shape, updates wait in a queue that forgets what a
later fetch confirms (and answers from its head when asked for a number that is not there yet).
"""

import asyncio
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from bot_api_schema import FILE, faults_of_call

TOKEN = "123456789:AAE-x_fake_token_that_looks_like_one_01"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Bantuan", "username": "campus_help_bot"}
WHOLE = {"chat_id", "message_id", "offset", "timeout", "message_thread_id"}
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def refusal(status, description, **parameters):
    body = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return lambda: web.json_response(body, status=status)


def flood(seconds):
    return refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def html(status=502):
    return lambda: web.Response(status=status, text=BAD_GATEWAY, content_type="text/html")


BLOCKED = refusal(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = refusal(403, "Forbidden: user is deactivated")
NO_CHAT = refusal(400, "Bad Request: chat not found")
UNDELETABLE = refusal(400, "Bad Request: message can't be deleted for everyone")
UNMODIFIED = refusal(400, "Bad Request: message is not modified")
BAD_BUTTON = refusal(400, "Bad Request: BUTTON_DATA_INVALID")
BAD_TOKEN = refusal(401, "Unauthorized")
CONFLICT = refusal(
    409,
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
)
IN_THE_WAY = refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first",
)
RESTART = refusal(500, "Internal Server Error: restart")
HANG = "hang"
CUT = "cut"


@dataclass
class FakeTelegram:
    calls: list = field(default_factory=list)
    faults: dict = field(default_factory=lambda: defaultdict(list))
    queue: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    """What people sent, by its id."""
    webhook: dict = field(default_factory=dict)
    next_id: int = 1000
    tail: int = 0
    """The number of the newest update."""
    fetches: int = 0
    conflicts: int = 0
    """Fetches that were ended by another."""

    async def start(self):
        app = web.Application()
        app.add_routes([web.post("/bot{token}/{method}", self._answer)])
        app.add_routes([web.get(f"/file/bot{TOKEN}/documents/{{id}}", self._hand_over)])
        self.changed = asyncio.Condition()
        self.server = TestServer(app)
        await self.server.start_server()
        return self

    async def stop(self):
        await self.server.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"

    # -- what a test reads and asks for --------------------------------------------------------
    def fail(self, method, *faults):
        """Answer the next calls of `method` with these."""
        self.faults[method].extend(faults)

    def called(self, method):
        return [parameters for name, parameters in self.calls if name == method]

    @property
    def said(self):
        return [call["text"] for call in self.called("sendMessage")]

    async def until(self, condition, within=15.0):
        """Wait until `condition(self)` holds."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: condition(self))

    async def push(self, *updates):
        """Let the bot fetch these."""
        async with self.changed:
            self.queue.extend(updates)
            self.tail = max(update["update_id"] for update in updates)
            self.changed.notify_all()

    # -- what Telegram does --------------------------------------------------------------------
    async def _answer(self, request):
        method = request.match_info["method"]
        parameters = {key: _read(key, value) for key, value in (await request.post()).items()}
        if request.match_info["token"] != TOKEN:
            return BAD_TOKEN()
        if FILE.exists():
            assert faults_of_call(method, parameters) == []
        fault = self.faults[method].pop(0) if self.faults[method] else None
        async with self.changed:
            self.calls.append((method, parameters))
            self.changed.notify_all()
        if fault == HANG:
            await asyncio.sleep(60)
        if fault == CUT:
            request.transport.close()
            return web.Response()
        if fault:
            return fault()
        name = re.sub("([A-Z])", r"_\1", method).lower()
        result = await getattr(self, f"_{name}")(parameters)
        if isinstance(result, web.Response):
            return result
        return web.json_response({"ok": True, "result": result})

    async def _get_me(self, _parameters):
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}

    async def _send_message(self, parameters):
        self.next_id += 1
        chat = {"id": parameters["chat_id"], "type": "private"}
        message = {"message_id": self.next_id, "from": BOT, "chat": chat, "date": 1772420400}
        return {**message, "text": parameters["text"]}

    async def _delete_message(self, parameters):
        self.deleted.append(parameters["message_id"])
        return True

    async def _get_file(self, parameters):
        id_ = parameters["file_id"]
        return {"file_id": id_, "file_unique_id": "u", "file_path": f"documents/{id_}"}

    async def _hand_over(self, request):
        return web.Response(body=self.files[request.match_info["id"]])

    async def _yes(self, _parameters):
        return True

    _edit_message_reply_markup = _send_chat_action = _yes
    _answer_callback_query = _set_my_commands = _yes

    async def _set_webhook(self, parameters):
        self.webhook = parameters
        return True

    async def _delete_webhook(self, _parameters):
        self.webhook = {}
        return True

    async def _get_webhook_info(self, _parameters):
        info = {"has_custom_certificate": False, "pending_update_count": len(self.queue)}
        return {**info, "url": self.webhook.get("url", ""), **self.webhook.get("trouble", {})}

    async def _get_updates(self, parameters):
        if self.webhook.get("url"):
            return IN_THE_WAY()
        offset = parameters.get("offset", 0)
        if offset <= self.tail + 10:
            self.queue = [each for each in self.queue if _number(each) >= offset]
        async with self.changed:
            self.fetches += 1
            self.changed.notify_all()  # the one that waits is hung up on
            mine = self.fetches
            try:
                # A long poll of its own length would hold up the end of the test.
                async with asyncio.timeout(0.2):
                    await self.changed.wait_for(lambda: self.queue or mine != self.fetches)
            except TimeoutError:
                return []
            if mine != self.fetches:
                self.conflicts += 1
                return CONFLICT()
            return self.queue[: parameters.get("limit", 100)]


def _number(update):
    return update.get("update_id", 0)


def _read(key, value):
    if key in WHOLE:
        return int(value)
    return json.loads(value) if value[:1] in "[{" or value in {"true", "false"} else value
