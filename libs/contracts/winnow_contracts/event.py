"""One event on the log: a CloudEvents 1.0 envelope around bytes of JSON.

The envelope travels as Kafka headers in CloudEvents' binary mode (`ce_id`, `ce_type` …), the payload as the value, so
that a consumer can route, trace and de-duplicate without reading the payload. Names of extension attributes are
lower-case letters only, as the specification asks.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"

Headers = list[tuple[str, bytes]]


class Environment(StrEnum):
    """Where a key belongs; only production is live, counts against a plan and is charged."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"

    @property
    def livemode(self) -> bool:
        """Whether results are for real use."""
        return self is Environment.PRODUCTION


class MalformedEvent(ValueError):
    """The headers of a record are not those of an event."""


class Event(NamedTuple):
    """What happened or is asked for; made with keywords.

    `(source, id)` identifies it. `data` is JSON, at most 512 KiB, without personal data or secrets. A tuple, since
    one is made for every message, and a frozen dataclass of so many fields takes three times as long to make.
    """

    id: UUID
    source: str
    type: str
    time: datetime
    data: bytes
    tenant: UUID | None = None
    subject: str | None = None
    causation_id: UUID | None = None
    """The event or request that led to this one."""
    sequence: int | None = None
    """Facts: the version of the aggregate; consumers apply only what is newer."""
    traceparent: str | None = None
    """W3C trace context."""
    reply_to: str | None = None
    """Requests: `<partition>/<instance>` of the gateway that waits."""
    budget_ms: int | None = None
    """Requests: how long the caller waits, from the broker's append time."""
    environment: Environment | None = None
    """Requests: of the key that was used."""
    fingerprint: str | None = None
    """Requests: hash of what the caller sent; the same id with another fingerprint is a misuse of the key."""
    previous_id: UUID | None = None
    """Requests: the id that the same Idempotency-Key had on the day before."""
    status: int | None = None
    """Replies: the HTTP status; `data` is the body."""
    encoding: str | None = None
    """Replies: `deflate` where `data` is compressed."""
    records: int | None = None
    """Replies: how many scored records a success is, where that is not what the request stands for."""
    replayed: bool = False
    """Replies: the answer was stored by an earlier request of the same id."""

    def headers(self) -> Headers:
        """The envelope as Kafka headers."""
        time = self.time if self.time.tzinfo is UTC else self.time.astimezone(UTC)
        found = headers(
            id=str(self.id),
            source=self.source,
            type=self.type,
            time=time.isoformat(),
            extensions=[
                (name, _text(value))
                for name, value in zip(_OPTIONAL, self[_REQUIRED:], strict=False)
                if value is not None
            ],
        )
        if self.replayed:
            found.append(("ce_replayed", b"true"))
        return found

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]], data: bytes) -> "Event":
        """The event that a record's headers and value carry.

        Raises `MalformedEvent` where an attribute is missing or is not what it should be.
        """
        try:
            found = {name: value.decode() for name, value in headers}
            get = found.get
            return cls(
                id=UUID(found["ce_id"]),
                source=found["ce_source"],
                type=found["ce_type"],
                time=datetime.fromisoformat(found["ce_time"]),
                data=data,
                tenant=_known_uuid(text) if (text := get("ce_tenant")) else None,
                subject=get("ce_subject"),
                causation_id=UUID(text) if (text := get("ce_causationid")) else None,
                sequence=int(text) if (text := get("ce_sequence")) else None,
                traceparent=get("traceparent"),
                reply_to=get("ce_replyto"),
                budget_ms=int(text) if (text := get("ce_budget")) else None,
                environment=Environment(text) if (text := get("ce_environment")) else None,
                fingerprint=get("ce_fingerprint"),
                previous_id=UUID(text) if (text := get("ce_previousid")) else None,
                status=int(text) if (text := get("ce_status")) else None,
                encoding=get("ce_encoding"),
                records=int(text) if (text := get("ce_records")) else None,
                replayed=get("ce_replayed") == "true",
            )
        except (KeyError, ValueError, AttributeError) as error:
            raise MalformedEvent(f"not an event: {type(error).__name__} in its headers") from error


def headers(*, id: str, source: str, type: str, time: str, extensions: Iterable[tuple[str, str]]) -> Headers:
    """An envelope as Kafka headers, out of the text of its attributes, for what is known as text already."""
    return [
        _SPECVERSION,
        _CONTENT_TYPE,
        ("ce_id", id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type.encode()),
        ("ce_time", time.encode()),
        *[(name, value.encode()) for name, value in extensions],
    ]


def _text(value: object) -> str:
    return value if type(value) is str else str(value)


_SPECVERSION = ("ce_specversion", SPEC_VERSION.encode())
_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())
_REQUIRED = 5
_OPTIONAL = (
    "ce_tenant",
    "ce_subject",
    "ce_causationid",
    "ce_sequence",
    "traceparent",
    "ce_replyto",
    "ce_budget",
    "ce_environment",
    "ce_fingerprint",
    "ce_previousid",
    "ce_status",
    "ce_encoding",
    "ce_records",
)
"""Headers of the fields after the required ones, in their order, but for `replayed`."""

_known_uuid = lru_cache(maxsize=10_000)(UUID)
"""Tenants are few and come again."""
