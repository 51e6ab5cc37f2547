"""Each chat platform's channel beside what others use for it, in one run, on loopback.

Usage: python benchmarks/channels/run.py [--steady N] [--saturated N] [--without-pywa]

Measures for Telegram, WhatsApp and Teams: the acknowledgement and the full turn (webhook in,
answer at the platform) at 50 webhooks a second; messages a second saturated, and the processor
time the bot's process takes for one, which a busy machine changes least; memory and start of the
bot with all three on. Beside it, under the same load in the same run: aiogram's dispatcher and
pywa, each behind the web server of its manual. They check the same secret or signature, read the
same webhook and call the same platform, but acknowledge before they have done anything, echo,
store nothing and forget what they were doing when they die. Ours stores with an fsync before it
acknowledges, understands, answers with text and buttons, and takes those of the answer before off
(a second call, on Telegram and Teams). The platforms' own limits are widened (`widened.py`): they
allow 30 messages a second. Goal: the bot in 150 MB or less.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "e2e"))]

import platforms  # noqa: E402 - the path is set first
from platforms import fake_meta, fake_microsoft, fake_telegram  # noqa: E402 - likewise
from servers import free_port  # noqa: E402 - likewise
from stack import Stack  # noqa: E402 - likewise

RATE = 50
CLIENTS = 32
WORDS = "halo"
PYWA = ("pywa==4.5.0", "fastapi", "uvicorn[standard]")
PATIENCE = 60

# Judging every call by the vendor's schema belongs to the tests.
fake_telegram.FILE = Path(os.devnull) / "none"
fake_meta.objections = lambda _body: []


class Answers:
    """Who waits for an answer in which chat."""

    def __init__(self):
        self.waiting = {}
        self.count = 0

    def expect(self, chat):
        self.waiting[chat] = asyncio.get_running_loop().create_future()
        return self.waiting[chat]

    def arrived(self, chat):
        self.count += 1
        self.waiting.pop(chat).set_result(time.perf_counter())


class TimedTelegram(fake_telegram.FakeTelegram, Answers):
    def __init__(self):
        fake_telegram.FakeTelegram.__init__(self)
        Answers.__init__(self)

    async def _send_message(self, parameters):
        self.arrived(parameters["chat_id"])
        return await super()._send_message(parameters)


class TimedMeta(fake_meta.FakeMeta, Answers):
    def __init__(self):
        fake_meta.FakeMeta.__init__(self)
        Answers.__init__(self)

    def _take(self, body):
        self.arrived(body["to"])
        return super()._take(body)


class TimedMicrosoft(fake_microsoft.FakeApi, Answers):
    def __init__(self):
        fake_microsoft.FakeApi.__init__(self)
        Answers.__init__(self)

    async def _take(self, request, activity):
        if activity["type"] == "message" and request.method == "POST":
            self.arrived(request.match_info["chat"])
        await super()._take(request, activity)


class ScopedWhatsApp(platforms.WhatsApp):
    """WhatsApp that names people by scoped ids, too: pywa cannot read them without."""

    def request(self, person, words):
        value = json.loads(super().request(person, words)[0])
        for contact in value["entry"][0]["changes"][0]["value"]["contacts"]:
            contact["user_id"] = f"ID.{person:018}"
        body = json.dumps(value).encode()
        return body, platforms.signed(body)


class Product(Stack):
    def spawn(self, name):
        if name == "backend":
            super().spawn(name)
            return
        environment = self._environment(name) | {"PYTHONPATH": str(ROOT)}
        self.processes[name] = started([sys.executable, HERE / "widened.py", "bot"], environment)


def started(command, environment):
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


# -- load ------------------------------------------------------------------------------------
class Load:
    """Posts what people write, and waits for the answers at the platform."""

    def __init__(self, session, url, platform, pid):
        self.session, self.url, self.platform = session, url + platform.path, platform
        self.pid = pid

    async def message(self, person):
        """Return the seconds to the acknowledgement and to the answer."""
        body, headers = self.platform.request(person, WORDS)
        answered = self.platform.fake.expect(self.platform.chat(person))
        begun = time.perf_counter()
        async with self.session.post(self.url, data=body, headers=headers) as response:
            await response.read()
            acknowledged = time.perf_counter()
            assert response.ok, response.status
        return acknowledged - begun, await asyncio.wait_for(answered, PATIENCE) - begun

    async def steadily(self, count):
        """Post `RATE` a second, each to a chat of its own."""
        begun, tasks = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            tasks.append(asyncio.create_task(self.message(1000 + number)))
        return await asyncio.gather(*tasks)

    async def saturate(self, count):
        """Keep `CLIENTS` chats busy; return messages a second, and processor seconds of one."""

        async def chat(person):
            for _ in range(count // CLIENTS):
                await self.message(person)

        made = count // CLIENTS * CLIENTS
        begun, worked = time.perf_counter(), processor(self.pid)
        await asyncio.gather(*map(chat, range(CLIENTS)))
        return made / (time.perf_counter() - begun), (processor(self.pid) - worked) / made

    async def measure(self, arguments):
        await self.saturate(4 * CLIENTS)  # warm
        times = await self.steadily(arguments.steady)
        acknowledged, answered = (sorted(each) for each in zip(*times, strict=True))
        per_second, processor_seconds = await self.saturate(arguments.saturated)
        return {
            "acknowledged_ms": milliseconds(acknowledged),
            "answered_ms": milliseconds(answered),
            "per_second": round(per_second),
            "processor_ms": round(processor_seconds * 1000, 2),
        }


def milliseconds(ordered):
    return {
        "p50": round(statistics.median(ordered) * 1000, 1),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
    }


async def measured(url, platform, pid, arguments):
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await Load(session, url, platform, pid).measure(arguments)


# -- ours, and the others --------------------------------------------------------------------
async def ours(three, arguments, folder):
    environment = {"HELPDESK_LOG_LEVEL": "WARNING"}
    for platform in three:
        environment |= platform.settings()
    stack = Product(folder / "state", environment)
    async with stack:  # the first start makes the databases and the demo accounts
        pass
    found = {}
    async with stack:
        pid = stack.processes["bot0"].pid
        found["resident_mb"] = {"started": resident(pid)}
        for platform in three:
            name = type(platform).__name__.removeprefix("Signed").lower()
            found[name] = await measured(stack.url("bot0"), platform, pid, arguments)
        found["resident_mb"]["after"] = resident(pid)
        await stopped(stack.processes["bot0"])
        begun = time.perf_counter()
        stack.spawn("bot0")
        await stack.ready("bot0")
        found["ready_s"] = round(time.perf_counter() - begun, 2)
    return found


def resident(pid):
    """Return the megabytes of one process."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return round(int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)


def processor(pid):
    """Return the seconds one process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def other(command, settings):
    """Run another's bot; yield its address and its process, once it is ready."""
    port = free_port()
    begun = time.perf_counter()
    process = started(command, {**os.environ, **settings, "PORT": str(port)})
    try:
        await ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process, time.perf_counter() - begun
    finally:
        await stopped(process)


async def stopped(process):
    process.terminate()
    await asyncio.to_thread(process.wait, PATIENCE)


async def ready(url, process):
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
        while True:
            assert process.poll() is None, "it ended"
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def theirs(platform, command, settings, arguments):
    settings = {**settings, "API": platform.fake.url, "WEBHOOK": platform.path}
    async with other(command, settings) as (url, process, seconds):
        found = await measured(url, platform, process.pid, arguments)
        return {**found, "resident_mb": resident(process.pid), "ready_s": round(seconds, 2)}


async def aiogram(platform, arguments):
    settings = {"TOKEN": fake_telegram.TOKEN, "SECRET": platforms.HOOK_SECRET}
    command = [sys.executable, HERE / "echo_aiogram.py"]
    return await theirs(platform, command, settings, arguments)


async def pywa(platform, arguments, folder):
    """Measure pywa in an environment of its own; None where it cannot be installed."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    python = folder / "pywa" / "bin" / "python"
    make = [uv, "venv", "-q", "--python", sys.executable, folder / "pywa"]
    install = [uv, "pip", "install", "-q", "--python", python, *PYWA]
    try:
        for command in (make, install):
            await asyncio.to_thread(subprocess.run, command, check=True, timeout=120)
    except subprocess.SubprocessError:
        return None
    settings = {
        "ACCOUNT": platforms.ACCOUNT,
        "TOKEN": platforms.TOKEN,
        "SECRET": platforms.SECRET,
    }
    return await theirs(platform, [python, HERE / "echo_pywa.py"], settings, arguments)


def ratios(us, them):
    """Return ours by theirs: above one is more, in time and in messages."""
    return {
        "acknowledged": round(us["acknowledged_ms"]["p50"] / them["acknowledged_ms"]["p50"], 2),
        "answered": round(us["answered_ms"]["p50"] / them["answered_ms"]["p50"], 2),
        "per_second": round(us["per_second"] / them["per_second"], 2),
        "processor": round(us["processor_ms"] / them["processor_ms"], 2),
    }


async def main(arguments):
    three = (
        platforms.Telegram(TimedTelegram()),
        platforms.WhatsApp(TimedMeta()),
        platforms.Teams(TimedMicrosoft()),
    )
    for platform in three:
        await platform.fake.start()
    telegram, whatsapp, _ = three
    scoped = ScopedWhatsApp(whatsapp.fake)
    with tempfile.TemporaryDirectory() as scratch:
        beside = {"telegram": ("aiogram", await aiogram(telegram, arguments))}
        if not arguments.without_pywa:
            beside["whatsapp"] = ("pywa", await pywa(scoped, arguments, Path(scratch)))
        result = {"ours": await ours(three, arguments, Path(scratch))}
    for platform in three:
        await platform.fake.stop()
    for name, (who, figures) in beside.items():
        result[who] = figures or "could not be installed"
        if figures:
            result[f"{name}_by_{who}"] = ratios(result["ours"][name], figures)
    print(json.dumps({**result, "load_average": os.getloadavg()[0]}, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steady", type=int, default=250, help=f"at {RATE} a second")
    parser.add_argument("--saturated", type=int, default=640)
    parser.add_argument("--without-pywa", action="store_true", help="install nothing")
    asyncio.run(main(parser.parse_args()))
