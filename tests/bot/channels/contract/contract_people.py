"""One person for each channel: what they do becomes the platform's requests, what they are sent is
read back as they see it.
"""

import html
import itertools
import json
import re
from dataclasses import dataclass, field

import fake_telegram
import teams_kit
import telegram_kit
import whatsapp_kit
from card_schema import ACTIVITY
from meta_schema import objections

from bot.channels.capabilities import REST, WEBCHAT
from bot.channels.rest import _as_rasa
from bot.channels.teams import PATH as TEAMS
from bot.channels.telegram import HEADER
from bot.channels.telegram import PATH as TELEGRAM
from bot.envelope import decode_message
from bot.render import render
from bot.webchat.visitors import COOKIE

_ESCAPED = re.compile(r"\\([\\`*_\[\]~#|.)+=-])|&(amp|lt|gt);")
_MARKUP = re.compile(r"[\\`*_\[\]~#|<>&]|^\s*([-+=]|\d+[.)])\s", re.MULTILINE)
"""What Markdown would not show as it is."""
_URL = re.compile(r"https?://\S+")
_STYLED = re.compile(r"(?<!\w)([*_~`])(?=\S)([^*_~`\n]+)(?<=\S)\1(?!\w)")
"""What WhatsApp shows bold, slanted, struck or as code, without the marks."""
ADDRESS = {"from", "recipient", "conversation"}
_numbers = itertools.count(1)
PDF = b"%PDF-1.7 surat permohonan"
NAMED = "../surat.pdf"


@dataclass(frozen=True)
class Said:
    """One message as its reader sees it: the words, the titles under them, and links."""

    text: str
    titles: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass
class Person:
    """Does what the steps of a dialogue say. `offered`: what pressing a title sends."""

    campus: object
    offered: dict = field(default_factory=dict)
    read: int = 0
    last: object = None
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def backend(self):
        return self.campus.backend

    def __post_init__(self):
        self.arrives()

    def arrives(self):
        """Look at what the platform was sent before: it was not for this person."""

    async def begins(self):
        """Come to the chat without a word."""

    # -- what a person does, and what happens ------------------------------------------------
    async def says(self, text):
        filled = text.replace("{code}", self.backend.code) if "{code}" in text else text
        await self.does(self.words(filled.replace("{wrong}", "00000000")))

    async def presses(self, title, *, older=0):
        assert older == 0
        await self.does(self.press(*self.offered[title]))

    async def opens(self):
        await self.does(self.opening())

    async def sends_a_sticker(self):
        await self.does(self.sticker())

    async def sends_the_letter(self):
        await self.does(self.letter())

    async def says_in_group(self, text):
        await self.does(self.in_group(text))

    async def repeats(self):
        """The platform delivers the last event once more."""
        await self.does(self.last)

    async def waits(self, **delta):
        self.campus.clock.forward(**delta)

    async def hears(self, event, **fields):
        self.backend.tell(event, self.backend.ticket.conversation, **fields)
        await self.campus.bot.feed.read_page()

    async def does(self, request):
        self.last = request
        await self.post(request)

    # -- what they are sent ------------------------------------------------------------------
    async def collect(self):
        """Return what was said since."""
        for conversation in self.conversations():
            assert await self.campus.bot.runtime.settled(conversation, 20)
        native = await self.sent()
        fresh, self.read = native[self.read :], len(native)
        for each in fresh:
            assert self.breaches(each) == [], each
        return [self.look(each) for each in fresh]

    async def http(self, path, expected, **request):
        async with self.campus.client.post(path, **request) as response:
            assert response.status == expected, await response.text()
            return await response.read()


class Rest(Person):
    """A tool that speaks Rasa's language."""

    name = "rest"

    def arrives(self):
        self.arrived = []

    def words(self, text):
        return {"sender": f"p{self.number}", "message": text, "event_id": f"e{next(_numbers)}"}

    def press(self, payload):
        return self.words(payload)

    async def post(self, request):
        answer = await self.http("/webhooks/rest/webhook", 200, json=request)
        self.arrived += json.loads(answer)

    def conversations(self):
        return [f"rest:p{self.number}"]

    async def sent(self):
        (conversation,) = self.conversations()
        log = await self.campus.bot.runtime.log_after(conversation, 0, 1000)
        # What an agent writes unasked is in the log only: no request of the tool's waits for it.
        for row in log[len(self.arrived) :]:
            self.arrived += [_as_rasa("", m) for m in render(decode_message(row.payload), REST)]
        return self.arrived

    def look(self, part):
        agent = part.get("custom", {}).get("agent")
        buttons = part.get("buttons", [])
        self.offered |= {button["title"]: (button["payload"],) for button in buttons}
        links = part.get("custom", {}).get("links", [])
        return Said(
            by(agent, part["text"]),
            tuple(button["title"] for button in buttons),
            tuple((link["title"], link["url"]) for link in links),
        )

    def breaches(self, part):
        return _beyond(REST, part["text"], part.get("buttons", []))


class WebChat(Person):
    """A visitor of the page."""

    name = "webchat"

    async def begins(self):
        async with self.campus.client.post("/webchat/restart") as response:
            chat = response.cookies[COOKIE].value
        # A cookie for https only, as the public address has it.
        self.headers = {"Cookie": f"{COOKIE}={chat}"}

    def words(self, text):
        return {"id": f"m{next(_numbers)}", "text": text}

    def press(self, payload):
        return {"id": f"m{next(_numbers)}", "choice": payload}

    def opening(self):
        return None

    def letter(self):
        return f"m{next(_numbers)}"

    async def post(self, request):
        if isinstance(request, str):
            headers = {**self.headers, "X-File-Name": NAMED}
            path, client = f"/webchat/files/{request}", self.campus.client
            async with client.put(path, data=PDF, headers=headers) as response:
                assert response.status == 202, await response.text()
            return
        path = "/webchat/messages" if request else "/webchat/join"
        await self.http(path, 202, json=request, headers=self.headers)

    def conversations(self):
        return []

    async def sent(self):
        assert await self._get("settled") == {"settled": True}
        rows = (await self._get("messages?after=0"))["messages"]
        return [row for row in rows if row["author"] != "user"]

    async def _get(self, what):
        path = f"/webchat/{what}"
        async with self.campus.client.get(path, headers=self.headers) as response:
            return await response.json()

    def look(self, row):
        buttons = row["buttons"]
        choices = [button for button in buttons if not button.get("url")]
        self.offered |= {button["title"]: (button["payload"],) for button in choices}
        return Said(
            by(row["author"], row["text"]),
            tuple(button["title"] for button in choices),
            tuple((button["title"], button["url"]) for button in buttons if button.get("url")),
        )

    def breaches(self, row):
        return _beyond(WEBCHAT, row["text"], row["buttons"])


class Telegram(Person):
    """Budi with Telegram."""

    name = "telegram"

    def arrives(self):
        self.make = telegram_kit.Updates()
        self.read = len(self.campus.telegram.called("sendMessage"))

    def _now(self):
        return int(self.campus.clock.now().timestamp())

    def words(self, text):
        return self.make.message(text, date=self._now())

    def press(self, data, message_id):
        return self.make.press(data, message_id)

    def sticker(self):
        place = {"latitude": -6.89, "longitude": 107.61}
        return self.make.message(None, date=self._now(), location=place)

    def letter(self):
        self.campus.telegram.files["f1"] = PDF
        file = {"file_id": "f1", "file_unique_id": "u", "file_name": NAMED}
        return self.make.message(None, date=self._now(), document=file)

    def in_group(self, text):
        ours = {"message_id": 1, "from": fake_telegram.BOT, "chat": telegram_kit.GROUP, "date": 1}
        return self.make.message(text, telegram_kit.GROUP, date=self._now(), reply_to_message=ours)

    def opening(self):
        return self.words("/start")

    async def post(self, request):
        secret = self.campus.bot.channels["telegram"]._secret
        await self.http(TELEGRAM, 200, json=request, headers={HEADER: secret})

    def conversations(self):
        return [telegram_kit.NAME, f"telegram:{telegram_kit.GROUP['id']}"]

    async def sent(self):
        return self.campus.telegram.called("sendMessage")

    def look(self, call):
        said = self.campus.telegram.called("sendMessage")
        place = 1001 + next(n for n, each in enumerate(said) if each is call)
        keys = _keys(call)
        self.offered |= {k["text"]: (k["callback_data"], place) for k in keys if "url" not in k}
        return Said(
            call["text"],
            tuple(key["text"] for key in keys if "url" not in key),
            tuple((key["text"], key["url"]) for key in keys if "url" in key),
        )

    def breaches(self, call):
        keys = _keys(call)
        data = [key["callback_data"] for key in keys if "callback_data" in key]
        return _broken(
            {
                "1 to 4096 characters": 1 <= len(call["text"].encode("utf-16-le")) // 2 <= 4096,
                "100 buttons": len(keys) <= 100,
                "8 in a row": all(len(row) <= 8 for row in _rows(call)),
                "64 bytes": all(1 <= len(each.encode()) <= 64 for each in data),
                "titles": all(key["text"] for key in keys),
            }
        )


class WhatsApp(Person):
    """Someone with a phone."""

    name = "whatsapp"

    def arrives(self):
        self.read = len(self.campus.meta.sent)

    def _own(self, kind="text", **more):
        at = int(self.campus.clock.now().timestamp())
        return whatsapp_kit.hook(whatsapp_kit.message(kind, at=at, **more))

    def words(self, text):
        return self._own(text={"body": text})

    def press(self, kind, id_, title, place):
        pressed = {"type": kind, kind: {"id": id_, "title": title}}
        ours = {"id": place, "from": "15550783881"}
        return self._own("interactive", interactive=pressed, context=ours)

    def sticker(self):
        return self._own("sticker", sticker={"id": "1", "mime_type": "image/webp"})

    def letter(self):
        meta = self.campus.meta
        meta.files["/files/1"] = PDF
        meta.objects["77"] = {"url": meta.url.replace("/v23.0", "/files/1"), "id": "77"}
        return self._own("document", document={"id": "77", "filename": NAMED})

    def in_group(self, text):
        return self._own(text={"body": text}, group_id="G1")

    def opening(self):
        return self._own("request_welcome")

    async def post(self, request):
        headers = whatsapp_kit.signed(request)
        await self.http(whatsapp_kit.PATH, 200, data=request, headers=headers)

    def conversations(self):
        account = f"whatsapp:{whatsapp_kit.ACCOUNT}"
        return [f"{account}:{whatsapp_kit.PHONE}", f"{account}:group:G1"]

    async def sent(self):
        return self.campus.meta.sent

    def look(self, body):
        if body["type"] == "text":
            return Said(_STYLED.sub(r"\2", body["text"]["body"]))
        interactive = body["interactive"]
        action = interactive["action"]
        replies = [("button_reply", each["reply"]) for each in action.get("buttons", [])]
        rows = [("list_reply", row) for part in action.get("sections", []) for row in part["rows"]]
        sent = self.campus.meta.sent
        place = self.campus.meta.wamid(1 + next(n for n, each in enumerate(sent) if each is body))
        # A row's description is the whole of a title that was cut.
        titles = [item.get("description", item["title"]) for _, item in (*replies, *rows)]
        for title, (kind, item) in zip(titles, (*replies, *rows), strict=True):
            self.offered[title] = (kind, item["id"], item["title"], place)
        link = action.get("parameters")
        links = ((link["display_text"], link["url"]),) if link else ()
        return Said(_STYLED.sub(r"\2", interactive["body"]["text"]), tuple(titles), links)

    def breaches(self, body):
        return objections(body)


class Teams(Person):
    """Budi in Teams."""

    name = "teams"

    def arrives(self):
        self.read = len(self.campus.microsoft.messages)

    def _own(self, **more):
        service = self.campus.microsoft.service
        at = self.campus.clock.now().isoformat()
        return teams_kit.activity(service, id=f"a{next(_numbers)}", timestamp=at, **more)

    def words(self, text):
        return self._own(text=text)

    def press(self, data, place):
        return self._own(value=data, replyToId=place)

    def sticker(self):
        return self._own(attachments=[{"contentType": "application/vnd.microsoft.card.animation"}])

    def letter(self):
        attached = self.campus.microsoft.letter("surat.pdf", PDF)
        return self._own(attachments=[{**attached, "name": NAMED}])

    def in_group(self, text):
        return self._own(text=text, conversation=teams_kit.GROUP)

    def opening(self):
        return self._own(type="installationUpdate", action="add")

    async def post(self, request):
        token = teams_kit.signed(teams_kit.claims(self.campus.microsoft.service))
        headers = {"Authorization": f"Bearer {token}"}
        await self.http(TEAMS, 202, json=request, headers=headers)

    def conversations(self):
        return [f"teams:{teams_kit.PERSONAL['id']}", f"teams:{teams_kit.GROUP['id']}"]

    async def sent(self):
        return self.campus.microsoft.messages

    def look(self, activity):
        if "text" in activity:
            return Said(_unmarked(activity["text"]))
        body = activity["attachments"][0]["content"]["body"]
        lines = [run for block in body for run in block.get("inlines", ())]
        words = "\n".join(f"{run['text']}:" if run.get("weight") else run["text"] for run in lines)
        actions = [action for block in body for action in block.get("actions", ())]
        place = next(id_ for id_, said in self.campus.microsoft.cards.items() if said is activity)
        choices = [action for action in actions if action["type"] == "Action.Submit"]
        self.offered |= {action["title"]: (action["data"], place) for action in choices}
        return Said(
            words,
            tuple(action["title"] for action in choices),
            tuple((action["title"], action["url"]) for action in actions if "url" in action),
        )

    def breaches(self, activity):
        whole = json.dumps(activity, ensure_ascii=False)
        cards = [json.dumps(each["content"]) for each in activity.get("attachments", ())]
        words = {name: part for name, part in activity.items() if name not in ADDRESS}
        sizes = {
            "40 KB": len(whole.encode("utf-16-le")) <= 40_000,
            "28 KB": all(len(card) <= 28_000 for card in cards),
        }
        return [*(error.message for error in ACTIVITY.iter_errors(words)), *_broken(sizes)]


def by(author, text):
    return text if author in {None, "bot"} else f"{author}: {text}"


def _unmarked(text):
    """What Markdown shows of an escaped text; a bold first line is its author."""
    named = re.sub(r"\A\*\*(.+?)\*\*\n\n", r"\1: ", text)
    assert not _MARKUP.search(_URL.sub("", _ESCAPED.sub("", named))), text
    plain = _ESCAPED.sub(lambda mark: mark[1] or html.unescape(mark[0]), named)
    return plain.replace("\n\n", "\n")


def _rows(call):
    return call.get("reply_markup", {}).get("inline_keyboard", [])


def _keys(call):
    return [key for row in _rows(call) for key in row]


def _beyond(capabilities, text, buttons):
    return _broken(
        {
            "text": 1 <= len(text) <= capabilities.max_text,
            "buttons": len(buttons) <= capabilities.max_buttons,
            "titles": all(
                1 <= len(button["title"]) <= capabilities.max_button_title for button in buttons
            ),
            "payloads": all(
                len(button["payload"].encode()) <= capabilities.max_payload_bytes
                for button in buttons
                if "payload" in button
            ),
        }
    )


def _broken(rules):
    return [rule for rule, kept in rules.items() if not kept]


PEOPLE = {person.name: person for person in (Rest, WebChat, Telegram, WhatsApp, Teams)}
