"""A small bot for crash tests: webhook in, one turn, one call out.

Usage: python echo_bot.py DATABASE_URL PORT SINK_PORT
"""

import asyncio
import json
import os
import signal
import sys

from aiohttp import ClientSession, web

from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Inbound, NotAccepting, Out, Policy, Turn
from bot.runtime.settings import RuntimeSettings


class Echo:
    """Counts its messages, and how often one came in the wrong order."""

    def __init__(self, report):
        self.report = report

    async def __call__(self, conversation, state, payload):
        number = json.loads(payload)["number"]
        if number == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        count, last, disorder = json.loads(state) if state else (0, 0, 0)
        disorder += number != last + 1
        await asyncio.sleep(0.005)  # a model that thinks
        state = json.dumps((count + 1, number, disorder))
        reply = {"number": number, "count": count + 1, "disorder": disorder}
        return Turn(state, (Out("chat", json.dumps(reply)),))

    async def on_dead_letter(self, conversation, payload, error):
        await self.report({"dead": conversation, "error": error})


async def main(url, port, sink):
    address = f"http://127.0.0.1:{sink}/"
    async with ClientSession() as session:

        async def report(body):
            async with session.post(address, json=body) as response:
                response.raise_for_status()

        async def send(delivery):
            body = {"key": delivery.key, "conversation": delivery.conversation}
            await report(body | json.loads(delivery.payload))
            return ()

        settings = RuntimeSettings(create_schema=True)
        runtime = DurableRuntime(url, Echo(report), {"chat": Policy(send)}, settings=settings)
        await runtime.start()

        async def hook(request):
            body = await request.json()
            message = Inbound(body["id"], body["conversation"], json.dumps(body))
            try:
                await runtime.ingest([message])
            except NotAccepting:
                return web.Response(status=503)
            return web.Response()

        app = web.Application()
        app.router.add_post("/", hook)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await ended.wait()
        await runtime.stop()
        await runner.cleanup()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
