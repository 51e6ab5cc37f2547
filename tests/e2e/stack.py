"""The whole product as processes: started, talked to, killed, and read like a user's mailbox."""

import asyncio
import email
import email.policy
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp
from models import trained_model
from servers import free_port

ROOT = Path(__file__).resolve().parents[2]
READY = 60.0


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    message_id: str = ""

    @property
    def code(self) -> str | None:
        found = re.search(r"(?<![\w#/-])(\d{8}|\d{4} \d{4})(?![\w/-])", self.text)
        return found[1].replace(" ", "") if found else None

    @property
    def link(self) -> str | None:
        found = re.search(r"https?://\S+#[A-Za-z0-9_-]{43}", self.text)
        return found[0] if found else None


@dataclass
class Stack:
    """A backend and `bots` bot processes on free ports, with a state folder of their own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    bots: int = 1
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backend_port = free_port()
        self.bot_ports = [free_port() for _ in range(self.bots)]
        self.session: aiohttp.ClientSession | None = None

    # -- processes -----------------------------------------------------------------------------
    def _environment(self, name: str) -> dict[str, str]:
        number = 0 if name == "backend" else int(name.removeprefix("bot"))
        # The product runs at its own speed: neither our settings nor the coverage tracer.
        foreign = ("HELPDESK_", "COVERAGE_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        return {
            **clean,
            "HELPDESK_STATE_DIR": str(self.folder),
            "HELPDESK_BACKEND_BIND": f"127.0.0.1:{self.backend_port}",
            "HELPDESK_BIND": f"127.0.0.1:{self.bot_ports[number]}",
            "HELPDESK_LOG_FORMAT": "json",
            **self.environment,
        }

    def spawn(self, name: str) -> None:
        command = "backend" if name == "backend" else "bot"
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "helpdesk", command],
            cwd=ROOT,
            env=self._environment(name),
            stdout=log,
            stderr=log,
        )
        log.close()

    @property
    def names(self) -> list[str]:
        return ["backend", *(f"bot{n}" for n in range(self.bots))]

    async def __aenter__(self) -> Self:
        try:
            return await self.start()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(trained_model(), self.folder)
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        for name in self.names:
            self.spawn(name)
        for name in self.names:
            await self.ready(name)
        return self

    def url(self, name: str) -> str:
        port = (
            self.backend_port
            if name == "backend"
            else self.bot_ports[int(name.removeprefix("bot"))]
        )
        return f"http://127.0.0.1:{port}"

    async def ready(self, name: str) -> None:
        async with asyncio.timeout(READY):
            while True:
                process = self.processes[name]
                assert process.poll() is None, self.log(name)[-3000:]
                try:
                    async with self.session.get(f"{self.url(name)}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    async def restart(self, name: str) -> None:
        self.kill(name)
        self.spawn(name)
        await self.ready(name)

    async def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                await asyncio.to_thread(process.wait, 20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        await self.session.close()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    # -- talking -------------------------------------------------------------------------------
    async def say(self, sender: str, message: str, bot: int = 0) -> list[dict]:
        url = f"{self.url(f'bot{bot}')}/webhooks/rest/webhook"
        async with self.session.post(url, json={"sender": sender, "message": message}) as response:
            assert response.status == 200, (response.status, await response.text())
            return await response.json()

    async def texts(self, sender: str, message: str) -> str:
        return "\n".join(part["text"] for part in await self.say(sender, message))

    async def run(self, *arguments: str, agent: str = "rina") -> str:
        """Run the command `helpdesk` as an operator would."""
        environment = self._environment("bot0") | {"HELPDESK_AGENT": agent}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "helpdesk",
            *arguments,
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, (arguments, out, err)
        return out.decode()

    # -- the mailbox ---------------------------------------------------------------------------
    def mails(self, to: str = "") -> list[Mail]:
        """Return captured mails, oldest first."""
        found = []
        for path in sorted((self.folder / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if to in message["To"]:
                text = message.get_body(("plain",)).get_content()
                found.append(Mail(message["To"], message["Subject"], text, message["Message-ID"]))
        return found

    async def mail(self, to: str, what: str, after: int = 0) -> Mail:
        """Wait for a mail with a `what` (`code` or `link`), the newest after the first `after`."""
        async with asyncio.timeout(20):
            while True:
                fitting = [mail for mail in self.mails(to)[after:] if getattr(mail, what)]
                if fitting:
                    return fitting[-1]
                await asyncio.sleep(0.05)

    # -- the page ------------------------------------------------------------------------------
    async def set_password(self, link: str, number: str, password: str) -> tuple[int, dict]:
        """Do what the one-time page's script does, and return its status and answer."""
        base, _, token = link.partition("#")
        origin = {"Origin": base.rsplit("/", 1)[0], "Sec-Fetch-Site": "same-origin"}
        jar = aiohttp.CookieJar(unsafe=True)
        patience = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(cookie_jar=jar, headers=origin, timeout=patience) as page:
            async with page.post(f"{base}/exchange", json={"token": token}) as response:
                if response.status != 200:
                    return response.status, await response.json()
            body = {"number": number, "password": password}
            async with page.post(f"{base}/submit", json=body) as response:
                return response.status, await response.json()
