"""An event travels as headers and comes back as it was; what is no event says so."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_contracts.event import Environment, Event, MalformedEvent

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
events = st.builds(
    Event,
    id=st.uuids(),
    source=words,
    type=words,
    time=st.datetimes(timezones=st.just(UTC)),
    data=st.binary(max_size=20),
    tenant=st.none() | st.uuids(),
    subject=st.none() | words,
    causation_id=st.none() | st.uuids(),
    sequence=st.none() | st.integers(min_value=0, max_value=2**63),
    traceparent=st.none() | words,
    reply_to=st.none() | words,
    budget_ms=st.none() | st.integers(min_value=0, max_value=10**6),
    environment=st.none() | st.sampled_from(Environment),
    fingerprint=st.none() | words,
    previous_id=st.none() | st.uuids(),
    status=st.none() | st.integers(min_value=100, max_value=599),
    replayed=st.booleans(),
)

LEAST = [
    ("ce_id", b"6f2c9d1e-8a64-5b0f-9f0e-2d3c4b5a6978"),
    ("ce_source", b"winnow/gateway"),
    ("ce_type", b"scoring.score"),
    ("ce_time", b"2026-11-21T12:00:00+00:00"),
]


@given(event=events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert Event.from_headers(event.headers(), event.data) == event


def test_the_attributes_of_cloudevents_are_there() -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    event = Event(id=UUID(int=1), source="winnow/scoring", type="score.computed", time=moment, data=b"{}")
    headers = dict(event.headers())
    assert headers["ce_specversion"] == b"1.0"
    assert headers["content-type"] == b"application/json"
    assert {"ce_id", "ce_source", "ce_type", "ce_time"} <= headers.keys()


def test_unknown_headers_are_passed_over() -> None:
    assert Event.from_headers([*LEAST, ("ce_dataschema", b"x"), ("other", b"y")], b"{}").type == "scoring.score"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        LEAST[1:],
        [("ce_id", b"1"), *LEAST[1:]],
        [*LEAST[:3], ("ce_time", b"yesterday")],
        [*LEAST, ("ce_tenant", b"acme")],
        [*LEAST, ("ce_sequence", b"first")],
        [*LEAST, ("ce_environment", b"moon")],
        [*LEAST, ("ce_subject", b"\xff")],
    ],
)
def test_what_is_no_event_says_so(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(MalformedEvent):
        Event.from_headers(headers, b"{}")
