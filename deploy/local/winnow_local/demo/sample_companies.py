"""Invented companies, for a machine without the real ones: the same every time, under a domain that nobody can own.

Names under `.example` are reserved (RFC 2606). A few rows are wrong on purpose, as in every real file.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

COUNT = 1_500
SEED = 20_260_801

_FIRST = (
    "Alder", "Amber", "Aster", "Birch", "Brook", "Cedar", "Cinder", "Clover", "Comet", "Copper", "Coral",
    "Delta", "Dune", "Ember", "Falcon", "Fern", "Flint", "Harbor", "Hazel", "Heron", "Indigo", "Juniper",
    "Kestrel", "Lantern", "Larch", "Linden", "Lumen", "Maple", "Meadow", "Nimbus", "Ochre", "Onyx", "Orchard",
    "Osprey", "Pebble", "Pine", "Quartz", "Raven", "Reed", "Ridge", "Rowan", "Sable", "Slate", "Spruce",
    "Summit", "Tamarack", "Thistle", "Umber", "Vale", "Willow",
)  # fmt: skip
_SECOND = (
    "Analytics", "Automation", "Billing", "Capital", "Care", "Cloud", "Commerce", "Data", "Delivery", "Devices",
    "Dynamics", "Energy", "Foods", "Freight", "Games", "Grid", "Health", "Housing", "Labs", "Learning",
    "Logistics", "Materials", "Media", "Mobility", "Networks", "Payments", "Pharma", "Retail", "Robotics",
    "Security", "Software", "Studios", "Systems", "Travel", "Works",
)  # fmt: skip
_INDUSTRIES = ("B2B", "Fintech", "Healthcare", "Consumer", "Industrials", "Education", "Technology", "Retailing")
_COUNTRIES = ("United States", "United States", "Canada", "United Kingdom", "Germany", "France", "India", "Brazil")
_TECHNOLOGIES = (
    "Python", "TypeScript", "React", "Amazon Web Services (AWS)", "Google Cloud", "PostgreSQL", "Node.js", "Kubernetes",
    "Stripe", "WordPress", "Java", "Go",
)  # fmt: skip
_TAGS = ("SaaS", "Marketplace", "Artificial Intelligence", "Developer Tools", "Open Source", "Climate")
_STATUSES = ("Active", "Active", "Active", "Active", "Acquired", "Inactive")
_WRONG_DOMAINS = ("http://", "https://localhost", "info@birch.example", "n/a")
_EVERY_SO_MANY_IS_WRONG = 300


def generate(*, count: int = COUNT, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """`count` companies as rows of an import; names run out at 1,750."""
    source = random.Random(seed)  # noqa: S311 - the same companies every time is the point
    names = [f"{first} {second}" for first in _FIRST for second in _SECOND]
    source.shuffle(names)
    for number, name in enumerate(names[:count]):
        row = _company(name, source=source)
        if number % _EVERY_SO_MANY_IS_WRONG == _EVERY_SO_MANY_IS_WRONG - 1:
            row["domain"] = _WRONG_DOMAINS[number // _EVERY_SO_MANY_IS_WRONG % len(_WRONG_DOMAINS)]
        yield row


def _company(name: str, *, source: random.Random) -> dict[str, Any]:
    """One company; sizes are spread evenly over orders of magnitude, as real ones roughly are."""
    technologies = source.sample(_TECHNOLOGIES, k=source.choice((0, 0, 2, 3, 5)))
    return {
        "domain": f"https://www.{name.lower().replace(' ', '-')}.example",
        "name": name,
        "industry": source.choice(_INDUSTRIES),
        "country": source.choice(_COUNTRIES),
        "employees": int(10 ** source.uniform(0.3, 4.5)),
        "founded": source.randint(1975, 2026),
        "funding_stage": source.choice(("Early", "Early", "Growth", None)),
        "status": source.choice(_STATUSES),
        "technologies": sorted(technologies),
        "signals": ["hiring"] if source.random() < 0.3 else [],
        "tags": sorted(source.sample(_TAGS, k=source.randint(0, 2))),
    }
