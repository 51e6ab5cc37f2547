"""`helpdesk up`: both services in one process tree, started in order, restarted when one dies.

This process only watches: it imports neither service, and the words at the start are said by a
short-lived child (`helpdesk announce`), so that it stays small.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import Final

STOP_WITHIN: Final = 20.0
"""Seconds a service may take to end its work after SIGTERM."""
CALM: Final = 10.0
"""A service that lived this many seconds is restarted at once; sooner deaths are waited out."""
MAX_WAIT: Final = 30.0
BAD_SETTINGS: Final = 2


class Service:
    """One child process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the child. It gets its own process group, so that Ctrl-C reaches only us."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "helpdesk", self.name, process_group=0
        )

    async def wait(self) -> int:
        """Wait for the child's end and return its exit code."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Ask the child to end, and insist after `STOP_WITHIN`."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()


class Supervisor:
    """Starts, watches and stops the two services."""

    def __init__(self) -> None:
        self._services = (Service("backend"), Service("bot"))
        self._announcer = Service("announce")
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        watchers: list[asyncio.Task[int]] = []
        try:
            for service in self._services:
                await service.start()
                watchers.append(asyncio.create_task(self._watch(service)))
            await self._announcer.start()
            stopping = asyncio.create_task(self._stop.wait())
            done, _ = await asyncio.wait(
                {*watchers, stopping}, return_when=asyncio.FIRST_COMPLETED
            )
            failed = [task.result() for task in done if task in watchers]
            return failed[0] if failed else 0
        finally:
            self._stop.set()
            # The bot first: it finishes its turns while the backend still answers.
            for service in (self._announcer, *reversed(self._services)):
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
            print(  # noqa: T201 - this process has no log of its own
                f"The {service.name} ended with code {code}; restarted in {wait:g} s.",
                file=sys.stderr,
            )
            await asyncio.sleep(wait)
            await service.start()
