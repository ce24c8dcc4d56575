"""Runs a stack until it is asked to end, and shows where it is."""

import asyncio
import json
import os
import signal

from rich.console import Console
from rich.text import Text

from winnow_local.endpoints import Endpoints
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.kafka import train_ahead_of_time_cache
from winnow_local.log import Journal
from winnow_local.reservation import reserved_port
from winnow_local.settings import StackSettings
from winnow_local.stack import Stack

# make passes on the SIGTERM that a process group has received already: two signals, one request.
_ONE_REQUEST_S = 1.0


def up() -> int:
    """Run a stack until Ctrl-C, SIGTERM or the end of the terminal."""
    settings = StackSettings.from_environment(os.environ)
    home = Home(settings.home)
    with reserved_port(settings.port) as port, home.claimed():
        journal = Journal(Console(), folder=home.logs, level=settings.log_level)
        try:
            return asyncio.run(_run(Stack(settings, home=home, port=port, journal=journal), journal=journal))
        finally:
            journal.close()


async def _run(stack: Stack, *, journal: Journal) -> int:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    asked_at = 0.0

    def on_signal(number: signal.Signals) -> None:
        nonlocal asked_at
        if not stopping.is_set():
            asked_at = loop.time()
            journal.say(f"{number.name}: draining and stopping everything; once more ends it at once")
            stopping.set()
        elif loop.time() - asked_at > _ONE_REQUEST_S:
            stack.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal, number)
    lives = asyncio.create_task(_live(stack, journal=journal))
    waits = asyncio.create_task(stopping.wait())
    await asyncio.wait((lives, waits), return_when=asyncio.FIRST_COMPLETED)
    for task in (lives, waits):
        task.cancel()
    results = await asyncio.gather(lives, waits, return_exceptions=True)
    await stack.stop()
    if isinstance(failure := _first_failure(results[0]), BaseException):
        raise failure
    journal.say("Everything has stopped")
    return 0


async def _live(stack: Stack, *, journal: Journal) -> None:
    """Start the stack, show where it is, and train Kafka's cache beside it, for the next start."""
    journal.say("Starting PostgreSQL, Valkey and Kafka")
    show_endpoints(await stack.start(), journal=journal)
    try:
        await train_ahead_of_time_cache(say=journal.say, sink=journal.server_sink("kafka"))
    except (StackError, OSError) as failure:
        journal.say(f"Kafka's cache could not be trained, which costs starts two seconds: {failure}", level="warning")
    await asyncio.Event().wait()


def _first_failure(result: object) -> BaseException | None:
    """What ended the stack, out of the groups that task groups put it in; None where it was asked to end."""
    while isinstance(result, BaseExceptionGroup):
        result = result.exceptions[0]
    if isinstance(result, asyncio.CancelledError) or not isinstance(result, BaseException):
        return None
    return result


def show_endpoints(endpoints: Endpoints, *, journal: Journal) -> None:
    """Where the stack is, its key, and two first requests that can be pasted as they stand."""
    headers = f"-H 'Authorization: Bearer {endpoints.api_key}' -H 'Content-Type: application/json'"
    company = json.dumps({"name": "Stripe", "industry": "Technology", "country": "US", "employees": 8000})
    journal.show(
        Text.assemble(
            ("\n  Winnow is ready.\n\n", "bold green"),
            *(("  API   ", "dim"), (f"{endpoints.gateway}\n", "bold")),
            *(("  docs  ", "dim"), (f"{endpoints.docs}\n", "bold")),
            *(("  key   ", "dim"), (f"{endpoints.api_key}\n\n", "bold")),
            ("  Say what you know about a company, then score it:\n\n", "dim"),
            f"curl -X PUT {endpoints.gateway}/v1/companies/stripe.com {headers} -d '{company}'\n\n",
            f"curl -X POST {endpoints.gateway}/v1/scoring {headers} -d '{json.dumps({'domain': 'stripe.com'})}'\n",
        )
    )
