"""The operator's `directory`: load companies that all tenants may be compared with, count them, clear them.

Files are those that tenants import: CSV, JSON or NDJSON, with the same columns and `--mapping`. A file is loaded in
chunks, each of them a transaction; loading it again changes nothing but the date. Others are told of every company on
the log, in the order in which that became true, and no faster than the log takes it; `publish` tells of all of them
once more. What is printed is JSON, one object a line.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from winnow_common import outbox
from winnow_common.clock import Clock, system_clock
from winnow_common.identifiers import uuid7
from winnow_common.postgres import Pool, open_pool, transaction

from winnow_scoring.directory_facts import cleared, listed
from winnow_scoring.files.columns import faults_in_mapping
from winnow_scoring.files.companies import Checkpoint, CompanyFile
from winnow_scoring.files.records import Unreadable
from winnow_scoring.files.rows import Accepted, Rejected
from winnow_scoring.import_runner import SOURCE
from winnow_scoring.settings import Settings
from winnow_scoring.store import directory

CHUNK: Final = 1_000
"""Rows in a transaction."""
_BLOCK: Final = 1024 * 1024
_MOST_ERRORS: Final = 20
_PROGRESS_EVERY: Final = 1.0
"""Seconds."""
_MOST_WAITING: Final = 10_000
"""Facts of the service that are to be published."""
_LOOK_AGAIN_AFTER: Final = 0.5
"""Seconds."""

CONTENT_TYPES: Final = {"csv": "text/csv", "json": "application/json", "ndjson": "application/x-ndjson"}
_SUFFIXES: Final = {".tsv": "csv", ".txt": "csv", ".jsonl": "ndjson"}


@dataclass(slots=True)
class _Loaded:
    """What came of the rows so far."""

    rows: int = 0
    loaded: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def count(self, chunk: Sequence[Accepted | Rejected]) -> None:
        refused = [row for row in chunk if isinstance(row, Rejected)]
        self.rows += len(chunk)
        self.rejected += len(refused)
        self.loaded += len(chunk) - len(refused)
        left = _MOST_ERRORS - len(self.errors)
        self.errors += [{"line": row.number, "reason": row.reason} for row in refused[:left]]

    def progress(self) -> dict[str, Any]:
        return {"rows": self.rows, "loaded": self.loaded, "rejected": self.rejected}


def run(arguments: Sequence[str], settings: Settings, *, clock: Clock = system_clock) -> int:
    """Carry out `load FILE`, `publish`, `count` or `clear --yes`; 1 where a file cannot be read to its end."""
    options = _parser().parse_args(arguments)
    return asyncio.run(_carry_out(options, settings, clock=clock))


async def _carry_out(options: argparse.Namespace, settings: Settings, *, clock: Clock) -> int:
    async with open_pool(settings.postgres.get_secret_value(), size=1, name="scoring-directory") as pool:
        match options.action:
            case "load":
                return await _load(options, pool, clock=clock)
            case "count":
                async with pool.acquire() as connection:
                    _say({"companies": await directory.count(connection)})
            case "publish":
                _say({"published": await _publish(pool, clock=clock)})
            case _:
                async with transaction(pool) as connection:
                    await directory.clear(connection)
                    now = clock()
                    await outbox.publish(connection, [cleared(now)], source=SOURCE, now=now)
                _say({"companies": 0})
    return 0


async def _load(options: argparse.Namespace, pool: Pool, *, clock: Clock) -> int:
    done, cause, useful = _Loaded(), uuid7(), True
    told = time.monotonic()
    try:
        for chunk in _chunks(options.file, format=options.format, mapping=options.mapping):
            profiles = {row.domain: row.profile for row in chunk if isinstance(row, Accepted)}
            useful = useful and await _let_others_through(pool)
            async with transaction(pool) as connection:
                await directory.lock(connection)
                now = clock()
                await directory.write(connection, companies=profiles, now=now)
                facts = [
                    listed(domain, profile.text, loaded_at=now, cause=cause) for domain, profile in profiles.items()
                ]
                await outbox.publish(connection, facts, source=SOURCE, now=now, cause=cause)
            done.count(chunk)
            if time.monotonic() > told + _PROGRESS_EVERY:
                told = time.monotonic()
                _say(done.progress())
    except OSError as error:
        sys.stderr.write(f"{options.file}: {error.strerror}\n")
        return 1
    except Unreadable as error:
        _say(done.progress() | {"errors": done.errors, "error": {"code": error.code, "detail": error.detail}})
        return 1
    _say(done.progress() | {"errors": done.errors})
    return 0


async def _publish(pool: Pool, *, clock: Clock) -> int:
    """Tell of every company once more, a chunk at a time; how many there are."""
    published, after, cause, useful = 0, "", uuid7(), True
    while True:
        useful = useful and await _let_others_through(pool)
        async with transaction(pool) as connection:
            await directory.lock(connection)
            found = await directory.after(connection, domain=after, limit=CHUNK)
            facts = [
                listed(domain, entry.attributes, loaded_at=entry.loaded_at, cause=cause) for domain, entry in found
            ]
            await outbox.publish(connection, facts, source=SOURCE, now=clock(), cause=cause)
        if not found:
            return published
        published, after = published + len(found), found[-1][0]


async def _let_others_through(pool: Pool) -> bool:
    """Wait while many facts are to be published. False where they do not become fewer: then waiting is of no use."""
    async with pool.acquire() as connection:
        waiting = await outbox.backlog(connection)
        while waiting > _MOST_WAITING:
            await asyncio.sleep(_LOOK_AGAIN_AFTER)
            before, waiting = waiting, await outbox.backlog(connection)
            if waiting >= before:
                return False
        return True


def _chunks(
    path: Path, *, format: str | None, mapping: Mapping[str, str] | None
) -> Iterator[list[Accepted | Rejected]]:
    """The rows of a file, so many at once. Raises `Unreadable` behind the rows that could be read, and `OSError`."""
    chosen = format or _SUFFIXES.get(path.suffix.lower(), path.suffix.lower().removeprefix("."))
    if chosen not in CONTENT_TYPES:
        raise Unreadable("unknown_format", f"Say --format {'|'.join(CONTENT_TYPES)}: the file's name does not.")
    file = CompanyFile(CONTENT_TYPES[chosen], mapping=mapping, start=Checkpoint.start())
    chunk: list[Accepted | Rejected] = []
    try:
        for row in _rows(path, file=file):
            chunk.append(row)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    except Unreadable:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _rows(path: Path, *, file: CompanyFile) -> Iterator[Accepted | Rejected]:
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            yield from file.feed(block)
    yield from file.finish()


def _mapping(text: str) -> dict[str, str]:
    """The mapping in an argument."""
    try:
        mapping = orjson.loads(text)
    except orjson.JSONDecodeError:
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(target, str) for target in mapping.values()):
        raise argparse.ArgumentTypeError('not a JSON object of names, such as {"Company Website": "domain"}')
    if faults := faults_in_mapping(mapping):
        raise argparse.ArgumentTypeError(" ".join(faults))
    return mapping


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m winnow_scoring directory", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    load = actions.add_parser("load", help="take in a file; companies that are there already get its profile")
    load.add_argument("file", type=Path)
    load.add_argument("--format", choices=tuple(CONTENT_TYPES), help="unless the file's name says it")
    load.add_argument("--mapping", type=_mapping, help="JSON: names in the file to attributes of a company, or domain")
    actions.add_parser("publish", help="tell others of every company once more")
    actions.add_parser("count", help="how many companies there are")
    clear = actions.add_parser("clear", help="forget all of them")
    clear.add_argument("--yes", action="store_true", required=True, help="really")
    return parser


def _say(value: Mapping[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(value).decode() + "\n")
    sys.stdout.flush()
