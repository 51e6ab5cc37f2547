"""`helpdesk up`: both services in one process tree, started in order, restarted when one dies."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from dataclasses import dataclass, field

import aiohttp
from bot.settings import BotSettings

from backend.settings import BackendSettings
from helpdesk.banner import banner
from helpdesk.output import console, errors
from ops.settings import CommonSettings

READY_WITHIN = 60.0
"""Seconds a service may take to become ready at the first start."""
STOP_WITHIN = 20.0
CALM = 10.0
"""A service that lived this many seconds is restarted at once; sooner deaths are waited out."""
MAX_WAIT = 30.0
BAD_SETTINGS = 2


@dataclass(slots=True)
class Service:
    """One child process."""

    name: str
    ready_url: str
    process: asyncio.subprocess.Process | None = field(default=None)

    async def start(self) -> None:
        """Start the child. It gets its own process group, so that Ctrl-C reaches only us."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "helpdesk", self.name, process_group=0
        )

    async def wait(self) -> int:
        """Wait for the child's end and return its exit code."""
        return await self.process.wait() if self.process else 0

    async def stop(self) -> None:
        """Ask the child to end, and insist after `STOP_WITHIN`."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def is_ready(self, session: aiohttp.ClientSession) -> bool:
        """Ask the service whether it is ready for work."""
        try:
            async with session.get(self.ready_url) as response:
                return response.status == 200  # noqa: PLR2004 - HTTP's word for yes
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


class Supervisor:
    """Starts, watches and stops the two services."""

    def __init__(self) -> None:
        settings = CommonSettings()
        bot = BotSettings()
        self._services = (
            Service("backend", f"http://{settings.backend_bind}/readyz"),
            Service("bot", f"http://{bot.bind}/readyz"),
        )
        self._banner = banner(bot, BackendSettings())
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        started = time.monotonic()
        watchers: list[asyncio.Task[int]] = []
        try:
            for service in self._services:
                await service.start()
                watchers.append(asyncio.create_task(self._watch(service)))
            ready = asyncio.create_task(self._announce(started))
            stopping = asyncio.create_task(self._stop.wait())
            done, _ = await asyncio.wait(
                {*watchers, stopping}, return_when=asyncio.FIRST_COMPLETED
            )
            ready.cancel()
            failed = [task.result() for task in done if task in watchers]
            return failed[0] if failed else 0
        finally:
            self._stop.set()
            # The bot first: it finishes its turns while the backend still answers.
            for service in reversed(self._services):
                await service.stop()
            for watcher in watchers:
                watcher.cancel()

    async def _watch(self, service: Service) -> int:
        """Restart a service that dies; return its code when its settings are to blame."""
        wait = 0.0
        while True:
            started = time.monotonic()
            code = await service.wait()
            if self._stop.is_set():
                return 0
            if code == BAD_SETTINGS:
                return code
            wait = 0.0 if time.monotonic() - started > CALM else min(MAX_WAIT, wait * 2 + 0.5)
            errors.print(
                f"The {service.name} ended with code {code}; started again in {wait:g} s."
            )
            await asyncio.sleep(wait)
            await service.start()

    async def _announce(self, started: float) -> None:
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while time.monotonic() - started < READY_WITHIN:
                if all([await service.is_ready(session) for service in self._services]):
                    seconds = time.monotonic() - started
                    console.print(self._banner, f"Ready after {seconds:.1f} s. Ctrl-C stops.\n")
                    return
                await asyncio.sleep(0.05)
        errors.print("Not ready yet: `helpdesk doctor` tells what is missing.")
