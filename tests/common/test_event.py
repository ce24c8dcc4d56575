"""Our mapping of events to Kafka headers is CloudEvents' own: its library and we read what the other writes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent
from winnow_contracts.event import Environment, Event, MalformedEvent

EVENT = Event(
    id=UUID(int=1),
    source="winnow/scoring",
    type="score.computed",
    time=datetime(2026, 5, 4, 3, 2, 1, 250_000, tzinfo=UTC),
    data=b'{"score":85}',
    tenant=UUID(int=2),
    subject="newstartup.com",
    causation_id=UUID(int=3),
    sequence=7,
    environment=Environment.PRODUCTION,
)


def test_the_library_reads_what_we_write() -> None:
    read = from_binary_event(KafkaMessage(headers=dict(EVENT.headers()), key=None, value=EVENT.data))

    assert read.get_id() == str(EVENT.id)
    assert read.get_source() == EVENT.source
    assert read.get_type() == EVENT.type
    assert read.get_time() == EVENT.time
    assert read.get_subject() == EVENT.subject
    assert read.get_data() == {"score": 85}
    assert read.get_extension("tenant") == str(EVENT.tenant)
    assert read.get_extension("sequence") == "7"


def test_we_read_what_the_library_writes() -> None:
    attributes = {
        "id": str(EVENT.id),
        "source": EVENT.source,
        "type": EVENT.type,
        "time": EVENT.time,
        "subject": EVENT.subject,
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "tenant": str(EVENT.tenant),
        "causationid": str(EVENT.causation_id),
        "sequence": "7",
        "environment": "production",
    }
    message = to_binary_event(CloudEvent(attributes=attributes, data={"score": 85}))

    read = Event.from_headers(message.headers.items(), message.value)

    assert read._replace(data=b"") == EVENT._replace(data=b"")


@pytest.mark.parametrize(
    "change",
    [
        {"ce_id": b"17"},
        {"ce_time": b"yesterday"},
        {"ce_tenant": b"acme"},
        {"ce_sequence": b"first"},
        {"ce_environment": b"moon"},
        {"ce_type": b"\xff\xfe"},
        {"ce_type": None},
    ],
)
def test_headers_that_are_not_an_event_are_refused_without_quoting_them(change: dict[str, bytes | None]) -> None:
    headers = dict(EVENT.headers()) | change

    with pytest.raises(MalformedEvent) as refusal:
        Event.from_headers([(name, value) for name, value in headers.items() if value is not None], b"")

    assert all(value is None or value.decode(errors="replace") not in str(refusal.value) for value in change.values())
