"""What is said of a score: lines, neighbours and sentences."""

from typing import Any

import orjson
import pytest
from winnow_scoring.similarity.comparing import Comparison
from winnow_scoring.similarity.model import Model

from .similar_companies import compared, customer, modelled, text


def company(name: str, **about: Any) -> dict[str, Any]:
    known = {"industry": "Fintech", "employees": 60, "technologies": ["Stripe", "Kafka"], "country": "US"}
    return {"name": name, **known, "description": "Instant payments for banks", "tags": ["Payments"]} | about


CUSTOMERS = [
    company("Tillwise", employees=50, technologies=["Stripe", "React"], description="Payments for online shops"),
    company("PayBank", industry="Payments", employees=80, country="USA", description="Card payments for banks"),
    company("Ledgerly", industry="Banking", employees=120, technologies=["Kafka"], description="Ledgers for banks"),
]
CLINIC = company(
    "Clinic",
    industry="Healthcare",
    employees=9_000,
    technologies=["SAP"],
    country="Germany",
    description="Beds",
    tags=["Health"],
)


@pytest.fixture(scope="module")
def model() -> Model:
    others = [text({**CLINIC, "name": f"Clinic {number}", "employees": 5_000 * number + 1}) for number in range(20)]
    return modelled([customer(number, each) for number, each in enumerate(CUSTOMERS)], others)


def answer(comparison: Comparison) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(comparison.result)
    return told


def test_the_explanation_says_how_similar_like_whom_and_what_fits(model: Model) -> None:
    assert answer(compared(model, company("Newstartup")))["explanation"] == (
        "Newstartup is more like your customers than 99 % of the companies in the directory and resembles Tillwise "
        "most. What fits: industry (Fintech), company size (60 employees) and focus (Payments, banks)."
    )


def test_the_explanation_says_what_does_not_fit(model: Model) -> None:
    told = answer(compared(model, CLINIC))["explanation"]
    assert "What does not: industry (Healthcare; theirs: " in told
    assert "Nothing that is known fits better than in an average company." in told


def test_the_explanation_says_what_is_not_known(model: Model) -> None:
    told = answer(compared(model, {"employees": 70}, domain="few.example"))
    assert told["explanation"].startswith("few.example is more like your customers than ")
    assert told["explanation"].endswith(" Not known: industry, tech stack, location, focus and description.")
    assert told["missing"][:3] == ["industry", "technologies", "funding_stage"]
    assert told["confidence"]["level"] == "low"


def test_a_customer_is_told_what_it_would_score_otherwise(model: Model) -> None:
    told = answer(compared(model, CUSTOMERS[0], domain="customer-00000.example"))
    assert told["score"] == 100
    assert told["explanation"].startswith(
        "Tillwise is one of your customers, and scores 100 for that; compared to the others it would score "
    )
    assert "customer-00000.example" not in [each["domain"] for each in told["similar_customers"]]


def test_the_only_customer_has_nobody_to_be_compared_to() -> None:
    only = modelled([customer(0, CUSTOMERS[0])])
    told = answer(compared(only, CUSTOMERS[0], domain="customer-00000.example"))
    assert told["explanation"].startswith("Tillwise is one of your customers, and scores 100 for that. ")
    assert told["similar_customers"] == []


def test_neighbours_say_what_they_share(model: Model) -> None:
    nearest, *_ = answer(compared(model, company("Newstartup")))["similar_customers"]
    assert nearest["name"] == "Tillwise"
    assert nearest["shared_attributes"] == [
        "Industry: Fintech",
        "Country: US",
        "Similar size: 60 and 50 employees",
        "Uses Stripe",
        "Tags: Payments",
    ]


def test_lines_show_both_sides_of_a_factor(model: Model) -> None:
    lines = {line["factor"]: line for line in answer(compared(model, company("Newstartup")))["breakdown"]}
    assert lines["company_size"]["company"] == {"employees": 60}
    assert lines["company_size"]["customers"] == {"employees": 50}
    assert lines["funding"] == {
        "factor": "funding",
        "similarity": None,
        "weight": 0.0,
        "contribution": 0.0,
        "company": None,
        "customers": None,
        "missing": True,
    }


def test_the_same_stands_in_the_comparison_and_in_its_answer(model: Model) -> None:
    comparison = compared(model, company("Newstartup"))
    told = answer(comparison)
    assert told["confidence"] == {"level": comparison.level, "value": comparison.confidence}
    assert [told[name] for name in ("score", "percentile", "grade")] == [
        comparison.score,
        comparison.percentile,
        comparison.grade,
    ]
    assert told["reason"] is None
    assert told["reference"] == {"name": "directory", "size": 20}
    assert told["model_version"] == 7
