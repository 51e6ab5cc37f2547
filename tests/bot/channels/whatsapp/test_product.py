"""The whole product as processes, with WhatsApp as its only door: one reset, one kill."""

import asyncio
import re
import time

import pytest
from stack import Stack
from whatsapp_kit import ACCOUNT, PATH, PHONE, SECRET, TOKEN, WORD, hook, signed, text

pytestmark = pytest.mark.slow
NEW = "Sepeda-Biru77!Kencang"


class Talk:
    """A person on WhatsApp, talking to the processes."""

    def __init__(self, stack, meta):
        self.stack, self.meta, self.read = stack, meta, 0

    async def says(self, words, until):
        """Send a message, and wait for an answer that holds `until`."""
        body = hook(text(words, at=int(time.time())))
        url = f"{self.stack.url('bot0')}{PATH}"
        async with self.stack.session.post(url, data=body, headers=signed(body)) as response:
            assert response.status == 200
        return await self.hears(until)

    async def hears(self, until):
        async with asyncio.timeout(30):
            while True:
                said = self.said()
                if until in said:
                    self.read = len(self.meta.sent)
                    return said
                await asyncio.sleep(0.05)

    def said(self):
        return "\n".join(map(words_of, self.meta.sent[self.read :]))


def words_of(body):
    return body["text"]["body"] if body["type"] == "text" else body["interactive"]["body"]["text"]


@pytest.fixture
async def talk(meta, tmp_path):
    environment = {
        "HELPDESK_WHATSAPP_TOKEN": TOKEN,
        "HELPDESK_WHATSAPP_PHONE_NUMBER_ID": ACCOUNT,
        "HELPDESK_WHATSAPP_APP_SECRET": SECRET,
        "HELPDESK_WHATSAPP_VERIFY_TOKEN": WORD,
        "HELPDESK_WHATSAPP_API_URL": meta.url,
    }
    async with Stack(tmp_path / "state", environment) as stack:
        yield Talk(stack, meta)


async def test_a_password_is_reset_over_whatsapp_though_the_bot_is_killed(talk):
    await talk.says("lupa password, NIM saya 13519001", "13519001")
    await talk.says("ya", "8 digit")
    mail = await talk.stack.mail("budi@example.net", "code")
    await talk.stack.restart("bot0")
    answer = await talk.says(mail.code, "cocok")
    number = re.search(r"nomor ini: (\d+)", answer)[1]
    link = (await talk.stack.mail("budi@example.net", "link")).link
    _, changed = await talk.stack.set_password(link, number, NEW)
    assert changed["state"] == "changed"
    await talk.hears("sudah diganti")
    log = talk.stack.log("bot0")
    assert "bot_ready" in log
    assert not any(private in log for private in (TOKEN, PHONE, mail.code, NEW))
    assert len({body["text"]["body"] for body in talk.meta.sent if "text" in body}) == sum(
        "text" in body for body in talk.meta.sent
    ), "nothing is said twice"
