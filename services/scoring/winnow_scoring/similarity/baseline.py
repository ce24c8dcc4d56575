"""A made-up cross-section of companies: the reference population of tenants who know too few real ones.

It is made from the taxonomy of industries with sizes, ages and places as they are distributed in developed economies,
roughly: sizes are log-normal (Gibrat, 1931), most companies are small, few have had funding. It says "other companies
exist, and are not all alike", and no more; a tenant with a hundred companies of its own no longer needs it.
"""

import random
from functools import lru_cache
from typing import Any, Final

import orjson

from winnow_scoring.similarity.industries import names_by_group

COMPANIES: Final = 600
_SEED: Final = "winnow baseline 1"

_COUNTRIES: Final = (
    ("US", 40),
    ("GB", 9),
    ("DE", 8),
    ("FR", 6),
    ("IN", 8),
    ("CA", 5),
    ("AU", 4),
    ("NL", 3),
    ("ES", 3),
    ("BR", 4),
    ("SG", 2),
    ("SE", 2),
    ("JP", 3),
    ("MX", 2),
    ("PL", 1),
)
_TECHNOLOGIES: Final = (
    "Google Analytics",
    "WordPress",
    "Microsoft 365",
    "Google Workspace",
    "Salesforce",
    "HubSpot",
    "Shopify",
    "Stripe",
    "Amazon Web Services",
    "Cloudflare",
    "React",
    "Slack",
    "Zendesk",
    "Mailchimp",
    "Intercom",
    "SAP",
    "Snowflake",
    "PostgreSQL",
    "Python",
    "Java",
    "Kubernetes",
    "Azure",
    "Magento",
    "Zoom",
    "Jira",
)
_STAGES: Final = ((None, 70), ("Seed", 12), ("Series A", 8), ("Series B", 4), ("Series C", 2), ("Public", 4))
_SIGNALS: Final = ("hiring", "headcount growth", "new funding", "expansion", "new product", "news")
_WORDS: Final = """
    services products customers quality management development online local global design support data delivery
    production family equipment systems solutions team experience network research training planning sales market
    industrial digital mobile care trade supply process community project
    """.split()  # noqa: SIM905 - a list of words reads best as words


@lru_cache(maxsize=1)
def profiles() -> tuple[str, ...]:
    """The attributes of each company as JSON; always the same ones."""
    chance = random.Random(_SEED)  # noqa: S311 - nothing secret is made
    groups = sorted(names_by_group().items())
    return tuple(_profile(chance, *groups[number % len(groups)]) for number in range(COMPANIES))


def _profile(chance: random.Random, group: str, names: tuple[str, ...]) -> str:
    employees = max(1, round(chance.lognormvariate(3.0, 1.6)))
    industry = chance.choice(names)
    stage = _weighted(chance, _STAGES)
    profile: dict[str, Any] = {
        "industry": industry,
        "employees": employees,
        "country": _weighted(chance, _COUNTRIES),
        "founded": 2026 - min(120, round(chance.lognormvariate(2.6, 0.8))),
        "technologies": sorted(set(_skewed(chance, _TECHNOLOGIES, count=chance.randint(1, 5)))),
        "description": " ".join([group, industry, *chance.sample(_WORDS, k=chance.randint(3, 7))]),
        "tags": [industry],
    }
    if chance.random() < 0.5:
        profile["revenue"] = round(employees * chance.lognormvariate(11.8, 0.7))
    if stage is not None:
        profile |= {"funding_stage": stage, "funding_total": round(chance.lognormvariate(15.5, 1.2))}
    if chance.random() < 0.35:
        profile["signals"] = [chance.choice(_SIGNALS)]
    return orjson.dumps(profile, option=orjson.OPT_SORT_KEYS).decode()


def _weighted(chance: random.Random, options: Any) -> Any:
    values, weights = zip(*options, strict=True)
    return chance.choices(values, weights)[0]


def _skewed(chance: random.Random, options: tuple[str, ...], *, count: int) -> list[str]:
    """The first ones are the commonest, by Zipf's law."""
    return chance.choices(options, [1 / place for place in range(1, len(options) + 1)], k=count)
