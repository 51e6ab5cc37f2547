"""Chat platforms with many people: what each posts to the bot's processes, and what they read."""

import json
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "bot/channels/telegram"))  # the fakes and kits:
sys.path.append(str(Path(__file__).parents[1] / "bot/channels/whatsapp"))  # helpers beside the
sys.path.append(str(Path(__file__).parents[1] / "bot/channels/teams"))  # channels' own tests

import fake_meta
import fake_microsoft
import fake_telegram
import teams_kit
from whatsapp_kit import ACCOUNT, SECRET, TOKEN, WORD, hook, signed, text

HOOK_SECRET = "a-word-that-only-Telegram-and-we-know"


@dataclass
class Telegram:
    """What Telegram posts, and what its people read."""

    fake: fake_telegram.FakeTelegram = field(default_factory=fake_telegram.FakeTelegram)
    numbers: count = field(default_factory=lambda: count(700_000_000))
    path = "/webhooks/telegram"

    def settings(self):
        return {
            "HELPDESK_PUBLIC_URL": "https://127.0.0.1",
            "HELPDESK_TELEGRAM_TOKEN": fake_telegram.TOKEN,
            "HELPDESK_TELEGRAM_WEBHOOK_SECRET": HOOK_SECRET,
            "HELPDESK_TELEGRAM_API_URL": self.fake.url,
        }

    def request(self, person, words):
        number = next(self.numbers)
        name = {"id": self.chat(person), "first_name": "Orang"}
        message = {
            "message_id": number,
            "from": {**name, "is_bot": False, "language_code": "id"},
            "chat": {**name, "type": "private"},
            "date": int(time.time()),
            "text": words,
        }
        body = json.dumps({"update_id": number, "message": message}).encode()
        return body, {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET}

    def chat(self, person):
        return 9000 + person

    def heard(self, person):
        said = self.fake.called("sendMessage")
        return [each["text"] for each in said if each["chat_id"] == self.chat(person)]


@dataclass
class WhatsApp:
    """What Meta posts, and what its people read."""

    fake: fake_meta.FakeMeta = field(default_factory=fake_meta.FakeMeta)
    path = "/webhooks/whatsapp"

    def settings(self):
        return {
            "HELPDESK_WHATSAPP_TOKEN": TOKEN,
            "HELPDESK_WHATSAPP_PHONE_NUMBER_ID": ACCOUNT,
            "HELPDESK_WHATSAPP_APP_SECRET": SECRET,
            "HELPDESK_WHATSAPP_VERIFY_TOKEN": WORD,
            "HELPDESK_WHATSAPP_API_URL": self.fake.url,
        }

    def request(self, person, words):
        known = {"contacts": [{"profile": {"name": "Orang"}, "wa_id": self.chat(person)}]}
        body = hook(text(words, at=int(time.time()), **{"from": self.chat(person)}), **known)
        return body, signed(body)

    def chat(self, person):
        return f"6281210{person:06}"

    def heard(self, person):
        said = [each for each in self.fake.sent if each["to"] == self.chat(person)]
        return [
            each["text"]["body"] if "text" in each else each["interactive"]["body"]["text"]
            for each in said
        ]


@dataclass
class Teams:
    """What Microsoft posts, and what its people read."""

    fake: fake_microsoft.FakeApi = field(default_factory=fake_microsoft.FakeApi)
    numbers: count = field(default_factory=lambda: count(1_700_000_000_000))
    path = "/webhooks/teams"

    def settings(self):
        return {
            "HELPDESK_TEAMS_APP_ID": fake_microsoft.APP,
            "HELPDESK_TEAMS_APP_PASSWORD": fake_microsoft.PASSWORD,
            "HELPDESK_TEAMS_TENANT": fake_microsoft.TENANT,
            "HELPDESK_TEAMS_OPENID_URL": f"{self.fake.url}/openid",
            "HELPDESK_TEAMS_LOGIN_URL": self.fake.url,
        }

    @cached_property
    def headers(self):
        token = teams_kit.signed(teams_kit.claims(self.fake.service))
        return {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def request(self, person, words):
        posted = teams_kit.activity(
            self.fake.service,
            id=str(next(self.numbers)),
            text=words,
            conversation={"conversationType": "personal", "id": self.chat(person)},
            **{"from": {"id": f"29:person{person}", "name": "Orang"}},
        )
        return json.dumps(posted).encode(), self.headers

    def chat(self, person):
        return f"a:person{person}"

    def heard(self, person):
        said = [each for chat, each in self.fake.said if chat == self.chat(person)]
        return [words_of(each) for each in said if each["type"] == "message"]


def words_of(said):
    """Return the text of an activity, or of its card."""
    if "attachments" not in said:
        return said["text"]
    blocks = said["attachments"][0]["content"]["body"]
    return "".join(run["text"] for block in blocks for run in block.get("inlines", ()))
