"""Ports for servers that may be stopped and started again on the same one.

They are taken from below the kernel's ephemeral range: while a server is down, a client that keeps trying to connect to
an ephemeral port can be given that very port as its own, connect to itself, and keep the server from coming back.
"""

import errno
import random
import socket
from pathlib import Path

from winnow_local.errors import StackError

LOOPBACK = "127.0.0.1"
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_240


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, below the ephemeral range where that leaves room."""
    first_ephemeral = int(_EPHEMERAL_RANGE.read_text().split()[0]) if _EPHEMERAL_RANGE.exists() else 32_768
    candidates = range(_LOWEST, first_ephemeral if first_ephemeral > _LOWEST + 1_000 else 65_536)
    for port in random.sample(candidates, 100):
        if is_free(port):
            return port
    raise StackError("No free port was found on 127.0.0.1 in a hundred attempts: close some programs and try again.")


def is_free(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            if refusal.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
