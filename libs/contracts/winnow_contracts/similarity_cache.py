"""Where similarity answers are kept in Redis: written by the scoring service's cache keeper, read by the gateway.

Nothing of value and nothing of a person is in it, and it may be flushed at any moment. All keys of a tenant share a
hash slot, so that one script reads them in one round trip.

`model_key` holds the version of the tenant's model as decimal digits. An entry is a hash: `company` (the version of the
profile as of which the entry stands), and, unless it is only about to be filled, `model` (the version that the answer
was computed by) and `answer` (JSON: the answer without what names the request or what the caller sent). An answer is
good while `model` equals what `model_key` holds, and while the keeper is not behind.

How far behind it is says `BEAT_KEY`, a hash with a field for each of `BEAT_FIELDS`: the milliseconds since 1970, by
Redis's own clock, at which the last change was committed that the keeper is certain to know in that partition, or any
later one. So a keeper that is dead, cut off or late is noticed without anybody saying so. The gateway reads `TIME` and
`HGETALL` in one round trip, a few times a second and beside the calls, and goes past the cache unless `is_current`.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from winnow_contracts.topics import COMPANIES, VERSIONS

KEPT_MS: Final = 5 * 60 * 1000
"""Milliseconds for which an answer is good, from when it was computed; a repeat of a request within them is free."""

LATEST_MS: Final = 800
"""How far behind the keeper may be, in milliseconds. With the trip to Redis that follows, for which the gateway waits
150 at most, an answer is never older than the last change of its company or of the model by a second."""

BEAT_KEY: Final = "similarity:beat"

FOLLOWED: Final = (COMPANIES, VERSIONS)
"""The topics whose facts end answers."""


def model_key(tenant: UUID) -> str:
    """Where the version of the tenant's model is."""
    return f"similarity:{{{tenant}}}:model"


def entry_key(tenant: UUID, domain: str, *, livemode: bool) -> str:
    """Where the answer for a registrable domain is."""
    return f"similarity:{{{tenant}}}:{'live' if livemode else 'test'}:{domain}"


def beat_field(topic: str, partition: int) -> str:
    """The field of a partition in the hash at `BEAT_KEY`."""
    return f"{topic}/{partition}"


BEAT_FIELDS: Final = tuple(beat_field(topic.name, number) for topic in FOLLOWED for number in range(topic.partitions))


def behind_ms(beats: Mapping[bytes, bytes], *, now_ms: int) -> int | None:
    """How old the oldest beat is at the time that Redis gave with them; None where one is missing."""
    found = [beats.get(field.encode()) for field in BEAT_FIELDS]
    times = [int(time) for time in found if time is not None]
    return now_ms - min(times) if len(times) == len(BEAT_FIELDS) else None


def is_current(behind: int | None, *, since_ms: float) -> bool:
    """Whether answers may be used, given how far behind the keeper was, and the time since that was asked."""
    return behind is not None and behind + since_ms <= LATEST_MS
