"""The whole product beside a bare aiohttp echo with one fsync a message, in one run.

Usage: python benchmarks/product/run.py [--messages N] [--steady N] [--journeys N]

Measures, on the embedded default: start to ready, resident memory, one turn of the REST channel
(`halo` in, the real dialogue's answer out) at low load and saturated, and the reset journey from
the opening to the mailed link. Only loopback, bounded in count. Goals on two idle cores: median
turn 15 ms or less, 500 messages a second or more, 0.4 of the echo or more, ready within 3 s, both
services 250 MB or less.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from servers import free_port  # noqa: E402 - the path is set first
from stack import Stack  # noqa: E402 - likewise

ECHO = """
import os, sys
from aiohttp import web
import uvloop
log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
async def echo(request):
    body = await request.read()
    os.write(log, body); os.fsync(log)
    return web.Response(body=body, content_type="application/json")
app = web.Application(); app.router.add_post("/webhooks/rest/webhook", echo)
app.router.add_get("/readyz", lambda r: web.Response())
uvloop.install()
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""
PATH = "/webhooks/rest/webhook"
CLIENTS = 32


async def post(session, url, sender):
    started = time.perf_counter()
    async with session.post(url + PATH, json={"sender": sender, "message": "halo"}) as response:
        await response.read()
        assert response.ok, response.status
    return time.perf_counter() - started


async def steadily(session, url, count):
    """Send 20 messages a second, and return their times."""
    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(post(session, url, f"s{number}")))
        await asyncio.sleep(0.05)
    return await asyncio.gather(*tasks)


async def saturate(session, url, count):
    """Keep `CLIENTS` senders busy, and return messages a second."""

    async def client(number):
        for turn in range(count // CLIENTS):
            await post(session, url, f"f{number}-{turn % 8}")

    started = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return count // CLIENTS * CLIENTS / (time.perf_counter() - started)


async def load(url, arguments, pids):
    connector = aiohttp.TCPConnector(limit=CLIENTS + 8)
    async with aiohttp.ClientSession(connector=connector) as session:
        await saturate(session, url, 10 * CLIENTS)  # warm
        times = await steadily(session, url, arguments.steady)
        before = sum(map(processor_seconds, pids))
        rates = [await saturate(session, url, arguments.messages) for _ in range(3)]
        used = sum(map(processor_seconds, pids)) - before
    return {
        "p50_ms": round(statistics.median(times) * 1000, 2),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95)] * 1000, 2),
        "per_second": round(statistics.median(rates)),
        "cpu_ms_a_message": round(used / (3 * arguments.messages) * 1000, 3),
    }


async def echo(arguments, folder):
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ECHO, str(port), str(folder / "echo.log")
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await ready(url)
        return await load(url, arguments, [process.pid])
    finally:
        process.kill()
        await process.wait()


async def ready(url):
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def product(arguments, folder):
    stack = Stack(folder / "state", environment={"HELPDESK_LOG_LEVEL": "WARNING"})
    async with stack:  # the first start makes the databases and the demo accounts
        for process in stack.processes.values():
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
        started = time.perf_counter()
        for name in stack.names:
            stack.spawn(name)
        for name in stack.names:
            await stack.ready(name)
        to_ready = time.perf_counter() - started
        pids = {name: process.pid for name, process in stack.processes.items()}
        found = await load(stack.url("bot0"), arguments, list(pids.values()))
        found |= {"ready_s": round(to_ready, 2)}
        journeys = [await journey(stack, n) for n in range(arguments.journeys)]
        found["journey_ms"] = round(statistics.median(journeys) * 1000)
        found["resident_mb"] = {name: resident(pid) for name, pid in pids.items()}
    return found


ACCOUNTS = (
    ("budi.santoso", "budi@example.net"),
    ("siti.rahma", "siti@example.net"),
    ("uji.presensi", "uji@example.net"),
)


async def journey(stack, number):
    """Go from the opening to the mailed link; a person's own time is left out."""
    login, address = ACCOUNTS[number % len(ACCOUNTS)]
    before = len(stack.mails(address))
    started = time.perf_counter()
    for message in (f"lupa password, akun {login}", "ya"):
        said = await stack.texts(f"j{number}", message)
    if "username" in said:
        await stack.say(f"j{number}", login)
    code = (await stack.mail(address, "code", before)).code
    assert re.search("nomor ini", await stack.texts(f"j{number}", code))
    await stack.mail(address, "link", before)
    return time.perf_counter() - started


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024)


async def main(arguments):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        beside = await echo(arguments, folder)
        ours = await product(arguments, folder)
    ratio = round(ours["per_second"] / beside["per_second"], 2)
    result = {
        "product": ours,
        "echo_with_fsync": beside,
        "ratio": ratio,
        "load_average": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--steady", type=int, default=100)
    parser.add_argument("--journeys", type=int, default=5)
    asyncio.run(main(parser.parse_args()))
