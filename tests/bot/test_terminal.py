"""The chat in a terminal, against a bot that serves."""

import asyncio
import io
import os
import pty
import re
import signal
import sys
from pathlib import Path

import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent / "channels"))  # `chat_rooms`

from chat_rooms import MENU, close_room, open_room

from bot.channels.port import Button, InboundEvent, OutboundMessage
from bot.envelope import inbound
from bot.terminal import run_terminal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def room(tmp_path, clock):
    room = await open_room(tmp_path, clock)
    yield room
    await close_room(room)


@pytest.fixture(autouse=True)
def indonesian(monkeypatch):
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")


async def typed(*lines):
    for line in lines:
        yield f"{line}\n"


def address(room):
    return str(room.client.make_url("")).rstrip("/")


async def follow(room, *lines):
    """Run a script, and return what it printed."""
    out = io.StringIO()
    code = await run_terminal(
        address(room), lines=typed(*lines), console=Console(file=out, width=60)
    )
    assert code == 0
    return out.getvalue()


async def test_a_script_talks_line_by_line(room):
    assert await follow(room, "halo", "", "apa kabar") == (
        "Halo, ada apa?\n  1. Reset kata sandi\n  2. Cek akun\n\n"
        "> halo\nAnda menulis: halo\n\n"
        "> apa kabar\nAnda menulis: apa kabar\n\n"
    )


async def test_a_number_presses_a_button(room):
    await follow(room, "2", "2")
    events = [event.choice or event.text for event in room.script.events[1:]]
    assert events == [MENU[1].payload, "2"], "the second time there is no button"


async def test_humans_have_names_and_links_addresses(room):
    link = Button("Buka halaman", url="https://kampus.example/a")
    room.script.answers["x"] = [
        OutboundMessage("Halo [bold]Budi[/bold], " + "panjang " * 20, author="Rina"),
        OutboundMessage("Silakan.", (link,)),
    ]
    printed = await follow(room, "x")
    assert f"\nRina: Halo [bold]Budi[/bold], {'panjang ' * 20}".rstrip() in printed
    assert "Silakan.\n  Buka halaman: https://kampus.example/a\n" in printed


async def test_the_language_of_the_machine_is_the_assistants(room, monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert (await follow(room)).startswith("Hello, how can I help?")


async def test_a_script_waits_for_a_slow_answer(room):
    room.script.pause = asyncio.Event()
    running = asyncio.create_task(follow(room, "halo"))
    done, _ = await asyncio.wait({running}, timeout=0.1)
    assert not done
    room.script.pause.set()
    assert (await running).endswith("> halo\nAnda menulis: halo\n\n")


async def test_a_letter_too_long_is_said_to_be_refused(room):
    printed = await follow(room, "x" * 5000, "halo")
    assert "(not sent: Request Entity Too Large)" in printed
    assert printed.endswith("> halo\nAnda menulis: halo\n\n")


async def test_nobody_there_is_said_so(unused_tcp_port):
    out = io.StringIO()
    url = f"http://127.0.0.1:{unused_tcp_port}"
    assert await run_terminal(url, lines=typed(), console=Console(file=out, width=200)) == 1
    assert out.getvalue() == f"No assistant answers at {url}. Is `helpdesk up` running?\n"


# -- as a process ------------------------------------------------------------------------------
CODE = """
import asyncio, sys
from bot.terminal import run_terminal
sys.exit(asyncio.run(run_terminal(sys.argv[1])))
"""


async def spawn(room, **streams):
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LC_ALL": "id_ID.UTF-8"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CODE, address(room), cwd=ROOT, env=environment, **streams
    )


def told(conversation):
    """Return an event that the script answers with a human's words."""
    event = InboundEvent(
        channel="webchat", event_id="told", conversation=conversation, user="x", text="agen"
    )
    return inbound(event)


class Terminal:
    """The other end of a pseudo-terminal."""

    def __init__(self, handle):
        self.handle = handle
        self.seen = ""
        self.grown = asyncio.Event()
        asyncio.get_running_loop().add_reader(handle, self._read)

    def _read(self):
        try:
            self.seen += re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", os.read(self.handle, 65536).decode())
        except OSError:
            asyncio.get_running_loop().remove_reader(self.handle)
        self.grown.set()

    async def shows(self, text):
        async with asyncio.timeout(20):
            while text not in self.seen:
                self.grown.clear()
                await self.grown.wait()

    def type(self, text):
        os.write(self.handle, text.encode())


@pytest.fixture
async def terminal(room):
    """A person at a terminal."""
    ours, theirs = pty.openpty()
    process = await spawn(room, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    terminal = Terminal(ours)
    terminal.process = process
    yield terminal
    asyncio.get_running_loop().remove_reader(ours)
    os.close(ours)
    if process.returncode is None:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("leave", ["\x04", signal.SIGINT], ids=["Ctrl-D", "Ctrl-C"])
async def test_a_person_talks_and_leaves(room, terminal, leave):
    await terminal.shows("2. Cek akun")
    terminal.type("halo\n")
    await terminal.shows("Anda menulis: halo")
    # Said unasked: nothing was typed for it.
    room.script.answers["agen"] = [OutboundMessage("Halo, saya Rina.", author="Rina")]
    conversation = room.script.events[0].conversation
    await room.runtime.ingest([told(conversation)])
    await terminal.shows("Rina: Halo, saya Rina.")
    terminal.type(leave) if isinstance(leave, str) else terminal.process.send_signal(leave)
    async with asyncio.timeout(10):
        assert (await terminal.process.wait()) == (0 if isinstance(leave, str) else -signal.SIGINT)


async def test_a_file_is_a_script(room, tmp_path):
    script = tmp_path / "script.txt"
    script.write_text("halo\nlagi")
    with script.open() as lines:
        process = await spawn(room, stdin=lines, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.decode().endswith("> halo\nAnda menulis: halo\n\n> lagi\nAnda menulis: lagi\n\n")


async def test_a_pipe_is_a_script(room):
    pipe = asyncio.subprocess.PIPE
    process = await spawn(room, stdin=pipe, stdout=pipe)
    out, _ = await process.communicate("halo é\nlagi".encode())
    assert process.returncode == 0
    assert out.decode().endswith(
        "> halo é\nAnda menulis: halo é\n\n> lagi\nAnda menulis: lagi\n\n"
    )
