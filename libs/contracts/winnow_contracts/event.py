"""One event on the log: a CloudEvents 1.0 envelope around bytes of JSON.

The envelope travels as Kafka headers in CloudEvents' binary mode (`ce_id`, `ce_type` …), the payload as the value, so that
a consumer can route, trace and de-duplicate without reading the payload. Names of extension attributes are lower-case
letters only, as the specification asks.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

SPEC_VERSION = b"1.0"
CONTENT_TYPE = b"application/json"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened or is asked for.

    `(source, id)` identifies it. `data` is JSON, at most 512 KiB, without personal data or secrets.
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
    replayed: bool = False
    """Replies: the answer was stored by an earlier request of the same id."""

    def headers(self) -> Headers:
        """The envelope as Kafka headers."""
        pairs: Headers = [
            ("ce_specversion", SPEC_VERSION),
            ("ce_id", str(self.id).encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_time", self.time.astimezone(UTC).isoformat().encode()),
            ("content-type", CONTENT_TYPE),
        ]
        for name, value in (
            ("ce_tenant", self.tenant),
            ("ce_subject", self.subject),
            ("ce_causationid", self.causation_id),
            ("ce_sequence", self.sequence),
            ("traceparent", self.traceparent),
            ("ce_replyto", self.reply_to),
            ("ce_budget", self.budget_ms),
            ("ce_environment", self.environment),
            ("ce_fingerprint", self.fingerprint),
            ("ce_previousid", self.previous_id),
            ("ce_status", self.status),
            ("ce_encoding", self.encoding),
        ):
            if value is not None:
                pairs.append((name, str(value).encode()))
        if self.replayed:
            pairs.append(("ce_replayed", b"true"))
        return pairs

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
                tenant=UUID(text) if (text := get("ce_tenant")) else None,
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
                replayed=get("ce_replayed") == "true",
            )
        except (KeyError, ValueError, AttributeError) as error:
            raise MalformedEvent(f"not an event: {error!r}") from error
