"""Webhook in, one turn, answer out: the durable runtime beside bare echoes, in one run.

`echo` makes one fsync a message, as honest services do; `nothing` stores nothing at all.

Usage: python benchmarks/runtime/run.py [--database URL] [--messages N] [--steady N] [--rounds N]

Only loopback, bounded in count. Goals on two idle cores, SQLite: median 5 ms or less at 20
messages a second, 500 messages a second or more saturated, 0.4 of the echo or more.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import sys
import tempfile
from pathlib import Path

import uvloop
from load import Load, Sink

HERE = Path(__file__).parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(kind, store, path, sink_port, arguments, name):
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "server.py"),
        kind,
        store,
        str(port),
        str(sink_port),
        stdout=asyncio.subprocess.PIPE,
    )
    effect = path == b"/push"
    try:
        assert await process.stdout.readline() == b"ready\n"
        warm = Load(port, path)
        Sink.arrived = warm.arrived
        await warm.saturate(f"{name}w", 200, 20, effect=effect)
        steady = Load(port, path)
        Sink.arrived = steady.arrived
        await steady.steadily(f"{name}s", 20, arguments.steady, effect=effect)
        full = Load(port, path)
        Sink.arrived = full.arrived
        before = processor_seconds(process.pid)
        rate = await full.saturate(f"{name}f", arguments.messages, 128, effect=effect)
        used = processor_seconds(process.pid) - before
    finally:
        process.kill()
        await process.wait()
    return {
        "p50_ms": round(percentile(steady.seconds, 0.5) * 1000, 2),
        "p95_ms": round(percentile(steady.seconds, 0.95) * 1000, 2),
        "per_second": round(rate),
        "cpu_ms": round(used / arguments.messages * 1000, 3),
    }


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(arguments):
    sink_port = free_port()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", sink_port, backlog=1000)
    with tempfile.TemporaryDirectory() as folder:
        database = arguments.database or f"sqlite:///{folder}/bench.db"
        for path in (b"/push", b"/rest"):
            ratios = []
            for n in range(arguments.rounds):
                name = f"{path.decode()}{os.getpid()}-{n}"
                rates = {}
                for kind, store in (
                    ("nothing", "-"),
                    ("echo", f"{folder}/echo"),
                    ("runtime", database),
                ):
                    figures = await measure(kind, store, path, sink_port, arguments, name)
                    rates[kind] = figures["per_second"]
                    print(json.dumps({"path": path.decode(), "kind": kind, **figures}), flush=True)
                ratios.append(
                    (rates["runtime"] / rates["echo"], rates["runtime"] / rates["nothing"])
                )
            print(
                json.dumps(
                    {
                        "path": path.decode(),
                        "ratio_to_echo": round(statistics.median(r[0] for r in ratios), 2),
                        "ratio_to_nothing": round(statistics.median(r[1] for r in ratios), 2),
                        "load_average": os.getloadavg()[0],
                    }
                ),
                flush=True,
            )
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="PostgreSQL URL of an empty database")
    parser.add_argument("--messages", type=int, default=2000, help="saturated")
    parser.add_argument("--steady", type=int, default=200, help="at 20 a second")
    parser.add_argument("--rounds", type=int, default=1)
    uvloop.run(main(parser.parse_args()))
