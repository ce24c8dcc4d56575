"""Kafka's jars: fetched once by jgo's Maven layer into the Maven cache, and used only if they are what the lock says.

`kafka.lock` holds one `group:artifact:version sha256` a line. Maven's own checksums come from the place the jars come
from, so they say nothing about who made them; these do.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import requests
from jgo.maven import MavenContext

from winnow_local.errors import StackError

_ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
_PARALLEL_DOWNLOADS = 8
_LOCK = "kafka.lock"


@dataclass(frozen=True, slots=True)
class LockedJar:
    """A jar by its Maven coordinate and the SHA-256 (hex) of its content."""

    coordinate: str
    sha256: str


def locked_jars() -> tuple[LockedJar, ...]:
    """The lock, in its order, which is the order of the class path."""
    lines = files("winnow_local").joinpath(_LOCK).read_text().splitlines()
    return tuple(LockedJar(*line.split()) for line in lines if line and not line.startswith("#"))


def cached_jars() -> tuple[Path, ...] | None:
    """The paths of every jar in the lock, each one verified; None where one is missing or is not what the lock says."""
    context = MavenContext(offline=True)
    paths = [context.create_dependency(jar.coordinate).artifact.cached_path for jar in locked_jars()]
    for jar, path in zip(locked_jars(), paths, strict=True):
        if path is None or not path.exists() or _sha256(path) != jar.sha256:
            return None
    return tuple(path for path in paths if path is not None)


def fetch_jars() -> None:
    """Download what `cached_jars` misses.

    Raises StackError when the repository cannot be reached or a jar is not what the lock says. It cannot be cancelled:
    run it in a process that can be ended.
    """
    context = MavenContext(timeout=30)
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as threads:
        list(threads.map(lambda jar: _fetch(context, jar), locked_jars()))


def write_lock(path: Path) -> None:
    """Resolve Kafka's dependencies anew and write the lock; for whoever changes the version above."""
    context = MavenContext(timeout=30)
    roots, rest = context.resolver.resolve([context.create_dependency(root) for root in _ROOTS])
    found = {f"{each.groupId}:{each.artifactId}:{each.version}": each.artifact.resolve() for each in (*roots, *rest)}
    lines = [f"{coordinate} {_sha256(jar)}" for coordinate, jar in sorted(found.items())]
    path.write_text("\n".join(["# Written by `python -m winnow_local lock`.", *lines, ""]))


def class_path(jars: Sequence[Path]) -> str:
    """The jars as Java's -cp takes them."""
    return ":".join(str(jar) for jar in jars)


def _fetch(context: MavenContext, jar: LockedJar) -> None:
    artifact = context.create_dependency(jar.coordinate).artifact
    cached = artifact.cached_path
    if cached is not None and cached.exists() and _sha256(cached) != jar.sha256:
        cached.unlink()  # half of it, from a start that was interrupted
    try:
        path = artifact.resolve()
    except (requests.RequestException, RuntimeError) as refusal:
        raise StackError(
            f"Kafka's jar {jar.coordinate} could not be fetched from the Maven repository: {refusal}. Check the "
            "network (a proxy goes into HTTPS_PROXY), then run the same command again: what has arrived is kept. "
            "Or start a Kafka yourself and name it: WINNOW_KAFKA=127.0.0.1:9092 make up"
        ) from refusal
    if _sha256(path) != jar.sha256:
        raise StackError(f"{path} is not the file that {_LOCK} names for {jar.coordinate}: it was changed on its way.")


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
