"""What was compared for one lead is not compared again for another, and nothing else is taken for it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from winnow_scoring import measures
from winnow_scoring.measures import Measures
from winnow_scoring.similarity.comparing import measure
from winnow_scoring.similarity.model import Model

from .conftest import ACME, OTHER
from .similar_companies import STRANGER, TODAY, customer, modelled

FINTECH: dict[str, Any] = {"industry": "Fintech", "employees": 50, "technologies": ["Stripe"]}
FARM: dict[str, Any] = {"industry": "Energy / Oil & Gas", "employees": 9_000, "technologies": ["Kafka"]}


@pytest.fixture(scope="module")
def model() -> Model:
    return modelled([customer(number, FINTECH | {"employees": 50 + number}) for number in range(6)])


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The domains of the companies that were compared, as often as they were."""
    domains: list[str] = []

    def noted(*arguments: Any, domain: str, **about: Any) -> Any:
        domains.append(domain)
        return measure(*arguments, domain=domain, **about)

    monkeypatch.setattr(measures, "measure", noted)
    return domains


def asked(known: Measures, model: Model, attributes: dict[str, Any], *, tenant: UUID = ACME, **about: Any) -> Any:
    told: dict[str, Any] = {"domain": STRANGER, "as_of": TODAY, "today": TODAY, **about}
    return known.by(model, tenant=tenant).of(attributes, **told)


def test_companies_that_say_the_same_are_compared_once(model: Model, compared: list[str]) -> None:
    known = Measures()

    first = asked(known, model, FINTECH, domain="one.com")
    second = asked(known, model, {**FINTECH, "status": "active", "custom": {"seats": 1}}, domain="other.com")

    assert (first, compared) == (second, ["one.com"])


def test_that_nothing_can_be_compared_is_remembered_too(model: Model, compared: list[str]) -> None:
    known = Measures()

    assert [asked(known, model, {"status": "active"}) for _ in range(2)] == [None, None]
    assert len(compared) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"attributes": FARM},
        {"attributes": {**FINTECH, "name": "Another", "description": "payments for banks"}},
        {"tenant": OTHER},
        {"version": 8},
        {"domain": "customer-00003.example"},
        {"as_of": TODAY - timedelta(days=400)},
        {"today": date(2030, 1, 1)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_may_make_a_difference_is_compared_anew(
    model: Model, compared: list[str], other: dict[str, Any]
) -> None:
    known, about = Measures(), {"attributes": FINTECH} | other
    asked(known, model, FINTECH)
    newer = replace(model, version=about.pop("version", model.version))

    found = asked(known, newer, **about)

    assert len(compared) == 2
    assert found == asked(Measures(), newer, **about)


def test_no_more_is_remembered_than_may_be(model: Model, compared: list[str]) -> None:
    known = Measures(most=2)
    one, two, three = ({**FINTECH, "employees": 10**power} for power in (1, 3, 5))

    for company in (one, two, one, three, one, two):
        asked(known, model, company)

    assert len(compared) == 4
