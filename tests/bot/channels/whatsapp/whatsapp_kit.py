"""Webhooks as Meta sends them, and a channel to send them to."""

import hashlib
import hmac
import io
import itertools
import json
from dataclasses import dataclass, field

from aiohttp.test_utils import TestClient, TestServer

from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_render import parts, payload
from bot.envelope import FromChannel, Undelivered, decode
from bot.http import application
from bot.runtime.port import NotAccepting
from bot.settings import BotSettings
from bot.store.sent import find
from bot.texts.catalogue import Texts

ACCOUNT = "106540352242922"
SECRET = "an app's secret"
WORD = "a word of sixteen letters"
TOKEN = "EAAG-token"
PHONE = "6281210000001"
BSUID = "ID.13491208655302741918"
PATH = "/webhooks/whatsapp"
TEXTS = Texts.load()
_ids = itertools.count(1)


def settings(**changed):
    values = {
        "bind": "127.0.0.1:0",
        "whatsapp_token": TOKEN,
        "whatsapp_phone_number_id": ACCOUNT,
        "whatsapp_app_secret": SECRET,
        "whatsapp_verify_token": WORD,
    }
    return BotSettings(_env_file=None, **{**values, **changed})


# -- webhooks --------------------------------------------------------------------------------
def message(kind="text", at=1772420400, **more):
    """Return a message of `kind`; what the kind holds comes as a keyword of its name."""
    base = {"from": PHONE, "id": f"wamid.{next(_ids)}", "timestamp": str(at), "type": kind}
    return {**base, **more}


def text(words, **more):
    return message(text={"body": words}, **more)


def status(id_, name, code=None, recipient=PHONE, **more):
    told = {"id": id_, "status": name, "timestamp": "1772420400", "recipient_id": recipient}
    errors = {"errors": [{"code": code, "title": "…"}]} if code else {}
    return {**told, **errors, **more}


def change(*messages, account=ACCOUNT, field="messages", **more):
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": account},
        **({"messages": list(messages)} if messages else {}),
        **more,
    }
    return {"field": field, "value": value}


def webhook(*changes):
    entries = [{"id": "102290129340398", "changes": [each]} for each in changes]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


def hook(*messages, **more):
    return webhook(change(*messages, **more))


def signed(body, secret=SECRET):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


def payloads(message, to, list_title):
    """Return the bodies of the requests that say `message`."""
    return [payload(part, to, list_title) for part in parts(message, to)]


# -- a channel -------------------------------------------------------------------------------
@dataclass
class Inbox:
    """A runtime that remembers what it was given."""

    calls: list = field(default_factory=list)
    away: bool = False
    sent: dict = field(default_factory=dict)
    """What the table of sent messages holds, by id."""

    async def ingest(self, messages, *, cursor=None):
        if self.away:
            raise NotAccepting("stopping")
        self.calls.append(list(messages))

    async def read(self, operation, item):
        if self.away:
            raise NotAccepting("stopping")
        assert operation is find
        return self.sent.get(item.native_id)

    @property
    def rows(self):
        return [row for call in self.calls for row in call]

    @property
    def events(self):
        envelopes = [decode(row.payload) for row in self.rows]
        return [envelope.event for envelope in envelopes if isinstance(envelope, FromChannel)]

    @property
    def undelivered(self):
        envelopes = [decode(row.payload) for row in self.rows]
        return [envelope for envelope in envelopes if isinstance(envelope, Undelivered)]


@dataclass
class Line:
    """A channel that serves, the inbox behind it, and the API it talks to."""

    channel: WhatsApp
    client: TestClient
    inbox: object
    api: object

    @classmethod
    async def open(cls, api, clock, inbox=None, **changed):
        inbox = inbox or Inbox()
        chosen = settings(whatsapp_api_url=api.url, **changed)
        channel = WhatsApp(inbox, chosen, TEXTS, clock)
        client = TestClient(TestServer(application([channel], {})))
        await client.start_server()
        await channel.start()
        return cls(channel, client, inbox, api)

    async def close(self):
        await self.channel.stop()
        await self.client.close()

    async def post(self, body, headers=None):
        """Send a webhook and return the answer's status."""
        headers = signed(body) if headers is None else headers
        async with self.client.post(PATH, data=io.BytesIO(body), headers=headers) as response:
            return response.status

    async def hears(self, *messages, **more):
        assert await self.post(hook(*messages, **more)) == 200

    async def signs(self):
        """Wait until what only shows that we read has left."""
        await self.channel._signs.shown()
