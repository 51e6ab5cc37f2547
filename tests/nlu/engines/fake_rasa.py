"""`/model/parse` and `/status` as Rasa 3.6.21 answers them, and everything that can go wrong.

The shapes were captured from a real server (`make rasa-baseline` starts one): with and without a
model or a token, for intents, unsure sentences, orders that begin with a slash, and broken calls.
"""

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer

VERSION = "3.6.21"
HELP = "https://rasa.com/docs/rasa/user-guide/configuring-http-api/"
INTENTS = [
    "check_account",
    "reset_password",
    "unlock_account",
    "request_guest_account",
    "escalate",
    "ticket_status",
    "update_recovery_email",
    "account_lifecycle_question",
    "otp_problem",
    "greet",
]
WORDS = {"password": "reset_password", "terkunci": "unlock_account", "halo": "greet"}
UNSURE = {"name": "nlu_fallback", "confidence": 0.3}


def failure(code, reason, message):
    body = {"version": VERSION, "status": "failure", "message": message, "reason": reason}
    return web.json_response({**body, "details": {}, "help": HELP, "code": code}, status=code)


def understood(text):
    """Answer as a trained model does: ten intents, or the fallback before ten unsure ones."""
    text = text.strip()
    if text.startswith("/"):
        ordered = {"name": text[1:].partition("{")[0].split(maxsplit=1)[0], "confidence": 1.0}
        return {"text": text, "intent": ordered, "entities": [], "intent_ranking": [ordered]}
    known = next((intent for word, intent in WORDS.items() if word in text.lower()), None)
    first = 0.9933509230613708 if known else 0.29725995659828186
    names = sorted(INTENTS, key=lambda name: name != known)
    rest = [
        {"name": name, "confidence": (1 - first) / 20 / at} for at, name in enumerate(names, 1)
    ]
    ranking = [{"name": names[0], "confidence": first}, *rest[1:]]
    ranking = ranking if known else [UNSURE, *ranking]
    tokens = [[0, len(text)]]
    return {
        "text": text,
        "intent": ranking[0],
        "entities": [],
        "text_tokens": tokens,
        "intent_ranking": ranking,
    }


class FakeRasa:
    """Set `trouble`, `model`, `token` or `answer`; read `received`."""

    def __init__(self):
        self.received = []
        self.token = ""
        self.model = True
        self.answer = understood
        self.trouble = None
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/model/parse", self._parse)
        app.router.add_get("/status", self._status)
        app.router.add_get("/elsewhere", self._status)
        self._server = TestServer(app)

    async def start(self):
        await self._server.start_server()
        return str(self._server.make_url("")).rstrip("/")

    async def stop(self):
        await self._server.close()

    def _refusal(self, request):
        if self.token != request.query.get("token", ""):
            return failure(401, "NotAuthenticated", "User is not authenticated.")
        if not self.model:
            return failure(409, "Conflict", "No agent loaded. To continue processing, …")
        return None

    async def _parse(self, request):
        if self.trouble is not None:
            return await self.trouble(request)
        if (refusal := self._refusal(request)) is not None:
            return refusal
        text = (await request.json())["text"]
        self.received.append(text)
        if not isinstance(text, str):
            return failure(500, "ParsingError", "An unexpected error occurred. Error: ")
        return web.json_response(self.answer(text))

    async def _status(self, request):
        status = {"model_file": "diet.tar.gz", "model_id": "9554", "num_active_training_jobs": 0}
        return self._refusal(request) or web.json_response(status)


async def slow(request):
    await asyncio.sleep(30)


async def server_error(request):
    return failure(500, "ParsingError", "An unexpected error occurred. Error: ")


async def bad_gateway(request):
    return web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html")


async def redirect(request):
    raise web.HTTPTemporaryRedirect("/elsewhere")


async def hang_up(request):
    request.transport.close()
    return web.Response()


async def cut_short(request):
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"intent":')
    request.transport.close()
    return response


def says(body):
    async def answer(request):
        return web.Response(body=body, content_type="application/json")

    return answer
