"""Microsoft's Agents Playground as a process: a Teams without Microsoft, for this machine only."""

import asyncio
import os
import subprocess
from pathlib import Path

import aiohttp
from servers import free_port

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = ROOT / ".tools/playground/node_modules/@microsoft/m365agentsplayground/cli.js"
READY = 60.0


class Playground:
    """Started on a free port against the bot at `endpoint`."""

    def __init__(self, endpoint, folder):
        self.endpoint, self.folder = endpoint, folder
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self):
        self._start()
        try:
            await self._ready()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    def _start(self):
        assert PROGRAM.exists(), "run deploy/install-test-servers"
        command = ["node", "--require", Path(__file__).with_name("loopback.js"), PROGRAM, "start"]
        options = ["-e", self.endpoint, "-c", "msteams", "-p", str(self.port), "--dt", "--er"]
        home = {"HOME": str(self.folder), "BROWSER": "none"}
        with (self.folder / "playground.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], **home},
                stdout=log,
                stderr=log,
            )

    async def __aexit__(self, *_error):
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    async def _ready(self):
        async with asyncio.timeout(READY), aiohttp.ClientSession() as session:
            while True:
                assert self.process.poll() is None, self.log
                try:
                    async with session.get(self.url) as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)

    @property
    def log(self):
        return (self.folder / "playground.log").read_text(errors="replace")[-3000:]
