"""Calls that wait for something to become of their batch end when the caller has gone, or the gateway is closing."""

import asyncio
from contextlib import suppress

from winnow_gateway.call import Call
from winnow_gateway.services import Services


def has_gone(call: Call) -> bool:
    """Whether the caller has closed the connection."""
    transport = call.request.transport
    return transport is None or transport.is_closing()


def cut(call: Call) -> None:
    """End the connection of a caller that has stopped to read, whatever is still to be sent to it."""
    transport = call.request.transport
    if transport is not None:
        transport.abort()


async def waited(services: Services, call: Call, seconds: float) -> bool:
    """Whether, after so many seconds, there is still somebody to answer and time to do it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await services.closing.wait()
    return not services.closing.is_set() and not has_gone(call)
