"""Asking a process whether it is ready, over the plainest HTTP there is."""

import asyncio

from winnow_local.ports import LOOPBACK

_ANSWER_WITHIN_S = 2.0


async def http_status(port: int, *, path: str, headers: str = "") -> int | None:
    """The status that GET `path` is answered with; None where nothing answers. `headers` are whole lines with CRLF."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n{headers}\r\n"
                writer.write(request.encode())
                status_line = await reader.readline()
            finally:
                writer.close()
        return int(status_line.split()[1])
    except (OSError, TimeoutError, IndexError, ValueError):
        return None


async def is_ready(operations_port: int) -> bool:
    """Whether the process with this operations port says that it can do its work."""
    return await http_status(operations_port, path="/readyz") == 200
