"""Stand-ins at the edge of the channels: what is said comes back."""

from bot import envelope
from bot.channels.port import Button, InboundKind, OutboundMessage
from bot.runtime.port import Out, Turn
from nlu.types import Intent, Ranked, Understanding


class Echo:
    """Answers every message with its own words, and greets whoever joins."""

    def __init__(self) -> None:
        self.seen = []

    async def __call__(self, conversation, state, payload):
        event = envelope.decode(payload).event
        self.seen.append(event)
        count = int(state or 0) + 1
        if event.kind is InboundKind.JOINED:
            buttons = (
                Button("Cek akun", "/choose:1:check"),
                Button("Situs", url="https://x.test"),
            )
            said = [OutboundMessage("Halo!", buttons)]
        else:
            words = event.choice or event.text
            mine = OutboundMessage(words, author="user", custom={"id": event.native_id})
            said = [OutboundMessage(f"{count}: {words}")]
            if event.channel == "webchat":
                said.insert(0, mine)
        out = tuple(Out("message", envelope.encode_message(m), delivered=True) for m in said)
        return Turn(str(count), out)

    async def on_dead_letter(self, conversation, payload, error):
        raise AssertionError(error)


class KeywordEngine:
    """Understands one word."""

    async def parse(self, text, *, today):
        intent = Intent.RESET_PASSWORD if "lupa" in text else Intent.OUT_OF_SCOPE
        return Understanding(text, intent, 0.9, (Ranked(intent, 0.9),))

    async def close(self):
        pass
