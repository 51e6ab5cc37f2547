"""What is measured: a bare echo, or the durable runtime behind the same two routes.

Usage: python server.py nothing - PORT SINK_PORT
       python server.py echo FILE PORT SINK_PORT
       python server.py runtime DATABASE_URL PORT SINK_PORT

`/push` acknowledges and answers by an outbound call; `/rest` answers in the response.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import uvloop
from aiohttp import ClientSession, web

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.runtime.durable import DurableRuntime
from bot.runtime.port import Inbound, Out, Policy, Turn
from bot.runtime.settings import RuntimeSettings


async def call(session, url, body):
    async with session.post(url, data=body) as response:
        await response.read()


def echo_routes(path, session, url):
    """One fsync a message (`-` for a path: none), then the call."""
    file = None if path == "-" else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    calls = set()

    async def store(request):
        raw = await request.read()
        if file is not None:
            os.write(file, raw)
            os.fdatasync(file)
        return json.loads(raw)

    async def push(request):
        body = await store(request)
        task = asyncio.create_task(call(session, url, json.dumps({"id": body["id"]})))
        calls.add(task)
        task.add_done_callback(calls.discard)
        return web.json_response({})

    async def rest(request):
        body = await store(request)
        return web.json_response([{"recipient_id": body["sender"], "text": body["message"]}])

    return [web.post("/push", push), web.post("/rest", rest)]


class Echo:
    """One state update, one reply: pushed, or said into the log of a pull channel."""

    async def __call__(self, _conversation, state, payload):
        body = json.loads(payload)
        count = (json.loads(state)["count"] if state else 0) + 1
        state = json.dumps({"count": count, "last": body["message"]})
        if body["pull"]:
            return Turn(state, (Out("say", body["message"], delivered=True),))
        return Turn(state, (Out("chat", json.dumps({"id": body["id"]})),))

    async def on_dead_letter(self, conversation, _payload, error):
        print("dead letter", conversation, error, file=sys.stderr)


async def runtime_routes(database_url, session, url):
    async def send(delivery):
        await call(session, url, delivery.payload)
        return ()

    settings = RuntimeSettings(create_schema=True)
    runtime = DurableRuntime(database_url, Echo(), {"chat": Policy(send)}, settings=settings)
    await runtime.start()

    async def message(request, *, pull):
        body = json.loads(await request.read()) | {"pull": pull}
        return Inbound(f"bench::{body['id']}", body["sender"], json.dumps(body))

    async def push(request):
        await runtime.ingest([await message(request, pull=False)])
        return web.json_response({})

    async def rest(request):
        inbound = await message(request, pull=True)
        said = await runtime.ingest_and_collect(inbound, within=10)
        return web.json_response(
            [{"recipient_id": m.conversation, "text": m.payload} for m in said]
        )

    return [web.post("/push", push), web.post("/rest", rest)]


async def main(kind, store, port, sink):
    async with ClientSession() as session:
        url = f"http://127.0.0.1:{sink}/"
        app = web.Application()
        if kind != "runtime":
            app.add_routes(echo_routes(store, session, url))
        else:
            app.add_routes(await runtime_routes(store, session, url))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(port), backlog=1000).start()
        print("ready", flush=True)
        await asyncio.Event().wait()


uvloop.run(main(*sys.argv[1:]))
