"""The load: so many callers, each on a connection of its own, send a request when the last one is answered.

python -m bench.gateway.load PORT KEY SECONDS CONNECTIONS    prints a line of JSON: requests, p50 and p99 in seconds
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

from bench.gateway.exchange import BODY


class Caller(asyncio.Protocol):
    """One connection that sends a request, waits for its answer and sends the next."""

    def __init__(self, request: bytes, *, until: float) -> None:
        self.latencies: list[float] = []
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._until = until
        self._buffer = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0 or len(self._buffer) < head + 4 + _length(bytes(self._buffer[:head])):
            return
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self.finished.set_exception(RuntimeError(bytes(self._buffer).decode()))
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent)
        self._buffer.clear()
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self.finished.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))


async def load(port: int, key: str, *, seconds: float, connections: int) -> list[float]:
    """The latencies of all requests that were answered."""
    request = (
        f"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    made = [
        await loop.create_connection(lambda: Caller(request, until=until), "127.0.0.1", port)
        for _ in range(connections)
    ]
    callers = [caller for _, caller in made]
    await asyncio.gather(*(caller.finished for caller in callers))
    return [latency for caller in callers for latency in caller.latencies]


if __name__ == "__main__":
    port, key, seconds, connections = sys.argv[1:]
    latencies = sorted(uvloop.run(load(int(port), key, seconds=float(seconds), connections=int(connections))))
    count = len(latencies)
    print(json.dumps({"requests": count, "p50": latencies[count // 2], "p99": latencies[int(count * 0.99)]}))
