"""Which attributes a company may have, and what becomes of them before anybody keeps them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from winnow_contracts.companies import CompanyAttributes, without_contacts
from winnow_contracts.rules import CONTACT_ATTRIBUTES, RULE_ATTRIBUTES, RuleOperator
from winnow_scoring.companies import ATTRIBUTES
from winnow_scoring.conditions import Operator
from winnow_scoring.snapshots import prepare

FULL: dict[str, Any] = {
    "name": "Müller & Söhne",
    "industry": "Technology",
    "country": "DE",
    "region": "Bavaria",
    "city": "München",
    "employees": 120,
    "revenue": 1_500_000.5,
    "founded": 1999,
    "technologies": ["Stripe", "React"],
    "funding_stage": "Series A",
    "funding_total": 9_000_000,
    "last_funding_at": "2026-01-31",
    "signals": ["hiring"],
    "tags": [],
    "description": "Line one\nline two",
    "status": "active",
    "confidence": 0.93,
    "email": True,
    "phone": False,
    "linkedin": True,
    "custom": {"seats": 5, "plan": "gold", "vip": True, "regions": ["EU"]},
}


def test_a_full_profile_comes_back_as_it_was_given() -> None:
    assert CompanyAttributes.model_validate(FULL).profile() == FULL


def test_the_contract_and_the_domain_know_the_same_attributes_and_operators() -> None:
    assert set(RULE_ATTRIBUTES) == set(ATTRIBUTES)
    assert set(CompanyAttributes.model_fields) == set(ATTRIBUTES) - set(CONTACT_ATTRIBUTES) | {"custom"}
    assert {operator.value for operator in RuleOperator} == {operator.value for operator in Operator}


def test_null_and_absent_are_the_same() -> None:
    given_nulls = CompanyAttributes.model_validate({"name": None, "email": None, "custom": {"seats": None}})

    assert given_nulls.profile() == CompanyAttributes().profile() == {}


def test_own_attributes_may_be_written_flat_and_the_flat_one_counts() -> None:
    attributes = CompanyAttributes.model_validate({"custom": {"plan": "gold", "seats": 5}, "custom.plan": "silver"})

    assert attributes.profile() == {"custom": {"plan": "silver", "seats": 5}}


def test_whole_numbers_may_be_written_with_a_fraction_of_zero() -> None:
    profile = CompanyAttributes.model_validate({"employees": 39.0, "revenue": 1e6, "confidence": 1.0}).profile()

    assert [(value, type(value)) for value in profile.values()] == [(39, int), (1_000_000, int), (1, int)]


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"employees": True}, ("employees",)),
        ({"employees": "5"}, ("employees",)),
        ({"employees": 5.5}, ("employees",)),
        ({"employees": -1}, ("employees",)),
        ({"employees": 2**53}, ("employees",)),
        ({"employees": 10**400}, ("employees",)),
        ({"founded": 0}, ("founded",)),
        ({"revenue": float("nan")}, ("revenue",)),
        ({"revenue": float("inf")}, ("revenue",)),
        ({"revenue": -1}, ("revenue",)),
        ({"confidence": 1.01}, ("confidence",)),
        ({"confidence": False}, ("confidence",)),
        ({"name": 5}, ("name",)),
        ({"name": "a\0"}, ("name",)),
        ({"name": "\ud800"}, ("name",)),
        ({"name": "x" * 501}, ("name",)),
        ({"last_funding_at": "2026-02-30"}, ("last_funding_at",)),
        ({"last_funding_at": "20260131"}, ("last_funding_at",)),
        ({"last_funding_at": "2026-W01-1"}, ("last_funding_at",)),
        ({"last_funding_at": 0}, ("last_funding_at",)),
        ({"tags": "vip"}, ("tags",)),
        ({"tags": ["ok", 5]}, ("tags", 1)),
        ({"tags": ["\ud800"]}, ("tags", 0)),
        ({"tags": ["x"] * 501}, ("tags",)),
        ({"email": 5}, ("email",)),
        ({"email": "\0"}, ("email",)),
        ({"custom": []}, ("custom",)),
        ({"custom": {"x": {}}}, ("custom", "x")),
        ({"custom": {"x": ["a", 1]}}, ("custom", "x", 1)),
        ({"custom": {"x": float("nan")}}, ("custom", "x")),
        ({"custom": {str(number): 1 for number in range(101)}}, ("custom",)),
        ({"custom": {"": 1}}, ("custom", "", "[key]")),
        ({"custom": {"a\nb": 1}}, ("custom", "a\nb", "[key]")),
        ({"sector": "Technology"}, ("sector",)),
        ({"contact.seniority": "vp"}, ("contact.seniority",)),
        ({"description": "é" * 9_000, "custom": {str(number): "é" * 2_000 for number in range(12)}}, ()),
    ],
)
def test_what_no_company_can_have_is_refused_at_its_place(attributes: dict[str, Any], place: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        CompanyAttributes.model_validate(attributes)

    assert [error["loc"] for error in refused.value.errors()] == [place]


def test_contacts_become_known_or_not_known_and_everything_else_stays() -> None:
    sent = {**FULL, "email": "joe@acme.example", "phone": " ", "linkedin": "https://linkedin.example/acme"}

    kept = without_contacts(sent)

    assert kept == {**FULL, "email": True, "phone": None, "linkedin": True}
    assert sent["email"] == "joe@acme.example"


def test_a_snapshot_has_the_same_hash_however_it_is_written() -> None:
    written = prepare({"name": "Acme", "employees": 5, "city": None})
    other_way = prepare({"employees": 5, "name": "Acme"})

    assert written.canonical() == b'{"employees":5,"name":"Acme"}'
    assert written.input_hash() == other_way.input_hash()
    assert written.input_hash() != prepare({"employees": 6, "name": "Acme"}).input_hash()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(sorted(FULL)),
)
def test_whatever_is_sent_is_refused_cleanly_or_kept_for_good(value: Any, attribute: str) -> None:
    try:
        attributes = CompanyAttributes.model_validate({attribute: value})
    except ValidationError:
        return

    assert CompanyAttributes.model_validate(attributes.profile()).profile() == attributes.profile()
    assert prepare(attributes.profile()).canonical()
