"""A small load generator: HTTP/1.1 by hand, so that it costs less than what it measures."""

import asyncio
import json
import time
from collections import defaultdict
from http import HTTPStatus

HEAD = (
    b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Messages(asyncio.Protocol):
    """Cuts a stream into HTTP messages with a Content-Length."""

    def __init__(self):
        self.buffer = b""
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.received(head, body)

    def received(self, head, body):
        raise NotImplementedError


class Sink(Messages):
    """Takes the outbound calls."""

    arrived = None

    def received(self, _head, body):
        Sink.arrived(json.loads(body))
        self.transport.write(OK)


class Client(Messages):
    """One connection, one request at a time."""

    answer = None

    def received(self, head, body):
        self.answer.set_result((int(head[9:12]), body))

    def connection_lost(self, _error):
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError())


class Load:
    """Sends messages of many conversations and notes when their effects arrive."""

    def __init__(self, port, path):
        self.port = port
        self.path = path
        self.idle = []
        self.sent = {}
        self.seconds = []
        self.waiting = {}
        self.locks = defaultdict(asyncio.Lock)

    def arrived(self, body):
        key = body["id"]
        if key in self.waiting:
            self.seconds.append(time.perf_counter() - self.sent[key])
            self.waiting.pop(key).set_result(None)

    async def post(self, body):
        if self.idle:
            client = self.idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, client = await loop.create_connection(Client, "127.0.0.1", self.port)
        client.answer = asyncio.get_running_loop().create_future()
        client.transport.write(HEAD % (self.path, len(body)) + body)
        status, answer = await asyncio.wait_for(client.answer, 30)
        self.idle.append(client)
        assert status == HTTPStatus.OK, answer
        return answer

    async def message(self, key, conversation, *, effect):
        """Send one message; wait for its effect, or for the answer that carries its reply."""
        body = json.dumps({"id": key, "sender": conversation, "message": f"halo {key}"}).encode()
        async with self.locks[conversation]:
            self.sent[key] = time.perf_counter()
            if not effect:
                answer = json.loads(await self.post(body))
                assert answer[0]["text"].endswith(key), answer
                self.seconds.append(time.perf_counter() - self.sent[key])
                return
            done = self.waiting[key] = asyncio.get_running_loop().create_future()
            await self.post(body)
        await asyncio.wait_for(done, 60)

    async def steadily(self, run, rate, count, *, effect):
        """So many messages a second, whatever happens to them."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        tasks = []
        for n in range(count):
            await asyncio.sleep(max(0.0, start + n / rate - loop.time()))
            tasks.append(
                asyncio.create_task(self.message(f"{run}{n}", f"{run}-{n % 50}", effect=effect))
            )
        await asyncio.gather(*tasks)

    async def saturate(self, run, count, outstanding, *, effect):
        """As many messages as go through, so many of them under way. Returns messages/s."""
        places = asyncio.Semaphore(outstanding)

        async def one(n):
            try:
                await self.message(f"{run}{n}", f"{run}-{n % 200}", effect=effect)
            finally:
                places.release()

        start = time.perf_counter()
        tasks = []
        for n in range(count):
            await places.acquire()
            tasks.append(asyncio.create_task(one(n)))
        await asyncio.gather(*tasks)
        return count / (time.perf_counter() - start)
