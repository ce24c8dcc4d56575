"""Companies, customers and models for tests of similarity: few values, so that companies have something in common, and
the awkward ones among them.

Customers come from a seeded `Random`, which is fast enough for hundreds of models; the company that is compared to them
comes from Hypothesis's own, which shrinks what fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from random import Random
from typing import Any

import orjson
from hypothesis import strategies as st
from winnow_contracts.similarity import Reference
from winnow_scoring.similarity.building import Customer, build
from winnow_scoring.similarity.comparing import Comparison, compare
from winnow_scoring.similarity.model import Model

from .generated import seeded

TODAY = date(2026, 3, 1)
STRANGER = "stranger.example"

INDUSTRIES = ["Fintech", "Fintech -> Payments", "Payments", "B2B -> Payments", "Energy / Oil & Gas", "Basket weaving"]
INDUSTRIES += ["ﬁnTech", "生物技術", "Healthcare"]
COUNTRIES = ["US", "USA", "United States of America", "Germany", "de", "Narnia", "ÇAĞLAYAN"]
CITIES = ["Berlin", "berlin ", "San Francisco", "東京"]
TECHNOLOGIES = ["Stripe", "STRIPE", "React", "Kafka", "AWS", "Straße", "SAP R/3", "  "]
SIGNALS = ["hiring", "new office", "press"]
TAGS = ["SaaS", "Payments", "payment", "API", "Carbon", "🌱", "İstanbul", ""]
WORDS = "payments api for banks that pay carbon farmers with robots and the zürich Straßen 支付 a of ing ies s"
STAGES = ["Seed", "Series A", "series-a", "IPO", "Growth", "unheard of"]
COUNTS = [0, 1, 3, 12, 50, 51, 480, 10_000, 2**53 - 1]
AMOUNTS = [0, 0.5, 1, 250_000, 1_000_000.25, 75_000_000, 2**53 - 1]
YEARS = [1, 1850, 1999, 2010, 2011, 2024, 9999]
WEIGHTS = [1e-9, 0.5, 1, 1, 1, 3, 20, 1e15]


def random_company(random: Random, *, known: float = 0.65) -> dict[str, Any]:
    """Attributes as a profile keeps them; each is there with the chance `known`."""
    company = {
        "name": f"Company {random.randrange(100)}",
        "industry": random.choice(INDUSTRIES),
        "employees": random.choice(COUNTS),
        "revenue": random.choice(AMOUNTS),
        "founded": random.choice(YEARS),
        "technologies": _some(random, TECHNOLOGIES),
        "funding_stage": random.choice(STAGES),
        "funding_total": random.choice(AMOUNTS),
        "signals": _some(random, SIGNALS),
        "tags": _some(random, TAGS),
        "description": " ".join(random.choices(WORDS.split(), k=random.randrange(12))),
        "country": random.choice(COUNTRIES),
        "region": random.choice(["California", "Bavaria", ""]),
        "city": random.choice(CITIES),
        "status": "active",
    }
    return {name: value for name, value in company.items() if random.random() < known}


def ordinary_company(random: Random) -> dict[str, Any]:
    """A company of which most is known, and that shares something with others."""
    return random_company(random, known=0.9) | {"industry": random.choice(INDUSTRIES), "tags": ["SaaS"]}


def _some(random: Random, elements: Sequence[str]) -> list[str]:
    return random.sample(elements, random.randrange(4))


@dataclass(frozen=True)
class World:
    """Customers, other companies, and the model of them."""

    customers: Sequence[Customer]
    others: Sequence[str]

    @cached_property
    def model(self) -> Model:
        return modelled(self.customers, self.others)

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """Of the customers, in the order of the model."""
        known = {customer.domain: customer.profile for customer in self.customers}
        return [orjson.loads(known[domain]) for domain in self.model.customers.domains]


def modelled(customers: Sequence[Customer], others: Sequence[str] = ()) -> Model:
    return build(customers, population=others, reference=Reference(name="directory", size=len(others)), version=7)


def customer(number: int, attributes: dict[str, Any], weight: float = 1.0) -> Customer:
    return Customer(f"customer-{number:05}.example", weight, text(attributes))


def text(attributes: dict[str, Any]) -> str:
    return orjson.dumps(attributes).decode()


def world(seed: int, *, most: int = 12, weighted: bool = True) -> World:
    """One to `most` customers, of which the first is ordinary, and up to thirty other companies."""
    random = seeded(seed)
    profiles = [ordinary_company(random), *(random_company(random) for _ in range(random.randrange(most)))]
    return World(
        [
            customer(number, profile, random.choice(WEIGHTS) if weighted else 1.0)
            for number, profile in enumerate(profiles)
        ],
        [text(random_company(random)) for _ in range(random.randrange(30))],
    )


def large_world(seed: int, count: int) -> World:
    """Ordinary customers, many of them equal."""
    random = seeded(seed)
    profiles = [ordinary_company(random) for _ in range(count // 3)]
    return World(
        [customer(number, random.choice(profiles), random.choice([1, 1, 2, 30])) for number in range(count)],
        [text(random_company(random)) for _ in range(60)],
    )


def compared(model: Model, attributes: dict[str, Any], *, domain: str = STRANGER) -> Comparison:
    return compare(model, attributes, domain=domain, as_of=TODAY, today=TODAY)


worlds = st.integers(0, 2**32).map(world)
companies = st.builds(ordinary_company, st.randoms(use_true_random=False))
