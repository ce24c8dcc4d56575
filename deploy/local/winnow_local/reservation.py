"""The gateway's port, held from before the first server starts until the supervisor ends.

A socket that is bound with SO_REUSEPORT and never listens receives no connection, yet no other stack and no other
program can take the port; the gateway's processes share it because they bind it in the same way.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from winnow_local.errors import StackError
from winnow_local.ports import LOOPBACK, free_port, is_free
from winnow_local.settings import PREFERRED_PORT


@contextmanager
def reserved_port(wanted: int | None) -> Iterator[int]:
    """Hold `wanted`, or where nothing is wanted 8080 or another port. Raises StackError when `wanted` is taken."""
    if wanted is not None and not is_free(wanted):
        raise StackError(
            f"Port {wanted} is taken by another program (`ss -ltnp 'sport = :{wanted}'` shows which). Stop it, or "
            "choose another port: `make up PORT=8081`; without PORT a free one is taken."
        )
    port = wanted or (PREFERRED_PORT if is_free(PREFERRED_PORT) else free_port())
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holder.bind((LOOPBACK, port))
        except OSError:
            # Connections of a program that has just ended linger on the port. SO_REUSEADDR passes over them, and lets
            # another program that sets it pass over this socket as well, so it comes second.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((LOOPBACK, port))
        yield port
