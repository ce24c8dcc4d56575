"""The operator's `dlq`: list dead letters, look at one, publish them again; JSON, one object a line."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from winnow_common import dead_letters
from winnow_common.clock import Clock, system_clock
from winnow_common.kafka import KafkaLog
from winnow_common.postgres import Connection, open_pool
from winnow_common.sealed import SealedStore
from winnow_common.settings import CommonSettings


async def dlq(arguments: Sequence[str], settings: CommonSettings, *, service: str, clock: Clock = system_clock) -> int:
    """Carry out `list`, `show ID` or `replay ID|--all`; the exit status is 1 where there is no such dead letter."""
    options = _parser(service).parse_args(arguments)
    seal = SealedStore.at(settings.objects, master_key=settings.master_key.get_secret_value())
    async with (
        open_pool(settings.postgres.get_secret_value(), size=1, name=f"{service}-dlq") as pool,
        pool.acquire() as connection,
    ):
        match options.action:
            case "list":
                for letter in await dead_letters.newest(connection, limit=options.limit):
                    _say(letter.as_json())
                return 0
            case "show":
                found = await dead_letters.show(connection, options.id, seal=seal)
                if found is None:
                    return _missing(options.id)
                letter, message = found
                headers = {name: value.decode(errors="replace") for name, value in message.headers}
                _say(letter.as_json() | {"headers": headers, "data": message.value.decode(errors="replace")})
                return 0
            case _:
                async with KafkaLog(settings.kafka, client=f"{service}-dlq").publisher() as publisher:
                    for letter_id in await _chosen(connection, options):
                        if not await dead_letters.replay(
                            connection, letter_id, publisher=publisher, seal=seal, now=clock()
                        ):
                            return _missing(letter_id)
                        _say({"dead_letter_id": letter_id, "replayed": True})
                return 0


async def _chosen(connection: Connection, options: argparse.Namespace) -> list[UUID]:
    """What is to be replayed, oldest first."""
    if not options.all:
        return [options.id]
    letters = await dead_letters.newest(connection, limit=options.limit)
    return [letter.dead_letter_id for letter in reversed(letters) if letter.replayed_at is None]


def _parser(service: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m winnow_{service} dlq", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the latest dead letters, newest first")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true", help="accepted for symmetry: the output is always JSON")
    show = actions.add_parser("show", help="one dead letter and the message in it")
    show.add_argument("id", type=UUID)
    replay = actions.add_parser("replay", help="publish again what was put aside")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=UUID, nargs="?")
    which.add_argument("--all", action="store_true", help="everything that was not replayed yet, oldest first")
    replay.add_argument("--limit", type=int, default=10_000)
    return parser


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")


def _missing(id: UUID) -> int:
    sys.stderr.write(f"no dead letter {id}\n")
    return 1
