"""Idempotency-Key: which texts are keys, and which request a key names."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from winnow_common.errors import Problem
from winnow_contracts.event import Environment
from winnow_gateway.idempotency import RequestIdentity, fingerprint, identify, read_key

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACME = UUID(int=0xACE)


def named(**changes: Any) -> RequestIdentity:
    fields: dict[str, Any] = {
        "tenant": ACME,
        "environment": Environment.PRODUCTION,
        "method": "POST",
        "path": "/v1/scoring",
        "now": NOON,
    }
    header = changes.pop("header", "key-1")
    return identify(header, **fields | changes)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("key-1", "key-1"),
        ('"key-1"', "key-1"),
        ('"with space"', "with space"),
        (r'"quote \" and \\ slash"', r'quote " and \ slash'),
        ("a" * 255, "a" * 255),
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
    ],
)
def test_a_key_may_be_bare_or_quoted(header: str, key: str) -> None:
    assert read_key(header) == key


@pytest.mark.parametrize(
    "header", ["", '""', '"', '"open', 'in"side', "two words", "a" * 256, "clé", "tab\t", "line\n", r'"\x"']
)
def test_what_is_no_key_is_refused(header: str) -> None:
    with pytest.raises(Problem) as refused:
        read_key(header)

    assert (refused.value.status, refused.value.code) == (400, "invalid_idempotency_key")


def test_the_same_key_names_the_same_request_bare_or_quoted() -> None:
    assert named() == named(header='"key-1"')


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": UUID(int=7)},
        {"tenant": None},
        {"environment": Environment.STAGING},
        {"method": "PUT"},
        {"path": "/v1/scoring/batch"},
        {"header": "key-2"},
        {"now": NOON + timedelta(days=1)},
    ],
)
def test_another_tenant_environment_call_key_or_day_is_another_request(change: dict[str, Any]) -> None:
    assert named(**change).id != named().id


def test_after_midnight_a_key_still_leads_to_the_request_of_the_day_before() -> None:
    before = named(now=NOON.replace(hour=23, minute=59))
    after = named(now=NOON.replace(hour=0, minute=1) + timedelta(days=1))

    assert after.previous_id == before.id


def test_a_fingerprint_tells_payloads_apart_but_not_the_order_of_their_members() -> None:
    one = fingerprint("scoring.score", {"domain": "a.com", "rule_id": "sr_1"})

    assert one == fingerprint("scoring.score", {"rule_id": "sr_1", "domain": "a.com"})
    assert one != fingerprint("scoring.score", {"domain": "b.com", "rule_id": "sr_1"})
    assert one != fingerprint("companies.get", {"domain": "a.com", "rule_id": "sr_1"})
